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
from tests.kit.streams import claim
from web.times import rfc3339
from web.view import places, skipped_lists
from web.view.places import append_places
from web.view.skipped import (
    SCHEMA,
    append_skipped,
    read_all_skipped,
    read_skipped,
)
from web.view.skipped_filter import ALL_SKIPPED, SkippedFilter
from web.view.skipped_lists import LARGEST

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
    st.sampled_from((None, "api", "f.jsonl", "other")),
    st.sampled_from((None, "", "u1", "u3", "other")),
)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(made()) as opened:
        yield opened


def made() -> sqlite3.Connection:
    opened = sqlite3.connect(":memory:", isolation_level=None)
    opened.executescript(SCHEMA + skipped_lists.SCHEMA + places.SCHEMA)
    return opened


def told(number: int, upload: str, source: str, lines: dict[int, Reason]) -> RecordsSkipped:
    """Tell of the skipped lines of a chunk that has so many chunks before it."""
    records = [Skipped(line, lines[line], "why", 1, "raw", False) for line in sorted(lines)]
    chunk = Taken(number + 2, number * LINES + 1, LINES, upload, source, 1, float(number))
    return RecordsSkipped(chunk, len(records), 0, records, 0, 0)


def append(db: sqlite3.Connection, messages: list[RecordsSkipped]) -> None:
    append_places(db, [message.chunk for message in messages])
    append_skipped(db, messages)


@claim
@given(chunks, filters, st.integers(1, 4))
def test_pages_totals_and_counts_are_those_of_the_records_in_whatever_commits_they_come(
    chunks: list[tuple[str, dict[int, Reason], int]], asked: SkippedFilter, limit: int
) -> None:
    """A filter narrows list, total and both counts alike; the export is all of its pages."""
    with closing(made()) as db, patch("web.view.skipped_lists.BLOCK", 7):
        for commit in range(4):
            append(
                db,
                [
                    told(number, upload, SOURCES[upload], lines)
                    for number, (upload, lines, at) in enumerate(chunks)
                    if at == commit
                ],
            )
        wanted = [
            (number * LINES + line, upload, line, lines[line])
            for number, (upload, lines, _) in enumerate(chunks)
            for line in sorted(lines)
            if asked.reason in (None, lines[line])
            and asked.source in (None, SOURCES[upload])
            and (asked.upload is None or asked.upload == upload != "")
        ][::-1]
        seen: list[dict[str, Any]] = []
        before: int | None = None
        while True:
            found = read_skipped(db, asked, before, limit)
            assert found.page.total == len(wanted)
            assert found.by_reason == Counter(reason for *_, reason in wanted)
            assert found.by_source == Counter(SOURCES[upload] for _, upload, _, _ in wanted)
            seen += [json.loads(row.json) for row in found.page.rows]
            if found.page.next is None:
                break
            before = int(found.page.next)
        assert [
            (each["id"], each["upload"] or "", each["line"], each["reason"]) for each in seen
        ] == wanted
        assert [json.loads(line) for line in read_all_skipped(db, asked)] == seen
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
