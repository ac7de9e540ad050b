"""The carts of the view: a table behind a log, so that a change costs an append.

Carts change all over the table, and every change in place would write a page of it. So a commit
appends its carts to a log, as one value, and they stay in memory as the flow encoded them; later
they are moved to the table, a slice in its own order at a time, which writes each page once for
many rows. What only the table can answer asks for the moving first. Used by the view's writing
thread, but for ``get`` and ``rows``.
"""

import sqlite3
from collections.abc import Collection
from heapq import nlargest
from typing import Final, NamedTuple

import msgspec

from dataflow.cart import count_cart
from dataflow.transaction import transaction
from web.cart_row import CartRow, Entry, entries_of, row_of
from web.recent_carts import MOST, RecentCarts

MOST_BEHIND: Final = 262_144
"""Carts that may wait in memory, about a quarter KiB each; over it some are moved all the time."""

SLICE: Final = 8_192
"""Rows that are moved in one transaction: a commit that comes meanwhile waits for no more."""

SCHEMA: Final = """
CREATE TABLE carts (
    user_id TEXT PRIMARY KEY, version INTEGER NOT NULL, unpaid INTEGER NOT NULL,
    paid INTEGER NOT NULL, waiting INTEGER NOT NULL, changed INTEGER NOT NULL,
    updated_at REAL NOT NULL, lists BLOB NOT NULL, key_group INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE cart_log (
    seq INTEGER PRIMARY KEY, changed INTEGER NOT NULL, at REAL NOT NULL, carts BLOB NOT NULL
);
"""

Carts = dict[int, dict[str, bytes]]
"""Encoded carts of one commit, by key group and user."""

_ASKED: Final = 500
_PUT: Final = "INSERT OR REPLACE INTO carts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Carts).decode


class Change(NamedTuple):
    """What one commit does to the carts: the first of them gets ``changed``, the next one more."""

    carts: Carts
    changed: int
    at: float

    def entries(self) -> dict[str, Entry]:
        """Give each cart with what the commit adds to it."""
        return entries_of(*self)


class CartTable:
    """The table, its log, and the rows that are in the log only."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Load what is in the log; ``SCHEMA`` must be there."""
        self._db = db
        self._behind: dict[str, Entry] = {}
        self._last = 0
        for seq, changed, at, carts in db.execute("SELECT * FROM cart_log ORDER BY seq"):
            self._behind |= Change(_decode(carts), changed, at).entries()
            self._last = seq
        self.rounds = 0
        """How often all rows that were behind at some moment have been moved since."""
        self._round: list[str] = []
        self._round_ends = 0

    def get(self, user_id: str) -> CartRow | None:
        """Give the row of a cart where it is not in the table yet; from any thread."""
        entry = self._behind.get(user_id)
        return None if entry is None else row_of(user_id, entry)

    def versions(self, user_ids: Collection[str]) -> dict[str, int]:
        """Give the versions of carts as they are durable; 0 where there is none."""
        behind = self._behind
        versions = dict.fromkeys(user_ids, 0)
        in_table = []
        for user_id in user_ids:
            entry = behind.get(user_id)
            if entry is None:
                in_table.append(user_id)
            else:
                versions[user_id] = count_cart(entry[0]).version
        for start in range(0, len(in_table), _ASKED):
            some = in_table[start : start + _ASKED]
            places = ",".join("?" * len(some))
            versions.update(
                self._db.execute(
                    f"SELECT user_id, version FROM carts WHERE user_id IN ({places})", some
                )
            )
        return versions

    def append(self, change: Change) -> None:
        """Write newer carts to the log, in the caller's transaction; then ``keep`` them."""
        if change.carts:
            self._db.execute(
                "INSERT OR REPLACE INTO cart_log VALUES (?, ?, ?, ?)",
                (self._last + 1, change.changed, change.at, _encode(change.carts)),
            )

    def keep(self, entries: dict[str, Entry]) -> None:
        """Know the carts that were appended, now that they are durable."""
        if entries:
            self._last += 1
            self._behind |= entries

    def rows(self) -> list[CartRow]:
        """Give the rows that are not in the table yet; from any thread."""
        return [row_of(*item) for item in list(self._behind.items())]

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
        rows = [row_of(user_id, self._behind[user_id]) for user_id in reversed(users)]
        # Nothing is lost with a move that is not synced: the log has it until a commit synced both.
        self._db.execute("PRAGMA synchronous = NORMAL")
        try:
            with transaction(self._db) as db:
                db.executemany(_PUT, rows)
                if len(users) == len(self._round):
                    db.execute("DELETE FROM cart_log WHERE seq <= ?", (self._round_ends,))
        finally:
            self._db.execute("PRAGMA synchronous = FULL")
        del self._round[-SLICE:]
        self.rounds += not self._round
        for user_id in users:
            del self._behind[user_id]

    def recent(self) -> RecentCarts:
        """Load the carts that changed last."""
        newest: dict[str, Entry] = {
            user_id: (lists, changed, (group, at))
            for user_id, lists, changed, group, at in self._db.execute(
                "SELECT user_id, lists, changed, key_group, updated_at FROM carts"
                " ORDER BY changed DESC LIMIT ?",
                (MOST + 1,),
            )
        }
        newest |= self._behind
        last = nlargest(MOST + 1, newest.items(), key=lambda item: item[1][1])
        return RecentCarts(reversed(last[:MOST]), is_whole=len(last) <= MOST)

    def last_changed(self) -> int:
        """Give the greatest ``changed`` of all rows; 0 where there is none."""
        row = self._db.execute("SELECT ifnull(max(changed), 0) FROM carts").fetchone()
        behind = (changed for _, changed, _ in self._behind.values())
        return max(int(row[0]), max(behind, default=0))
