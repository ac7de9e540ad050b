"""The carts of the view: a table behind a log, so that a change costs an append.

Carts change all over the table, and every change in place would write a page of it. So a commit
appends its carts to a log, as one value, and they stay in memory as the flow encoded them; later
they are moved to the table, a slice in its own order at a time, which writes each page once for
many rows. What only the table can answer asks for the moving first.

A start reads only the end of the log, which is what a page shows; the whole of it is loaded a
moment later. Used by the view's writing thread, but for what says otherwise.
"""

import sqlite3
from bisect import bisect
from collections.abc import Collection, Iterator
from heapq import nlargest
from typing import Final, NamedTuple

import msgspec

from dataflow.cart import count_cart
from dataflow.transaction import transaction
from web.bulk_insert import bulk_insert
from web.cart_row import CartRow, Entry, entries_of, row_of
from web.recent_carts import MOST, RecentCarts
from web.windows import Window

MOST_BEHIND: Final = 524_288
"""Carts that may wait in memory, about a third of a KiB each, before some are moved under load."""

MOST_LOGGED: Final = 1_572_864
"""Changes that the log may hold before: what a start has to load, in a second or two."""

SLICE: Final = 8_192
"""About as many rows are moved in one transaction: a commit that comes meanwhile waits for them."""

SORTED: Final = 65_536
"""Users that are put into slices at once, for the same reason."""

SCHEMA: Final = """
CREATE TABLE carts (
    user_id TEXT PRIMARY KEY, version INTEGER NOT NULL, unpaid INTEGER NOT NULL,
    paid INTEGER NOT NULL, waiting INTEGER NOT NULL, changed INTEGER NOT NULL,
    updated_at REAL NOT NULL, lists BLOB NOT NULL, key_group INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE cart_log (
    seq INTEGER PRIMARY KEY, changed INTEGER NOT NULL, at REAL NOT NULL, carts BLOB NOT NULL
);
CREATE TABLE cart_round (
    id INTEGER PRIMARY KEY CHECK (id = 1), ends INTEGER NOT NULL, reached TEXT NOT NULL
);
"""

Carts = dict[int, dict[str, bytes]]
"""Encoded carts of one commit, by key group and user."""

