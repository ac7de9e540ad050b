"""The process of a pattern: ``python -m web.intake.replacing_process``, started by the server.

Reads lines and what to do with them from standard input, and writes them back as they are to be. It
gives way to whatever else the machine has to do, and ends with the server: its input ends with
that. Whatever a pattern takes, the system ends it at a limit of memory and of processor time.
"""

import os
import resource
import sys
import time
from typing import Final

import msgspec

from dataflow.parent import die_with_parent, tell_parent
from web.intake.replacement import (
    FIRST_S,
    PER_LINE_S,
    Lines,
    Pattern,
    PatternError,
    TooMuchError,
    Work,
)
from web.intake.replacing import read_sized, sized

_NICENESS: Final = 10
_MEMORY_BYTES: Final = 512 * 1024 * 1024
"""What it may address, of which the interpreter itself takes a fifth."""

_SLACK_S: Final = 2
_READ: Final = msgspec.msgpack.Decoder(Work).decode


def main() -> int:
    """Mend lines until the input ends; 0 then."""
    die_with_parent()
    os.nice(_NICENESS)
    # Of address space: what is only reserved counts, too. macOS takes no such limit.
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pattern: Pattern | None = None
    allowed = FIRST_S
    while heard := read_sized(sys.stdin.buffer):
        work = _READ(heard)
        allowed += len(work.lines) * PER_LINE_S
        _limit_time(allowed * work.patience)
        answer = Lines([])
        try:
            if pattern is None:
                pattern = Pattern(work.find, work.replace, patience=work.patience)
            for line in work.lines:
                answer.lines.append(_mended(pattern, line))
        except PatternError as error:
            answer = Lines([], str(error))
        except MemoryError:
            answer = Lines([], "the regular expression takes too much memory")
        tell_parent(sized(msgspec.msgpack.encode(answer)))
    return 0


def _mended(pattern: Pattern, line: str) -> str | None:
    try:
        return pattern(line)
    except TooMuchError:
        return None


def _limit_time(seconds: float) -> None:
    """Let the system end this where it takes so many seconds of the processor, and some more."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    spent = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(max(seconds, spent)) + _SLACK_S + 1, hard))


if __name__ == "__main__":
    sys.exit(main())
