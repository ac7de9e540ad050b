"""A cart of the view, encoded and as a row."""

from __future__ import annotations

import pytest

from dataflow.cart import NEWEST, Cart, encode_cart, encode_newest
from web.view.cart_row import CartRow, entries_of, row_of
from web.view.recent_carts import matches
from web.view.windows import Window

SMALL = encode_cart(Cart(3, unpaid=1, paid=1, orders={1: 9, "1": 12}))
TALL = encode_newest(Cart(30, unpaid=NEWEST + 5, orders={at: at << 2 for at in range(NEWEST + 5)}))


def test_the_carts_of_a_commit_are_numbered_in_their_order() -> None:
    """Over all key groups, each with its group and the time of the commit."""
    entries = entries_of({7: {"a": SMALL, "b": TALL}, 2: {"c": SMALL}}, 11, 1.5)
    assert list(entries.items()) == [
        ("a", (SMALL, 11, (7, 1.5))),
        ("b", (TALL, 12, (7, 1.5))),
        ("c", (SMALL, 13, (2, 1.5))),
    ]


def test_a_row_counts_the_whole_lists() -> None:
    """Also of a tall cart, whose encoded lists are cut to the newest ids."""
    assert row_of("a", (SMALL, 11, (7, 1.5))) == CartRow("a", 3, 1, 1, 0, 11, 1.5, SMALL, 7)
    assert row_of("b", (TALL, 12, (7, 1.5))) == CartRow("b", 30, 25, 0, 0, 12, 1.5, TALL, 7)


@pytest.mark.parametrize(
    ("window", "fits"),
    [
        (Window(), True),
        (Window(search="al"), True),
        (Window(search="AL"), False),
        (Window(filter="unpaid"), True),
        (Window(filter="waiting"), False),
        (Window(user="alice"), True),
        (Window(user="al"), False),
    ],
)
def test_a_row_is_in_a_window_by_prefix_filter_and_user(window: Window, fits: bool) -> None:
    """As the table's query has it."""
    assert matches(row_of("alice", (SMALL, 1, (0, 0.0))), window) is fits
