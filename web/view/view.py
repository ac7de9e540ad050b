"""The view: the durable read model, written by one thread in group commits.

Every write is harmless the second time. Each key group counts its events, and the view knows how
many it has of each: what a message tells of those is passed over, and where a replay has cut its
batches elsewhere and a message begins among them, its carts and orders count where their version
is newer. A skipped record is known by upload and line; totals only grow. So a flow that recovers
may repeat itself, and any replay ends in the same rows. What is committed is fsynced before the
flow hears of it.
"""

import sqlite3
import time
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from dataflow.cart import count_cart
from dataflow.messages import (
    Barrier,
    CartsChanged,
    Figures,
    Position,
    RecordsSkipped,
    Started,
    decode_messages,
)
from dataflow.records import OrderId
from dataflow.transaction import transaction
from web.view import cart_table
from web.view.bulk_insert import bulk_insert
from web.view.cart_log import Carts, Change
from web.view.cart_row import Entry
from web.view.cart_table import CartTable
from web.view.completed import SCHEMA as COMPLETED_SCHEMA
from web.view.completed import Order, append_completed, last_completed
from web.view.read_only import connect_read_only
from web.view.recent_carts import MOST
from web.view.totals import SKIPPED_PART, Counts, Totals

SCHEMA_VERSION: Final = 5
_CACHE_KIB: Final = 64 * 1024
_CHECKPOINT_PAGES: Final = 8_000

_SCHEMA: Final = """
CREATE TABLE orders (
    user_id TEXT NOT NULL, order_id NOT NULL, status INTEGER NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (user_id, order_id)
) WITHOUT ROWID;
CREATE TABLE skipped (
    id INTEGER PRIMARY KEY, upload TEXT NOT NULL, line INTEGER NOT NULL, source TEXT NOT NULL,
    reason TEXT NOT NULL, message TEXT NOT NULL, "column" INTEGER, raw TEXT NOT NULL,
    raw_cut INTEGER NOT NULL, skipped_at REAL NOT NULL, resubmitted_at REAL,
    UNIQUE (upload, line)
);
CREATE INDEX skipped_source ON skipped (source, reason);
CREATE INDEX skipped_reason ON skipped (reason);
CREATE TABLE totals (
    upload TEXT NOT NULL, part INTEGER NOT NULL, accepted INTEGER NOT NULL,
    duplicates INTEGER NOT NULL, skipped INTEGER NOT NULL, blank INTEGER NOT NULL,
    PRIMARY KEY (upload, part)
) WITHOUT ROWID;
CREATE TABLE key_groups (
    id INTEGER PRIMARY KEY, accepted INTEGER NOT NULL, carts INTEGER NOT NULL,
    unpaid INTEGER NOT NULL, paid INTEGER NOT NULL, waiting INTEGER NOT NULL,
    with_unpaid INTEGER NOT NULL, with_paid INTEGER NOT NULL, with_waiting INTEGER NOT NULL
);
CREATE TABLE position (id INTEGER PRIMARY KEY CHECK (id = 1), "offset" INTEGER NOT NULL);
CREATE TABLE recoveries (
    execution INTEGER PRIMARY KEY, reason TEXT NOT NULL, started_at REAL NOT NULL,
    target INTEGER NOT NULL, carts INTEGER, "offset" INTEGER, source TEXT, line INTEGER,
    records INTEGER, caught_up_at REAL, ended_at REAL, ended_because TEXT
);
"""

