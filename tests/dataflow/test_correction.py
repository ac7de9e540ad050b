"""Corrections: one line each, held to the rules of the flow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.correction import StillBad, check_line, described, line_of
from dataflow.records import Event, Skipped, parse_line

GOOD = b'{"user_id": 7, "type": "payment", "order_id": "x"}'


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_final_end_and_a_mark_at_the_beginning_are_no_part_of_the_line(
    mark: bytes, end: bytes
) -> None:
    """As curl and editors send them."""
    line = line_of(mark + GOOD + end)
    assert line == GOOD
    event = check_line(line)
    assert event == Event("7", "x", True)
    assert described(event) == {"user_id": "7", "type": "payment", "order_id": "x"}


@pytest.mark.parametrize("body", [b"", b"\n", b" \t\r", b"\r\n"])
def test_a_blank_line_is_bad(body: bytes) -> None:
    """The flow passes it over in silence; as a correction it would be one of nothing."""
    outcome = check_line(line_of(body))
    assert isinstance(outcome, StillBad)
    assert (outcome.reason, outcome.column) == ("invalid_json", None)
    assert "blank" in outcome.message


@pytest.mark.parametrize(
    "body", [GOOD + b"\n" + GOOD, GOOD + b"\n\n", b'{\n"user_id": 1}', b"\n\n"]
)
def test_several_lines_are_bad_even_where_they_were_one_object(body: bytes) -> None:
    """One line is one record."""
    outcome = check_line(line_of(body))
    assert isinstance(outcome, StillBad)
    assert "2 lines" in outcome.message


@given(st.binary(max_size=60).filter(lambda line: b"\n" not in line))
def test_any_other_line_is_what_the_flow_makes_of_it(line: bytes) -> None:
    """The very rules: the same reason, sentence and column."""
    outcome = parse_line(line, 1)
    if outcome is None:
        assert isinstance(check_line(line), StillBad)
    elif isinstance(outcome, Skipped):
        assert check_line(line) == (outcome.reason, outcome.message, outcome.column)
    else:
        assert check_line(line) == outcome
