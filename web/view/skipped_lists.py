"""Listing skipped records by their kinds, as they are written and as they change.

So how many there are of a kind is known, and which they are, without looking for them.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from dataflow.messages import RecordsSkipped
from web.view.bulk_insert import bulk_insert
from web.view.skipped_filter import OPEN
from web.view.skipped_kinds import (
    ANY,
    BLOCK,
    BLOCKS,
    Kind,
    Listed,
    decode_ids,
    encode_ids,
    scopes_of,
)

_ADD: Final = "ON CONFLICT DO UPDATE SET count = count + excluded.count"


def list_skipped(db: sqlite3.Connection, messages: Iterable[RecordsSkipped]) -> None:
    """Count and list the records of some messages, in the transaction that writes them.

    They are open: what became of some of them is told later.
    """
    counts: Counter[Kind] = Counter()
    blocks: dict[tuple[Kind, int], list[int]] = {}
    for message in messages:
        if not message.records:
            continue
        scopes = scopes_of(message.chunk.upload, message.chunk.source)
        of_reason: dict[str, list[int]] = {}
        for record in message.records:
            of_reason.setdefault(record.reason, []).append(record.line + message.chunk.shift)
        for reason, ids in of_reason.items():
            for scope in scopes:
                _count(counts, scope, reason, OPEN, len(ids))
                _count(counts, scope, reason, ANY, len(ids))
            for number, some in groupby(ids, lambda each: each // BLOCK):
                of_range = list(some)
                for scope in scopes:
                    blocks.setdefault(((*scope, reason, OPEN), number), []).extend(of_range)
    _add(db, counts)
    rows = [(*kind, number, encode_ids(ids)) for (kind, number), ids in blocks.items()]
    bulk_insert(db, "INSERT INTO skipped_ids", rows)


def move_skipped(db: sqlite3.Connection, records: Iterable[Listed], old: str, new: str) -> None:
    """Count and list records in another state, in the transaction that writes it."""
    counts: Counter[Kind] = Counter()
    moved: dict[tuple[str, str, str, int], set[int]] = {}
    for each in records:
        for scope in each.scopes:
            _count(counts, scope, each.reason, old, -1)
            _count(counts, scope, each.reason, new, 1)
            moved.setdefault((*scope, each.reason, each.id // BLOCK), set()).add(each.id)
    _add(db, counts)
    rows: list[tuple[str, str, str, str, int, bytes]] = []
    for (scope_of, label, reason, number), ids in moved.items():
        left = _take_block(db, (scope_of, label, reason, old), number) - ids
        there = _take_block(db, (scope_of, label, reason, new), number) | ids
        for state, some in (old, left), (new, there):
            if some:
                rows.append((scope_of, label, reason, state, number, encode_ids(sorted(some))))
    bulk_insert(db, "INSERT INTO skipped_ids", rows)


def _take_block(db: sqlite3.Connection, kind: Kind, number: int) -> set[int]:
    """Take the ids of a kind and range out; gives them."""
    taken = db.execute(f"SELECT ids FROM skipped_ids WHERE {BLOCKS} = ?", (*kind, number))
    ids = {each for (block,) in taken.fetchall() for each in decode_ids(block)}
    if ids:
        db.execute(f"DELETE FROM skipped_ids WHERE {BLOCKS} = ?", (*kind, number))
    return ids


def _count(
    counts: Counter[Kind], scope: tuple[str, str], reason: str, state: str, number: int
) -> None:
    counts[(*scope, reason, state)] += number
    if scope[0] == "source":
        counts[(*scope, ANY, state)] += number


def _add(db: sqlite3.Connection, counts: Counter[Kind]) -> None:
    rows = [(*kind, number) for kind, number in counts.items()]
    bulk_insert(db, "INSERT INTO skipped_counts", rows, _ADD)
