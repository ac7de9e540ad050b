"""The process that processes of the program are forked from: ``python -m tests.kit.nurse FD``.

It has imported all that they import, and nothing else is in it: one thread, no connection, no file
but the socket by which it is told what to start and tells what has ended.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import socket
import sys
from typing import Any, Final

import web.commands.rebuild
import web.commands.replay
import web.commands.serve
import web.commands.worker  # noqa: F401
from tests.kit.adopted import adopt_flows, become
from tests.kit.nursery import MOST_BYTES
from web.commands.cli import main

_STARTS_FLOWS: Final = ("serve", "worker", "rebuild")


class Nurse:
    """Starts processes, and tells how each has ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(control, selectors.EVENT_READ)

    def serve(self) -> list[str] | None:
        """Serve until nobody asks any more; in a process that was started, gives its words."""
        while True:
            for key, _ in self._waiting.select():
                if key.data is not None:
                    self._ended(key.fd, key.data)
                    continue
                word, streams, _, _ = socket.recv_fds(self._control, MOST_BYTES, 3)
                if not word:
                    return None
                asked = json.loads(word)
                pid = os.fork()
                if not pid:
                    self._leave()
                    return take_place(asked, streams)
                for each in streams:
                    os.close(each)
                self._control.send(json.dumps({"pid": pid}).encode())
                self._waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)

    def _leave(self) -> None:
        """Close in a process that was started what is this one's."""
        for key in [*self._waiting.get_map().values()]:
            if key.data is not None:
                os.close(key.fd)
        self._waiting.close()
        self._control.close()

    def _ended(self, watched: int, pid: int) -> None:
        _, status = os.waitpid(pid, 0)
        self._waiting.unregister(watched)
        os.close(watched)
        told = {"pid": pid, "status": os.waitstatus_to_exitcode(status)}
        self._control.send(json.dumps(told).encode())


def take_place(asked: dict[str, Any], streams: list[int]) -> list[str]:
    """Be as a process that was started like that; gives its words."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(asked["folder"])
    words: list[str] = asked["words"]
    become([sys.executable, "-m", "web", *words], asked["environment"], asked["umask"])
    if words[0] in _STARTS_FLOWS:
        adopt_flows()
    return words


if __name__ == "__main__":
    gc.freeze()  # what was imported is walked by no collector, in none of those that are forked
    given = Nurse(socket.socket(fileno=int(sys.argv[1]))).serve()
    if given is not None:
        sys.argv[1:] = given
        sys.exit(main())
