"""web/http/pages/order_filters.py: what a page says of one order."""

from __future__ import annotations

import pytest

from web.http.pages.order_filters import cause_path, lasting, shown_id, standing

NOON = "2026-03-01T12:00:00.000Z"


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("2026-03-01T12:00:00.900Z", "0 s"),
        ("2026-03-01T12:00:59.000Z", "59 s"),
        ("2026-03-01T12:18:00.000Z", "18 min"),
        ("2026-03-01T15:30:00.000Z", "3 h"),
        ("2026-03-04T12:00:00.000Z", "3 d"),
        ("2026-03-01T11:00:00.000Z", "0 s"),
        (None, ""),
    ],
)
def test_a_time_lasts_in_one_unit(until: str | None, words: str) -> None:
    """The largest that is whole."""
    assert lasting(NOON, until) == words


@pytest.mark.parametrize(
    ("status", "paid_at", "words"),
    [
        ("unpaid", None, "open"),
        ("waiting", NOON, "waiting"),
        ("paid", "2026-03-01T12:18:00.000Z", "18 min"),
        ("paid", NOON, "paid at once"),
        ("paid", "2026-03-01T11:00:00.000Z", "paid before its order"),
    ],
)
def test_an_order_says_for_how_long_it_was_open(
    status: str, paid_at: str | None, words: str
) -> None:
    """Or how it stands, where it still is."""
    ordered = None if status == "waiting" else NOON
    assert standing({"status": status, "ordered_at": ordered, "paid_at": paid_at}) == words


def test_a_record_leads_to_its_file_or_to_what_it_corrected() -> None:
    """One that came by a post is of neither."""
    assert cause_path({"upload": "u", "source": "a", "line": 1}) == "/files/u"
    assert cause_path({"upload": None, "source": "api", "line": 1}) == ""
    correction = {"upload": None, "source": "resubmit", "line": 1, "skipped": 7}
    assert cause_path(correction) == "/skipped?id=7"


def test_a_string_of_digits_keeps_its_quotes() -> None:
    """They are seen, and not copied; the end of a long id is a piece of its own."""
    assert shown_id(7) == "7"
    quote = '<span class="escape" data-true="">&#34;</span>'
    assert str(shown_id("7")) == f"{quote}7{quote}"
    assert '<span class="cut-end">xxxxxxxx</span>' in shown_id("x" * 60)


def test_a_space_where_a_long_text_is_cut_is_none_at_an_end() -> None:
    """Only what stands at an end of the whole is told of."""
    assert shown_id("one field is missing") == (
        '<span class="cut-head">one field is</span><span class="cut-end"> missing</span>'
    )
    assert "␣" in shown_id("a field is missing ")
