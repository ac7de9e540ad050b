"""What a view must hold, by the rules of the contract: at its end, and at every moment before."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from dataflow.journal import Entry
from dataflow.times import rfc3339
from tests.kit.oracle import Oracle
from tests.kit.view_rows import rows_of
from web.view.orders_asked import OrdersAsked
from web.view.reader import ViewReader
from web.view.view import View


def expect(path: Path, entries: list[Entry]) -> None:
    """Hold a view that has all of a journal to the rules, as the oracle knows them."""
    oracle = Oracle()
    for entry in entries:
        oracle.feed(entry.data, entry.source, entry.first_line)
    rows = rows_of(path)
    expected = {user_id: cart.summary(user_id) for user_id, cart in oracle.carts.items()}
    assert {
        user_id: {
            "user_id": user_id,
            **{name: cart[name] for name in expected[user_id] if name != "user_id"},
        }
        for user_id, cart in rows["carts"].items()
    } == expected
    for user_id, cart in rows["carts"].items():
        sets = oracle.carts[user_id].sets()
        assert (cart["paid"], cart["unpaid"], cart["waiting"]) == tuple(map(len, sets))
        orders = {
            repr(order["order_id"]): tuple(
                (cause and (cause["upload"], cause["source"], cause["line"]), at)
                for cause, at in (
                    (order["order"], order["ordered_at"]),
                    (order["payment"], order["paid_at"]),
                )
            )
            for order in rows["orders"][user_id]
        }
        causes = oracle.carts[user_id].causes()
        assert orders == {
            repr(order_id): tuple(origin_of(place, entries) for place in places)
            for order_id, places in causes.items()
        }
        open_since = (cart["oldest_unpaid_at"], cart["oldest_waiting_at"])
        assert open_since == tuple(
            origin_of(place, entries)[1] for place in oracle.carts[user_id].oldest()
        )
        assert cart["updated_at"] == origin_of(oracle.carts[user_id].place, entries)[1]
    feed = [(each["seq"], each["user_id"], each["order_id"]) for each in rows["completed"]]
    assert repr(feed) == repr(
        [
            (place, *order)
            for place, order in zip(oracle.completed_places, oracle.completed, strict=True)
        ]
    )
    assert [each["id"] for each in rows["skipped"]] == oracle.skipped_places[::-1]
    for row in rows["skipped"]:
        cause, at = origin_of(row["id"], entries)
        assert ((row["upload"], row["source"], row["line"]), row["skipped_at"]) == (cause, at)
    skipped = [(row["source"], row["line"], row["reason"]) for row in rows["skipped"]]
    assert sorted(skipped) == sorted(oracle.skipped)
    assert rows["by_reason"] == Counter(reason for _, _, reason in skipped)
    assert rows["by_source"] == Counter(source for source, _, _ in skipped)
    counted = rows["counts"]
    assert counted == vars(oracle.total)
    carts = oracle.carts.values()
    assert rows["figures"] == {
        "carts": len(carts),
        "unpaid": sum(len(cart.unpaid) for cart in carts),
        "paid": sum(len(cart.paid) for cart in carts),
        "waiting": sum(len(cart.waiting) for cart in carts),
        "with_unpaid": sum(bool(cart.unpaid) for cart in carts),
        "with_paid": sum(bool(cart.paid) for cart in carts),
        "with_waiting": sum(bool(cart.waiting) for cart in carts),
    }


def origin_of(place: int, entries: list[Entry]) -> tuple[Any, str | None]:
    """Give the record at a place, and when it was accepted; both None for no place."""
    for entry in entries:
        line = place - entry.place
        if 0 <= line < entry.lines:
            return (entry.upload, entry.source, entry.first_line + line), rfc3339(entry.at)
    return None, None


def expect_all_up_to(
    complete: int, view: View, reader: ViewReader, entries: list[Entry], oracle: Oracle
) -> None:
    """Hold all that a view shows to the records that it names, and to those up to a place."""
    place_of = {origin_of(place, entries): place for place in range(oracle.lines + 1)}
    skipped = []
    for row in map(json.loads, reader.all_skipped()):
        skipped.append(row["id"])
        cause = row["upload"], row["source"], row["line"]
        assert place_of[cause, row["skipped_at"]] == row["id"]
    expect_whole(complete, skipped, oracle.skipped_places)
    feed = [json.loads(line)["seq"] for line in reader.all_completed()]
    assert feed == [place for place in oracle.completed_places if place <= complete]
    for user_id, cart in oracle.carts.items():
        page = reader.orders(user_id, view.carts.get(user_id), OrdersAsked(500))
        items = [] if page is None else [json.loads(row.json) for row in page.rows]
        causes = {repr(order_id): places for order_id, places in cart.causes().items()}
        shown = []
        for item in items:
            for at, (name, time) in enumerate((("order", "ordered_at"), ("payment", "paid_at"))):
                if (cause := item[name]) is not None:
                    place = place_of[(cause["upload"], cause["source"], cause["line"]), item[time]]
                    assert place == causes[repr(item["order_id"])][at]
                    shown.append(place)
        expect_whole(complete, shown, [each for both in causes.values() for each in both if each])


def expect_whole(complete: int, shown: list[int], places: list[int]) -> None:
    """Of these places no other is shown, none twice, and each up to the complete one."""
    assert len(shown) == len(set(shown))
    assert set(shown) <= set(places)
    assert {place for place in places if place <= complete} <= set(shown)
