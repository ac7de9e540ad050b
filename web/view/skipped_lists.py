"""How many skipped records there are of a kind, and which: kept as they are written.

A kind is a reason, of all records, of a source or of an upload. Its ids stand in blocks, as indexes
of the records themselves would cost a commit three times what the records do. An upload has one
source, the name of its file.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain, islice
from typing import Final

from dataflow.messages import API
from web.view.bulk_insert import bulk_insert
from web.view.skipped_filter import SkippedFilter

LARGEST: Final = 50
"""So many sources are told of, those with the most records: there may be any number of them."""

BLOCK: Final = 4_096
"""Ids in a block at most: what has to be decoded to find a single record of a kind."""

SCHEMA: Final = """
CREATE TABLE skipped_counts (
    scope TEXT NOT NULL, label TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (scope, label, reason)
) WITHOUT ROWID;
CREATE INDEX skipped_largest ON skipped_counts (scope, reason, count);
CREATE TABLE skipped_ids (
    scope TEXT NOT NULL, label TEXT NOT NULL, reason TEXT NOT NULL, last INTEGER NOT NULL,
    ids TEXT NOT NULL
);
CREATE INDEX skipped_blocks ON skipped_ids (scope, label, reason, last);
"""
"""``scope`` is ``all``, ``source`` or ``upload``, and ``label`` which; no ``reason`` is any.

``last`` is the greatest of a block's ids, and no two blocks of a kind overlap.
"""

FILL: Final = f"""
INSERT INTO skipped_counts SELECT 'all', '', reason, count(*) FROM skipped GROUP BY reason;
INSERT INTO skipped_counts
SELECT 'source', source, reason, count(*) FROM skipped GROUP BY source, reason;
INSERT INTO skipped_counts SELECT 'source', source, '', count(*) FROM skipped GROUP BY source;
INSERT INTO skipped_counts
SELECT 'upload', upload, reason, count(*) FROM skipped WHERE upload <> '' GROUP BY upload, reason;
INSERT INTO skipped_ids SELECT 'all', '', reason, max(id), group_concat(id) FROM skipped
GROUP BY reason, id / {BLOCK};
INSERT INTO skipped_ids SELECT 'source', source, reason, max(id), group_concat(id) FROM skipped
GROUP BY source, reason, id / {BLOCK};
INSERT INTO skipped_ids SELECT 'upload', upload, reason, max(id), group_concat(id) FROM skipped
WHERE upload <> '' GROUP BY upload, reason, id / {BLOCK};
"""
"""Counts and lists all records of a view of the format before."""

_NEW: Final = f"""
SELECT upload, source, reason, count(*), max(id), group_concat(id) FROM skipped NOT INDEXED
WHERE id > ? GROUP BY upload, source, reason, id / {BLOCK}
"""
"""By the ids, of which the new ones are the last, and not by an index that has all of them."""

_ADD: Final = "ON CONFLICT DO UPDATE SET count = count + excluded.count"
_PAST_ALL: Final = 2**63 - 1

Kind = tuple[str, str, str]
"""A scope, its label, and a reason."""


def list_skipped(db: sqlite3.Connection, after: int) -> None:
    """Count and list the records after the one numbered ``after``, in the same transaction."""
    counts: list[tuple[str, str, str, int]] = []
    blocks: dict[tuple[Kind, int], tuple[int, str]] = {}
    for upload, source, reason, count, last, ids in db.execute(_NEW, (after,)):
        kinds: list[Kind] = [("all", "", reason), ("source", source, reason)]
        if upload != API:
            kinds.append(("upload", upload, reason))
        counts.append(("source", source, "", count))
        for kind in kinds:
            counts.append((*kind, count))
            at = kind, last // BLOCK
            others = blocks.get(at)
            blocks[at] = (max(last, others[0]), f"{others[1]},{ids}") if others else (last, ids)
    bulk_insert(db, "INSERT INTO skipped_counts", counts, _ADD)
    rows = [(*kind, last, ids) for (kind, _), (last, ids) in blocks.items()]
    bulk_insert(db, "INSERT INTO skipped_ids", rows)


def count_skipped(
    db: sqlite3.Connection, asked: SkippedFilter
) -> tuple[dict[str, int], dict[str, int]]:
    """Give the counts of a filter by reason and by source, without what there is none of."""
    source = asked.source
    if asked.upload is not None:
        source = _source_of(db, asked.upload)
        if source is None or asked.source not in (None, source):
            return {}, {}
    by_reason = dict(
        db.execute(
            "SELECT reason, count FROM skipped_counts WHERE scope = ? AND label = ?"
            " AND reason <> '' AND ifnull(reason = ?, 1)",
            (*_scope(asked), asked.reason),
        ).fetchall()
    )
    if source is not None:
        return by_reason, {source: sum(by_reason.values())} if by_reason else {}
    largest = db.execute(
        "SELECT label, count FROM skipped_counts WHERE scope = 'source' AND reason = ?"
        " ORDER BY count DESC LIMIT ?",
        (asked.reason or "", LARGEST),
    )
    return by_reason, dict(largest.fetchall())


def newest_ids(
    db: sqlite3.Connection,
    asked: SkippedFilter,
    reasons: Iterable[str],
    before: int | None,
    most: int,
) -> list[int]:
    """Find the newest records of a filter, which has these reasons and is not that of all."""
    end = _PAST_ALL if before is None else before
    of_reasons = [_descending(db, (*_scope(asked), reason), end) for reason in reasons]
    return list(islice(merge(*of_reasons, reverse=True), most))


def _descending(db: sqlite3.Connection, kind: Kind, end: int) -> Iterator[int]:
    """Read the ids of a kind below ``end``, the greatest first."""
    of_kind = "SELECT ids FROM skipped_ids WHERE scope = ? AND label = ? AND reason = ?"
    values = (*kind, end)
    around = db.execute(f"{of_kind} AND last >= ? ORDER BY last LIMIT 1", values).fetchall()
    below = db.execute(f"{of_kind} AND last < ? ORDER BY last DESC", values)
    for (ids,) in chain(around, below):
        block = sorted(map(int, ids.split(",")), reverse=True)
        yield from (each for each in block if each < end)


def _source_of(db: sqlite3.Connection, upload: str) -> str | None:
    row = db.execute("SELECT source FROM skipped WHERE upload = ? LIMIT 1", (upload,)).fetchone()
    return None if row is None or upload == API else str(row[0])


def _scope(asked: SkippedFilter) -> tuple[str, str]:
    if asked.upload is not None:
        return "upload", asked.upload
    return ("all", "") if asked.source is None else ("source", asked.source)
