"""Where each record stands in the one order of all: a row a chunk turns a place into its cause.

A place is what carts, skipped records and completed orders know of a record, for ever. Times never
run back from one place to the next, so a time has a place, too.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from dataflow.marks import RESUBMIT
from dataflow.messages import API, NO_UPLOADS, Taken

SCHEMA: Final = """
CREATE TABLE places (
    place INTEGER PRIMARY KEY, lines INTEGER NOT NULL, upload TEXT NOT NULL, source TEXT NOT NULL,
    first_line INTEGER NOT NULL, at REAL NOT NULL, "offset" INTEGER NOT NULL
);
CREATE INDEX places_by_time ON places (at);
CREATE INDEX places_of_corrections ON places (first_line)
WHERE upload = '' AND source = 'resubmit';
CREATE TABLE complete (id INTEGER PRIMARY KEY CHECK (id = 1), place INTEGER NOT NULL);
INSERT INTO complete VALUES (1, 0);
"""
"""``complete`` is the last place up to which the effect of every record is in the view.

``offset`` is that of the chunk in the journal, 0 of records of a topic.
"""


class Cause(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The record that did something, as it is answered; ``upload`` is null where it was none.

    ``skipped`` is the id of the record that it corrects, where it is a correction.
    """

    upload: str | None
    source: str
    line: int
    skipped: int | None = None


class Origin(NamedTuple):
    """Where a record came from, and when it was accepted, in seconds since 1970."""

    cause: Cause
    at: float


def upload_or_none(upload: str) -> str | None:
    """Give the id of an upload as it is answered; None of what stands for none."""
    return None if upload in NO_UPLOADS else upload


def append_places(db: sqlite3.Connection, chunks: Iterable[Taken]) -> None:
    """Write the places of chunks, in the caller's transaction; what is told again is passed over.

    They come with the first effect of any of their records, so none is looked up in vain.
    """
    rows = [
        (
            each.place,
            each.lines,
            each.upload,
            each.source,
            each.first_line,
            each.at,
            each.chunk,
        )
        for each in chunks
    ]
    db.executemany("INSERT OR IGNORE INTO places VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def last_place(db: sqlite3.Connection) -> int:
    """Give the last place of all that were taken; 0 where there is none."""
    row = db.execute("SELECT place + lines - 1 FROM places ORDER BY place DESC LIMIT 1").fetchone()
    return 0 if row is None else int(row[0])


def complete_place(db: sqlite3.Connection) -> int:
    """Give the last place up to which the effect of every record is there."""
    return int(db.execute("SELECT place FROM complete").fetchone()[0])


def write_complete(db: sqlite3.Connection, place: int | None) -> None:
    """Write up to where everything is there, where that is known, in the caller's transaction."""
    if place is not None:
        db.execute("UPDATE complete SET place = ?", (place,))


def place_at(db: sqlite3.Connection, time: float) -> int:
    """Give the last place of what was accepted at a time or before; 0 where there is none."""
    row = db.execute(
        "SELECT place + lines - 1 FROM places WHERE at <= ? ORDER BY at DESC, place DESC LIMIT 1",
        (time,),
    ).fetchone()
    return 0 if row is None else int(row[0])


class Places:
    """Looks places up, in the transaction that the connection is in; remembers the last chunk."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._chunk: tuple[int, int, str, str, int, float, int] = (0, 0, "", "", 0, 0.0, 0)

    def origin(self, place: int) -> Origin:
        """Tell where the record at a place came from."""
        first, _, upload, source, first_line, at, _ = self._find(place)
        line = place - first + first_line
        skipped = self._corrected(line) if (upload, source) == (API, RESUBMIT) else None
        return Origin(Cause(upload_or_none(upload), source, line, skipped), at)

    def at(self, place: int) -> float:
        """Tell when the record at a place was accepted, in seconds since 1970."""
        return self._find(place)[5]

    def in_journal(self, place: int) -> tuple[int, int]:
        """Tell the chunk of a record by its offset in the journal, and which line of it, from 0."""
        first, *_, offset = self._find(place)
        return offset, place - first

    def _corrected(self, line: int) -> int | None:
        row = self._db.execute("SELECT skipped FROM corrections WHERE line = ?", (line,)).fetchone()
        return None if row is None else int(row[0])

    def _find(self, place: int) -> tuple[int, int, str, str, int, float, int]:
        first, lines, *_ = self._chunk
        if not first <= place < first + lines:
            self._chunk = self._db.execute(
                'SELECT place, lines, upload, source, first_line, at, "offset" FROM places'
                " WHERE place <= ? ORDER BY place DESC LIMIT 1",
                (place,),
            ).fetchone()
        return self._chunk
