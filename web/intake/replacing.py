"""Replacements as a bulk makes them, some lines at a time: a pattern's at arm's length.

A pattern is a program of somebody else's, and may take all time and all memory: so it is read and
run in a process of its own, with a limit of both, which ends with the server, as its input does.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, Final

import msgspec

from dataflow.launch import finding_this_code
from web.intake.replacement import Lines, Mending, PatternError, Work, replace_text

COMMAND: Final = (sys.executable, "-P", "-m", "web.intake.replacing_process")

_SIZE_BYTES: Final = 4
"""Before each message stands its size."""

ReplaceAll = Callable[[Sequence[str]], list[str | None]]
"""Gives lines as they are to be, None for one that would be too long; raises ``PatternError``."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Lines).decode


@contextmanager
def replacing(mending: Mending | None, patience: int = 1) -> Iterator[ReplaceAll]:
    """Begin to mend lines, in any thread; ``patience`` is how many times the usual limit is given.

    Raises ``OSError`` where the process of a pattern cannot be started.
    """
    if mending is None:
        yield list
    elif not mending.is_pattern:
        yield partial(replace_text, mending)
    else:
        process = subprocess.Popen(  # noqa: S603 (our own words)
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env=finding_this_code(os.environ),
        )
        try:
            yield partial(_ask, process, mending, patience)
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                with suppress(BrokenPipeError):
                    pipe.close()


def _ask(
    process: subprocess.Popen[bytes], mending: Mending, patience: int, lines: Sequence[str]
) -> list[str | None]:
    """Have the process mend some lines; it hears with each of them what to do."""
    assert process.stdin is not None
    assert process.stdout is not None
    work = _encode(Work(mending.find, mending.replace, patience, list(lines)))
    try:
        process.stdin.write(sized(work))
        process.stdin.flush()
    except BrokenPipeError:
        raise _ended(process) from None
    try:
        answer = _decode(read_sized(process.stdout))
    except msgspec.DecodeError:
        raise _ended(process) from None
    if answer.error is not None:
        raise PatternError(answer.error)
    return answer.lines


def sized(message: bytes) -> bytes:
    """Put its size before a message."""
    return len(message).to_bytes(_SIZE_BYTES, "big") + message


def read_sized(stream: IO[bytes]) -> bytes:
    """Read a message; an empty one at the end of the stream, also where that cuts it off."""
    size = int.from_bytes(stream.read(_SIZE_BYTES), "big")
    message = stream.read(size)
    return message if len(message) == size else b""


def _ended(process: subprocess.Popen[bytes]) -> PatternError:
    """Say what the end of the process means: it has no other reason than the pattern."""
    if -process.wait() == signal.SIGXCPU:
        return PatternError("the regular expression takes too long")
    return PatternError("the regular expression takes too much memory, or cannot be run")
