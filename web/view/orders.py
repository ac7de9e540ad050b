"""The orders of carts, each with the places of its two records; of tall carts they are rows.

A tall cart is stored with its newest ids only, so that a change of it costs no more than one of a
small cart; all others hold their orders themselves.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from dataflow.cart import NEWEST, Order, Status, decode_cart
from dataflow.records import OrderId
from web.view.bulk_insert import bulk_insert
from web.view.cart_row import CartRow

SCHEMA: Final = """
CREATE TABLE orders (
    user_id TEXT NOT NULL, order_id NOT NULL, status INTEGER NOT NULL, place INTEGER NOT NULL,
    ordered INTEGER NOT NULL, paid INTEGER NOT NULL, PRIMARY KEY (user_id, order_id)
) WITHOUT ROWID;
"""

TallOrder = tuple[str, OrderId, int, int, int, int]
"""A row: ``place`` is that at which the order got its status, 0 stands for no record yet."""

_NEWER: Final = """
ON CONFLICT DO UPDATE SET status = excluded.status, place = excluded.place,
    ordered = excluded.ordered, paid = excluded.paid
WHERE excluded.place > place
"""


def append_orders(db: sqlite3.Connection, orders: Sequence[TallOrder]) -> None:
    """Write orders of tall carts, in the caller's transaction; only what is newer."""
    bulk_insert(db, "INSERT INTO orders", orders, _NEWER)


def is_tall(row: CartRow) -> bool:
    """Whether the orders of a cart are rows."""
    return max(row.unpaid, row.paid, row.waiting) > NEWEST


def orders_of(db: sqlite3.Connection, row: CartRow) -> list[Order]:
    """Read all orders of a cart, in the order in which they got their status."""
    if not is_tall(row):
        return decode_cart(row.cart).since()
    rows = db.execute(
        "SELECT order_id, status, ordered, paid FROM orders WHERE user_id = ? ORDER BY place",
        (row.user_id,),
    )
    return [
        Order(order_id, Status(status), ordered, paid) for order_id, status, ordered, paid in rows
    ]
