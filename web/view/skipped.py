"""Skipped records as the view keeps them: the records, and how many there are of each kind.

Counts are written with what they count, so that nobody counts records: neither a page of them nor
their totals cost more with more of them. An upload has one source, the name of its file.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from dataflow.messages import API, RecordsSkipped
from web.times import rfc3339, rfc3339_or_none
from web.view.bulk_insert import bulk_insert
from web.view.json_line import encode_line
from web.view.page import Page, Row
from web.view.windows import ALL_SKIPPED, MAX_LIMIT, SkippedFilter

LARGEST: Final = 50
"""So many sources are told of, those with the most records: there may be any number of them."""

SCHEMA: Final = """
CREATE TABLE skipped (
    id INTEGER PRIMARY KEY, upload TEXT NOT NULL, line INTEGER NOT NULL, source TEXT NOT NULL,
    reason TEXT NOT NULL, message TEXT NOT NULL, "column" INTEGER, raw TEXT NOT NULL,
    raw_cut INTEGER NOT NULL, skipped_at REAL NOT NULL, resubmitted_at REAL,
    UNIQUE (upload, line)
);
CREATE INDEX skipped_source ON skipped (source, reason);
CREATE INDEX skipped_reason ON skipped (reason);
"""

COUNTS_SCHEMA: Final = """
CREATE INDEX skipped_upload ON skipped (upload, reason);
CREATE TABLE skipped_counts (
    scope TEXT NOT NULL, label TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (scope, label, reason)
) WITHOUT ROWID;
CREATE INDEX skipped_largest ON skipped_counts (scope, reason, count);
"""
"""``scope`` is ``all``, ``source`` or ``upload``, and ``label`` which; no ``reason`` is any."""

COUNT_ALL: Final = """
INSERT INTO skipped_counts SELECT 'all', '', reason, count(*) FROM skipped GROUP BY reason;
INSERT INTO skipped_counts
SELECT 'source', source, reason, count(*) FROM skipped GROUP BY source, reason;
INSERT INTO skipped_counts SELECT 'source', source, '', count(*) FROM skipped GROUP BY source;
INSERT INTO skipped_counts
SELECT 'upload', upload, reason, count(*) FROM skipped WHERE upload <> '' GROUP BY upload, reason;
"""
"""What counts the records of a view that has no counts yet."""

_COLUMNS: Final = (
    'id, upload, source, line, reason, message, "column", raw, raw_cut, skipped_at, resubmitted_at'
)
_INSERT: Final = """
INSERT INTO skipped (upload, line, source, reason, message, "column", raw, raw_cut, skipped_at)
"""
_NEW: Final = """
SELECT upload, source, reason, count(*) FROM skipped NOT INDEXED
WHERE id > ? GROUP BY upload, source, reason
"""
"""By the ids, of which the new ones are the last: an index in the order of groups has them all."""
_ADD: Final = "ON CONFLICT DO UPDATE SET count = count + excluded.count"
_PAST_ALL: Final = 2**63 - 1


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


class SkippedPage(NamedTuple):
    """A page of skipped records, and how many there are of its filter, by reason and by source."""

    page: Page
    by_reason: dict[str, int]
    by_source: dict[str, int]


def append_skipped(db: sqlite3.Connection, messages: list[RecordsSkipped], at: float) -> None:
    """Write records and count those that are new, in the caller's transaction.

    A record is known by its upload and line: what is told again changes nothing.
    """
    last = db.execute("SELECT ifnull(max(id), 0) FROM skipped").fetchone()[0]
    rows = [
        (each.upload, r.line, each.source, r.reason, r.message, r.column, r.raw, r.raw_cut, at)
        for each in messages
        for r in each.records
    ]
    if rows:
        bulk_insert(db, _INSERT, rows, "ON CONFLICT DO NOTHING")
        _count(db, last)


def _count(db: sqlite3.Connection, after: int) -> None:
    """Add the records after the one numbered ``after`` to the counts, in the same transaction."""
    counts: list[tuple[str, str, str, int]] = []
    for upload, source, reason, count in db.execute(_NEW, (after,)):
        counts += [
            ("all", "", reason, count),
            ("source", source, reason, count),
            ("source", source, "", count),
        ]
        if upload != API:
            counts.append(("upload", upload, reason, count))
    bulk_insert(db, "INSERT INTO skipped_counts", counts, _ADD)


def read_skipped(
    db: sqlite3.Connection, asked: SkippedFilter, before: int | None, limit: int
) -> SkippedPage:
    """Read a page, the newest first, and the counts; in one transaction of the caller's."""
    by_reason, by_source = _counted(db, asked)
    records = _newest(db, asked, list(by_reason), before, limit + 1)
    following = str(records[limit - 1].id) if len(records) > limit else None
    rows = [Row(record.id, encode_line(record)) for record in records[:limit]]
    return SkippedPage(Page(rows, sum(by_reason.values()), following), by_reason, by_source)


