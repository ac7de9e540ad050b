"""The blocks of the fulfilment feed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.messages import Taken
from dataflow.records import OrderId
from tests.kit.streams import ORDER_IDS
from web.view import places
from web.view.completed import (
    BLOCK,
    SCHEMA,
    FeedCount,
    Order,
    append_completed,
    count_completed,
    cursor_before,
    read_completed,
)

ids: st.SearchStrategy[OrderId] = st.sampled_from(ORDER_IDS)
users = st.sampled_from(("a", "ü/x"))


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(feed(1_000_000)) as made:
        yield made


def feed(lines: int) -> sqlite3.Connection:
    """Make an empty feed before so many records, each of which is accepted a second later."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.executescript(SCHEMA + places.SCHEMA)
    some = range(1, lines + 1) if lines < 1_000 else ()
    places.append_places(made, [Taken(n + 1, n, 1, "", "api", n, float(n)) for n in some])
    if not some:
        places.append_places(made, [Taken(2, 1, lines, "", "api", 1, 1.0)])
    places.write_complete(made, lines)
    return made


@given(
    st.dictionaries(st.integers(1, 60), st.tuples(users, ids, st.integers(0, 3))),
    st.integers(0, 60),
    st.integers(0, 70),
    st.integers(1, 9),
)
def test_what_was_appended_is_read_in_order_from_any_place_on(
    drawn: dict[int, tuple[str, OrderId, int]], end: int, after: int, limit: int
) -> None:
    """In whatever commits the key groups told of it; and only as far as all of them have."""
    with closing(feed(60)) as db, patch("web.view.completed.BLOCK", 7):
        counted = FeedCount()
        for number in range(4):
            commit: list[Order] = [
                (user, order, place) for place, (user, order, at) in drawn.items() if at == number
            ]
            append_completed(db, commit)
            assert counted.count(db) == sum(at <= number for *_, at in drawn.values())
            assert counted.count(db) == FeedCount().count(db)
        places.write_complete(db, end)
        page = list(islice(read_completed(db, after), limit))
        expected = [
            (place, *drawn[place][:2], float(place))
            for place in sorted(drawn)
            if after < place <= end
        ]
        assert repr([tuple(each) for each in page]) == repr(expected[:limit])


@given(st.sets(st.integers(1, 60)), st.integers(0, 60), st.none() | st.integers(0, 60))
def test_a_page_is_found_by_where_it_ends(seqs: set[int], end: int, until: int | None) -> None:
    """So many orders up to a place of the feed, or up to its end: fewer only at its beginning."""
    with closing(feed(60)) as db, patch("web.view.completed.BLOCK", 7):
        append_completed(db, [("a", 1, place) for place in seqs])
        places.write_complete(db, end)
        last = end if until is None else min(until, end)
        wanted = [seq for seq in sorted(seqs) if seq <= last]
        cursor = cursor_before(db, None if until is None else last, 4)
        found = [order.seq for order in read_completed(db, cursor) if order.seq <= last]
        assert found == wanted[-4:]


def test_two_count_the_feed_at_the_same_time(tmp_path: Path) -> None:
    """Each what it sees: an audit after a recovery may meet that of the minute, or of a rebuild."""
    path = tmp_path / "feed.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA)
        counted = FeedCount()
        append_completed(db, [("a", number, number) for number in range(1, 4)])
        with closing(sqlite3.connect(path, isolation_level=None)) as older:
            older.execute("BEGIN")
            assert older.execute("SELECT count(*) FROM completed").fetchone() == (1,)
            append_completed(db, [("a", 9, 9)])

            class Interrupted:
                """Another counts between the questions of this one."""

                def execute(self, *question: Any) -> sqlite3.Cursor:
                    answer = older.execute(*question)
                    assert counted.count(db) == 4
                    return answer

            assert counted.count(cast("sqlite3.Connection", Interrupted())) == 3
        assert counted.count(db) == 4


def test_a_large_commit_is_cut_into_blocks(db: sqlite3.Connection) -> None:
    """To read one order, no more than those of a range of places are decoded."""
    many: list[Order] = [("a", place, place) for place in range(1, 2 * BLOCK + 1)]
    append_completed(db, many[::-1])
    sizes = [row[0] for row in db.execute("SELECT count FROM completed ORDER BY range")]
    assert sizes == [BLOCK - 1, BLOCK, 1]
    assert [(each.user_id, each.order_id, each.seq) for each in read_completed(db, 0)] == many
    assert [each.order_id for each in read_completed(db, BLOCK - 1)] == list(
        range(BLOCK, 2 * BLOCK + 1)
    )


@given(st.sets(st.integers(1, 3 * BLOCK)), st.integers(1, 4), st.integers(0, 4 * BLOCK))
def test_orders_up_to_a_place_are_counted(places: set[int], blocks: int, until: int) -> None:
    """In whatever blocks they came."""
    with closing(feed(1_000_000)) as db:
        for block in range(blocks):
            append_completed(
                db, [("a", place, place) for place in places if place % blocks == block]
            )
        assert count_completed(db, until) == sum(place <= until for place in places)
