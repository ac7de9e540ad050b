"""The fulfilment feed as the view stores it: blocks of orders that completed in one commit.

The ``seq`` of an order is the place of the record that completed it. A row for each order would
cost a commit as much as all the rest of it. So a row is a block: what a commit holds of one range
of places. The key groups tell of a range in any order, so the feed ends where all of them have.
"""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Final, NamedTuple

import msgspec

from dataflow.records import OrderId
from dataflow.times import rfc3339
from web.view.bulk_insert import bulk_insert
from web.view.json_line import encode_line
from web.view.page import Page, Row
from web.view.places import Places, complete_place

BLOCK: Final = 1_024
"""Places of a range: of so many at most the orders have to be decoded to read a single one."""

SCHEMA: Final = """
CREATE TABLE completed (
    id INTEGER PRIMARY KEY, range INTEGER NOT NULL, count INTEGER NOT NULL, orders BLOB NOT NULL
);
CREATE INDEX completed_range ON completed (range);
"""

Order = tuple[str, OrderId, int]
"""An order that was paid: its user, its id, and the place at which that happened."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Order]).decode
_PLACE: Final = itemgetter(2)


class Completed(NamedTuple):
    """An order of the feed; ``completed_at`` in seconds since 1970."""

    seq: int
    user_id: str
    order_id: OrderId
    completed_at: float


def encode_completed(order: Completed) -> bytes:
    """Encode an order of the feed."""
    return encode_line(order._asdict() | {"completed_at": rfc3339(order.completed_at)})


def append_completed(db: sqlite3.Connection, orders: list[Order]) -> None:
    """Write orders, in the caller's transaction; none of them may be there already."""
    in_order = sorted(orders, key=_PLACE)
    rows = []
    start = 0
    while start < len(in_order):
        number = in_order[start][2] // BLOCK
        end = bisect_left(in_order, (number + 1) * BLOCK, start, key=_PLACE)
        rows.append((number, end - start, _encode(in_order[start:end])))
        start = end
    bulk_insert(db, "INSERT INTO completed (range, count, orders)", rows)


def read_completed(db: sqlite3.Connection, after: int) -> Iterator[Completed]:
    """Read the orders after a ``seq``, in their order, as far as nothing can come between them."""
    places, end = Places(db), complete_place(db)
    blocks = db.execute(
        "SELECT range, orders FROM completed WHERE range BETWEEN ? AND ? ORDER BY range",
        (after // BLOCK, end // BLOCK),
    )
    for _, of_range in groupby(blocks, itemgetter(0)):
        orders = [order for _, block in of_range for order in _decode(block)]
        for user_id, order_id, seq in sorted(orders, key=_PLACE):
            if after < seq <= end:
                yield Completed(seq, user_id, order_id, places.at(seq))


def page_completed(db: sqlite3.Connection, after: int, limit: int) -> Page:
    """Read a page of the feed; in one transaction of the caller's."""
    orders = list(islice(read_completed(db, after), limit))
    rows = [Row(order.seq, encode_completed(order)) for order in orders]
    total = db.execute("SELECT ifnull(sum(paid), 0) FROM key_groups").fetchone()[0]
    return Page(rows, total, str(orders[-1].seq) if orders else None)


def cursor_before(db: sqlite3.Connection, until: int | None, many: int) -> int:
    """Give the cursor behind which so many orders come up to a ``seq``, or up to the end; or 0."""
    end = complete_place(db) if until is None else until
    blocks = db.execute(
        "SELECT range, orders FROM completed WHERE range <= ? ORDER BY range DESC", (end // BLOCK,)
    )
    for _, of_range in groupby(blocks, itemgetter(0)):
        places = [order[2] for _, block in of_range for order in _decode(block) if order[2] <= end]
        if len(places) > many:
            return sorted(places)[-many - 1]
        many -= len(places)
    return 0


def count_completed(db: sqlite3.Connection, until: int) -> int:
    """Count the orders up to a ``seq``; decodes those of its range alone."""
    before = db.execute(
        "SELECT ifnull(sum(count), 0) FROM completed WHERE range < ?", (until // BLOCK,)
    ).fetchone()[0]
    blocks = db.execute("SELECT orders FROM completed WHERE range = ?", (until // BLOCK,))
    return int(before) + sum(order[2] <= until for (block,) in blocks for order in _decode(block))


class FeedCount:
    """Counts the orders that stand in the blocks, again and again, also at the same time.

    A block is never changed, so each time only those that are new are looked at.
    """

    def __init__(self) -> None:
        self._known = 0, 0
        """The last block that was counted, and the orders up to it: together, for whoever asks."""

    def count(self, db: sqlite3.Connection) -> int:
        """Count them as a connection sees them now; where that is before the last time, all."""
        last, count = self._known
        seen = int(db.execute("SELECT ifnull(max(id), 0) FROM completed").fetchone()[0])
        if seen < last:
            last = count = 0
        new = "SELECT ifnull(sum(count), 0) FROM completed WHERE id > ? AND id <= ?"
        count += int(db.execute(new, (last, seen)).fetchone()[0])
        self._known = max(self._known, (seen, count))
        return count
