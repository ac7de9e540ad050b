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
from collections.abc import Iterable
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from dataflow.cart import count_cart
from dataflow.database import FormatError, Schema, open_database, transaction
from dataflow.messages import (
    Barrier,
    CartsChanged,
    Position,
    RecordsSkipped,
    Started,
    decode_messages,
)
from dataflow.records import OrderId
from web.view.bulk_insert import bulk_insert
from web.view.cart_log import Carts, Change
from web.view.cart_table import CartTable
from web.view.completed import Order, append_completed, last_completed
from web.view.outcome import Outcome
from web.view.read_only import connect_read_only
from web.view.recent_carts import MOST
from web.view.recoveries import begin_recovery, change_recovery
from web.view.schema import FROM_OLDER, OLDER_VERSION, SCHEMA, SCHEMA_VERSION
from web.view.skipped import append_skipped
from web.view.sums import load_totals, settle, settled_among, write_sums
from web.view.totals import SKIPPED_PART, Counts, Totals

_CACHE_KIB: Final = 64 * 1024
_CHECKPOINT_PAGES: Final = 8_000

_NEWER_ORDER: Final = """
ON CONFLICT DO UPDATE SET status = excluded.status, version = excluded.version
WHERE excluded.version > version
"""


_FILE: Final = Schema(
    SCHEMA_VERSION,
    SCHEMA,
    "use the version that wrote it, or let cartwatch rebuild make it anew",
    (f"cache_size = -{_CACHE_KIB}", f"wal_autocheckpoint = {_CHECKPOINT_PAGES}"),
    {OLDER_VERSION: FROM_OLDER},
)


class ViewError(Exception):
    """The view cannot be used as it is; the message says why."""


class View:
    """The writing end of the view; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = open_database(path, _FILE)
        except FormatError as error:
            raise ViewError(str(error)) from error
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
        settled = settled_among(self._db, {upload for upload, _ in outcome.parts})
        for part in [part for part in outcome.parts if part[0] in settled]:
            del outcome.parts[part]
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
            append_skipped(db, skipped, change.at)
            write_sums(db, outcome.parts, outcome.groups)
            if outcome.position is not None:
                db.execute(
                    "INSERT INTO position VALUES (1, ?) ON CONFLICT DO UPDATE SET"
                    ' "offset" = excluded."offset" WHERE excluded."offset" > "offset"',
                    (outcome.position,),
                )

    def totals(self) -> Totals:
        """Load the totals as they stand."""
        return load_totals(self._db)

    def settle(self, uploads: Iterable[str]) -> None:
        """Keep one sum of each of these uploads: they are through, and nothing new is told."""
        with transaction(self._db) as db:
            settle(db, uploads)

    def position(self) -> int:
        """Give the offset of the journal before which every chunk was read, as far as is known."""
        row = self._db.execute('SELECT "offset" FROM position').fetchone()
        return 1 if row is None else int(row[0])

    def begin_execution(self, reason: str) -> tuple[int, int]:
        """Write down that the flow is started anew; gives its number, and where it is caught up."""
        target = self.position()
        return begin_recovery(self._db, reason, time.time(), target), target

    def change_execution(self, execution: int, **changes: str | float | None) -> None:
        """Set columns of an execution's row in ``recoveries``."""
        change_recovery(self._db, execution, **changes)


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
