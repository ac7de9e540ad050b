"""Skipped records: counted once as they are written, and paged by any filter."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.messages import RecordsSkipped
from dataflow.records import REASONS, Reason, Skipped
from tests.kit.streams import claim
from web.view import skipped_lists
from web.view.skipped import (
    SCHEMA,
    append_skipped,
    read_all_skipped,
    read_skipped,
)
from web.view.skipped_filter import ALL_SKIPPED, SkippedFilter
from web.view.skipped_lists import LARGEST

SOURCES = {"": "api", "u1": "f.jsonl", "u2": "f.jsonl", "u3": "api"}
lines = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(REASONS)), max_size=6)
commits = st.lists(st.lists(st.tuples(st.sampled_from(list(SOURCES)), lines), max_size=3))
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
    opened.executescript(SCHEMA + skipped_lists.SCHEMA)
    return opened


def told(upload: str, source: str, lines: list[tuple[int, Reason]]) -> RecordsSkipped:
    records = [Skipped(line, reason, "why", 1, "raw", False) for line, reason in lines]
    return RecordsSkipped(upload, source, len(records), 0, records)


@claim
@given(commits, filters, st.integers(1, 4))
def test_pages_totals_and_counts_are_those_of_the_records_however_often_they_are_told(
    commits: list[list[tuple[str, list[tuple[int, Reason]]]]], asked: SkippedFilter, limit: int
) -> None:
    """A filter narrows list, total and both counts alike; the export is all of its pages."""
    kept: dict[tuple[str, int], Reason] = {}
    with closing(made()) as db:
        for commit in commits:
            append_skipped(db, [told(each, SOURCES[each], lines) for each, lines in commit], 1.0)
            for upload, lines in commit:
                for line, reason in lines:
                    kept.setdefault((upload, line), reason)
        wanted = [
            (upload, line, reason)
            for (upload, line), reason in reversed(kept.items())
            if asked.reason in (None, reason)
            and asked.source in (None, SOURCES[upload])
            and (asked.upload is None or asked.upload == upload != "")
        ]
        seen: list[dict[str, Any]] = []
        before: int | None = None
        while True:
            found = read_skipped(db, asked, before, limit)
            assert found.page.total == len(wanted)
            assert found.by_reason == Counter(reason for _, _, reason in wanted)
            assert found.by_source == Counter(SOURCES[upload] for upload, _, _ in wanted)
            seen += [json.loads(row.json) for row in found.page.rows]
            if found.page.next is None:
                break
            before = int(found.page.next)
        assert [(each["upload"] or "", each["line"], each["reason"]) for each in seen] == wanted
        assert [json.loads(line) for line in read_all_skipped(db, asked)] == seen


def test_of_many_sources_the_largest_are_told(db: sqlite3.Connection) -> None:
    """A name is a label: there may be a million of them."""
    for number in range(2 * LARGEST):
        lines = [(line, REASONS[line % 2]) for line in range(number + 1)]
        append_skipped(db, [told(f"u{number}", f"f{number}", lines)], 1.0)
    by_source = read_skipped(db, ALL_SKIPPED, None, 1).by_source
    assert by_source == {f"f{at}": at + 1 for at in range(LARGEST, 2 * LARGEST)}
    assert list(by_source.values()) == sorted(by_source.values(), reverse=True)
    of_reason = read_skipped(db, SkippedFilter(REASONS[1]), None, 1).by_source
    assert max(of_reason.values()) == LARGEST
    assert len(of_reason) == LARGEST
