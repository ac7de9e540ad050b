"""Chunks sorted in a process of its own, while the flow joins those before: for where many come.

What it makes of a chunk follows from the chunk alone, so it holds nothing that a crash could lose.
It ends where its standard input does, and so with the flow; where it ends while it has something to
sort, the flow does, too, and is started again.
"""

import os
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Final, NoReturn

import msgspec

from dataflow.journal import Entry
from dataflow.launch import finding_this_code
from dataflow.memory import collect_seldom
from dataflow.parent import SORTER_ENDED, die_with_parent, end_at_once
from dataflow.records import Skipped
from dataflow.runs import pack_events
from dataflow.sorted_chunk import SortedChunk, sort_events

if sys.platform == "linux":
    from fcntl import F_SETPIPE_SZ, fcntl

_PIPE_BYTES: Final = 1024 * 1024
"""So much waits between the two without either, where the system allows it: about a chunk."""

_READY: Final = b""
"""What it says first."""


class _Sorted(msgspec.Struct, array_like=True, gc=False):
    """What became of a chunk, and the seconds that it took: the events of each group packed."""

    seconds: float
    by_group: list[bytes]
    skipped: list[Skipped]
    blank: int
    lines: int


_encode = msgspec.msgpack.Encoder().encode
_decode_entry = msgspec.msgpack.Decoder(Entry).decode
_decode_sorted = msgspec.msgpack.Decoder(_Sorted).decode


class Sorter:
    """Such a process, for so many key groups: what is put in comes out in the same order."""

    def __init__(self, groups: int) -> None:
        self._is_ready = False
        self._entries: SimpleQueue[Entry | None] = SimpleQueue()
        its_input, self._asked = Pipe(duplex=False)
        self._sorted, its_output = Pipe(duplex=False)
        with its_input, its_output:
            for end in (its_input, its_output):
                _widen(end)
            self._process = subprocess.Popen(  # noqa: S603 (our own words)
                [sys.executable, "-P", "-m", __name__, str(groups)],
                stdin=its_input.fileno(),
                stdout=its_output.fileno(),
                env=finding_this_code(os.environ),
            )
        Thread(target=self._ask, name="ask-sorter", daemon=True).start()

    @property
    def is_ready(self) -> bool:
        """Whether it has begun: until then, whoever has to wait does better to sort."""
        if not self._is_ready and self._sorted.poll():
            self._take()
            self._is_ready = True
        return self._is_ready

    @property
    def has_ended(self) -> bool:
        """Whether it has ended by itself, or somebody has killed it."""
        return self._process.poll() is not None

    def put(self, entry: Entry) -> None:
        """Have a chunk sorted; does not wait for it."""
        self._entries.put(entry)

    def get(self, entry: Entry) -> tuple[SortedChunk, float]:
        """Wait for the oldest chunk that was put in, which this is; with the seconds it took."""
        found = _decode_sorted(self._take())
        chunk = SortedChunk(entry, found.by_group, found.skipped, found.blank, found.lines)
        return chunk, found.seconds

    def close(self) -> None:
        """End the process, of which nothing is waited for any more."""
        self._entries.put(None)

    def _take(self) -> bytes:
        try:
            return self._sorted.recv_bytes()
        except (EOFError, OSError):
            end_at_once("The process that parses for the flow has ended.", SORTER_ENDED)

    def _ask(self) -> None:
        """Hand the chunks over: it takes none while it waits for somebody to take one from it."""
        with self._sorted, self._process, self._asked, suppress(BrokenPipeError):
            while (entry := self._entries.get()) is not None:
                self._asked.send_bytes(_encode(entry))


def _widen(pipe: Connection) -> None:
    """Let a pipe hold a chunk, so that neither end waits for the other to work."""
    if sys.platform == "linux":
        with suppress(OSError):  # the user has many of them
            fcntl(pipe.fileno(), F_SETPIPE_SZ, _PIPE_BYTES)


def main() -> int:
    """Sort what comes, until nothing more does."""
    groups = int(sys.argv[1])
    die_with_parent()
    collect_seldom()
    answers: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_tell, args=(answers,), name="tell-flow", daemon=True).start()
    answers.put(_READY)
    with (
        Connection(os.dup(sys.stdin.fileno()), writable=False) as entries,
        suppress(EOFError, OSError),
    ):
        while True:
            entry = _decode_entry(entries.recv_bytes())
            began = time.perf_counter()
            by_group, skipped, blank, lines = sort_events(entry, groups)
            packed = [pack_events(events) for events in by_group]
            seconds = time.perf_counter() - began
            answers.put(_encode(_Sorted(seconds, packed, skipped, blank, lines)))
    return 0


def _tell(answers: SimpleQueue[bytes]) -> NoReturn:
    """Hand over what is sorted while the next is: the flow takes four, and a pipe holds one.

    That saved the flow half of what it waited here, a twentieth of its time.
    """
    with Connection(os.dup(sys.stdout.fileno()), readable=False) as output, suppress(OSError):
        while True:
            output.send_bytes(answers.get())
    os._exit(0)  # nobody is there any more


if __name__ == "__main__":
    sys.exit(main())
