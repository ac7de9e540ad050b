"""static/elements/cart/happenings.js: what happened to the orders of a cart."""

from __future__ import annotations

from typing import Any

from tests.browser.frames import Frame, order
from tests.browser.stage import Stage


def happenings(stage: Stage, orders: list[Frame]) -> Any:
    """Give what the module tells of orders, each as its words."""
    return stage.blank().evaluate(
        """async (orders) => {
          const { happenings } = await import("/static/elements/cart/happenings.js");
          return happenings(orders).map(({ key, words, status }) => [key, words, status]);
        }""",
        orders,
    )


def test_an_order_and_its_payment_are_two_happenings(stage: Stage) -> None:
    """The newest first; which of them came first is in the words."""
    late = "2026-03-01T13:00:00.000Z"
    told = happenings(
        stage, [order(7, "paid", ordered_at=late), order("7", "paid"), order(8, "waiting")]
    )
    assert told == [
        ["order 7", "ordered, paid before", "paid"],
        ["payment 7", "payment waits", "waiting"],
        ['payment "7"', "paid", "paid"],
        ["payment 8", "payment waits", "waiting"],
        ['order "7"', "ordered", "unpaid"],
    ]


def test_what_came_in_one_moment_stands_in_its_order(stage: Stage) -> None:
    """Records of one post have one time: the order of the answer counts."""
    at = "2026-03-01T13:00:00.000Z"
    told = happenings(stage, [order(2, ordered_at=at), order(1, "paid", ordered_at=at, paid_at=at)])
    assert [key for key, _, _ in told] == ["order 2", "payment 1", "order 1"]
