"""Rows that are inserted many at a time."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.view.bulk_insert import bulk_insert

IDS = st.integers(-5, 5) | st.text(max_size=2)


@given(st.lists(st.tuples(IDS, st.integers(0, 9)), max_size=80))
def test_it_inserts_as_one_row_after_the_other_would(rows: list[tuple[int | str, int]]) -> None:
    """In their order, so that of two for one key the second meets the first."""
    expected: dict[int | str, int] = {}
    for key, value in rows:
        expected[key] = max(value, expected.get(key, value))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute("CREATE TABLE kept (key PRIMARY KEY, value INTEGER NOT NULL)")
        greater = "ON CONFLICT DO UPDATE SET value = excluded.value WHERE excluded.value > value"
        bulk_insert(db, "INSERT INTO kept", rows, greater)
        assert dict(db.execute("SELECT key, value FROM kept")) == expected


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513, 1_100])
def test_any_number_of_rows_takes_few_statements(count: int) -> None:
    """All of them arrive, none twice."""
    rows = [(number, b"x", None, 0.5, "y") for number in range(count)]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute("CREATE TABLE kept (a, b, c, d, e)")
        statements: list[str] = []
        db.set_trace_callback(statements.append)
        bulk_insert(db, "INSERT INTO kept", rows)
        db.set_trace_callback(None)
        assert db.execute("SELECT * FROM kept ORDER BY a").fetchall() == rows
    assert len(statements) <= count // 512 + 21
