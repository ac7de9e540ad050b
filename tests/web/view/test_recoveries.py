"""The starts of the flow: a page of them, however many there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from web.view.recoveries import (
    REBUILD_STOPPED,
    REBUILT,
    SCHEMA,
    STOPPED,
    Recovery,
    begin_recovery,
    change_recovery,
    count_unclean,
    read_recoveries,
)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.executescript(SCHEMA)
        yield made


def test_pages_visit_every_start_once_newest_first(db: sqlite3.Connection) -> None:
    """The newest and the count of all are told with each page."""
    assert read_recoveries(db, 20, None) == ([], None, 0, None)
    numbers = [begin_recovery(db, "again", float(at), 1) for at in range(50)]
    seen: list[Recovery] = []
    cursor: str | None = None
    while True:
        page = read_recoveries(db, 20, None if cursor is None else int(cursor))
        seen += page.items
        assert page.total == 50
        assert page.newest == seen[0]
        cursor = page.next
        if cursor is None:
            break
    assert [start.execution for start in seen] == numbers[::-1] == list(range(50, 0, -1))


def test_a_start_is_told_with_what_became_of_it(db: sqlite3.Connection) -> None:
    """The seconds to each of its marks are counted from its begin."""
    number = begin_recovery(db, "killed", 10.0, 7)
    change_recovery(db, number, carts=3, offset=5, source="f", line=2, records=4)
    change_recovery(db, number, restored_at=10.25, first_new_at=11.5)
    change_recovery(db, number, caught_up_at=12.5, ended_at=20.0, ended_because="stopped")
    (start,) = read_recoveries(db, 1, None).items
    assert (start.carts_restored, start.records_replayed, start.seconds) == (3, 4, 2.5)
    assert (start.restored_at, start.seconds_to_restored) == ("1970-01-01T00:00:10.250Z", 0.25)
    assert (start.first_new_at, start.seconds_to_first_new) == ("1970-01-01T00:00:11.500Z", 1.5)
    assert start.resumed_at is not None
    assert (start.resumed_at.offset, start.resumed_at.source, start.resumed_at.line) == (5, "f", 2)
    assert (start.started_at, start.ended_because) == ("1970-01-01T00:00:10.000Z", "stopped")


def test_what_has_not_come_yet_is_null(db: sqlite3.Connection) -> None:
    """A start without a new record is caught up all the same."""
    number = begin_recovery(db, "killed", 10.0, 7)
    change_recovery(db, number, restored_at=10.25, caught_up_at=10.5)
    (start,) = read_recoveries(db, 1, None).items
    assert (start.seconds, start.first_new_at, start.seconds_to_first_new) == (0.5, None, None)


def test_a_rebuild_is_no_recovery_however_it_ended(db: sqlite3.Connection) -> None:
    """Only what a server met without wanting it is counted."""
    for number, why in enumerate((STOPPED, REBUILD_STOPPED, "killed by SIGKILL"), 1):
        assert begin_recovery(db, "the server was started", 1.0, 1) == number
        change_recovery(db, number, ended_at=2.0, ended_because=why)
    begin_recovery(db, REBUILT, 3.0, 1)
    begin_recovery(db, "the server was started", 4.0, 1)
    assert count_unclean(db, 0.0) == 1
    newest = read_recoveries(db, 2, None).items
    assert newest[1].ended_because == "the rebuild was killed"
    begin_recovery(db, "the server was started", 5.0, 1)
    assert count_unclean(db, 0.0) == 2