_NEWER_ORDER: Final = """
ON CONFLICT DO UPDATE SET status = excluded.status, version = excluded.version
WHERE excluded.version > version
"""
_INTO_SKIPPED: Final = """
INSERT INTO skipped (upload, line, source, reason, message, "column", raw, raw_cut, skipped_at)
"""
_NEWER_TOTALS: Final = """
ON CONFLICT DO UPDATE SET
    accepted = excluded.accepted, duplicates = excluded.duplicates,
    skipped = excluded.skipped, blank = excluded.blank
WHERE excluded.accepted + excluded.skipped + excluded.blank > accepted + skipped + blank
"""
_NEWER_GROUP: Final = """
ON CONFLICT DO UPDATE SET
    accepted = excluded.accepted, carts = excluded.carts, unpaid = excluded.unpaid,
    paid = excluded.paid, waiting = excluded.waiting, with_unpaid = excluded.with_unpaid,
    with_paid = excluded.with_paid, with_waiting = excluded.with_waiting
WHERE excluded.accepted > accepted
"""


class ViewError(Exception):
    """The view cannot be used as it is; the message says why."""


class Outcome(NamedTuple):
    """What one commit made durable, for everybody who keeps sums or shows rows."""

    parts: dict[tuple[str, int], Counts]
    groups: dict[int, tuple[int, Figures]]
    recent: list[tuple[str, Entry]]
    position: int | None = None
    started: Started | None = None
    barrier: bool = False


