"""CSV that a spreadsheet shows as it is: RFC 4180, UTF-8 with a mark. Pure.

A spreadsheet reads what it opens: it runs formulas, and takes for numbers and dates what only looks
like them. What it would change gets an apostrophe before it, which it takes for "this is text"; so
does what begins with one.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

MARK: Final = "\ufeff"

Value = str | int | None

_FORMULA: Final = tuple("=+-@\t\r\n'")
_EXACT_DIGITS: Final = 15
"""Digits that a spreadsheet keeps of a number."""

_AS_IT_IS: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_LIKE_A_NUMBER: Final = re.compile(
    r"[\s0-9.,:/\-+%$€£()]*[0-9][\s0-9.,:/\-+%$€£()]*(?:e[+\-]?[0-9]+|(?:[ap]m|(?<=\s)[ap])\s*)?",
    re.IGNORECASE,
)
_LIKE_A_DATE: Final = re.compile(
    r"[0-9]{0,4}[\s.\-]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\s.\-]*[0-9]{0,4}",
    re.IGNORECASE,
)
_CONSTANTS: Final = frozenset({"TRUE", "FALSE"})
_TOGETHER: Final = 500


_LINE_ENDS: Final = str.maketrans({end: f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"})
"""Ends of lines to some readers, and none to RFC 4180: written as JSON escapes them."""


class Text(str):
    """A text of a column in which numbers stand, too: of digits, it is marked as what it is."""

    __slots__ = ()


def cell(value: Value) -> str:
    """Give the text of a cell; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        text = str(value)
        return text if len(text.lstrip("-")) <= _EXACT_DIGITS else f"'{text}"
    is_marked = _would_change(value) or (isinstance(value, Text) and _AS_IT_IS.fullmatch(value))
    return (f"'{value}" if is_marked else str(value)).translate(_LINE_ENDS)


def lines(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """Write rows, some at a time, behind the mark and a header."""
    yield (MARK + _written([header])).encode()
    for some in _some(rows):
        yield _written([[cell(value) for value in row] for row in some]).encode()


def _would_change(text: str) -> bool:
    if text.startswith(_FORMULA):
        return True
    if _AS_IT_IS.fullmatch(text):
        return False
    return (
        _LIKE_A_NUMBER.fullmatch(text) is not None
        or _LIKE_A_DATE.fullmatch(text) is not None
        or text.strip().upper() in _CONSTANTS
    )


def _written(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)  # its own dialect is that of spreadsheets: commas, CRLF
    return text.getvalue()


def _some(rows: Iterable[Sequence[Value]]) -> Iterator[list[Sequence[Value]]]:
    some: list[Sequence[Value]] = []
    for row in rows:
        some.append(row)
        if len(some) == _TOGETHER:
            yield some
            some = []
    if some:
        yield some
