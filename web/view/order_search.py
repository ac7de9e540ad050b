"""Finding the carts that have an order by its number: who answers a customer has nothing else.

No index holds all order ids: it would cost every commit more than all the rest. Each cart is
looked through for the bytes of the id instead, and decoded only where they are in it.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Final

import msgspec

from dataflow.cart import Status, decode_cart, head_of
from dataflow.records import MAX_ID_CHARS, OrderId
from web.numbers import integer_of
from web.view.cart_row import Entry

MOST: Final = 100
"""So many carts are told of."""


class OrderFound(msgspec.Struct, frozen=True):
    """An order of a cart, and where it stands there."""

    user_id: str
    order_id: OrderId
    status: str


class OrdersFound(msgspec.Struct, frozen=True):
    """The orders of one number; ``more`` says that there are others."""

    items: list[OrderFound]
    more: bool


def carts_with_order(
    db: sqlite3.Connection, text: str, unmoved: Mapping[str, Entry]
) -> OrdersFound:
    """Find the orders and waiting payments of exactly this text, be it a number or a string.

    ``unmoved`` are the carts that the table lacks; in one transaction of the caller's.
    """
    ids: list[OrderId] = [text] if len(text) <= MAX_ID_CHARS else []
    number = integer_of(text)
    if number is not None and -(2**63) <= number < 2**63:
        ids.append(number)
    found = chain.from_iterable(_carts_with(db, order_id, unmoved) for order_id in ids)
    items = list(islice(found, MOST + 1))
    told = sorted(items[:MOST], key=lambda item: item.user_id)
    return OrdersFound(told, len(items) > MOST)


def _carts_with(
    db: sqlite3.Connection, order_id: OrderId, unmoved: Mapping[str, Entry]
) -> Iterator[OrderFound]:
    encoded = msgspec.msgpack.encode(order_id)
    for user_id, (cart, _, _) in unmoved.items():
        if encoded in cart:
            yield from _in_cart(user_id, cart, order_id)
    rows = db.execute("SELECT user_id, cart FROM carts WHERE instr(cart, ?)", (encoded,))
    for user_id, cart in rows:
        if user_id not in unmoved:
            yield from _in_cart(user_id, cart, order_id)
    tall = db.execute("SELECT user_id, status FROM orders WHERE order_id = ?", (order_id,))
    for user_id, status in tall:
        if _is_tall(db, user_id, unmoved):
            yield OrderFound(user_id, order_id, Status(status).name.lower())


def _in_cart(user_id: str, cart: bytes, order_id: OrderId) -> Iterator[OrderFound]:
    """Look into a cart that holds all of its orders."""
    if head_of(cart).is_tall:
        return
    for order in decode_cart(cart).since():
        if type(order.order_id) is type(order_id) and order.order_id == order_id:
            yield OrderFound(user_id, order_id, order.status.name.lower())


def _is_tall(db: sqlite3.Connection, user_id: str, unmoved: Mapping[str, Entry]) -> bool:
    """Whether the rows of a cart's orders are what counts."""
    entry = unmoved.get(user_id)
    if entry is not None:
        return head_of(entry[0]).is_tall
    row = db.execute("SELECT cart FROM carts WHERE user_id = ?", (user_id,)).fetchone()
    return row is not None and head_of(row[0]).is_tall
