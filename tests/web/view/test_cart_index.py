"""The index of carts: what it finds is what a look at every row finds."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from dataflow.cart import Cart, encode_cart
from web.view.cart_index import CartIndex, values_of
from web.view.cart_row import COLUMNS, NEVER, Entry, row_of
from web.view.sorts import FILTERS, SORTS
from web.view.windows import OPEN, Window, encode_cursor

USERS = ("a", "a1", "a2", "ab", "b", "b1", "ü", "ü/x", "%", "_", "A", "\0", "\U0010ffff", " ")

figures = st.tuples(*[st.integers(0, 2)] * 3, st.integers(1, 5), st.integers(1, 5))
commits = st.lists(st.dictionaries(st.sampled_from(USERS), figures, max_size=9), max_size=8)
windows = st.builds(
    Window,
    search=st.sampled_from(("", "a", "a1", "ü", "%", "x", "\U0010ffff")),
    filter=st.sampled_from(list(FILTERS)),
    sort=st.sampled_from(list(SORTS)),
    limit=st.integers(1, 5),
    cursor=st.none(),
    user=st.none(),
    older=st.none(),
)


def entry(changed: int, drawn: tuple[int, ...]) -> Entry:
    unpaid, paid, waiting, oldest_unpaid, oldest_waiting = drawn
    ages = oldest_unpaid if unpaid else 0, oldest_waiting if waiting else 0
    return encode_cart(Cart(changed, unpaid, paid, waiting, *ages)), changed, 0


@given(commits, st.integers(0, 8), st.sets(st.integers(0, 8)), windows, st.integers(0, 6))
def test_it_finds_every_page_as_a_look_at_all_rows_does(
    commits: list[dict[str, Any]], loaded: int, asked: set[int], window: Window, until: int
) -> None:
    """After any commits, some of them before it was made, folded in whenever somebody asks."""
    carts: dict[str, Entry] = {}
    index = CartIndex()
    changed = 0
    with patch("web.view.cart_index._FEW", 2):
        for number, commit in enumerate(commits):
            if number == loaded:
                index = CartIndex()
                rows = sorted(carts.items())
                half = len(rows) // 2
                runs = [([user], [values_of(each)]) for user, each in rows[:half]]
                index.load(runs, dict(rows[half:]))
            entries = {
                user: entry(changed + n, each) for n, (user, each) in enumerate(commit.items())
            }
            changed += len(entries)
            carts |= entries
            index.committed(entries)
            if number in asked:
                index.find(Window(), None, 1)
        place = until if window.filter in OPEN and until else None
        wanted = [
            row
            for row in (row_of(*item) for item in carts.items())
            if row.user_id.startswith(window.search)
            and (window.filter == "all" or getattr(row, window.filter))
            and (place is None or getattr(row, f"oldest_{window.filter}") <= place)
        ]
        signs = [-1 if column.descending else 1 for column in window.order.columns]
        wanted.sort(
            key=lambda row: [
                sign * part if isinstance(part, int) else part
                for sign, part in zip(signs, window.order.key(row), strict=True)
            ]
        )
        seen: list[str] = []
        while True:
            found = index.find(window, place, window.limit)
            assert found.total == len(wanted)
            assert found.users == [row.user_id for row in wanted][len(seen) :][: window.limit]
            if not found.users:
                break
            seen += found.users
            last = row_of(seen[-1], carts[seen[-1]])
            window = window._replace(cursor=encode_cursor(window.order.key(last)))
        assert len(seen) == len(wanted)
        for name, each in index.open_since(until).items():
            places = [getattr(row_of(*item), f"oldest_{name}") for item in carts.items()]
            old = [place for place in places if place <= until]
            assert each == (len(old), min(old, default=None))


def test_its_columns_are_those_of_a_row() -> None:
    """By the same names, and with the same stand-in for an age that there is not."""
    of_entry = entry(7, (1, 0, 0, 3, 0))
    row = row_of("a", of_entry)
    assert [getattr(row, name) for name in COLUMNS] == list(values_of(of_entry))
    assert values_of(of_entry) == (1, 0, 0, 3, NEVER, 7)
