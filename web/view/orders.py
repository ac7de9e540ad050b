"""The orders of carts, each with the places of its two records; of tall carts they are rows.

A tall cart is stored with its newest ids only, so that a change of it costs no more than one of a
small cart; all others hold their orders themselves.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from dataflow.cart import NEWEST, Order, Status, decode_cart
from dataflow.records import OrderId
from dataflow.times import rfc3339
from web.view.bulk_insert import bulk_insert
from web.view.cart_row import CartRow
from web.view.json_line import encode_line
from web.view.orders_asked import OrdersAsked
from web.view.page import Row
from web.view.places import Cause, Places
from web.view.sorts import TOP

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


OVERLAY: Final = "CREATE TEMP TABLE few_orders AS SELECT * FROM orders LIMIT 0"
"""The orders of one cart that is not tall, for the time of a call."""


class OrderItem(msgspec.Struct, frozen=True, gc=False):
    """An order as it is answered, with the records that ordered and that paid it."""

    order_id: OrderId
    status: str
    ordered_at: str | None
    paid_at: str | None
    order: Cause | None
    payment: Cause | None


class OrdersPage(NamedTuple):
    """A page of the orders of a cart, of one ``version`` of it.

    ``first`` is the number of its first order, from 1, and ``back`` the cursor of the page before:
    None where that is the first one, or where there is none.
    """

    rows: list[Row]
    total: int
    next: str | None
    version: int
    first: int = 1
    back: str | None = None


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


def causes_of(db: sqlite3.Connection, row: CartRow, order_id: OrderId) -> tuple[int, int]:
    """Give the places of the records that ordered and that paid an order; 0 for none."""
    if is_tall(row):
        found = db.execute(
            "SELECT ordered, paid FROM orders WHERE user_id = ? AND order_id = ?",
            (row.user_id, order_id),
        ).fetchone()
        return (0, 0) if found is None else (found[0], found[1])
    for order in decode_cart(row.cart).since():
        if order.order_id == order_id:
            return order.ordered, order.paid
    return 0, 0


def page_orders(
    db: sqlite3.Connection, places: Places, row: CartRow, asked: OrdersAsked
) -> OrdersPage:
    """Read a page of the orders of a cart; in one transaction of the caller's.

    An order is as old as its order, a waiting payment as itself.
    """
    found, values = _selection(db, row, asked)
    total = db.execute(f"SELECT count(*) {found}", values).fetchone()[0]
    orders = _in_order(db, found, values, asked, asked.limit + 1)
    shown = orders[: asked.limit]
    following = None
    if len(orders) > asked.limit:
        following = str(shown[-1].place if asked.by_change else _age(shown[-1]))
    rows = [Row(str(order.order_id), encode_line(item_of(order, places))) for order in shown]
    return OrdersPage(rows, total, following, row.version, *_stand(db, found, values, asked))


def all_orders(db: sqlite3.Connection, row: CartRow, asked: OrdersAsked) -> list[Order]:
    """Read all orders of a cart that are asked for, by their age, from the cursor on."""
    return _in_order(db, *_selection(db, row, asked), asked, -1)


def _selection(
    db: sqlite3.Connection, row: CartRow, asked: OrdersAsked
) -> tuple[str, list[str | int]]:
    """Say where the orders are, which of them are asked for, and with which values."""
    table = "orders"
    if not is_tall(row):
        table = "few_orders"
        db.execute("DELETE FROM few_orders")
        orders = decode_cart(row.cart).since()
        few = [(row.user_id, o.order_id, o.status, o.place, o.ordered, o.paid) for o in orders]
        bulk_insert(db, "INSERT INTO few_orders", few)
    where, values = _where(row.user_id, asked)
    return f"FROM {table} WHERE {where}", values


def _in_order(
    db: sqlite3.Connection, found: str, values: list[str | int], asked: OrdersAsked, most: int
) -> list[Order]:
    sign, order = ("<", "DESC") if asked.is_newest_first else (">", "ASC")
    if asked.after is not None:
        found += f" AND {_key(asked)} {sign} ?"
        values = [*values, asked.after]
    rows = db.execute(
        f"SELECT order_id, status, ordered, paid {found} ORDER BY {_key(asked)} {order} LIMIT ?",
        (*values, most),
    )
    return [
        Order(order_id, Status(status), ordered, paid) for order_id, status, ordered, paid in rows
    ]


def _stand(
    db: sqlite3.Connection, found: str, values: list[str | int], asked: OrdersAsked
) -> tuple[int, str | None]:
    """Tell the number of the first order of a page, and the cursor of the page before it."""
    if asked.after is None:
        return 1, None
    sign, order = (">=", "ASC") if asked.is_newest_first else ("<=", "DESC")
    key = _key(asked)
    before = f"{found} AND {key} {sign} ?"
    many = db.execute(f"SELECT count(*) {before}", (*values, asked.after)).fetchone()[0]
    last = db.execute(
        f"SELECT {key} {before} ORDER BY {key} {order} LIMIT 1 OFFSET ?",
        (*values, asked.after, asked.limit),
    ).fetchone()
    return many + 1, None if last is None else str(last[0])


def _key(asked: OrdersAsked) -> str:
    """Give what the orders are in order of, in SQL."""
    return "place" if asked.by_change else "iif(ordered > 0, ordered, paid)"


def _age(order: Order) -> int:
    return order.ordered or order.paid


def item_of(order: Order, places: Places) -> OrderItem:
    """Make what is answered of an order."""
    ordered = places.origin(order.ordered) if order.ordered else None
    paid = places.origin(order.paid) if order.paid else None
    return OrderItem(
        order.order_id,
        order.status.name.lower(),
        None if ordered is None else rfc3339(ordered.at),
        None if paid is None else rfc3339(paid.at),
        None if ordered is None else ordered.cause,
        None if paid is None else paid.cause,
    )


def _where(user_id: str, asked: OrdersAsked) -> tuple[str, list[str | int]]:
    where = "user_id = ?"
    values: list[str | int] = [user_id]
    if asked.status is not None:
        where += " AND status = ?"
        values.append(int(asked.status))
    if asked.search:
        where += " AND CAST(order_id AS TEXT) BETWEEN ? AND ?"
        values += [asked.search, asked.search + TOP]
    return where, values
