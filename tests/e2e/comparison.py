"""What a server holds, compared with the oracle: every cart, record and counter."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch


def lines(server: Cartwatch, path: str) -> list[dict[str, Any]]:
    """Download a whole set."""
    answer = server.call("GET", path)
    assert answer.status == 200, answer
    return [json.loads(line) for line in answer.body.splitlines()]


def assert_holds(server: Cartwatch, oracle: Oracle, *, source: str) -> None:
    """Hold the API to the oracle, fed with one source in its order: to the last field."""
    carts = {cart["user_id"]: cart for cart in lines(server, "/api/carts.jsonl")}
    expected = {user_id: cart.summary(user_id) for user_id, cart in oracle.carts.items()}
    shown = {user_id: {k: cart[k] for k in expected[user_id]} for user_id, cart in carts.items()}
    assert shown == expected

    skipped = [
        (each["source"], each["line"], each["reason"])
        for each in lines(server, "/api/skipped.jsonl")
    ]
    assert sorted(skipped) == sorted(oracle.skipped)
    assert all(each[0] == source for each in skipped)

    completed = lines(server, "/api/completed.jsonl")
    pairs = Counter((each["user_id"], repr(each["order_id"])) for each in completed)
    assert pairs == Counter((user_id, repr(order_id)) for user_id, order_id in oracle.completed)
    sequence = [each["seq"] for each in completed]
    assert sequence == sorted(set(sequence))

    assert_figures(server, oracle)


def assert_figures(server: Cartwatch, oracle: Oracle) -> None:
    """Hold the figures to the oracle."""
    stats = server.get("/api/stats")
    carts = oracle.carts.values()
    expected = {
        "carts": len(oracle.carts),
        "unpaid": sum(len(cart.unpaid) for cart in carts),
        "paid": sum(len(cart.paid) for cart in carts),
        "waiting": sum(len(cart.waiting) for cart in carts),
        "skipped": oracle.total.skipped,
        "duplicates": oracle.total.duplicates,
        "events": oracle.total.accepted,
        "lag": 0,
    }
    assert {name: stats[name] for name in expected} == expected
