"""CSV: read back it is what was written, and a spreadsheet changes none of it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.kit.naughty import NAUGHTY
from tests.kit.streams import ORDER_IDS
from web.view.csv_lines import Text, Value, cell, lines

values: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(ORDER_IDS),
)


def read_back(data: bytes) -> list[list[str]]:
    """Read it as RFC 4180 has it, behind the mark."""
    text = data.decode("utf-8-sig")
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(text, newline="")))


def escaped(text: str) -> str:
    """Escape what some readers take for the end of a line, and no table does."""
    for end in ("\x85", "\u2028", "\u2029"):
        text = text.replace(end, f"\\u{ord(end):04x}")
    return text


def original(text: str, value: Value) -> str:
    """Take the apostrophe off that was put before a value."""
    return text.removeprefix("'") if text == f"'{escaped(str(value))}" else text


@given(st.lists(st.tuples(values, values), max_size=6))
@example([(text, text) for text in NAUGHTY])
def test_any_values_are_read_back_as_they_were(rows: list[tuple[Value, Value]]) -> None:
    """Whatever stands in them: commas, quotes, line ends, NUL; each row is one row."""
    header, *read = read_back(b"".join(lines(("a", "b"), rows)))
    assert header == ["a", "b"]
    assert len(read) == len(rows)
    for got, row in zip(read, rows, strict=True):
        texts = [original(*pair) for pair in zip(got, row, strict=True)]
        assert texts == ["" if value is None else escaped(str(value)) for value in row]


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0"),
        *("00123", "0.50", "1234567890123456", "73e05", "1E5", "1.0", ".5", "5%", "1,000", " 7"),
        *("(5)", "5 PM", "5:30pm", "11 a", "($1.50)"),
        *("1-2", "1/2", "2026-11-25", "10:30", "Mar 1", "1-MAR", "SEPT2", "TRUE", "false"),
        *("'", "'quoted", "''"),
    ],
)
def test_what_a_spreadsheet_would_change_is_text_to_it(text: str) -> None:
    """Formulas, what looks like a number that it is not, dates, and leading apostrophes."""
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "a", "7", "0", "user-000123", "123456789012345", "zoe", "a=b", "1st", "é", "May I"]
)
def test_what_it_shows_as_it_is_stays_so(text: str) -> None:
    """An apostrophe is only where it is needed."""
    assert cell(text) == text


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (7, "7"),
        (-7, "-7"),
        (10**15 - 1, "9" * 15),
        (10**15, "'1" + "0" * 15),
        (-(10**15), "'-1" + "0" * 15),
    ],
)
def test_a_number_is_a_number_as_far_as_a_spreadsheet_keeps_it(number: int, shown: str) -> None:
    """It keeps fifteen digits of one."""
    assert cell(number) == shown


def test_lines_end_as_the_rfc_has_it() -> None:
    """CRLF, the last one too."""
    assert b"".join(lines(("a", "b"), [("x", None)])) == b"\xef\xbb\xbfa,b\r\nx,\r\n"


def test_yes_and_no_are_ours_and_an_order_of_digits_is_told_from_a_number() -> None:
    """`7` and `"7"` are two orders in a table, too."""
    assert (cell(True), cell(False)) == ("true", "false")
    assert (cell(7), cell(Text("7")), cell(Text("x7"))) == ("7", "'7", "x7")


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029"])
def test_a_row_is_a_line_to_readers_that_know_other_ends_of_lines(end: str) -> None:
    """They are escaped, as in lines of JSON."""
    assert cell(f"a{end}b") == f"a\\u{ord(end):04x}b"
