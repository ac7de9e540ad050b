"""Skipped records as the view keeps them, each once, and as they are read by pages.

The id of a record is its place. They are counted and listed as they are written: neither a page
nor a total costs more with more of them. Only what is searched for has to be looked for.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from dataflow.messages import RecordsSkipped
from dataflow.times import rfc3339, rfc3339_or_none
from web.view.bulk_insert import bulk_insert
from web.view.json_line import encode_line
from web.view.page import Page, Row
from web.view.places import Places, upload_or_none
from web.view.skipped_filter import OPEN, SkippedFilter
from web.view.skipped_lists import list_skipped
from web.view.skipped_walk import count_matching, count_skipped, in_time, walk
from web.view.windows import MAX_LIMIT

SCHEMA: Final = """
CREATE TABLE skipped (
    id INTEGER PRIMARY KEY, upload TEXT NOT NULL, line INTEGER NOT NULL, source TEXT NOT NULL,
    reason TEXT NOT NULL, message TEXT NOT NULL, "column" INTEGER, raw TEXT NOT NULL,
    raw_cut INTEGER NOT NULL
);
"""

_INSERT: Final = """
INSERT INTO skipped (id, upload, source, line, reason, message, "column", raw, raw_cut)
"""
_SELECT: Final = f"""
SELECT skipped.id, upload, source, skipped.line, reason, message, "column", skipped.raw, raw_cut,
    ifnull(state, '{OPEN}'), sent_at, landed_at, corrections.line, corrections.raw, outcome
FROM skipped LEFT JOIN fates ON fates.id = skipped.id
LEFT JOIN corrections ON corrections.line = fates.line
"""

SEARCHED_S: Final = 1.0
"""How long a page is looked for; what was found by then is the page."""


class Correction(msgspec.Struct, frozen=True, gc=False):
    """The last line that was sent for a record; ``outcome`` says what it did, once it landed."""

    line: int
    raw: str
    outcome: str | None


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
    state: str = OPEN
    skipped_at: str = ""
    resubmitted_at: str | None = None
    landed_at: str | None = None
    correction: Correction | None = None


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
    """Read a page, the newest first, and the counts; in one transaction of the caller's.

    A page of a search ends where it was looked for long enough, and may be short of its limit.
    """
    by_reason, by_source = count_skipped(db, asked)
    ids: list[int] = []
    for step in in_time(walk(db, asked, before), SEARCHED_S):
        if step is None:
            break
        ids += step.ids
        before = step.last
        if len(ids) > limit:
            break
    else:
        before = None  # all was looked at
    following = ids[limit - 1] if len(ids) > limit else before
    rows = [Row(record.id, encode_line(record)) for record in _records(db, ids[:limit])]
    total = sum(by_reason.values()) if asked.search is None else count_matching(db, asked)
    page = Page(rows, total, None if following is None else str(following))
    return SkippedPage(page, by_reason, by_source)


def read_one_skipped(db: sqlite3.Connection, number: int) -> SkippedRecord | None:
    """Read a record by its id; None where there is none."""
    return next(_records(db, [number]), None)


def read_these_skipped(db: sqlite3.Connection, ids: list[int]) -> list[SkippedRecord]:
    """Read records by their ids, at most ``MAX_LIMIT``, those that there are, the newest first."""
    return list(_records(db, ids))


def read_all_skipped(db: sqlite3.Connection, asked: SkippedFilter) -> Iterator[SkippedRecord]:
    """Read every record of a filter, the newest first."""
    for step in walk(db, asked):
        for start in range(0, len(step.ids), MAX_LIMIT):
            yield from _records(db, step.ids[start : start + MAX_LIMIT])


def _records(db: sqlite3.Connection, ids: list[int]) -> Iterator[SkippedRecord]:
    """Read records by their ids, the newest first."""
    marks = ",".join("?" * len(ids))
    rows = db.execute(f"{_SELECT} WHERE skipped.id IN ({marks}) ORDER BY skipped.id DESC", ids)
    places = Places(db)
    for number, upload, source, line, reason, message, column, raw, raw_cut, *fate in rows:
        state, sent_at, landed_at, sent_as, sent_raw, outcome = fate
        yield SkippedRecord(
            number,
            upload_or_none(upload),
            source,
            line,
            reason,
            message,
            column,
            raw,
            bool(raw_cut),
            state,
            rfc3339(places.at(number)),
            rfc3339_or_none(sent_at),
            rfc3339_or_none(landed_at),
            None if sent_as is None else Correction(sent_as, sent_raw, outcome),
        )
