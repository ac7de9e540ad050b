"""Rendering of the workbench: addresses, the caret, and what became of a record."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.http.pages.bench import (
    FIELDS,
    caret_pad,
    corrected_user,
    fate,
    skipped_path,
    skipped_query,
)

NOTHING: dict[str, str | None] = dict.fromkeys(FIELDS)


@given(st.fixed_dictionaries({name: st.none() | st.text(min_size=1) for name in FIELDS}))
def test_an_address_gives_back_what_it_was_made_of(asked: dict[str, str | None]) -> None:
    """Whatever somebody searches for or calls a file."""
    wanted = {name: [value] for name, value in asked.items() if value is not None}
    assert parse_qs(skipped_query(asked)) == wanted
    assert parse_qs(urlsplit(skipped_path(asked)).query) == wanted


def test_a_choice_keeps_the_others_and_begins_at_the_first_page() -> None:
    """A source takes the choice of one upload back, as it is the name of many."""
    asked = {**NOTHING, "reason": "too_long", "upload": "u1"}
    assert skipped_path(asked, state="open") == "/skipped?reason=too_long&upload=u1&state=open"
    assert skipped_path(asked, source="a b") == "/skipped?reason=too_long&source=a+b"
    assert skipped_path(asked, reason=None, upload=None) == "/skipped"
    assert skipped_path(NOTHING, cursor="9", id=7) == "/skipped?cursor=9&id=7"


@pytest.mark.parametrize(
    ("raw", "column", "pad"),
    [
        ("FAIL", 1, ""),
        ("FAIL", 3, "FA"),
        ("FAIL", 5, "FAIL"),
        ("FAIL", 6, None),
        ("FAIL", None, None),
        ("  x", 3, "␣␣"),
        ("a b", 3, "a "),
        ("\t\u200bx", 3, r"\t\u200b"),
        ("🛒x", 2, "🛒"),
    ],
)
def test_before_the_caret_stands_what_is_shown_before_its_column(
    raw: str, column: int | None, pad: str | None
) -> None:
    """Columns are characters; a column past what is kept has no place."""
    assert caret_pad({"raw": raw, "column": column}) == pad


def record(state: str, outcome: str | None = None, raw: str = "{}") -> dict[str, Any]:
    correction = None if state in ("open", "aside") else {"raw": raw, "outcome": outcome}
    return {"state": state, "correction": correction}


def test_what_became_of_a_record_is_one_word() -> None:
    """Of one that landed, what its correction did."""
    told = [("open", None), ("aside", None), ("sent", None)]
    assert [fate(record(*each)) for each in told] == ["open", "aside", "sent"]
    assert fate(record("landed", "changed")) == "changed"
    assert fate(record("landed", "duplicate")) == "duplicate"


def test_a_correction_says_whose_cart_it_is_for() -> None:
    """As far as enough of it is kept."""
    line = {"user_id": 7, "type": "order", "order_id": 1}
    assert corrected_user(record("sent", raw=json.dumps(line))) == "7"
    assert corrected_user(record("sent", raw=json.dumps(line)[:-4])) is None
    assert corrected_user(record("open")) is None
