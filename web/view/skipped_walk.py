"""Walking over the skipped records of a filter, either way; and counts, kept by kind.

A step is of some hundred records, so that who walks can stop in time, where there is another one:
what was looked at whole is told whole. Those that a search does not meet are passed over in it.
"""

import sqlite3
import time
from collections.abc import Iterator
from heapq import merge
from itertools import groupby, islice
from operator import itemgetter
from typing import Final, NamedTuple

from web.view.skipped_filter import STATES, SkippedFilter
from web.view.skipped_kinds import ANY, BLOCK, BLOCKS, Kind, decode_ids, label_of

LARGEST: Final = 50
"""So many sources are told of, those with the most records: there may be any number of them."""

STEP: Final = 512
"""Records that are looked at in one step."""

COUNTED_S: Final = 0.2
"""How long records of a search are counted before nobody is told how many there are."""


MOST_ABOVE: Final = 4 * STEP
"""So many records above a page are counted to say which of all it shows."""

_PAST_ALL: Final = 2**63 - 1


class Step(NamedTuple):
    """The records that were found in one step; ``last`` is the last that was looked at."""

    ids: list[int]
    last: int


def count_skipped(
    db: sqlite3.Connection, asked: SkippedFilter
) -> tuple[dict[str, int], dict[str, int]]:
    """Give the counts of a filter by reason and by source, without what there is none of.

    Its search narrows neither.
    """
    source = asked.source
    if asked.upload is not None:
        source = _source_of(db, asked.upload)
        if source is None or asked.source not in (None, source):
            return {}, {}
    by_reason = dict(
        db.execute(
            "SELECT reason, count FROM skipped_counts WHERE scope = ? AND label = ?"
            " AND state = ? AND reason <> '' AND ifnull(reason = ?, 1) AND count > 0",
            (*_scope(asked), asked.state or ANY, asked.reason),
        ).fetchall()
    )
    if source is not None:
        return by_reason, {source: sum(by_reason.values())} if by_reason else {}
    largest = db.execute(
        "SELECT label, count FROM skipped_counts WHERE scope = 'source' AND reason = ?"
        " AND state = ? AND count > 0 ORDER BY count DESC LIMIT ?",
        (asked.reason or ANY, asked.state or ANY, LARGEST),
    )
    return by_reason, dict(largest.fetchall())


def count_state(db: sqlite3.Connection, state: str) -> int:
    """Count all records that are in a state."""
    row = db.execute(
        "SELECT ifnull(sum(count), 0) FROM skipped_counts"
        " WHERE scope = 'all' AND label = '' AND state = ?",
        (state,),
    ).fetchone()
    return int(row[0])


def count_states(db: sqlite3.Connection) -> dict[str, int]:
    """Count all records by their state; each state is there."""
    rows = db.execute(
        "SELECT state, sum(count) FROM skipped_counts WHERE scope = 'all' AND label = ''"
        " AND state <> '' GROUP BY state"
    )
    return dict.fromkeys(STATES, 0) | dict(rows.fetchall())


def walk(
    db: sqlite3.Connection, asked: SkippedFilter, before: int | None = None, most: int = STEP
) -> Iterator[Step]:
    """Go over the records of a filter below an id, in a transaction of the caller's."""
    while ids := _ids(db, asked, before, most):
        before = ids[-1]
        yield Step(_matching(db, asked, ids), before)


def step_up(db: sqlite3.Connection, asked: SkippedFilter, after: int) -> Step | None:
    """Go over some records of a filter above an id, the oldest first; None where there are none."""
    if asked._replace(search=None) != SkippedFilter():
        kinds = _kinds(db, asked)
        ids = list(islice(merge(*(_ascending(db, kind, after) for kind in kinds)), STEP))
    else:
        rows = db.execute("SELECT id FROM skipped WHERE id > ? ORDER BY id LIMIT ?", (after, STEP))
        ids = [number for (number,) in rows]
    return Step(_matching(db, asked, ids), ids[-1]) if ids else None


def look_above(
    db: sqlite3.Connection, asked: SkippedFilter, end: int, limit: int
) -> tuple[int | None, int | None]:
    """Give how many records of a filter are not below an id, and the id that ends the page of them.

    None for the first where so many are not counted, for the second where that is the first page.
    """
    ids: list[int] = []
    is_whole = True
    for step in in_time(_walk_up(db, asked, end - 1), COUNTED_S):
        if step is None or len(ids) > MOST_ABOVE:
            is_whole = False
            break
        ids += sorted(step.ids)
    return len(ids) if is_whole else None, ids[limit] if len(ids) > limit else None


