"""The orders of carts: SQL and cursors say the same as the rows in memory."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from web.view.cart_row import NEVER, CartRow
from web.view.sorts import SORTS, Sort, order_of

users = st.sampled_from(("a", "b", "ü", "0", "z"))
places = st.one_of(st.just(NEVER), st.integers(1, 4))
carts = st.dictionaries(users, st.tuples(st.integers(0, 3), places, places), max_size=5)


@given(carts)
def test_what_comes_after_a_row_is_the_rest_of_its_order(
    carts: dict[str, tuple[int, int, int]],
) -> None:
    """Each row of the order is found once by the key of the one before it."""
    rows = [
        CartRow(user, 1, 7 * number % 11, unpaid, 0, 0, oldest, waiting, b"", 0)
        for number, (user, (unpaid, oldest, waiting)) in enumerate(carts.items())
    ]
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE carts (user_id, unpaid, oldest_unpaid, oldest_waiting, place)")
        db.executemany(
            "INSERT INTO carts VALUES (?, ?, ?, ?, ?)",
            [(r.user_id, r.unpaid, r.oldest_unpaid, r.oldest_waiting, r.place) for r in rows],
        )
        for name, filter_ in product(SORTS, ("all", "waiting")):
            expect_rests(db, order_of(name, filter_), {row.user_id: row for row in rows})


def expect_rests(db: sqlite3.Connection, sort: Sort, rows: dict[str, CartRow]) -> None:
    """Hold what comes after each row to all of the order."""
    ordered = [row[0] for row in db.execute(f"SELECT user_id FROM carts ORDER BY {sort.order}")]
    assert len(ordered) == len(rows), sort
    for place, user in enumerate(ordered):
        key = sort.key(rows[user])
        assert tuple(map(type, key)) == sort.kinds, sort
        after = db.execute(
            f"SELECT user_id FROM carts WHERE {sort.after} ORDER BY {sort.order}", key
        )
        assert [row[0] for row in after] == ordered[place + 1 :], sort
