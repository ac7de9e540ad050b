"""The past costs nothing: what a page, a commit or a start reads does not grow with what is behind.

Counted in steps of SQLite's machine, which are the same on every computer.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dataflow.database import transaction
from dataflow.messages import RecordsSkipped, Taken, encode_message, join_messages
from dataflow.records import INVALID_JSON, NOT_AN_OBJECT, UNKNOWN_TYPE, Reason, Skipped
from web.view.audit import count_view
from web.view.bulk_insert import bulk_insert
from web.view.completed import FeedCount, append_completed
from web.view.places import append_places, write_complete
from web.view.reader import ViewReader
from web.view.recoveries import begin_recovery
from web.view.skipped import append_skipped
from web.view.skipped_filter import ASIDE, LANDED, OPEN, SENT, SkippedFilter
from web.view.skipped_kinds import Listed
from web.view.skipped_lists import move_skipped
from web.view.sums import write_sums
from web.view.totals import Counts
from web.view.view import View

SMALL, LARGE = 1_000, 10_000
NOISE = 1.5
"""What a read of the large view may cost beside the small one: its indexes are a level deeper."""


class Chunks:
    """Chunks of skipped lines, one behind the other, and what each tells."""

    def __init__(self) -> None:
        self.lines = 0

    def skipped(self, upload: str, source: str, lines: int, reason: Reason) -> RecordsSkipped:
        records = [Skipped(line, reason, "why", None, "raw", False) for line in range(1, lines + 1)]
        chunk = Taken(self.lines + 2, self.lines + 1, lines, upload, source, 1, 1.0)
        self.lines += lines
        return RecordsSkipped(chunk, lines, 0, records, 0, self.lines)


def filled(path: Path, size: int) -> Path:
    """Make a view of much that is past: the oldest records are few of their kind."""
    view, chunks = View(path), Chunks()
    with transaction(view._db) as db:
        messages = [
            chunks.skipped("few", "few.jsonl", 3, UNKNOWN_TYPE),
            chunks.skipped("", "api", 3, NOT_AN_OBJECT),
            chunks.skipped("many", "many.jsonl", size, INVALID_JSON),
            *(chunks.skipped(f"u{n}", f"f{n}", 1, INVALID_JSON) for n in range(size)),
        ]
        append_places(db, [message.chunk for message in messages])
        append_skipped(db, messages)
        for message, state in (messages[0], ASIDE), (messages[2], LANDED):
            chunk = message.chunk
            ids = [each.line + chunk.shift for each in message.records]
            bulk_insert(db, "INSERT INTO fates (id, state)", [(each, state) for each in ids])
            reason = message.records[0].reason
            those = [Listed(each, chunk.upload, chunk.source, reason) for each in ids]
            move_skipped(db, those, OPEN, state)
        for place in range(1, size + 1):
            append_completed(db, [("a", place, place)])
            begin_recovery(db, "again", 1.0, 1)
        write_complete(db, chunks.lines)
        parts = {(f"u{n}", part): Counts(1) for n in range(size // 10) for part in range(10)}
        write_sums(db, parts, {}, {0: chunks.lines})
    view.settle([f"u{n}" for n in range(size // 10)])
    view.close()
    return path


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("views")
    return filled(folder / "small.db", SMALL), filled(folder / "large.db", LARGE)


class Steps:
    """The steps that a connection has made."""

    def __init__(self) -> None:
        self.count = 0


@contextmanager
def counting(db: sqlite3.Connection) -> Iterator[Steps]:
    steps = Steps()

    def step() -> int:
        steps.count += 1
        return 0

    db.set_progress_handler(step, 1)
    try:
        yield steps
    finally:
        db.set_progress_handler(None, 1)


READS: dict[str, Callable[[ViewReader], object]] = {
    "what a refresh of the page reads": lambda view: view.skipped(None, 50),
    "the few of a reason": lambda view: view.skipped(None, 50, SkippedFilter(UNKNOWN_TYPE)),
    "the many of a reason": lambda view: view.skipped(None, 50, SkippedFilter(INVALID_JSON)),
    "the few of a source": lambda view: view.skipped(None, 50, SkippedFilter(source="api")),
    "the many of a source": lambda view: view.skipped(None, 50, SkippedFilter(source="many.jsonl")),
    "none of source and reason": lambda view: view.skipped(
        None, 50, SkippedFilter(UNKNOWN_TYPE, "many.jsonl")
    ),
    "many of source and reason": lambda view: view.skipped(
        None, 50, SkippedFilter(INVALID_JSON, "many.jsonl")
    ),
    "the few of an upload": lambda view: view.skipped(None, 50, SkippedFilter(upload="few")),
    "the many of an upload": lambda view: view.skipped(None, 50, SkippedFilter(upload="many")),
    "none of upload and source": lambda view: view.skipped(
        None, 50, SkippedFilter(source="few.jsonl", upload="many")
    ),
    "none of upload and reason": lambda view: view.skipped(
        None, 50, SkippedFilter(UNKNOWN_TYPE, None, "many")
    ),
    "a source that is not there": lambda view: view.skipped(None, 50, SkippedFilter(source="no")),
    "the few of a state": lambda view: view.skipped(None, 50, SkippedFilter(state=ASIDE)),
    "the many of a state": lambda view: view.skipped(None, 50, SkippedFilter(state=LANDED)),
    "none of a state": lambda view: view.skipped(None, 50, SkippedFilter(state=SENT)),
    "the many that are open": lambda view: view.skipped(None, 50, SkippedFilter(state=OPEN)),
    "the few that are open behind many": lambda view: view.skipped(
        SMALL, 50, SkippedFilter(state=OPEN)
    ),
    "none of state and upload": lambda view: view.skipped(
        None, 50, SkippedFilter(upload="many", state=OPEN)
    ),
    "how many are open": lambda view: view.skipped_open(),
    "a page in the middle": lambda view: view.skipped(200, 50, SkippedFilter(INVALID_JSON)),
    "completed orders from the beginning": lambda view: view.completed(0, 50),
    "completed orders at the end": lambda view: view.completed(SMALL - 50, 50),
    "starts of the flow": lambda view: view.recoveries(20),
    "an early start of the flow": lambda view: view.recoveries(20, 30),
}


@pytest.mark.parametrize("name", READS)
def test_a_page_costs_the_same_however_much_there_is(views: tuple[Path, Path], name: str) -> None:
    """Whatever it is narrowed to: it is found by an index, and nothing is counted."""
    costs = []
    for path in views:
        reader = ViewReader(path)
        with counting(reader._db) as steps:
            READS[name](reader)
        reader.close()
        costs.append(steps.count)
    assert costs[1] <= NOISE * costs[0], costs


def test_a_commit_costs_the_same_however_much_there_is(
    views: tuple[Path, Path], tmp_path: Path
) -> None:
    """Skipped records are counted as they are written, and those before are not looked at."""
    costs = []
    for path, size in zip(views, (SMALL, LARGE), strict=True):
        view = View(Path(shutil.copy(path, tmp_path)))
        chunks = Chunks()
        chunks.lines = 2 * size + 6
        new = chunks.skipped("new", "new.jsonl", 30, INVALID_JSON)
        with counting(view._db) as steps:
            view.commit([join_messages([encode_message(new)])])
        view.close()
        costs.append(steps.count)
    assert costs[1] <= NOISE * costs[0], costs


def test_a_start_reads_a_row_of_each_upload_that_is_through(views: tuple[Path, Path]) -> None:
    """Not one for each key group of each: of these there are ten times as many."""
    view = View(views[1])
    with counting(view._db) as steps:
        totals = view.totals()
    assert totals.all.accepted == LARGE
    assert steps.count < LARGE
    view.close()


def test_an_audit_counts_of_the_feed_what_is_new(views: tuple[Path, Path]) -> None:
    """Blocks that were counted are never changed."""
    path = views[1]
    feed = FeedCount()
    assert count_view(path, {}, feed, lambda: None).completed == LARGE
    reader = ViewReader(path)
    with counting(reader._db) as steps:
        assert feed.count(reader._db) == LARGE
    reader.close()
    assert steps.count < SMALL