def count_matching(db: sqlite3.Connection, asked: SkippedFilter) -> int | None:
    """Count the records of a search; None where that takes too long."""
    count = 0
    for step in in_time(walk(db, asked), COUNTED_S):
        if step is None:
            return None
        count += len(step.ids)
    return count


def in_time(steps: Iterator[Step], seconds: float) -> Iterator[Step | None]:
    """Give the first step, and others while time is left; then None, where there is another."""
    end = time.monotonic() + seconds
    is_late = False
    for step in steps:
        if is_late:
            yield None
            return
        yield step
        is_late = time.monotonic() > end


def _walk_up(db: sqlite3.Connection, asked: SkippedFilter, after: int) -> Iterator[Step]:
    """Go over the records of a filter above an id."""
    while step := step_up(db, asked, after):
        after = step.last
        yield step


def _newest_ids(
    db: sqlite3.Connection, asked: SkippedFilter, before: int | None, most: int
) -> list[int]:
    """Find the newest records of a filter that is not that of all, whatever its search."""
    end = _PAST_ALL if before is None else before
    kinds = _kinds(db, asked)
    return list(islice(merge(*(_descending(db, kind, end) for kind in kinds), reverse=True), most))


def _kinds(db: sqlite3.Connection, asked: SkippedFilter) -> list[Kind]:
    """Find the kinds that the records of a filter are of, whatever its search."""
    if asked.upload is not None and asked.source not in (None, _source_of(db, asked.upload)):
        return []
    scope, label = _scope(asked)
    return db.execute(
        "SELECT scope, label, reason, state FROM skipped_counts WHERE scope = ? AND label = ?"
        " AND reason <> '' AND state <> '' AND count > 0"
        " AND ifnull(reason = ?, 1) AND ifnull(state = ?, 1)",
        (scope, label, asked.reason, asked.state),
    ).fetchall()


def _ascending(db: sqlite3.Connection, kind: Kind, after: int) -> Iterator[int]:
    """Read the ids of a kind above ``after``, the least first."""
    blocks = db.execute(
        f"SELECT range, ids FROM skipped_ids WHERE {BLOCKS} >= ? ORDER BY range",
        (*kind, after // BLOCK),
    )
    for _, of_range in groupby(blocks, itemgetter(0)):
        yield from sorted(each for _, ids in of_range for each in decode_ids(ids) if each > after)


def _descending(db: sqlite3.Connection, kind: Kind, end: int) -> Iterator[int]:
    """Read the ids of a kind below ``end``, the greatest first."""
    blocks = db.execute(
        f"SELECT range, ids FROM skipped_ids WHERE {BLOCKS} <= ? ORDER BY range DESC",
        (*kind, end // BLOCK),
    )
    for _, of_range in groupby(blocks, itemgetter(0)):
        ids = [each for _, block in of_range for each in decode_ids(block) if each < end]
        yield from sorted(ids, reverse=True)


def _ids(db: sqlite3.Connection, asked: SkippedFilter, before: int | None, most: int) -> list[int]:
    if asked._replace(search=None) != SkippedFilter():
        return _newest_ids(db, asked, before, most)
    rows = db.execute(
        "SELECT id FROM skipped WHERE id < ifnull(?, 9223372036854775807) ORDER BY id DESC LIMIT ?",
        (before, most),
    )
    return [number for (number,) in rows]


def _matching(db: sqlite3.Connection, asked: SkippedFilter, ids: list[int]) -> list[int]:
    if asked.search is None:
        return ids
    marks = ",".join("?" * len(ids))
    rows = db.execute(
        f"SELECT id FROM skipped WHERE id IN ({marks}) AND instr(raw, ?) > 0 ORDER BY id DESC",
        (*ids, asked.search),
    )
    return [number for (number,) in rows]


def _source_of(db: sqlite3.Connection, upload: str) -> str | None:
    row = db.execute(
        "SELECT ids FROM skipped_ids WHERE scope = 'upload' AND label = ? LIMIT 1", (upload,)
    ).fetchone()
    if row is None:
        return None
    source = "SELECT source FROM skipped WHERE id = ?"
    return label_of(upload, db.execute(source, (decode_ids(row[0])[0],)).fetchone()[0])


def _scope(asked: SkippedFilter) -> tuple[str, str]:
    if asked.upload is not None:
        return "upload", asked.upload
    return ("all", "") if asked.source is None else ("source", asked.source)
