"""Carts and the feed held against the oracle, cart by cart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.chaos.compared import same
from tests.chaos.experiment import Experiment
from tests.kit.oracle import Oracle, OracleCart, OrderId

CompareCart = Callable[[OracleCart, dict[str, Any]], Iterator[str]]


def compare_carts(experiment: Experiment, oracle: Oracle, compare: CompareCart) -> Iterator[str]:
    """Compare every cart, by ``compare``, and the orders of each that have completed."""
    carts = {cart["user_id"]: cart for cart in experiment.lines("/api/carts.jsonl")}
    feed = experiment.lines("/api/completed.jsonl")
    numbers = [each["seq"] for each in feed]
    if numbers != sorted(set(numbers)):
        yield "the numbers of the feed do not grow"
    completed: dict[str, list[OrderId]] = {}
    for each in feed:
        completed.setdefault(each["user_id"], []).append(each["order_id"])
    for user_id in sorted(oracle.carts.keys() | carts.keys() | completed.keys()):
        expected, got = oracle.carts.get(user_id), carts.get(user_id)
        if expected is None or got is None:
            yield f"cart {user_id!r}: expected {expected}, got {got}"
            continue
        yield from compare(expected, got)
        done = completed.get(user_id, [])
        yield from same(f"completed orders of {user_id!r}", expected.paid, done)
        if done != got["paid_order_ids"]:
            yield f"cart {user_id!r}: paid {got['paid_order_ids']}, and in the feed {done}"
