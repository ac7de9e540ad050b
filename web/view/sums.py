"""What the flow has counted, as the view keeps it: sums per part of an upload and per key group.

All of it is absolute and only grows. An upload that is through is *settled*: its parts, one for
each key group that it touched, become one row, and what is told of it again is passed over. So
neither memory nor a start grows by more than a row with an upload.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from dataflow.messages import Figures
from web.view.bulk_insert import bulk_insert
from web.view.totals import Counts, Totals

_SETTLED: Final = -2
"""The part of an upload that is all of it."""

SCHEMA: Final = """
CREATE TABLE totals (
    upload TEXT NOT NULL, part INTEGER NOT NULL, accepted INTEGER NOT NULL,
    duplicates INTEGER NOT NULL, skipped INTEGER NOT NULL, blank INTEGER NOT NULL,
    PRIMARY KEY (upload, part)
) WITHOUT ROWID;
CREATE TABLE others (part INTEGER PRIMARY KEY, counted INTEGER NOT NULL);
CREATE TABLE key_groups (
    id INTEGER PRIMARY KEY, accepted INTEGER NOT NULL, carts INTEGER NOT NULL,
    unpaid INTEGER NOT NULL, paid INTEGER NOT NULL, waiting INTEGER NOT NULL,
    with_unpaid INTEGER NOT NULL, with_paid INTEGER NOT NULL, with_waiting INTEGER NOT NULL
);
"""

"""``others`` holds what each part of the counting step has counted of lines that are no events."""

_NEWER_PART: Final = """
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

Parts = Mapping[tuple[str, int], Counts]
Groups = Mapping[int, tuple[int, Figures]]


def write_sums(
    db: sqlite3.Connection, parts: Parts, groups: Groups, others: Mapping[int, int]
) -> None:
    """Write what is newer, in the caller's transaction; no part may be of a settled upload."""
    bulk_insert(
        db,
        "INSERT INTO totals",
        [(*part, c.accepted, c.duplicates, c.skipped, c.blank) for part, c in parts.items()],
        _NEWER_PART,
    )
    bulk_insert(
        db,
        "INSERT INTO key_groups",
        [
            (group, accepted, *msgspec.structs.astuple(figures))
            for group, (accepted, figures) in groups.items()
        ],
        _NEWER_GROUP,
    )
    bulk_insert(db, "INSERT OR REPLACE INTO others", list(others.items()))


def settled_among(db: sqlite3.Connection, uploads: Iterable[str]) -> set[str]:
    """Give those of some uploads that are settled."""
    known = "SELECT 1 FROM totals WHERE upload = ? AND part = ?"
    return {each for each in uploads if db.execute(known, (each, _SETTLED)).fetchone()}


def settle(db: sqlite3.Connection, uploads: Iterable[str]) -> None:
    """Make one row of all parts of each upload, in the caller's transaction."""
    for upload in uploads:
        db.execute(
            "INSERT OR REPLACE INTO totals SELECT upload, ?, sum(accepted), sum(duplicates),"
            " sum(skipped), sum(blank) FROM totals WHERE upload = ? GROUP BY upload",
            (_SETTLED, upload),
        )
        db.execute("DELETE FROM totals WHERE upload = ? AND part <> ?", (upload, _SETTLED))


def load_totals(db: sqlite3.Connection) -> Totals:
    """Load the totals as they stand."""
    totals = Totals()
    for upload, part, *counts in db.execute("SELECT * FROM totals"):
        if part == _SETTLED:
            totals.put_settled(upload, Counts(*counts))
        else:
            totals.put_part(upload, part, Counts(*counts))
    for group, accepted, *figures in db.execute("SELECT * FROM key_groups"):
        totals.put_group(group, accepted, Figures(*figures))
    return totals
