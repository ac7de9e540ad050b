"""Finding the carts that have an order by its number: who answers a customer has nothing else.

No index holds all order ids: it would cost every commit more than all the rest. Each cart is
looked through for the bytes of the id instead, and decoded only where they are in it.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

import msgspec

from dataflow.cart import Status, decode_cart, head_of
from dataflow.records import MAX_ID_CHARS, OrderId
from web.numbers import integer_of
from web.view.cart_row import Entry

MOST: Final = 100
"""So many carts are told of."""


_CODES: Final = (b"\xce", b"\xcf")
"""How the code of an order begins that stands behind its id: a number of 4, or of 8 bytes.

An id of one byte is in nearly every cart by chance, and with one of these behind it in few.
"""

_EARLY: Final = 16_384
"""The place from which on every code is so long: a shorter one is that of an open order before."""


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
    found = list(islice(_find(db, ids, unmoved), MOST + 1)) if ids else []
    told = sorted(found[:MOST], key=lambda item: item.user_id)
    return OrdersFound(told, len(found) > MOST)


def _find(
    db: sqlite3.Connection, ids: list[OrderId], unmoved: Mapping[str, Entry]
) -> Iterator[OrderFound]:
    """Find the orders of some ids; each cart is looked through once."""
    encoded = [msgspec.msgpack.encode(order_id) for order_id in ids]
    long = [each for each in encoded if len(each) > 1]
    short = [each + code for each in encoded if len(each) == 1 for code in _CODES]
    wanted = long + short
    # Once round for each of the few: a third of what asking for any of them in one round takes.
    fit = {
        user_id: entry[0]
        for each in wanted
        for user_id, entry in unmoved.items()
        if each in entry[0]
    }
    if short:
        fit |= {user_id: cart for user_id, (cart, _, _) in unmoved.items() if _is_early(cart)}
    for user_id, cart in fit.items():
        yield from _in_cart(user_id, cart, ids)
    has_one = " OR ".join(["instr(cart, ?)"] * len(wanted))
    if short:
        has_one += f" OR oldest_unpaid < {_EARLY} OR oldest_waiting < {_EARLY}"
    rows = db.execute(f"SELECT user_id, cart FROM carts WHERE {has_one}", wanted)  # noqa: S608
    for user_id, cart in rows:
        if user_id not in unmoved:
            yield from _in_cart(user_id, cart, ids)
    marks = ",".join("?" * len(ids))
    tall = db.execute(
        f"SELECT user_id, order_id, status FROM orders WHERE order_id IN ({marks})",  # noqa: S608
        ids,
    )
    for user_id, order_id, status in tall:
        if _is_tall(db, user_id, unmoved):
            yield OrderFound(user_id, order_id, Status(status).name.lower())


def _is_early(cart: bytes) -> bool:
    """Whether a code in a cart may be a short one."""
    head = head_of(cart)
    return 0 < head.oldest_unpaid < _EARLY or 0 < head.oldest_waiting < _EARLY


def _in_cart(user_id: str, cart: bytes, ids: list[OrderId]) -> Iterator[OrderFound]:
    """Look into a cart that holds all of its orders."""
    if head_of(cart).is_tall:
        return
    wanted = {(type(order_id), order_id) for order_id in ids}
    for order in decode_cart(cart).since():
        if (type(order.order_id), order.order_id) in wanted:
            yield OrderFound(user_id, order.order_id, order.status.name.lower())


def _is_tall(db: sqlite3.Connection, user_id: str, unmoved: Mapping[str, Entry]) -> bool:
    """Whether the rows of a cart's orders are what counts."""
    entry = unmoved.get(user_id)
    if entry is not None:
        return head_of(entry[0]).is_tall
    row = db.execute("SELECT cart FROM carts WHERE user_id = ?", (user_id,)).fetchone()
    return row is not None and head_of(row[0]).is_tall
