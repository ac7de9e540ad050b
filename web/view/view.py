"""The view: the durable read model, written by one thread in group commits.

Every write is harmless the second time. Each key group counts its events, and the view knows how
many it has of each: what a message tells of those is passed over, and where a replay has cut its
batches elsewhere and a message begins among them, its carts and orders count where their last
change is newer. What is skipped is counted and passed over likewise; totals only grow. So a flow
that recovers may repeat itself, and any replay ends in the same rows. What is committed is fsynced
before the flow hears of it.
"""

import sqlite3
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from dataflow.cart import head_of
from dataflow.database import FormatError, Schema, open_database, transaction
from dataflow.marks import Mark
from dataflow.messages import (
    Barrier,
    Busy,
    CartsChanged,
    RecordsSkipped,
    Started,
    Taken,
    TopicsRead,
    decode_messages,
)
from dataflow.records import OrderId
from web.view.anew import read_anew
from web.view.cart_log import Carts, Change
from web.view.cart_table import CartTable
from web.view.completed import Order, append_completed
from web.view.fates import landable, last_sent, marked, take_mark
from web.view.orders import TallOrder, append_orders, causes_of
from web.view.outcome import Outcome
from web.view.places import append_places, complete_place, last_place, write_complete
from web.view.read_only import connect_read_only
from web.view.recoveries import Begun, begin_recovery, change_recovery
from web.view.schema import SCHEMA, SCHEMA_VERSION
from web.view.skipped import append_skipped
from web.view.sums import load_totals, settle, settled_among, write_sums
from web.view.totals import SKIPPED_PART, Counts, Totals
from web.view.workers import Workers

_CACHE_KIB: Final = 64 * 1024
_CHECKPOINT_PAGES: Final = 8_000

