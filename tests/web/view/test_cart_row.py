"""A cart of the view, encoded and as a row."""

from __future__ import annotations

from dataflow.cart import NEWEST, Cart, encode_cart, encode_newest
from web.view.cart_row import NEVER, CartRow, entries_of, row_of

SMALL = encode_cart(Cart(12, 1, 1, 0, 9, 0, {1: 9 << 2, "1": (12 << 22 | 5) << 3 | 1}))
TALL = encode_newest(
    Cart(
        24,
        waiting=NEWEST + 5,
        oldest_waiting=1,
        orders={at: at << 2 | 2 for at in range(1, NEWEST + 6)},
    )
)


def test_the_carts_of_a_commit_are_numbered_in_their_order() -> None:
    """Over all key groups, each with its group."""
    entries = entries_of({7: {"a": SMALL, "b": TALL}, 2: {"c": SMALL}}, 11)
    assert list(entries.items()) == [
        ("a", (SMALL, 11, 7)),
        ("b", (TALL, 12, 7)),
        ("c", (SMALL, 13, 2)),
    ]


def test_a_row_counts_the_whole_lists() -> None:
    """Also of a tall cart, whose encoded lists are cut to the newest ids; no age is the last."""
    assert row_of("a", (SMALL, 11, 7)) == CartRow("a", 3, 12, 1, 1, 0, 9, NEVER, SMALL, 7)
    assert row_of("b", (TALL, 12, 7)) == CartRow("b", 25, 24, 0, 0, 25, NEVER, 1, TALL, 7)
