"""The view at one committed moment: copied to the spool, so that its transaction ends soon.

Read by its tables, with nothing of what writes and reads them otherwise. Carts are a log and a
table; of a round that moves them, what it has passed is in the table alone.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from dataflow.records import OrderId
from web.proof.facts import CART, COMPLETED, ROW, Copy, checksum
from web.proof.spool import Spool
from web.proof.stored_cart import UnreadableCartError, read_head

Tell = Callable[[float], None]
"""Hears how much is done, from 0 to 1."""

_TOGETHER: Final = 500
_NEVER: Final = 2**63 - 1
"""What a column of the table says where there is no oldest id."""

_LogRow = dict[int, tuple[int, dict[str, bytes]]]
_decode_log = msgspec.msgpack.Decoder(_LogRow).decode
_decode_completed = msgspec.msgpack.Decoder(list[tuple[str, OrderId, int]]).decode


class Moment(NamedTuple):
    """Up to where the view had everything: what each key group, and each other part, has counted.

    ``last_place`` is that of the last record of which it knows where it came from.
    """

    accepted: dict[int, int]
    others: dict[int, int]
    last_place: int

    @property
    def is_complete(self) -> bool:
        """Whether every record that it knows of had its effect."""
        return self.records == self.last_place

    @property
    def records(self) -> int:
        """How many records had their effect."""
        return sum(self.accepted.values()) + sum(self.others.values())


def copy_view(path: Path, spool: Spool, tell: Tell) -> Moment:
    """Copy what a view holds at one moment; raises ``sqlite3.Error``."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
        db.execute("BEGIN")
        accepted = dict(db.execute("SELECT id, accepted FROM key_groups").fetchall())
        others = dict(db.execute("SELECT part, counted FROM others").fetchall())
        (last_place,) = db.execute(
            "SELECT ifnull(max(place + lines - 1), 0) FROM places"
        ).fetchone()
        moment = Moment(accepted, others, last_place)
        copied, most = 0, max(1, moment.records)
        for count in _copying(db, spool):
            copied += count
            tell(min(1.0, copied / most))
    return moment


def _copying(db: sqlite3.Connection, spool: Spool) -> Iterator[int]:
    """Copy table by table; gives how many rows were copied since the last time."""
    yield from _copy_table(db, spool)
    yield from _copy_log(db, spool)
    yield from _copy_orders(db, spool)
    yield from _copy_completed(db, spool)
    rows = db.execute(
        'SELECT id, upload, source, line, reason, "column", raw, raw_cut FROM skipped ORDER BY id'
    )
    while some := rows.fetchmany(_TOGETHER):
        spool.add_skipped([(*row[:6], checksum(row[6]), row[7]) for row in some])
        yield len(some)
    rows = db.execute(
        'SELECT place, lines, upload, source, first_line, at, "offset" FROM places ORDER BY place'
    )
    while some := rows.fetchmany(_TOGETHER):
        spool.add_chunks(some)
        yield len(some)


def _copy_table(db: sqlite3.Connection, spool: Spool) -> Iterator[int]:
    rows = db.execute(
        "SELECT user_id, cart, version, place, unpaid, paid, waiting, oldest_unpaid,"
        " oldest_waiting FROM carts"
    )
    while some := rows.fetchmany(_TOGETHER):
        for user_id, cart, *columns in some:
            copy = Copy.FITTING if _fits(cart, columns) else Copy.MISFIT
            spool.add(checksum(user_id), (user_id, None, CART, 0, cart, copy))
        yield len(some)


def _fits(cart: bytes, columns: list[int]) -> bool:
    """Whether the columns say of a cart what it says itself."""
    try:
        head = read_head(cart)
    except UnreadableCartError:
        return False
    *counts, oldest_unpaid, oldest_waiting = msgspec.structs.astuple(head)
    oldest = oldest_unpaid or _NEVER, oldest_waiting or _NEVER
    return columns == [head.version, *counts, *oldest]


def _copy_log(db: sqlite3.Connection, spool: Spool) -> Iterator[int]:
    ends, reached = db.execute("SELECT ends, reached FROM cart_round").fetchone() or (0, "")
    for seq, data in db.execute("SELECT seq, carts FROM cart_log ORDER BY seq"):
        moved = reached if seq <= ends else ""
        for changed, carts in _decode_log(data).values():
            for number, (user_id, cart) in enumerate(carts.items(), changed):
                if user_id > moved:
                    fact = (user_id, None, CART, -number, cart, int(Copy.LOGGED))
                    spool.add(checksum(user_id), fact)
            yield len(carts)


def _copy_orders(db: sqlite3.Connection, spool: Spool) -> Iterator[int]:
    rows = db.execute("SELECT user_id, order_id, status, ordered, paid FROM orders")
    while some := rows.fetchmany(_TOGETHER):
        for user_id, order_id, status, ordered, paid in some:
            fact = (user_id, order_id, ROW, ordered, paid << 2 | status, 0)
            spool.add(checksum(user_id), fact)
        yield len(some)


def _copy_completed(db: sqlite3.Connection, spool: Spool) -> Iterator[int]:
    for (data,) in db.execute("SELECT orders FROM completed"):
        orders = _decode_completed(data)
        for user_id, order_id, seq in orders:
            spool.add(checksum(user_id), (user_id, order_id, COMPLETED, seq, None, 0))
        yield len(orders)
