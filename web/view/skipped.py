"""Skipped records as the view keeps them, each once, and as they are read by pages.

The id of a record is its place. They are counted and listed as they are written: neither a page
nor a total costs more with more of them.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from dataflow.messages import RecordsSkipped
from web.times import rfc3339, rfc3339_or_none
from web.view.bulk_insert import bulk_insert
from web.view.json_line import encode_line
from web.view.page import Page, Row
from web.view.places import Places
from web.view.skipped_filter import ALL_SKIPPED, SkippedFilter
from web.view.skipped_lists import count_skipped, list_skipped, newest_ids
from web.view.windows import MAX_LIMIT

SCHEMA: Final = """
CREATE TABLE skipped (
    id INTEGER PRIMARY KEY, upload TEXT NOT NULL, line INTEGER NOT NULL, source TEXT NOT NULL,
    reason TEXT NOT NULL, message TEXT NOT NULL, "column" INTEGER, raw TEXT NOT NULL,
    raw_cut INTEGER NOT NULL, resubmitted_at REAL
);
"""

_COLUMNS: Final = (
    'id, upload, source, line, reason, message, "column", raw, raw_cut, resubmitted_at'
)
_INSERT: Final = """
INSERT INTO skipped (id, upload, source, line, reason, message, "column", raw, raw_cut)
"""


class SkippedRecord(msgspec.Struct, frozen=True, gc=False):
    """A skipped record as it is answered."""

    id: int = 0
    upload: str | None = None
    source: str = ""
    line: int = 0
    reason: str = ""
    message: str = ""
    column: int | None = None
    raw: str = ""
    raw_cut: bool = False
    skipped_at: str = ""
    resubmitted_at: str | None = None


_Row = tuple[int, str, str, int, str, str, int | None, str, int, float | None]
"""A record as ``_COLUMNS`` has it."""


class SkippedPage(NamedTuple):
    """A page of skipped records, and how many there are of its filter, by reason and by source."""

    page: Page
    by_reason: dict[str, int]
    by_source: dict[str, int]


def append_skipped(db: sqlite3.Connection, messages: list[RecordsSkipped]) -> None:
    """Write records and count them, in the caller's transaction; none may be there already."""
    rows = [
        (
            r.line + each.chunk.shift,
            each.chunk.upload,
            each.chunk.source,
            r.line,
            r.reason,
            r.message,
            r.column,
            r.raw,
            r.raw_cut,
        )
        for each in messages
        for r in each.records
    ]
    if rows:
        bulk_insert(db, _INSERT, rows)
        list_skipped(db, messages)


def read_skipped(
    db: sqlite3.Connection, asked: SkippedFilter, before: int | None, limit: int
) -> SkippedPage:
    """Read a page, the newest first, and the counts; in one transaction of the caller's."""
    by_reason, by_source = count_skipped(db, asked)
    places = Places(db)
    records = [
        _record(places, *row) for row in _newest(db, asked, list(by_reason), before, limit + 1)
    ]
    following = str(records[limit - 1].id) if len(records) > limit else None
    rows = [Row(record.id, encode_line(record)) for record in records[:limit]]
    return SkippedPage(Page(rows, sum(by_reason.values()), following), by_reason, by_source)


def read_all_skipped(db: sqlite3.Connection, asked: SkippedFilter) -> Iterator[bytes]:
    """Read every record of a filter, the newest first, as JSON."""
    reasons = list(count_skipped(db, asked)[0])
    places = Places(db)
    before = None
    while rows := _newest(db, asked, reasons, before, MAX_LIMIT):
        for row in rows:
            yield encode_line(_record(places, *row))
        before = rows[-1][0]


def _newest(
    db: sqlite3.Connection,
    asked: SkippedFilter,
    reasons: list[str],
    before: int | None,
    most: int,
) -> list[_Row]:
    """Read the rows of the newest records of a filter that has these reasons."""
    end = "" if before is None else "WHERE id < ?"
    values = [] if before is None else [before]
    if asked != ALL_SKIPPED:
        values = newest_ids(db, asked, reasons, before, most)
        end = f"WHERE id IN ({','.join('?' * len(values))})"
    return db.execute(
        f"SELECT {_COLUMNS} FROM skipped {end} ORDER BY id DESC LIMIT ?",
        (*values, most),
    ).fetchall()


def _record(
    places: Places,
    number: int,
    upload: str,
    source: str,
    line: int,
    reason: str,
    message: str,
    column: int | None,
    raw: str,
    raw_cut: int,
    resubmitted_at: float | None,
) -> SkippedRecord:
    return SkippedRecord(
        number,
        upload or None,
        source,
        line,
        reason,
        message,
        column,
        raw,
        bool(raw_cut),
        rfc3339(places.at(number)),
        rfc3339_or_none(resubmitted_at),
    )
