"""web/http/pages/: the page as the server first writes it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.flow_facts import topic
from tests.browser.frames import (
    AT,
    cart,
    completed,
    completed_page,
    order,
    orders_page,
    skipped,
    snapshot,
    upload,
)
from web.http.pages.filters import chips, label, pace_words, paces, place_word
from web.http.pages.orders_shown import OrdersShown
from web.http.pages.render import render_refusal, render_view

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


def test_everything_from_outside_is_escaped() -> None:
    """No id, name, reason, message, raw text or search becomes markup, wherever it stands."""
    html = render_view(
        "carts",
        snapshot(
            [cart(HOSTILE, unpaid=[HOSTILE])],
            uploads=[upload(HOSTILE, HOSTILE, state="failed", error=HOSTILE)],
            records=[skipped(1, raw=HOSTILE, source=HOSTILE, reason=HOSTILE, message=HOSTILE)],
            window={"search": HOSTILE, "cursor": HOSTILE},
            flow={"state": "down", "since": HOSTILE, "message": HOSTILE, "alarm": HOSTILE},
        ),
    )
    assert "<script>alert" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "{{7*7}}" in html
    record = {"upload": HOSTILE, "source": HOSTILE, "line": 1}
    facts: dict[str, Any] = {
        "wanted": HOSTILE,
        "shown": OrdersShown(HOSTILE, search=HOSTILE),
        "orders": orders_page([order(HOSTILE, order=record, payment=record)]),
    }
    assert HOSTILE not in render_view("cart", snapshot([cart(HOSTILE)]), **facts)
    feed = completed_page([completed(1, HOSTILE, HOSTILE)])
    failing = topic("failing", message=HOSTILE, since=AT)
    assert HOSTILE not in render_view("completed", snapshot(), completed=feed, topic=failing)
    assert HOSTILE not in render_refusal(404, HOSTILE)


def test_the_page_runs_no_inline_script_and_no_inline_style() -> None:
    """The strict policy holds for what the server writes."""
    html = render_view("carts", snapshot([cart("a", paid=[1])], uploads=[upload("u")]))
    assert not re.search(r"\sstyle=|\son\w+=|<style", html)
    assert re.findall(r"<script[^>]*>([^<]*)", html) == [""]


def test_the_facts_are_in_the_page_before_any_script() -> None:
    """Carts with versions and orders, figures, uploads and skipped records are server-rendered."""
    html = render_view(
        "carts",
        snapshot(
            [cart("a", 4, paid=[2, 1], unpaid=["x"])], uploads=[upload("u1")], records=[skipped(9)]
        ),
    )
    for hook in (
        'data-cart="a" data-version="4"',
        'data-order="1" data-status="paid"',
        'data-order="&#34;x&#34;" data-status="unpaid"',
        'data-stat="events" data-value="7"',
        'data-flow="running"',
        'data-connection="connecting"',
        'data-upload="u1" data-state="done"',
        'aria-valuenow="100"',
        'data-skipped="9"',
    ):
        assert hook in html


def test_chips_stand_newest_first_in_their_groups() -> None:
    """Unpaid, waiting, paid; id lists come oldest first."""
    mixed = cart("a", unpaid=[1, 2], waiting=[9], paid=[3, 4])
    shown = [(chip.order, chip.status) for chip in chips(mixed)]
    assert shown == [
        ("2", "unpaid"),
        ("1", "unpaid"),
        ("9", "waiting"),
        ("4", "paid"),
        ("3", "paid"),
    ]


@pytest.mark.parametrize(
    ("order_id", "words"), [(1, "1"), ("1", '"1"'), ("ord-1", "ord-1"), (2**63 - 1, str(2**63 - 1))]
)
def test_a_string_of_digits_keeps_its_quotes(order_id: int | str, words: str) -> None:
    """`1` and `"1"` are two orders to a person too."""
    assert label(order_id) == words


def test_the_pace_in_force_can_be_chosen() -> None:
    """A pace that is none of the standard ones is offered first."""
    assert paces(7)[0] == 7
    assert paces(None) == (None, 1, 10, 100, 1000)
    assert [pace_words(pace) for pace in (None, 1, 1000)] == [
        "as fast as possible",
        "1 record a second",
        "1,000 records a second",
    ]


def test_an_alarm_is_in_the_page_before_any_script() -> None:
    """Where the data are not right, the first byte of the page says so; else there is no alarm."""
    alarmed = {"state": "running", "since": AT, "message": None, "alarm": "state and view differ"}
    html = render_view("carts", snapshot(flow=alarmed))
    assert '<alarm-notice class="alarm" role="alert">' in html
    assert "state and view differ" in html
    for flow in (alarmed | {"alarm": None}, {"state": "running", "since": AT, "message": None}):
        html = render_view("carts", snapshot(flow=flow))
        assert '<alarm-notice class="alarm" role="alert" hidden>' in html


def test_a_flow_that_is_down_is_in_the_page_with_its_reason() -> None:
    """As an alarm is, which goes before it; one that is being started again is none."""
    down = {"state": "down", "since": AT, "message": "5 records are lost", "alarm": None}
    html = render_view("carts", snapshot(flow=down))
    assert '<alarm-notice class="alarm" role="alert">' in html
    assert 'The flow is down:</strong> <span class="alarm-what">5 records are lost<' in html
    both = render_view("carts", snapshot(flow=down | {"alarm": "state and view differ"}))
    assert "The flow is down:" not in both
    again = render_view("carts", snapshot(flow=down | {"state": "restarting"}))
    assert '<alarm-notice class="alarm" role="alert" hidden>' in again


@pytest.mark.parametrize(
    ("source", "upload", "word"),
    [
        ("orders/1", None, "offset"),
        ("orders/1", "5f0c", "line"),
        ("orders.jsonl", None, "line"),
        ("resubmit", None, "line"),
    ],
)
def test_a_place_in_a_partition_is_an_offset(source: str, upload: str | None, word: str) -> None:
    """A file that bears the name of one has lines."""
    assert place_word(source, upload) == word


def test_a_running_flow_with_something_to_say_is_marked() -> None:
    """Brokers that do not answer end nothing, and are no calm green."""
    runs = {"state": "running", "since": AT, "message": None, "alarm": None}
    assert "data-notice" not in render_view("carts", snapshot(flow=runs))
    said = render_view("carts", snapshot(flow=runs | {"message": "Nobody answers."}))
    assert 'data-flow="running" data-notice title="Nobody answers."' in said
