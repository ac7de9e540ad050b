"""The standard streams of a command, and what it says on them.

They may be closed, full, without a reader, or read by nobody: that is never a reason to end. Only
what a command is there to write (``generate``) goes past this file.
"""

import io
import os
import re
import select
import sys
from contextlib import suppress
from typing import IO, Any, Final

from typing_extensions import Buffer, override

BAR: Final = "{percentage:3.0f}%|{bar}| {n:,}/{total:,} [{elapsed}<{remaining}, {rate_noinv_fmt}]"
"""How tqdm draws a progress bar of ours: whole numbers, and a rate that is one at any pace."""

_MAX_SHOWN: Final = 200

_UNPRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What would break a line, steer a terminal, or cannot be written: a byte that is no UTF-8."""


class _Audience(io.FileIO):
    """A standard stream to write to: who has gone, or does not read, is passed over.

    With ``waits`` false nothing that is written takes time: what finds no room is dropped.
    """

    waits = True

    @override
    def write(self, data: Buffer, /) -> int:
        view = memoryview(data)
        if not self.waits:
            if not self._has_room():
                return len(view)
            view = view[: select.PIPE_BUF]  # as much as never blocks where there is any room
        with suppress(OSError):
            written = super().write(view)
            if isinstance(written, int):  # None: it has no room, and was opened so as not to wait
                return written
        return len(view)

    def _has_room(self) -> bool:
        poll = select.poll()
        poll.register(self, select.POLLOUT)
        return bool(poll.poll(0))


def attach() -> None:
    """Make this process's streams safe to write to; once, before any other file is opened.

    A closed one becomes the null device: else the next file to be opened, a database, would get
    its number and every warning. ``sys.stdin`` stays None where it is closed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # Not to be written to where that is what a command is for: then it hears of it.
            null = os.open(os.devnull, os.O_RDONLY if number == 1 else os.O_RDWR)
            os.dup2(null, number)
            if null != number:
                os.close(null)
            else:
                os.set_inheritable(number, True)
    sys.stdout = _stream(1, sys.stdout)
    sys.stderr = _stream(2, sys.stderr)


def hold_nothing_up() -> None:
    """From now on drop what stderr has no room for: a stopped terminal must not stop a server."""
    raw = getattr(getattr(sys.stderr, "buffer", None), "raw", None)
    if isinstance(raw, _Audience):
        raw.waits = False


def say(sentence: str, speaker: str = "cartwatch") -> None:
    """Say something to the person at the terminal, on stderr."""
    print(f"{speaker}: {printable(sentence)}", file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Give text from outside as one line for a terminal: what is no character there is a `�`."""
    return _UNPRINTABLE.sub("�", text)


def shown(path: object) -> str:
    """Give a path for a sentence: printable, and not for pages."""
    text = printable(str(path))
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def why(error: OSError) -> str:
    """Say what the system says of an error, to stand in the middle of a sentence."""
    text = error.strerror or str(error) or type(error).__name__
    return text[:1].lower() + text[1:]


def _stream(number: int, before: IO[Any] | None) -> io.TextIOWrapper:
    raw = _Audience(number, "w", closefd=False)
    encoding = getattr(before, "encoding", None) or "utf-8"
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=number == 2 or raw.isatty(),
    )