_FILE: Final = Schema(
    SCHEMA_VERSION,
    SCHEMA,
    "use the version that wrote it, or let cartwatch rebuild make it anew",
    (f"cache_size = -{_CACHE_KIB}", f"wal_autocheckpoint = {_CHECKPOINT_PAGES}"),
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
        self._others: dict[int, int] = dict(
            self._db.execute("SELECT part, counted FROM others").fetchall()
        )
        self._taken = last_place(self._db)
        self._workers = Workers()
        self.marked, self.landed = marked(self._db)
        self._sent = last_sent(self._db)

    def close(self) -> None:
        """Close the file; what was committed is in it."""
        self._db.close()

    def commit(self, batches: list[bytes]) -> Outcome:
        """Make batches durable in one transaction, the newest of each cart only.

        All must come from one execution of the flow: between two of them lies a commit.

        Orders of tall carts are taken from what repeats, too; their rows know their places. The
        flow tells on from what it has told, and a cart may be tall in there that was not where the
        view had it: at a replay messages begin and end elsewhere.
        """
        accepted, others = dict(self._accepted), dict(self._others)
        workers = self._workers.copy()
        carts: Carts = {}
        completed: list[Order] = []
        orders: list[TallOrder] = []
        skipped: list[RecordsSkipped] = []
        chunks: dict[int, Taken] = {}
        arrived: dict[float, int] = {}
        busy: dict[int, Mapping[str, float]] = {}
        outcome = Outcome({}, {}, {})
        for batch in batches:
            for message in decode_messages(batch):
                match message:
                    case CartsChanged(group=group):
                        for upload, *counts in message.totals:
                            outcome.parts[upload, group] = Counts(*counts)
                        outcome.groups[group] = (message.accepted, message.figures)
                        workers.joined(group, message.accepted, message.figures)
                        orders += message.orders
                        known = accepted.get(group, 0)
                        if message.accepted <= known:
                            continue
                        fresh = message if message.begin >= known else self._newer(message)
                        if fresh.carts:  # not where all of it repeats
                            carts.setdefault(group, {}).update(fresh.carts)
                        completed += fresh.completed
                        accepted[group] = message.accepted
                        _arrive(
                            arrived, message.chunks, message.accepted - max(known, message.begin)
                        )
                        chunks.update((chunk.place, chunk) for chunk in message.chunks)
                    case RecordsSkipped(part=counter):
                        outcome.parts[message.chunk.upload, SKIPPED_PART] = Counts(
                            0, 0, message.skipped, message.blank
                        )
                        if message.counted > others.get(counter, 0):
                            skipped.append(message)
                            others[counter] = message.counted
                            _arrive(arrived, [message.chunk], len(message.records))
                            chunks[message.chunk.place] = message.chunk
                    case Taken():
                        chunks[message.place] = message
                        position = workers.taken(message)
                        outcome = outcome._replace(
                            position=position, journal=message.journal or position
                        )
                    case Started():
                        outcome = outcome._replace(started=workers.started(message))
                    case Barrier():
                        outcome = outcome._replace(
                            settled=workers.settled(message),
                            epochs=outcome.epochs + (not message.worker),
                        )
                    case Busy():
                        busy[message.worker] = message.seconds
                    case TopicsRead():
                        outcome = outcome._replace(topics=message)
        settled = settled_among(self._db, {upload for upload, _ in outcome.parts})
        for part in [part for part in outcome.parts if part[0] in settled]:
            del outcome.parts[part]
        # Every effect comes with its chunk: so as many as there are records are those of all.
        taken = max([self._taken, *(chunk.end for chunk in chunks.values())])
        has_new = accepted != self._accepted or others != self._others
        outcome = outcome._replace(taken=taken, has_new=has_new)
        if taken == sum(accepted.values()) + sum(others.values()):
            outcome = outcome._replace(complete=taken)
        change = Change(carts, self.carts.changed + 1, taken)
        entries = change.entries()
        with transaction(self._db) as db:
            self.carts.append(change)
            append_places(db, chunks.values())
            append_completed(db, completed)
            append_orders(db, orders)
            append_skipped(db, skipped)
            write_sums(db, outcome.parts, outcome.groups, others)
            _write_position(db, outcome.position)
            write_complete(db, outcome.complete)
        self.carts.keep(entries)
        self._accepted, self._others, self._workers = accepted, others, workers
        self._taken = taken
        return outcome._replace(carts=entries, arrived=arrived, busy=busy)

    def _newer(self, message: CartsChanged) -> CartsChanged:
        """Give what is new in a message that begins among the events that the view has."""
        known = self.carts.places(message.carts)
        return msgspec.structs.replace(
            message,
            carts={
                user: cart
                for user, cart in message.carts.items()
                if head_of(cart).place > known[user]
            },
            completed=[each for each in message.completed if each[2] > known[each[0]]],
        )

    def take_marks(self, marks: list[Mark]) -> int:
        """Take marks in, in one transaction, as far as all that they speak of is there.

        They are those behind ``marked``. Gives how many.
        """
        taken = 0
        with transaction(self._db) as db:
            while taken < len(marks) and take_mark(db, marks[taken], self._causes):
                taken += 1
        self.marked, self.landed = marked(self._db)
        self._sent = last_sent(self._db)
        return taken

    def landable(self, most: int) -> int:
        """Give the last correction that has landed or may, of ``most`` behind the one that has."""
        end = min(self._sent, self.landed + most)
        return self.landed if end == self.landed else landable(self._db, end)

    def _causes(
        self, orders: Collection[tuple[str, OrderId]]
    ) -> dict[tuple[str, OrderId], tuple[int, int]]:
        rows = self.carts.rows({user_id for user_id, _ in orders})
        return {each: causes_of(self._db, rows[each[0]], each[1]) for each in orders}

    def totals(self) -> Totals:
        """Load the totals as they stand."""
        totals = load_totals(self._db)
        totals.put_taken(self._taken)
        return totals

    def settle(self, uploads: Iterable[str]) -> None:
        """Keep one sum of each of these uploads: they are through, and nothing new is told."""
        with transaction(self._db) as db:
            settle(db, uploads)

    def position(self) -> int:
        """Give the offset before which everything was read, as far as is known.

        It is one of the journal, or where an order log decides, a number of that.
        """
        row = self._db.execute('SELECT "offset" FROM position').fetchone()
        return 1 if row is None else int(row[0])

    def begin_execution(self, reason: str, workers: int = 1) -> Begun:
        """Write down that the flow is started anew; gives its number, and where it is caught up.

        What is committed from now on comes from so many ``workers``.
        """
        self._workers = Workers(workers)
        anew = read_anew(self._db)
        position = self.position()
        target = max(position, anew.offset)
        known = max(self._taken, anew.place)
        missing = known if complete_place(self._db) < known else 0
        number = begin_recovery(self._db, reason, time.time(), target, workers)
        return Begun(number, target, missing, position)

    def change_execution(self, execution: int, **changes: str | float | None) -> None:
        """Set columns of an execution's row in ``recoveries``."""
        change_recovery(self._db, execution, **changes)


def _arrive(arrived: dict[float, int], chunks: list[Taken], records: int) -> None:
    """Count records that came in some chunks, as if each had brought as many as any other.

    Read together, they were accepted within milliseconds; where they were not, it is near enough.
    """
    for rest, chunk in enumerate(chunks):
        if share := (records + rest) // len(chunks):
            arrived[chunk.at] = arrived.get(chunk.at, 0) + share


def _write_position(db: sqlite3.Connection, offset: int | None) -> None:
    """Write how far the journal was read, in the caller's transaction."""
    if offset is not None:
        db.execute(
            "INSERT INTO position VALUES (1, ?) ON CONFLICT DO UPDATE SET"
            ' "offset" = excluded."offset" WHERE excluded."offset" > "offset"',
            (offset,),
        )


def position_in(path: Path) -> int:
    """Give the position of a view that may be damaged; 1 where it cannot be read."""
    try:
        with closing(connect_read_only(path)) as db:
            row = db.execute('SELECT "offset" FROM position').fetchone()
        return 1 if row is None else int(row[0])
    except (sqlite3.Error, TypeError, ValueError):
        return 1


def copy_recoveries(source: Path, target: Path) -> bool:
    """Copy the history of starts from one view to another; False where it cannot be read.

    Of an older format it is what that knew of them.
    """
    View(target).close()
    known = "SELECT name FROM pragma_table_info('recoveries', ?)"
    with closing(sqlite3.connect(target)) as db:
        try:
            db.execute("ATTACH ? AS old", (str(source),))
            both = db.execute(f"{known} INTERSECT {known}", ("main", "old")).fetchall()
            columns = ", ".join(f'"{name}"' for (name,) in both)
            with db:
                db.execute(
                    f"INSERT OR IGNORE INTO recoveries ({columns})"  # noqa: S608 (our own names)
                    f" SELECT {columns} FROM old.recoveries"
                )
        except sqlite3.Error:
            return False
    return True
