"""Synthetic records: a stream as in life, the same one for the same seed."""

import hashlib
from collections import Counter

import pytest

from dataflow.records import MAX_LINE_BYTES, REASONS, TOO_LONG
from dataflow.runs import PAYMENT, parse_lines
from dataflow.synthetic import PAYMENTS_PER_ORDER, generate
from tests.kit.oracle import Oracle


def test_the_same_seed_gives_the_same_bytes_everywhere() -> None:
    """Spelt out as a digest: another machine, Python or version of this must come to it too."""
    data = b"".join(generate(20_000, 500, bad=0.01, seed=42))
    digest = hashlib.sha256(data).hexdigest()
    assert digest == "84f376e73c14da2f6504c03653ebe05133bd77efa31c76cd18a853a46c7332a4"


def test_another_seed_gives_other_records() -> None:
    """A seed is all that it takes for a fresh stream."""
    assert list(generate(50, 5, seed=1)) != list(generate(50, 5, seed=2))


@pytest.mark.parametrize(
    ("events", "bad"), [(0, 0.0), (1, 0.0), (1_000, 0.0), (999, 0.5), (50, 1.0)]
)
def test_there_are_as_many_lines_as_were_asked_for(events: int, bad: float) -> None:
    """Each is one line with its newline, whether good or bad."""
    lines = list(generate(events, 10, bad=bad))
    assert len(lines) == events
    assert all(line.count(b"\n") == 1 and line.endswith(b"\n") for line in lines)


def test_it_is_a_mix_as_in_life() -> None:
    """Four in five orders are paid, a few payments come early and a few records twice."""
    oracle = Oracle()
    counts = oracle.feed(b"".join(generate(50_000, 1_000)))
    paid = sum(len(cart.paid) for cart in oracle.carts.values())
    unpaid = sum(len(cart.unpaid) for cart in oracle.carts.values())
    assert counts.skipped == counts.blank == 0
    assert paid / (paid + unpaid) == pytest.approx(PAYMENTS_PER_ORDER, abs=0.05)
    assert 0.01 < counts.duplicates / counts.accepted < 0.05
    assert sum(len(cart.waiting) for cart in oracle.carts.values()) > 0
    assert len(oracle.carts) == 1_000
    assert all(user.startswith("user-") and len(user) == 11 for user in oracle.carts)


def test_payments_come_early_now_and_then() -> None:
    """Some payment stands before its order, and the order comes after all."""
    events = parse_lines(b"".join(generate(20_000, 100)), 1).events
    first: dict[int | str, bool] = {}
    for _, order_id, code in events:
        first.setdefault(order_id, bool(code & PAYMENT))
    orders = {order_id for _, order_id, code in events if not code & PAYMENT}
    early = sum(is_payment for order_id, is_payment in first.items() if order_id in orders)
    assert 0.01 < early / len(orders) < 0.06


def test_the_bad_lines_have_every_reason() -> None:
    """So many as were asked for, and all that a record can be skipped for is among them."""
    parsed = parse_lines(b"".join(generate(10_000, 100, bad=0.2)), 1)
    reasons = Counter(record.reason for record in parsed.skipped)
    assert set(reasons) == set(REASONS)
    assert reasons[TOO_LONG] < 10, "a bad line is rarely a large one"
    assert len(parsed.skipped) == pytest.approx(2_000, rel=0.1)


def test_a_bad_line_is_never_read_as_an_event() -> None:
    """With a share of 1 there is nothing but records to skip."""
    lines = list(generate(600, 100, bad=1.0))
    parsed = parse_lines(b"".join(lines), 1)
    assert (len(parsed.events), parsed.blank, len(parsed.skipped)) == (0, 0, 600)
    assert max(map(len, lines)) < MAX_LINE_BYTES + 100


@pytest.mark.parametrize(
    ("events", "users", "bad", "what"),
    [(-1, 1, 0.0, "events"), (1, 0, 0.0, "users"), (1, 1, 1.5, "bad"), (1, 1, float("nan"), "bad")],
)
def test_a_number_that_makes_no_sense_is_refused_at_once(
    events: int, users: int, bad: float, what: str
) -> None:
    """Before the first line, with the number in the sentence."""
    with pytest.raises(ValueError, match=what):
        generate(events, users, bad)
