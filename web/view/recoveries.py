"""The starts of the flow as the view keeps them: one row each, numbered from 1 without a gap.

A start is an execution of the flow; its row is written when it begins, and changed as it recovers
and ends. No row is ever taken out, so the newest number is their count.
"""

import sqlite3
from typing import Final, NamedTuple

import msgspec

from dataflow.times import rfc3339, rfc3339_or_none

SCHEMA: Final = """
CREATE TABLE recoveries (
    execution INTEGER PRIMARY KEY, reason TEXT NOT NULL, started_at REAL NOT NULL,
    target INTEGER NOT NULL, carts INTEGER, "offset" INTEGER, source TEXT, line INTEGER,
    records INTEGER, caught_up_at REAL, ended_at REAL, ended_because TEXT, restored_at REAL,
    first_new_at REAL, workers INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX recoveries_ended ON recoveries (ended_at);
"""

REBUILT: Final = "the data were rebuilt"
"""Why a start was made that no server made."""

STOPPED: Final = "the server was stopped"
REBUILD_STOPPED: Final = "the rebuild was over"
"""Why a start ended in good order."""

JOINED: Final = "joined"
"""How the reason ends for which the flow was started again, where that was no crash."""

_FOUND_DEAD: Final = "the server was killed"
_REBUILD_FOUND_DEAD: Final = "the rebuild was killed"
_NO_RECOVERY: Final = (STOPPED, REBUILD_STOPPED, _REBUILD_FOUND_DEAD)
"""The ends that are nothing to recover from: any other one is."""


class Resumed(msgspec.Struct, frozen=True):
    """The position of the journal that a start went on at, and the record that stands there."""

    offset: int
    source: str | None
    line: int | None


class Recovery(msgspec.Struct, frozen=True):
    """A start of the flow as it is answered; what is not known yet is null.

    ``workers`` is how many processes it was. ``first_new_at`` is when the effect of a record stood
    in the view that it had not had before.
    """

    execution: int = 0
    workers: int = 1
    reason: str = ""
    started_at: str = ""
    restored_at: str | None = None
    seconds_to_restored: float | None = None
    carts_restored: int | None = None
    resumed_at: Resumed | None = None
    records_replayed: int | None = None
    first_new_at: str | None = None
    seconds_to_first_new: float | None = None
    caught_up_at: str | None = None
    seconds: float | None = None
    ended_at: str | None = None
    ended_because: str | None = None


class Begun(NamedTuple):
    """A start that was written down: its number, and what it takes for it to be caught up.

    That is that the flow has read up to the offset ``target`` again, and that the effect of every
    record up to the place ``missing`` is there; 0 where it was at the start. In a view that is made
    anew both are those of the journal, as it was then. The view has everything before ``position``.
    """

    execution: int
    target: int
    missing: int
    position: int


class Recoveries(NamedTuple):
    """A page of starts, the newest first; ``newest`` of all, their count, and the next cursor."""

    items: list[Recovery]
    newest: Recovery | None
    total: int
    next: str | None


def begin_recovery(
    db: sqlite3.Connection, reason: str, at: float, target: int, workers: int = 1
) -> int:
    """Write down a start of so many workers that is caught up at ``target``; gives its number.

    The one before that had no end got it with its server, which nobody could write down.
    """
    db.execute(
        "UPDATE recoveries SET ended_at = ?, ended_because = iif(reason = ?, ?, ?)"
        " WHERE execution = (SELECT max(execution) FROM recoveries) AND ended_at IS NULL",
        (at, REBUILT, _REBUILD_FOUND_DEAD, _FOUND_DEAD),
    )
    row = db.execute(
        "INSERT INTO recoveries (reason, started_at, target, workers) VALUES (?, ?, ?, ?)"
        " RETURNING execution",
        (reason, at, target, workers),
    ).fetchone()
    return int(row[0])


def change_recovery(db: sqlite3.Connection, execution: int, **changes: str | float | None) -> None:
    """Set columns of a start."""
    columns = ", ".join(f'"{column}" = ?' for column in changes)
    db.execute(
        f"UPDATE recoveries SET {columns} WHERE execution = ?",  # noqa: S608 (our own names)
        (*changes.values(), execution),
    )


def count_unclean(db: sqlite3.Connection, since: float) -> int:
    """Count the starts that ended since a time, and not in good order."""
    row = db.execute(
        "SELECT count(*) FROM recoveries WHERE ended_at >= ? AND ended_because NOT IN (?, ?, ?)"
        " AND ended_because NOT LIKE ?",
        (since, *_NO_RECOVERY, f"% {JOINED}"),
    ).fetchone()
    return int(row[0])


def read_recoveries(db: sqlite3.Connection, limit: int, before: int | None) -> Recoveries:
    """Read a page of starts, numbered below ``before``; in one transaction of the caller's."""
    newest = _newest(db, 1, None)
    found = _newest(db, limit + 1, before)
    following = str(found[limit - 1].execution) if len(found) > limit else None
    return Recoveries(
        found[:limit],
        newest[0] if newest else None,
        newest[0].execution if newest else 0,
        following,
    )


def _newest(db: sqlite3.Connection, most: int, before: int | None) -> list[Recovery]:
    rows = db.execute(
        'SELECT execution, reason, started_at, carts, "offset", source, line, records,'
        " caught_up_at, ended_at, ended_because, restored_at, first_new_at, workers FROM recoveries"
        " WHERE execution < ? ORDER BY execution DESC LIMIT ?",
        (2**63 - 1 if before is None else before, most),
    )
    return [_recovery(*row) for row in rows]


def _recovery(
    execution: int,
    reason: str,
    started_at: float,
    carts: int | None,
    offset: int | None,
    source: str | None,
    line: int | None,
    records: int | None,
    caught_up_at: float | None,
    ended_at: float | None,
    ended_because: str | None,
    restored_at: float | None,
    first_new_at: float | None,
    workers: int,
) -> Recovery:
    def seconds(at: float | None) -> float | None:
        return None if at is None else round(at - started_at, 3)

    return Recovery(
        execution,
        workers,
        reason,
        rfc3339(started_at),
        rfc3339_or_none(restored_at),
        seconds(restored_at),
        carts,
        None if offset is None else Resumed(offset, source, line),
        records,
        rfc3339_or_none(first_new_at),
        seconds(first_new_at),
        rfc3339_or_none(caught_up_at),
        seconds(caught_up_at),
        rfc3339_or_none(ended_at),
        ended_because,
    )
