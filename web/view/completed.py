"""The fulfilment feed as the view stores it: blocks of orders that completed in one commit.

A row for each order would cost a commit as much as all the rest of it. So a row is a block, named
by the ``seq`` of its last order; those before it have the numbers before.
"""

import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from dataflow.records import OrderId
from web.times import rfc3339
from web.view.json_line import encode_line
from web.view.page import Page, Row

BLOCK: Final = 4_096
"""Orders in a block at most: what has to be decoded to read a single one."""

SCHEMA: Final = """
CREATE TABLE completed (
    seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, completed_at REAL NOT NULL,
    orders BLOB NOT NULL
);
"""

Order = tuple[str, OrderId]
"""An order that was paid: its user and its id."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Order]).decode


class Completed(NamedTuple):
    """An order of the feed; ``completed_at`` in seconds since 1970."""

    seq: int
    user_id: str
    order_id: OrderId
    completed_at: float


def encode_completed(order: Completed) -> bytes:
    """Encode an order of the feed."""
    return encode_line(order._asdict() | {"completed_at": rfc3339(order.completed_at)})


def append_completed(db: sqlite3.Connection, last: int, orders: list[Order], at: float) -> None:
    """Write orders after the one numbered ``last``, in the caller's transaction."""
    for start in range(0, len(orders), BLOCK):
        block = orders[start : start + BLOCK]
        seq = last + start + len(block)
        db.execute(
            "INSERT INTO completed VALUES (?, ?, ?, ?)", (seq, len(block), at, _encode(block))
        )


def read_completed(db: sqlite3.Connection, after: int) -> Iterator[Completed]:
    """Read the orders after a ``seq``, in the order of completion."""
    blocks = db.execute(
        "SELECT seq, count, completed_at, orders FROM completed WHERE seq > ? ORDER BY seq",
        (after,),
    )
    for last, count, at, orders in blocks:
        for seq, order in enumerate(_decode(orders), last - count + 1):
            if seq > after:
                yield Completed(seq, *order, at)


def page_completed(db: sqlite3.Connection, after: int, limit: int) -> Page:
    """Read a page of the feed; in one transaction of the caller's."""
    orders = list(islice(read_completed(db, after), limit))
    rows = [Row(order.seq, encode_completed(order)) for order in orders]
    return Page(rows, last_completed(db), str(orders[-1].seq) if orders else None)


def last_completed(db: sqlite3.Connection) -> int:
    """Give the ``seq`` of the last order; 0 where there is none. It is their number, too."""
    return int(db.execute("SELECT ifnull(max(seq), 0) FROM completed").fetchone()[0])


class FeedCount:
    """Counts the orders that stand in the blocks, again and again.

    A block is never changed, so each time only those that are new are looked at.
    """

    def __init__(self) -> None:
        self._last = self._count = 0

    def count(self, db: sqlite3.Connection) -> int:
        """Count them as a connection sees them now, which is not before the last time."""
        last, new = db.execute(
            "SELECT max(seq), ifnull(sum(count), 0) FROM completed WHERE seq > ?", (self._last,)
        ).fetchone()
        self._last = self._last if last is None else last
        self._count += new
        return self._count
