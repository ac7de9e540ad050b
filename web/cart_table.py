"""The carts of the view: a table behind a log, so that a change costs an append.

Carts change all over the table, and every change in place would write a page of it. So a commit
appends its newest rows to a log, as one value, and they stay in memory; later they are moved to
the table, a slice in its own order at a time, which writes each page once for many rows. What
only the table can answer asks for the moving first. Used by the view's writing thread, but for
``get``.
"""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from dataflow.transaction import transaction
from web.recent_carts import MOST, CartRow, RecentCarts

MOST_BEHIND: Final = 262_144
"""Rows that may wait in memory, about half a KiB each; over it every commit moves some."""

SLICE: Final = 16_384
"""Rows that are moved in one transaction: a commit that comes meanwhile waits for no more."""

SCHEMA: Final = """
CREATE TABLE carts (
    user_id TEXT PRIMARY KEY, version INTEGER NOT NULL, unpaid INTEGER NOT NULL,
    paid INTEGER NOT NULL, waiting INTEGER NOT NULL, changed INTEGER NOT NULL,
    updated_at REAL NOT NULL, lists BLOB NOT NULL, key_group INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE cart_log (seq INTEGER PRIMARY KEY, rows BLOB NOT NULL);
"""

_ASKED: Final = 500
_PUT: Final = "INSERT OR REPLACE INTO carts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[CartRow]).decode


class CartTable:
    """The table, its log, and the rows that are in the log only."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Load what is in the log; ``SCHEMA`` must be there."""
        self._db = db
        self._behind: dict[str, CartRow] = {}
        self._last = 0
        for seq, rows in db.execute("SELECT seq, rows FROM cart_log ORDER BY seq"):
            self._behind.update((row.user_id, row) for row in _decode(rows))
            self._last = seq
        self.rounds = 0
        """How often all rows that were behind at some moment have been moved since."""
        self._round: list[str] = []
        self._round_ends = 0

    def get(self, user_id: str) -> CartRow | None:
        """Give the row of a cart where it is not in the table yet; from any thread."""
        return self._behind.get(user_id)

    def versions(self, user_ids: Collection[str]) -> dict[str, int]:
        """Give the versions of carts as they are durable; 0 where there is none."""
        behind = self._behind
        versions = dict.fromkeys(user_ids, 0)
        in_table = []
        for user_id in user_ids:
            row = behind.get(user_id)
            if row is None:
                in_table.append(user_id)
            else:
                versions[user_id] = row.version
        for start in range(0, len(in_table), _ASKED):
            some = in_table[start : start + _ASKED]
            places = ",".join("?" * len(some))
            versions.update(
                self._db.execute(
                    f"SELECT user_id, version FROM carts WHERE user_id IN ({places})", some
                )
            )
        return versions

    def append(self, rows: Sequence[CartRow]) -> None:
        """Write newer rows to the log, in the caller's transaction; then ``keep`` them."""
        if rows:
            self._db.execute(
                "INSERT OR REPLACE INTO cart_log VALUES (?, ?)", (self._last + 1, _encode(rows))
            )

    def keep(self, rows: Sequence[CartRow]) -> None:
        """Know the rows that were appended, now that they are durable."""
        if rows:
            self._last += 1
            self._behind.update((row.user_id, row) for row in rows)

    def rows(self) -> list[CartRow]:
        """Give the rows that are not in the table yet; from any thread."""
        return list(self._behind.values())

    @property
    def caught_up(self) -> int:
        """Give the count of ``rounds`` at which all rows that are behind now will be moved."""
        return self.rounds + bool(self._round) + bool(self._behind)

    @property
    def behind(self) -> int:
        """How many rows are not in the table yet."""
        return len(self._behind)

    def move(self) -> None:
        """Move a slice of rows to the table; goes round all of them in the table's order."""
        if not self._behind:
            return
        if not self._round:
            self._round = sorted(self._behind, reverse=True)
            self._round_ends = self._last
        users = self._round[-SLICE:]
        rows = [self._behind[user_id] for user_id in reversed(users)]
        with transaction(self._db) as db:
            db.executemany(_PUT, rows)
            if len(users) == len(self._round):
                db.execute("DELETE FROM cart_log WHERE seq <= ?", (self._round_ends,))
        del self._round[-SLICE:]
        self.rounds += not self._round
        for user_id in users:
            del self._behind[user_id]

    def recent(self) -> RecentCarts:
        """Load the carts that changed last."""
        newest = {
            row[0]: CartRow(*row)
            for row in self._db.execute(
                "SELECT * FROM carts ORDER BY changed DESC LIMIT ?", (MOST + 1,)
            )
        }
        newest.update(self._behind)
        rows = sorted(newest.values(), key=_changed)
        return RecentCarts(rows[-MOST:], is_whole=len(rows) <= MOST)

    def last_changed(self) -> int:
        """Give the greatest ``changed`` of all rows; 0 where there is none."""
        row = self._db.execute("SELECT ifnull(max(changed), 0) FROM carts").fetchone()
        behind = (row.changed for row in self._behind.values())
        return max(int(row[0]), max(behind, default=0))


def _changed(row: CartRow) -> int:
    return row.changed
