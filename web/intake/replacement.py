"""A replacement: what is found in each of many lines, and what stands there instead. Pure.

A pattern is of the kind that Python's ``re`` knows. It may be one that takes for ever on some line,
so all of its searching has a limit, which grows with the lines that it is tried on.
"""

import time
from collections.abc import Callable
from typing import Final

import regex

from dataflow.records import MAX_LINE_BYTES

MAX_FIND: Final = 1_024
"""The longest text or pattern, and the longest replacement, in characters."""

_FIRST_S: Final = 2.0
_PER_LINE_S: Final = 50e-6

Replace = Callable[[str], str]
"""Gives a line as it is to be; raises ``TooMuchError`` or ``PatternError``."""


class PatternError(Exception):
    """A pattern that cannot be used, or not in time; the message says why."""


class TooMuchError(Exception):
    """A line that would become longer than any record may be."""


def plain(find: str, replace: str) -> Replace:
    """Replace a text wherever it stands."""

    def replaced(line: str) -> str:
        growth = line.count(find) * (len(replace) - len(find))
        if len(line) + growth > MAX_LINE_BYTES:
            raise TooMuchError
        return line.replace(find, replace)

    return replaced


class Pattern:
    """Replaces what a pattern meets, wherever it does."""

    def __init__(
        self, find: str, replace: str, clock: Callable[[], float] = time.thread_time
    ) -> None:
        r"""``replace`` may name groups, as in ``\1`` or ``\g<name>``; raises ``PatternError``."""
        self._replace = replace
        self._clock = clock
        self._left = _FIRST_S
        try:
            self._pattern = regex.compile(find)
        except (regex.error, OverflowError, RecursionError) as error:
            raise PatternError(f"the regular expression cannot be used: {error}") from None

    def __call__(self, line: str) -> str:
        """Give a line as it is to be."""
        self._left += _PER_LINE_S
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
            return self._pattern.sub(expanded, line, timeout=self._left)
        except TimeoutError:
            raise self._too_slow() from None
        except (regex.error, IndexError) as error:
            raise PatternError(f"the replacement cannot be used: {error}") from None
        finally:
            self._left -= self._clock() - begun

    @staticmethod
    def _too_slow() -> PatternError:
        return PatternError(
            "the regular expression takes too long: it may try very many ways to meet a line, as"
            " with a repetition in a repetition"
        )
