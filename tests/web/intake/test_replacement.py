"""Replacements: whatever is found becomes something else, in bounded time and room."""

import time
from itertools import count

import pytest

from dataflow.records import MAX_LINE_BYTES
from web.intake import replacement
from web.intake.replacement import Mending, Pattern, PatternError, TooMuchError, replace_text


def test_a_text_is_replaced_wherever_it_stands() -> None:
    """It is a text: nothing in it has a meaning of its own."""
    assert replace_text(Mending("a.c", r"\1", False), ["a.c abc a.c"]) == [r"\1 abc \1"]
    assert replace_text(Mending("none", "x", False), ["line", ""]) == ["line", ""]


def test_a_pattern_may_name_its_groups() -> None:
    """By number or name, as Python's ``re`` has them."""
    assert Pattern(r'"(\d+)"', r"\1")('{"n": "17"}') == '{"n": 17}'
    assert Pattern("(?P<last>b)(?P<first>a)", r"\g<first>\g<last>")("xba") == "xab"
    assert Pattern("^", "<")("line") == "<line"


@pytest.mark.parametrize("find", ["(", "a{99999999999}", "(" * 5_000, "(?a)(?u)a"])
def test_a_pattern_that_cannot_be_used_is_refused_at_once(find: str) -> None:
    """Before any line is looked at."""
    with pytest.raises(PatternError, match="cannot be used"):
        Pattern(find, "")


@pytest.mark.parametrize("replace", [r"\1", r"\g<none>", "\\", r"\ud800", r"\U00110000"])
def test_a_group_that_is_not_there_is_refused_where_it_is_needed(replace: str) -> None:
    """Nothing was met before, so nothing was wrong."""
    pattern = Pattern("a", replace)
    assert pattern("b") == "b"
    with pytest.raises(PatternError, match="replacement cannot be used"):
        pattern("a")


def test_a_line_never_becomes_longer_than_a_record_may_be() -> None:
    """Some bytes of a request would else become gigabytes."""
    with pytest.raises(TooMuchError):
        Pattern("x", "y" * 1_000)("x" * MAX_LINE_BYTES)
    assert replace_text(Mending("x", "y" * 1_000, False), ["x" * MAX_LINE_BYTES]) == [None]


def test_a_pattern_that_takes_for_ever_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few lines it is tried on."""
    monkeypatch.setattr(replacement, "FIRST_S", 0.2)
    begun = time.thread_time()
    with pytest.raises(PatternError, match="takes too long"):
        Pattern(r"(x+x+)+y", "")("x" * 5_000)
    assert time.thread_time() - begun < 1


def test_a_pattern_may_be_slow_on_many_lines_but_not_on_each() -> None:
    """Its time grows with the lines, by far less than a bad pattern takes for one."""
    ticks = count()
    slow = Pattern("a", "b", clock=lambda: next(ticks) * 0.01)
    for _ in range(100):
        assert slow("a") == "b"
    with pytest.raises(PatternError, match="takes too long"):
        _ = [slow("a") for _ in range(200)]
    quick = Pattern("a", "b", clock=lambda: 0.0)
    for _ in range(1_000):
        assert quick("a") == "b"
