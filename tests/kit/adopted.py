"""Flows of a forked server, forked as well: most of what a start takes is to import the engine.

A server has threads, and cannot fork. One that had none yet is left beside it, and forks a flow
twice: the process between the two ends at once, and so the flow is a child of the server, which
has asked for orphans below it. All that a flow is by its parent, it is then: waited for, and ended
with it.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

import dataflow.process
from dataflow.launch import PROCESS
from dataflow.parent import die_with_parent
from tests.kit.nursery import MOST_BYTES

_PR_SET_CHILD_SUBREAPER: Final = 36


class Flow:
    """One forked flow, with as much of ``asyncio.subprocess.Process`` as is used of one."""

    def __init__(self, pid: int, stdin: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._over = asyncio.Event()
        self._stdin = stdin
        self._watched = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(self._watched, self._end)

    async def wait(self) -> int:
        await self._over.wait()
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        if self.returncode is not None:
            raise ProcessLookupError
        os.kill(self.pid, signal.SIGKILL)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._watched)
        _, status = os.waitpid(self.pid, 0)
        self.returncode = os.waitstatus_to_exitcode(status)
        os.close(self._watched)
        os.close(self._stdin)
        self._over.set()


def adopt_flows() -> None:
    """From now on this process has its flows forked; it has one thread."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    server = os.getpid()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if not os.fork():
        ours.close()
        _fork_flows(theirs, server)
    theirs.close()
    start_really = asyncio.create_subprocess_exec

    async def start(*words: Any, **options: Any) -> Any:
        if PROCESS not in words:
            return await start_really(*words, **options)
        reading, writing = os.pipe()
        asked = {"words": words, "environment": options["env"], "umask": _umask()}
        socket.send_fds(ours, [json.dumps(asked).encode()], [reading])
        os.close(reading)
        return Flow(int(ours.recv(MOST_BYTES)), writing)

    asyncio.create_subprocess_exec = start


def become(words: list[str], environment: Mapping[str, str], umask: int) -> None:
    """Be as a process that was started with that environment, and shows these words."""
    os.environ.clear()
    os.environ.update(environment)
    if umask >= 0:
        os.umask(umask)
    facts = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = map(int, facts[45:47])
    shown = b"\0".join(map(os.fsencode, words))[: end - start - 1]
    ctypes.memmove(start, shown.ljust(end - start, b"\0"), end - start)


def _fork_flows(control: socket.socket, server: int) -> NoReturn:
    """Fork a flow whenever the server asks for one, and end with it."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal it is for the server
    while True:
        word, streams, _, _ = socket.recv_fds(control, MOST_BYTES, 1)
        if not word:
            os._exit(0)
        waiting, adopted = os.pipe()
        between = os.fork()
        if not between:
            if os.fork():
                os._exit(0)
            os.close(adopted)
            os.read(waiting, 1)  # ends when the process between is gone
            os.close(waiting)
            if os.getppid() != server:  # that is gone, too
                os._exit(1)
            _run_flow(control, word, streams[0])
        os.waitpid(between, 0)
        for each in (waiting, adopted, streams[0]):
            os.close(each)


def _run_flow(control: socket.socket, word: bytes, stdin: int) -> NoReturn:
    os.setsid()
    os.dup2(stdin, 0)
    os.close(stdin)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asked = json.loads(word)
    become(**asked)
    control.send(str(os.getpid()).encode())
    control.close()
    words = asked["words"]
    sys.argv = words[words.index(PROCESS) :]
    sys.exit(dataflow.process.main())


def _umask() -> int:
    """Give the mask of this process, which cannot be asked for without setting it."""
    (found,) = re.findall(r"^Umask:\s*(\d+)$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found, 8)