class View:
    """The writing end of the view; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._db.executescript(
                f"BEGIN; {cart_table.SCHEMA} {COMPLETED_SCHEMA} {_SCHEMA}"
                f" PRAGMA user_version = {SCHEMA_VERSION}; COMMIT"
            )
        elif version != SCHEMA_VERSION:
            self._db.close()
            raise ViewError(
                f"{path} has the format {version}, and this Cartwatch reads {SCHEMA_VERSION}: "
                "use the version that wrote it, or let cartwatch rebuild make it anew"
            )
        self.carts = CartTable(self._db)
        self._accepted: dict[int, int] = dict(
            self._db.execute("SELECT id, accepted FROM key_groups").fetchall()
        )
        self._completed = last_completed(self._db)

    def close(self) -> None:
        """Close the file; what was committed is in it."""
        self._db.close()

    def commit(self, batches: list[bytes]) -> Outcome:
        """Make batches durable in one transaction, the newest of each cart only.

        All must come from one execution of the flow: between two of them lies a commit.
        """
        accepted = dict(self._accepted)
        carts: Carts = {}
        completed: list[Order] = []
        orders: list[tuple[str, OrderId, int, int]] = []
        skipped: list[RecordsSkipped] = []
        outcome = Outcome({}, {}, [])
        for batch in batches:
            for message in decode_messages(batch):
                match message:
                    case CartsChanged(group=group):
                        for upload, *counts in message.totals:
                            outcome.parts[upload, group] = Counts(*counts)
                        outcome.groups[group] = (message.accepted, message.figures)
                        known = accepted.get(group, 0)
                        if message.accepted <= known:
                            continue
                        fresh = message if message.begin >= known else self._newer(message)
                        carts.setdefault(group, {}).update(fresh.carts)
                        completed += [(user, order_id) for user, order_id, _ in fresh.completed]
                        orders += fresh.orders
                        accepted[group] = message.accepted
                    case RecordsSkipped():
                        skipped.append(message)
                        outcome.parts[message.upload, SKIPPED_PART] = Counts(
                            0, 0, message.skipped, message.blank
                        )
                    case Position():
                        outcome = outcome._replace(position=message.offset)
                    case Started():
                        outcome = outcome._replace(started=message)
                    case Barrier():
                        outcome = outcome._replace(barrier=True)
        change = Change(carts, self.carts.changed + 1, time.time())
        entries = change.entries()
        self._write(change, completed, orders, skipped, outcome)
        self.carts.keep(entries)
        self._accepted = accepted
        self._completed += len(completed)
        newest = list(islice(reversed(entries.items()), MOST + 1))  # one more: there may be more
        return outcome._replace(recent=newest[::-1])

    def _newer(self, message: CartsChanged) -> CartsChanged:
        """Give what is new in a message that begins among the events that the view has.

        All of its orders: their rows know their versions, and a cart that grew tall since has none.
        """
        known = self.carts.versions(message.carts)
        return msgspec.structs.replace(
            message,
            carts={
                user: cart
                for user, cart in message.carts.items()
                if count_cart(cart).version > known[user]
            },
            completed=[each for each in message.completed if each[2] > known[each[0]]],
        )

    def _write(
        self,
        change: Change,
        completed: list[Order],
        orders: list[tuple[str, OrderId, int, int]],
        skipped: list[RecordsSkipped],
        outcome: Outcome,
    ) -> None:
        """Write everything in one transaction."""
        with transaction(self._db) as db:
            self.carts.append(change)
            append_completed(db, self._completed, completed, change.at)
            bulk_insert(db, "INSERT INTO orders", orders, _NEWER_ORDER)
            bulk_insert(
                db,
                _INTO_SKIPPED,
                [
                    (
                        each.upload,
                        r.line,
                        each.source,
                        r.reason,
                        r.message,
                        r.column,
                        r.raw,
                        r.raw_cut,
                        change.at,
                    )
                    for each in skipped
                    for r in each.records
                ],
                "ON CONFLICT DO NOTHING",
            )
            bulk_insert(
                db,
                "INSERT INTO totals",
                [
                    (*part, c.accepted, c.duplicates, c.skipped, c.blank)
                    for part, c in outcome.parts.items()
                ],
                _NEWER_TOTALS,
            )
            bulk_insert(
                db,
                "INSERT INTO key_groups",
                [
                    (group, accepted, *msgspec.structs.astuple(figures))
                    for group, (accepted, figures) in outcome.groups.items()
                ],
                _NEWER_GROUP,
            )
            if outcome.position is not None:
                db.execute(
                    "INSERT INTO position VALUES (1, ?) ON CONFLICT DO UPDATE SET"
                    ' "offset" = excluded."offset" WHERE excluded."offset" > "offset"',
                    (outcome.position,),
                )

    def totals(self) -> Totals:
        """Load the totals as they stand."""
        totals = Totals()
        for upload, part, *counts in self._db.execute("SELECT * FROM totals"):
            totals.put_part(upload, part, Counts(*counts))
        for group, accepted, *figures in self._db.execute("SELECT * FROM key_groups"):
            totals.put_group(group, accepted, Figures(*figures))
        return totals

    def position(self) -> int:
        """Give the offset of the journal before which every chunk was read, as far as is known."""
        row = self._db.execute('SELECT "offset" FROM position').fetchone()
        return 1 if row is None else int(row[0])

    def begin_execution(self, reason: str) -> tuple[int, int]:
        """Write down that the flow is started anew; gives its number, and where it is caught up."""
        target = self.position()
        row = self._db.execute(
            "INSERT INTO recoveries (reason, started_at, target) VALUES (?, ?, ?)"
            " RETURNING execution",
            (reason, time.time(), target),
        ).fetchone()
        return int(row[0]), target

    def change_execution(self, execution: int, **changes: str | float | None) -> None:
        """Set columns of an execution's row in ``recoveries``."""
        columns = ", ".join(f'"{column}" = ?' for column in changes)
        self._db.execute(
            f"UPDATE recoveries SET {columns} WHERE execution = ?",  # noqa: S608 (our own names)
            (*changes.values(), execution),
        )


def position_in(path: Path) -> int:
    """Give the position of a view that may be damaged; 1 where it cannot be read."""
    try:
        with closing(connect_read_only(path)) as db:
            row = db.execute('SELECT "offset" FROM position').fetchone()
    except sqlite3.Error:
        return 1
    return 1 if row is None else int(row[0])


def copy_recoveries(source: Path, target: Path) -> bool:
    """Copy the history of starts from one view to another; False where it cannot be read."""
    View(target).close()
    with closing(sqlite3.connect(target)) as db:
        try:
            db.execute("ATTACH ? AS old", (str(source),))
            with db:
                db.execute("INSERT OR IGNORE INTO recoveries SELECT * FROM old.recoveries")
        except sqlite3.Error:
            return False
    return True