_ASKED: Final = 500
_SAMPLED: Final = 32
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
        """Read what changed last; ``SCHEMA`` must be there."""
        self._db = db
        self._behind: dict[str, Entry] = {}
        self._last = int(db.execute("SELECT ifnull(max(seq), 0) FROM cart_log").fetchone()[0])
        self.is_loaded = False
        """Whether the rows that are behind are known: before ``load``, only the newest are."""
        self.recent = self._newest()
        """The carts that changed last, as it was opened."""
        self.changed = self.recent.changed
        """The greatest ``changed`` of all rows; 0 where there is none."""
        self._log_begins = self._first_in_log()
        self.rounds = 0
        """How often all rows that were behind at some moment have been moved since."""
        self._round: list[list[str]] = []
        self._bounds: list[str] = []
        self._unsorted: list[str] = []
        self._round_ends = 0

    def load(self) -> None:
        """Load what is in the log, where that has not been done; of each cart only the newest."""
        if self.is_loaded:
            return
        moved = self._db.execute("SELECT ends, reached FROM cart_round").fetchone()
        ends, reached = moved or (0, "")
        behind = self._behind.copy()
        for seq, (carts, changed, at) in self._log():
            first = reached if seq <= ends else ""
            for group, of_group in carts.items():
                added = (group, at)
                for user_id, cart in of_group.items():
                    if user_id not in behind and user_id > first:
                        behind[user_id] = cart, changed, added
                    changed += 1
        self._behind = behind
        self.is_loaded = True

    def get(self, user_id: str) -> CartRow | None:
        """Give the row of a cart where it is not in the table yet; from any thread, once loaded."""
        entry = self._behind.get(user_id)
        return None if entry is None else row_of(user_id, entry)

    def versions(self, user_ids: Collection[str]) -> dict[str, int]:
        """Give the versions of carts as they are durable; 0 where there is none."""
        self.load()
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
            if self._log_begins is None:
                self._log_begins = self.changed
            self.changed += len(entries)
            self._behind |= entries

    def entries(self) -> dict[str, Entry]:
        """Give the carts that are not in the table yet; from any thread, once loaded."""
        return self._behind.copy()

    def search(self, window: Window) -> dict[str, Entry]:
        """Give those of a search that are not in the table yet; from any thread, once loaded."""
        behind = self.entries()
        if window.user is not None:
            behind = {window.user: behind[window.user]} if window.user in behind else {}
        return {user: entry for user, entry in behind.items() if user.startswith(window.search)}

    @property
    def pressure(self) -> float:
        """How urgent it is to move rows: 0 where none are behind, 1 where that is to begin."""
        if not self._behind or self._log_begins is None:
            return 0.0
        return max(len(self._behind) / MOST_BEHIND, (self.changed - self._log_begins) / MOST_LOGGED)

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
        self.load()
        if self._behind and not self._round:
            self._begin_round()
        if self._unsorted:
            self._sort_some()
        if self._round and not self._unsorted:
            self._move_slice()

    def _begin_round(self) -> None:
        """Begin to put the users that are behind into slices, each before the next in order."""
        self._unsorted = list(self._behind)
        self._bounds = sorted(self._unsorted[:: SLICE // _SAMPLED])[_SAMPLED::_SAMPLED]
        self._round = [[] for _ in range(len(self._bounds) + 1)]
        self._round_ends = self._last

    def _sort_some(self) -> None:
        """Go on with it; in the end the last in order stands first."""
        for user_id in self._unsorted[-SORTED:]:
            self._round[bisect(self._bounds, user_id)].append(user_id)
        del self._unsorted[-SORTED:]
        if not self._unsorted:
            self._round = [some for some in reversed(self._round) if some]

    def _move_slice(self) -> None:
        users = sorted(self._round[-1])
        rows = [row_of(user_id, self._behind[user_id]) for user_id in users]
        # Nothing is lost with a move that is not synced: the log has it until a commit synced both.
        self._db.execute("PRAGMA synchronous = NORMAL")
        try:
            with transaction(self._db) as db:
                bulk_insert(db, "INSERT OR REPLACE INTO carts", rows)
                if len(self._round) == 1:
                    db.execute("DELETE FROM cart_log WHERE seq <= ?", (self._round_ends,))
                    db.execute("DELETE FROM cart_round")
                else:
                    at = (self._round_ends, users[-1])
                    db.execute("INSERT OR REPLACE INTO cart_round VALUES (1, ?, ?)", at)
        finally:
            self._db.execute("PRAGMA synchronous = FULL")
        self._round.pop()
        if not self._round:
            self.rounds += 1
            self._log_begins = self._first_in_log()
        for user_id in users:
            del self._behind[user_id]

    def _newest(self) -> RecentCarts:
        """Load the carts that changed last: all that are in the log are newer than any other."""
        newest: dict[str, Entry] = {}
        for _, change in self._log():
            newest = change.entries() | newest
            if len(newest) > MOST:
                break
        else:
            newest = {
                user_id: (lists, changed, (group, at))
                for user_id, lists, changed, group, at in self._db.execute(
                    "SELECT user_id, lists, changed, key_group, updated_at FROM carts"
                    " ORDER BY changed DESC LIMIT ?",
                    (MOST + 1,),
                )
            } | newest
        last = nlargest(MOST + 1, newest.items(), key=lambda item: item[1][1])
        return RecentCarts(reversed(last[:MOST]), is_whole=len(last) <= MOST)

    def _first_in_log(self) -> int | None:
        """Give the greatest ``changed`` before the log; None where the log is empty."""
        first = self._db.execute("SELECT changed - 1 FROM cart_log ORDER BY seq LIMIT 1").fetchone()
        return None if first is None else int(first[0])

    def _log(self) -> Iterator[tuple[int, Change]]:
        """Read the log, the newest first."""
        for seq, *of_change, carts in self._db.execute(
            "SELECT seq, changed, at, carts FROM cart_log ORDER BY seq DESC"
        ):
            yield seq, Change(_decode(carts), *of_change)
