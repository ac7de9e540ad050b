"""Skipped records as they are mended: as much of each as that takes."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from web.view.places import Places
from web.view.skipped_filter import LANDED, OPEN, SENT


class Mendable(NamedTuple):
    """A skipped record as it is mended: ``place`` is its chunk in the journal, and which line.

    ``raw`` is all of the line where it is not cut and its reason is not that it is no text.
    """

    id: int
    reason: str
    raw: str
    is_cut: bool
    state: str
    place: tuple[int, int]

    @property
    def was_sent(self) -> bool:
        """Whether a correction of it was sent before."""
        return self.state in (SENT, LANDED)


def read_mendable(db: sqlite3.Connection, ids: Sequence[int]) -> list[Mendable]:
    """Read records by their ids, the oldest first, as they are mended; at most ``STEP``."""
    places = Places(db)
    marks = ",".join("?" * len(ids))
    rows = db.execute(
        f"SELECT skipped.id, reason, raw, raw_cut, ifnull(state, '{OPEN}') FROM skipped"
        f" LEFT JOIN fates ON fates.id = skipped.id WHERE skipped.id IN ({marks})"
        " ORDER BY skipped.id",
        ids,
    ).fetchall()
    return [
        Mendable(number, reason, raw, bool(cut), state, places.in_journal(number))
        for number, reason, raw, cut, state in rows
    ]
