"""The orders of carts: SQL and cursors say the same as the rows in memory."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.streams import claim
from web.view.cart_row import CartRow
from web.view.sorts import SORTS

users = st.sampled_from(("a", "b", "ü", "0", "z"))
carts = st.dictionaries(users, st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=5)


@pytest.mark.parametrize("name", SORTS)
@claim
@given(carts=carts)
def test_what_comes_after_a_row_is_the_rest_of_its_order(
    name: str, carts: dict[str, tuple[int, int]]
) -> None:
    """Each row of the order is found once by the key of the one before it."""
    rows = [
        CartRow(user, 1, unpaid, 0, 0, 10 * number + place, 0.0, b"", 0)
        for place, (user, (unpaid, number)) in enumerate(carts.items())
    ]
    sort = SORTS[name]
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE carts (user_id, unpaid, changed)")
        db.executemany(
            "INSERT INTO carts VALUES (?, ?, ?)", [(r.user_id, r.unpaid, r.changed) for r in rows]
        )
        ordered = [row[0] for row in db.execute(f"SELECT user_id FROM carts ORDER BY {sort.order}")]
        assert len(ordered) == len(rows)
        by_user = {row.user_id: row for row in rows}
        for place, user in enumerate(ordered):
            key = sort.key(by_user[user])
            assert tuple(map(type, key)) == sort.kinds
            after = db.execute(
                f"SELECT user_id FROM carts WHERE {sort.after} ORDER BY {sort.order}", key
            )
            assert [row[0] for row in after] == ordered[place + 1 :]
