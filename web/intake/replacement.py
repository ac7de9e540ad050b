"""A replacement: what is found in each of many lines, and what stands there instead. Pure.

A pattern is of the kind that Python's ``re`` knows. It may be one that takes for ever on some line,
so all of its searching has a limit, which grows with the lines that it is tried on.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec
import regex

from dataflow.records import MAX_LINE_BYTES

MAX_FIND: Final = 1_024
"""The longest text or pattern, and the longest replacement, in characters."""

FIRST_S: Final = 2.0
PER_LINE_S: Final = 50e-6

_UNUSABLE: Final = (regex.error, ValueError, OverflowError, LookupError, RecursionError)
"""What reading a pattern or a replacement raises that is not right."""


class Mending(NamedTuple):
    """What is found, what stands there instead, and whether that is a pattern or a text."""

    find: str
    replace: str
    is_pattern: bool


class Work(msgspec.Struct, array_like=True):
    """Lines on their way to the process of a pattern; ``patience`` times the limit is given."""

    find: str
    replace: str
    patience: int
    lines: list[str]


class Lines(msgspec.Struct, array_like=True):
    """Lines as they are to be, None where one is too long; or what is wrong with the pattern."""

    lines: list[str | None]
    error: str | None = None


class PatternError(Exception):
    """A pattern that cannot be used, or not in time; the message says why."""


class TooMuchError(Exception):
    """A line that would become longer than any record may be."""


def replace_text(mending: Mending, lines: Sequence[str]) -> list[str | None]:
    """Replace a text wherever it stands."""
    find, replace = mending.find, mending.replace
    more = len(replace) - len(find)
    return [
        None
        if len(line) + line.count(find) * more > MAX_LINE_BYTES
        else line.replace(find, replace)
        for line in lines
    ]


class Pattern:
    """Replaces what a pattern meets, wherever it does."""

    def __init__(
        self,
        find: str,
        replace: str,
        clock: Callable[[], float] = time.thread_time,
        patience: int = 1,
    ) -> None:
        r"""``replace`` may name groups, as in ``\1`` or ``\g<name>``; raises ``PatternError``.

        ``patience`` is how many times the usual limit is given.
        """
        self._replace = replace
        self._clock = clock
        self._patience = patience
        self._left = FIRST_S * patience
        try:
            self._pattern = regex.compile(find)
        except _UNUSABLE as error:
            raise PatternError(f"the regular expression cannot be used: {error}") from None

    def __call__(self, line: str) -> str:
        """Give a line as it is to be."""
        self._left += PER_LINE_S * self._patience
        if self._left <= 0:
            raise self._too_slow()
        size = 0

        def expanded(match: regex.Match[str]) -> str:
            nonlocal size
            text: str = match.expand(self._replace)
            size += len(text)
            if size > MAX_LINE_BYTES:
                raise TooMuchError
            return text

        begun = self._clock()
        try:
            mended = self._pattern.sub(expanded, line, timeout=self._left)
            mended.encode()  # half of a surrogate pair is no text
        except TimeoutError:
            raise self._too_slow() from None
        except _UNUSABLE as error:
            raise PatternError(f"the replacement cannot be used: {error}") from None
        finally:
            self._left -= self._clock() - begun
        return mended

    @staticmethod
    def _too_slow() -> PatternError:
        return PatternError(
            "the regular expression takes too long: it may try very many ways to meet a line, as"
            " with a repetition in a repetition"
        )
