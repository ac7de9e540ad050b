"""The blocks of the fulfilment feed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.records import OrderId
from tests.kit.streams import ORDER_IDS, claim
from web.view.completed import (
    BLOCK,
    SCHEMA,
    FeedCount,
    Order,
    append_completed,
    last_completed,
    read_completed,
)

ids: st.SearchStrategy[OrderId] = st.sampled_from(ORDER_IDS)
orders: st.SearchStrategy[Order] = st.tuples(st.sampled_from(("a", "ü/x")), ids)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(feed()) as made:
        yield made


def feed() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.executescript(SCHEMA)
    return made


@claim
@given(st.lists(st.lists(orders, max_size=5), max_size=6), st.integers(0, 30), st.integers(1, 9))
def test_what_was_appended_is_read_in_order_from_any_place_on(
    commits: list[list[Order]], after: int, limit: int
) -> None:
    """Each order has its own number, one more than the last, and the time of its commit."""
    with closing(feed()) as db:
        expected = []
        counted = FeedCount()
        for at, commit in zip(map(float, count()), commits, strict=False):
            append_completed(db, last_completed(db), commit, at)
            expected += [(*order, at) for order in commit]
            assert last_completed(db) == counted.count(db) == counted.count(db) == len(expected)
        assert FeedCount().count(db) == len(expected)
        page = list(islice(read_completed(db, after), limit))
        assert [each.seq for each in page] == list(
            range(after + 1, min(after + limit, len(expected)) + 1)
        )
        read = [each[1:] for each in page]
        assert repr(read) == repr([tuple(each) for each in expected[after : after + limit]])


def test_a_large_commit_is_cut_into_blocks(db: sqlite3.Connection) -> None:
    """To read one order, no more than a block is decoded."""
    many: list[Order] = [("a", number) for number in range(2 * BLOCK + 1)]
    append_completed(db, 0, many, 1.0)
    sizes = [row[0] for row in db.execute("SELECT count FROM completed ORDER BY seq")]
    assert sizes == [BLOCK, BLOCK, 1]
    assert [(each.user_id, each.order_id) for each in read_completed(db, 0)] == many
    assert [each.order_id for each in read_completed(db, BLOCK - 1)] == list(
        range(BLOCK - 1, 2 * BLOCK + 1)
    )
