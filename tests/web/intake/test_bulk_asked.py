"""What a bulk is asked for: in one way, of known words, of the right types."""

import pytest

from web.errors import APIError
from web.intake.bulk_asked import read_aside, read_bulk
from web.intake.replacement import Mending
from web.view.skipped_filter import SkippedFilter


def test_records_are_chosen_by_a_filter_by_their_ids_or_all() -> None:
    """A bulk is a preview unless it says otherwise."""
    asked = read_bulk({"reason": "too_long", "source": "f", "search": "x", "upload": None})
    assert asked.chosen == SkippedFilter("too_long", "f", None, None, "x")
    assert (asked.mending, asked.is_preview, asked.is_pattern) == (None, True, False)
    assert read_bulk({"ids": [3, 1, 3]}).chosen == [1, 3]
    assert read_bulk({"ids": []}).chosen == []
    assert read_bulk({"all": True, "preview": False}) == (SkippedFilter(), None, False, None)


def test_what_was_looked_at_may_be_the_last_that_is_meant() -> None:
    """A number of a record, and nothing else."""
    assert read_bulk({"all": True, "until": 41}).until == 41
    for until in (-1, "41", 4.5, True, 2**63):
        with pytest.raises(APIError, match="the last record that is meant"):
            read_bulk({"all": True, "until": until})


def test_a_text_or_a_pattern_is_replaced() -> None:
    """The same words mean either."""
    words = {"all": True, "find": "a+", "replace": ""}
    for regex in (False, True):
        asked = read_bulk({**words, "regex": regex})
        assert asked.mending == Mending("a+", "", regex)
        assert asked.is_pattern == regex


def test_what_is_set_aside_is_chosen_alike() -> None:
    """By state, too; and back again."""
    assert read_aside({"state": "open", "aside": True}) == (SkippedFilter(state="open"), True)
    assert read_aside({"ids": [2], "aside": False}) == ([2], False)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"preview": True},
        {"search": ""},
        {"reason": None},
        {"all": False},
        {"all": 1},
        {"all": True, "ids": [1]},
        {"all": True, "reason": "too_long"},
        {"ids": [1], "search": "x"},
        {"ids": 1},
        {"ids": ["1"]},
        {"ids": [True]},
        {"ids": [0]},
        {"ids": [2**63]},
        {"reason": "none"},
        {"state": "none"},
        {"source": 1},
        {"source": "x" * 1_025},
        {"all": True, "unknown": 1},
        {"all": True, "preview": 1},
        {"all": True, "regex": "yes"},
        {"all": True, "regex": True},
        {"all": True, "find": "a"},
        {"all": True, "replace": "a"},
        {"all": True, "find": "", "replace": "a"},
        {"all": True, "find": 1, "replace": "a"},
        {"all": True, "find": "x" * 1_025, "replace": ""},
    ],
)
def test_anything_else_is_refused(body: object) -> None:
    """400, and never bent to what may have been meant."""
    with pytest.raises(APIError) as refused:
        read_bulk(body)
    assert refused.value.status == 400
    if isinstance(body, dict) and not {"find", "replace", "regex", "preview"} & body.keys():
        with pytest.raises(APIError):
            read_aside({**body, "aside": True})


def test_whether_aside_or_back_is_said() -> None:
    """Neither is the rule."""
    for aside in ({}, {"aside": None}, {"aside": 1}):
        with pytest.raises(APIError):
            read_aside({"all": True, **aside})
