"""Skipped records: counted once as they are written, and paged by any filter."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.messages import RecordsSkipped, Taken
from dataflow.records import REASONS, Reason, Skipped
from dataflow.times import rfc3339
from web.view import fates, places, skipped_kinds, skipped_lists, skipped_walk
from web.view.json_line import encode_line
from web.view.places import append_places
from web.view.skipped import (
    SCHEMA,
    append_skipped,
    read_all_skipped,
    read_skipped,
)
from web.view.skipped_filter import ALL_SKIPPED, OPEN, STATES, SkippedFilter
from web.view.skipped_kinds import Listed, label_of
from web.view.skipped_lists import move_skipped
from web.view.skipped_walk import LARGEST, STEP, count_state, look_above

SOURCES = {"": "api", "u1": "f.jsonl", "u2": "f.jsonl", "u3": "api"}
LINES = 20
chunks = st.lists(
    st.tuples(
        st.sampled_from(list(SOURCES)),
        st.dictionaries(st.integers(1, LINES), st.sampled_from(REASONS), max_size=6),
        st.integers(0, 3),
    ),
    max_size=9,
)
"""Chunks in the order of the source: the upload, what is skipped, and in which commit it comes."""

filters = st.builds(
    SkippedFilter,
    st.sampled_from((None, *REASONS[:4])),
    st.sampled_from((None, "api", "file api", "f.jsonl", "other")),
    st.sampled_from((None, "", "u1", "u3", "other")),
    st.sampled_from((None, *STATES)),
    st.sampled_from((None, "r", "raw 1", "RAW")),
)
moves = st.lists(
    st.tuples(st.sets(st.integers(0, 50), min_size=1), st.sampled_from(STATES)), max_size=6
)
"""Records by their rank, and what they become together."""


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(made()) as opened:
        yield opened


def made() -> sqlite3.Connection:
    opened = sqlite3.connect(":memory:", isolation_level=None)
    opened.executescript(SCHEMA + skipped_kinds.SCHEMA + fates.SCHEMA + places.SCHEMA)
    return opened


def told(number: int, upload: str, source: str, lines: dict[int, Reason]) -> RecordsSkipped:
    """Tell of the skipped lines of a chunk that has so many chunks before it."""
    records = [Skipped(line, lines[line], "why", 1, f"raw {line}", False) for line in sorted(lines)]
    chunk = Taken(number + 2, number * LINES + 1, LINES, upload, source, 1, float(number))
    return RecordsSkipped(chunk, len(records), 0, records, 0, 0)


def append(db: sqlite3.Connection, messages: list[RecordsSkipped]) -> None:
    append_places(db, [message.chunk for message in messages])
    append_skipped(db, messages)


def move(
    db: sqlite3.Connection, records: list[Listed], moves: list[tuple[set[int], str]]
) -> dict[int, str]:
    """Let records become something together, as a mark does; gives what they are then."""
    states = dict.fromkeys((each.id for each in records), OPEN)
    for ranks, new in moves:
        those = [records[rank] for rank in ranks if rank < len(records)]
        for old in set(STATES) - {new}:
            some = [each for each in those if states[each.id] == old]
            for each in some:
                states[each.id] = new
                db.execute("INSERT OR REPLACE INTO fates VALUES (?, ?, NULL)", (each.id, new))
            move_skipped(db, some, old, new)
    return states


def raw_of(record: Listed) -> str:
    return f"raw {(record.id - 1) % LINES + 1}"


@given(chunks, moves, filters, st.integers(1, 4))
def test_pages_totals_and_counts_are_those_of_the_records_in_whatever_commits_they_come(
    chunks: list[tuple[str, dict[int, Reason], int]],
    moves: list[tuple[set[int], str]],
    asked: SkippedFilter,
    limit: int,
) -> None:
    """A filter narrows list, total and both counts alike; the export is all of its pages.

    A search narrows the list and the total. What becomes of a record moves it from list to list.
    """
    with (
        closing(made()) as db,
        patch.multiple(skipped_lists, BLOCK=7),
        patch.multiple(skipped_walk, BLOCK=7),
    ):
        for commit in range(4):
            append(
                db,
                [
                    told(number, upload, SOURCES[upload], lines)
                    for number, (upload, lines, at) in enumerate(chunks)
                    if at == commit
                ],
            )
        records = [
            Listed(number * LINES + line, upload, SOURCES[upload], lines[line])
            for number, (upload, lines, _) in enumerate(chunks)
            for line in sorted(lines)
        ]
        states = move(db, records, moves)
        kind = [
            each
            for each in reversed(records)
            if asked.reason in (None, each.reason)
            and asked.source in (None, label_of(each.upload, each.source))
            and (asked.upload is None or asked.upload == each.upload != "")
            and asked.state in (None, states[each.id])
        ]
        wanted = [each for each in kind if (asked.search or "") in raw_of(each)]
        seen: list[dict[str, Any]] = []
        before: int | None = None
        while True:
            found = read_skipped(db, asked, before, limit)
            assert found.page.total == len(wanted)
            assert found.by_reason == Counter(each.reason for each in kind)
            assert found.by_source == Counter(label_of(each.upload, each.source) for each in kind)
            seen += [json.loads(row.json) for row in found.page.rows]
            if found.page.next is None:
                break
            before = int(found.page.next)
        assert [(each["id"], each["state"], each["reason"]) for each in seen] == [
            (each.id, states[each.id], each.reason) for each in wanted
        ]
        assert [(each["upload"] or "", each["source"], each["raw"]) for each in seen] == [
            (each.upload, each.source, raw_of(each)) for each in wanted
        ]
        for state in STATES:
            assert count_state(db, state) == list(states.values()).count(state)
        assert [json.loads(encode_line(each)) for each in read_all_skipped(db, asked)] == seen
        for each in seen:
            assert each["skipped_at"] == rfc3339(float((each["id"] - 1) // LINES))


def test_of_many_sources_the_largest_are_told(db: sqlite3.Connection) -> None:
    """A name is a label: there may be a million of them."""
    for number in range(2 * LARGEST):
        records = [
            Skipped(line, REASONS[line % 2], "why", None, "raw", False)
            for line in range(1, number + 2)
        ]
        chunk = Taken(1, number * 1_000 + 1, 1_000, f"u{number}", f"f{number}", 1, 1.0)
        append(db, [RecordsSkipped(chunk, len(records), 0, records, 0, 0)])
    by_source = read_skipped(db, ALL_SKIPPED, None, 1).by_source
    assert by_source == {f"f{at}": at + 1 for at in range(LARGEST, 2 * LARGEST)}
    assert list(by_source.values()) == sorted(by_source.values(), reverse=True)
    of_reason = read_skipped(db, SkippedFilter(REASONS[1]), None, 1).by_source
    assert max(of_reason.values()) == LARGEST
    assert len(of_reason) == LARGEST


def test_a_search_ends_in_time_and_goes_on_where_it_was(db: sqlite3.Connection) -> None:
    """A page holds what was found by then, and nobody is told how many there are; none is lost."""
    lines = 3 * STEP
    records = [
        Skipped(line, REASONS[0], "why", None, "this" if line in (1, lines) else "x", False)
        for line in range(1, lines + 1)
    ]
    append(db, [RecordsSkipped(Taken(1, 1, lines, "", "api", 1, 1.0), lines, 0, records, 0, 0)])
    asked = SkippedFilter(search="this")
    with patch("web.view.skipped.SEARCHED_S", 0), patch("web.view.skipped_walk.COUNTED_S", 0):
        pages, before = [], None
        for _ in range(3):
            found = read_skipped(db, asked, before, 9)
            assert found.page.total is None
            pages.append([row.id for row in found.page.rows])
            before = None if found.page.next is None else int(found.page.next)
        assert before is None
    assert pages == [[lines], [], [1]]
    assert read_skipped(db, asked, None, 9).page.total == 2


def test_what_was_looked_at_whole_is_told_whole_however_long_it_took(
    db: sqlite3.Connection,
) -> None:
    """Time is over behind the last step, too, where the process had to wait: nothing is missing."""
    records = [Skipped(line, REASONS[0], "why", None, "x", False) for line in (1, 2, 3)]
    append(db, [RecordsSkipped(Taken(1, 1, 3, "", "api", 1, 1.0), 3, 0, records, 0, 0)])
    with patch("web.view.skipped.SEARCHED_S", -1), patch("web.view.skipped_walk.COUNTED_S", -1):
        found = read_skipped(db, SkippedFilter(search="x"), None, 9)
        newest = found.page.rows[0].id
        above = look_above(db, SkippedFilter(search="x"), int(newest) - 1, 9)
    assert (found.page.total, found.page.next) == (3, None)
    assert above == (2, None)
