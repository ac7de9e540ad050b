"""How many skipped records there are of a kind, and which: kept as they are written.

A kind is a reason, of all records, of a source or of an upload. Its ids stand in blocks, as indexes
of the records themselves would cost a commit three times what the records do: a block is what a
commit holds of one range of ids. An upload has one source, the name of its file.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby, islice
from operator import itemgetter
from typing import Final

import msgspec

from dataflow.messages import API, RecordsSkipped
from web.view.bulk_insert import bulk_insert
from web.view.skipped_filter import SkippedFilter

LARGEST: Final = 50
"""So many sources are told of, those with the most records: there may be any number of them."""

BLOCK: Final = 4_096
"""Ids of a range: of so many at most those of a kind have to be decoded to find a single one."""

SCHEMA: Final = """
CREATE TABLE skipped_counts (
    scope TEXT NOT NULL, label TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (scope, label, reason)
) WITHOUT ROWID;
CREATE INDEX skipped_largest ON skipped_counts (scope, reason, count);
CREATE TABLE skipped_ids (
    scope TEXT NOT NULL, label TEXT NOT NULL, reason TEXT NOT NULL, range INTEGER NOT NULL,
    ids BLOB NOT NULL
);
CREATE INDEX skipped_blocks ON skipped_ids (scope, label, reason, range);
"""
"""``scope`` is ``all``, ``source`` or ``upload``, and ``label`` which; no ``reason`` is any."""

_ADD: Final = "ON CONFLICT DO UPDATE SET count = count + excluded.count"
_PAST_ALL: Final = 2**63 - 1
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[int]).decode

Kind = tuple[str, str, str]
"""A scope, its label, and a reason."""


def list_skipped(db: sqlite3.Connection, messages: Iterable[RecordsSkipped]) -> None:
    """Count and list the records of some messages, in the transaction that writes them."""
    counts: Counter[Kind] = Counter()
    blocks: dict[tuple[Kind, int], list[int]] = {}
    for message in messages:
        if not message.records:
            continue
        scopes = [("all", ""), ("source", message.chunk.source)]
        if message.chunk.upload != API:
            scopes.append(("upload", message.chunk.upload))
        counts["source", message.chunk.source, ""] += len(message.records)
        of_reason: dict[str, list[int]] = {}
        for record in message.records:
            of_reason.setdefault(record.reason, []).append(record.line + message.chunk.shift)
        for reason, ids in of_reason.items():
            for scope in scopes:
                counts[(*scope, reason)] += len(ids)
            for number, some in groupby(ids, lambda each: each // BLOCK):
                of_range = list(some)
                for scope in scopes:
                    blocks.setdefault(((*scope, reason), number), []).extend(of_range)
    bulk_insert(db, "INSERT INTO skipped_counts", [(*kind, n) for kind, n in counts.items()], _ADD)
    rows = [(*kind, number, _encode(ids)) for (kind, number), ids in blocks.items()]
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
    blocks = db.execute(
        "SELECT range, ids FROM skipped_ids WHERE scope = ? AND label = ? AND reason = ?"
        " AND range <= ? ORDER BY range DESC",
        (*kind, end // BLOCK),
    )
    for _, of_range in groupby(blocks, itemgetter(0)):
        ids = [each for _, block in of_range for each in _decode(block) if each < end]
        yield from sorted(ids, reverse=True)


def _source_of(db: sqlite3.Connection, upload: str) -> str | None:
    row = db.execute(
        "SELECT ids FROM skipped_ids WHERE scope = 'upload' AND label = ? LIMIT 1", (upload,)
    ).fetchone()
    if row is None:
        return None
    source = "SELECT source FROM skipped WHERE id = ?"
    return str(db.execute(source, (_decode(row[0])[0],)).fetchone()[0])


def _scope(asked: SkippedFilter) -> tuple[str, str]:
    if asked.upload is not None:
        return "upload", asked.upload
    return ("all", "") if asked.source is None else ("source", asked.source)
