"""The carts of the view: a table after a log, so that a change costs an append.

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
from contextlib import contextmanager
from typing import Final

from dataflow.cart import begin_at, head_of
from dataflow.database import transaction
from web.view.bulk_insert import bulk_insert
from web.view.cart_log import CartLog, Change, Place
from web.view.cart_row import CartRow, Entry, row_of
from web.view.recent_carts import MOST, RecentCarts
from web.view.windows import Window

MOST_UNMOVED: Final = 1_048_576
"""Carts that may wait in memory, about a third of a KiB each, before some are moved under load."""

MOST_LOGGED: Final = 3_145_728
"""Changes that the log may hold before, but for those of rows that a round has moved since."""

MOST_COMMITS: Final = 131_072
"""Commits that the log may hold before, however few carts each of them has changed."""

SLICE: Final = 8_192
"""About as many rows are moved in one transaction: a commit that comes meanwhile waits for them."""

SORTED: Final = 65_536
"""Users that are put into slices at once, for the same reason."""

CUT: Final = 262_144
"""Changes that are taken out of the log at once, for the same reason."""

_ASKED: Final = 500
_SAMPLED: Final = 32


class _Round:
    """Once round the rows that were unmoved at its beginning, in slices of the table's order.

    It takes what the log holds up to the place ``ends``.
    """

    def __init__(self, ends: Place, users: list[str], remaining: float = 1.0) -> None:
        self.ends = ends
        self.remaining = remaining
        """The share of its work that is left, of which the log's cut is as much as a slice."""
        self.unsorted = users
        self._bounds = sorted(users[:: SLICE // _SAMPLED])[_SAMPLED::_SAMPLED]
        self.slices: list[list[str]] = [[] for _ in range(len(self._bounds) + 1)]
        """Once all are sorted, the first in order stands last."""
        self.sort_some()

    def sort_some(self) -> None:
        """Put some users into their slices."""
        for user_id in self.unsorted[-SORTED:]:
            self.slices[bisect(self._bounds, user_id)].append(user_id)
        del self.unsorted[-SORTED:]
        if not self.unsorted:
            self.slices = [some for some in reversed(self.slices) if some]

    @property
    def remaining_after_slice(self) -> float:
        """What ``remaining`` becomes with the next slice."""
        return self.remaining * len(self.slices) / (len(self.slices) + 1)

    def pop(self) -> None:
        """Be done with a slice."""
        self.remaining = self.remaining_after_slice
        self.slices.pop()


class CartTable:
    """The table, its log, and the rows that are in the log only."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Read what changed last; ``SCHEMA`` must be there."""
        self._db = db
        self._log = CartLog(db)
        self._unmoved: dict[str, Entry] = {}
        self._round: _Round | None = None
        self.rounds = 0
        """How often all rows that were unmoved at some moment have been moved or changed since."""
        self.is_loaded = False
        """Whether the unmoved rows are known: before ``load``, only the newest are."""
        self.changed, self.recent = self._newest()
        """The greatest ``changed`` in the log, and the carts that changed last, as it was opened.

        Of rows that left the log, ``changed`` says nothing any more: it begins anew without one.
        """
        self._log_begins = self._place(0)

    def load(self) -> None:
        """Load what is in the log, where that has not been done, and go on with a cut-off round."""
        if self.is_loaded:
            return
        row = self._db.execute("SELECT ends, reached, remaining FROM cart_round").fetchone()
        seq, reached, remaining = row or (0, "", 1.0)
        self._unmoved = self._log.load(seq, reached)
        if row is not None:
            ends = self._place(seq)
            unmoved = [user for user, entry in self._unmoved.items() if entry[1] <= ends.changed]
            self._round = _Round(ends, unmoved, remaining)
        self.is_loaded = True

    def get(self, user_id: str) -> CartRow | None:
        """Give the row of a cart where it is not in the table yet; from any thread, once loaded."""
        entry = self._unmoved.get(user_id)
        return None if entry is None else row_of(user_id, entry)

    def places(self, user_ids: Collection[str]) -> dict[str, int]:
        """Give the places at which carts changed last, as they are durable; 0 for none."""
        self.load()
        unmoved = self._unmoved
        places = dict.fromkeys(user_ids, 0)
        in_table = []
        for user_id in user_ids:
            entry = unmoved.get(user_id)
            if entry is None:
                in_table.append(user_id)
            else:
                places[user_id] = head_of(entry[0]).place
        for start in range(0, len(in_table), _ASKED):
            some = in_table[start : start + _ASKED]
            marks = ",".join("?" * len(some))
            places.update(
                self._db.execute(
                    f"SELECT user_id, place FROM carts WHERE user_id IN ({marks})", some
                )
            )
        return places

    def rows(self, user_ids: Collection[str]) -> dict[str, CartRow]:
        """Give the rows of carts that there are, as they are durable."""
        self.load()
        rows = {user_id: row for user_id in user_ids if (row := self.get(user_id)) is not None}
        in_table = [user_id for user_id in user_ids if user_id not in rows]
        for start in range(0, len(in_table), _ASKED):
            some = in_table[start : start + _ASKED]
            marks = ",".join("?" * len(some))
            found = self._db.execute(f"SELECT * FROM carts WHERE user_id IN ({marks})", some)
            rows.update((row[0], CartRow(*row)) for row in found)
        return rows

    def append(self, change: Change) -> None:
        """Write newer carts to the log, in the caller's transaction; then ``keep`` them."""
        if change.carts:
            self._log.append(change)

    def keep(self, entries: dict[str, Entry]) -> None:
        """Know the carts that were appended, now that they are durable."""
        if entries:
            self._log.last += 1
            self.changed += len(entries)
            self._unmoved |= entries

    def unmoved(self) -> dict[str, Entry]:
        """Give the carts that are not in the table yet; from any thread, once loaded."""
        return self._unmoved.copy()

    def search(self, window: Window) -> dict[str, Entry]:
        """Give those of a search that are not in the table yet; from any thread, once loaded."""
        unmoved = self.unmoved()
        if window.user is not None:
            unmoved = {window.user: unmoved[window.user]} if window.user in unmoved else {}
        return {user: entry for user, entry in unmoved.items() if user.startswith(window.search)}

    @property
    def pressure(self) -> float:
        """How urgent it is to move rows: 0 where the log is empty, 1 where that is to begin.

        A row that was moved has as good as left the log, although that is cut only at the end of a
        round: so the pressure rises and falls with the work, and not once in a round.
        """
        begins = self._log_begins
        logged: float = self.changed - begins.changed
        if self._round is not None:
            logged -= (1 - self._round.remaining) * (self._round.ends.changed - begins.changed)
        return max(
            len(self._unmoved) / MOST_UNMOVED,
            logged / MOST_LOGGED,
            (self._log.last - begins.seq) / MOST_COMMITS,
        )

    @property
    def all_moved_at_round(self) -> int:
        """Give the count of ``rounds`` at which all that are unmoved now will be moved."""
        if self._round is None:
            return self.rounds + (self.changed > self._log_begins.changed)
        return self.rounds + 1 + (self.changed > self._round.ends.changed)

    @property
    def unmoved_count(self) -> int:
        """How many rows are not in the table yet."""
        return len(self._unmoved)

    def move(self, *, even_if_changed: bool = False) -> None:
        """Go a step on in a round: it moves the unmoved rows, in the table's order.

        A row that changes meanwhile stays unmoved, unless it is to be moved even so: the log has
        its change after the end of the round, and a cart that changes all the time is not written
        all the time.
        """
        self.load()
        if self._round is None:
            if self._log.last > self._log_begins.seq:
                self._round = _Round(Place(self._log.last, self.changed), list(self._unmoved))
        elif self._round.unsorted:
            self._round.sort_some()
        elif self._round.slices:
            self._move_slice(self._round, even_if_changed=even_if_changed)
        else:
            self._cut_log(self._round)

    def _move_slice(self, of: _Round, *, even_if_changed: bool) -> None:
        some = sorted(of.slices[-1])
        latest = self.changed if even_if_changed else of.ends.changed
        users = [user_id for user_id in some if self._unmoved[user_id][1] <= latest]
        rows = [row_of(user_id, self._unmoved[user_id]) for user_id in users]
        with self._unsynced() as db:
            bulk_insert(db, "INSERT OR REPLACE INTO carts", rows)
            db.execute(
                "INSERT OR REPLACE INTO cart_round VALUES (1, ?, ?, ?)",
                (of.ends.seq, some[-1], of.remaining_after_slice),
            )
        of.pop()
        for user_id in users:
            del self._unmoved[user_id]

    def _cut_log(self, of: _Round) -> None:
        """Take some of what was moved out of the log; with the last of it the round ends."""
        with self._unsynced() as db:
            self._log.cut(of.ends.seq, CUT)
            begins = self._place(0)
            is_done = begins.changed >= of.ends.changed
            if is_done:
                db.execute("DELETE FROM cart_round")
        self._log_begins = begins
        if is_done:
            self._round = None
            self.rounds += 1

    @contextmanager
    def _unsynced(self) -> Iterator[sqlite3.Connection]:
        """Run a transaction that a power cut may undo: the log has it until a commit is synced."""
        self._db.execute("PRAGMA synchronous = NORMAL")
        try:
            with transaction(self._db) as db:
                yield db
        finally:
            self._db.execute("PRAGMA synchronous = FULL")

    def _newest(self) -> tuple[int, RecentCarts]:
        """Load the carts that changed last, as far back as it takes to have enough of them."""
        changed = counted = 0
        newest: dict[str, Entry] = {}
        for change in self._log.newest_first():
            if len(newest) >= MOST and change.taken != counted:
                # Whatever is further back has changed at its ``taken`` at the latest.
                counted = change.taken
                floor = begin_at(change.taken + 1)
                if sum(cart >= floor for cart, *_ in newest.values()) >= MOST:
                    return changed, RecentCarts(newest, floor=floor)
            entries = change.entries()
            changed = changed or change.changed + len(entries) - 1
            for user_id, entry in entries.items():
                newest.setdefault(user_id, entry)
        rows = self._db.execute(
            "SELECT user_id, cart, key_group FROM carts ORDER BY place DESC LIMIT ?", (MOST + 1,)
        ).fetchall()
        floor = rows[-1][1] if len(rows) > MOST else b""
        return changed, RecentCarts(
            {user_id: (cart, 0, group) for user_id, cart, group in rows} | newest, floor=floor
        )

    def _place(self, seq: int) -> Place:
        """Give the place after a row of the log, be that there or cut."""
        return self._log.place(seq) or Place(self._log.last, self.changed)