def read_all_skipped(db: sqlite3.Connection, asked: SkippedFilter) -> Iterator[bytes]:
    """Read every record of a filter, the newest first, as JSON."""
    reasons = list(_counted(db, asked)[0])
    before = None
    while records := _newest(db, asked, reasons, before, MAX_LIMIT):
        yield from map(encode_line, records)
        before = records[-1].id


def _counted(db: sqlite3.Connection, asked: SkippedFilter) -> tuple[dict[str, int], dict[str, int]]:
    """Give the counts of a filter by reason and by source, without what there is none of."""
    source = asked.source
    if asked.upload is not None:
        source = _source_of(db, asked.upload)
        if source is None or asked.source not in (None, source):
            return {}, {}
    scope, label = _scope(asked)
    counts = dict(
        db.execute(
            "SELECT reason, count FROM skipped_counts WHERE scope = ? AND label = ?"
            " AND reason <> '' AND ifnull(reason = ?, 1)",
            (scope, label, asked.reason),
        ).fetchall()
    )
    if source is not None:
        return counts, {source: sum(counts.values())} if counts else {}
    largest = db.execute(
        "SELECT label, count FROM skipped_counts WHERE scope = 'source' AND reason = ?"
        " ORDER BY count DESC LIMIT ?",
        (asked.reason or "", LARGEST),
    )
    return counts, dict(largest.fetchall())


def _source_of(db: sqlite3.Connection, upload: str) -> str | None:
    row = db.execute("SELECT source FROM skipped WHERE upload = ? LIMIT 1", (upload,)).fetchone()
    return None if row is None or upload == API else str(row[0])


def _scope(asked: SkippedFilter) -> tuple[str, str]:
    if asked.upload is not None:
        return "upload", asked.upload
    return ("all", "") if asked.source is None else ("source", asked.source)


def _newest(
    db: sqlite3.Connection,
    asked: SkippedFilter,
    reasons: list[str],
    before: int | None,
    most: int,
) -> list[SkippedRecord]:
    """Read the newest records; those of a filter by reason, each from an index in their order."""
    if not reasons:
        return []
    before = _PAST_ALL if before is None else before
    found = "id < ?"
    values: list[int | str] = [before]
    if asked != ALL_SKIPPED:
        scope, label = _scope(asked)
        labels = [] if scope == "all" else [label]
        labelled = f"{scope} = ? AND " if labels else ""
        one = (
            f"SELECT * FROM (SELECT id FROM skipped WHERE {labelled}reason = ? AND id < ?"  # noqa: S608 (our own names)
            " ORDER BY id DESC LIMIT ?)"
        )
        found = f"id IN ({' UNION ALL '.join([one] * len(reasons))})"
        values = []
        for reason in reasons:
            values += [*labels, reason, before, most]
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM skipped WHERE {found} ORDER BY id DESC LIMIT ?",  # noqa: S608
        (*values, most),
    )
    return [_record(*row) for row in rows]


def _record(
    number: int,
    upload: str,
    source: str,
    line: int,
    reason: str,
    message: str,
    column: int | None,
    raw: str,
    raw_cut: int,
    skipped_at: float,
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
        rfc3339(skipped_at),
        rfc3339_or_none(resubmitted_at),
    )
