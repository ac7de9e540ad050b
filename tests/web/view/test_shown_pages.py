"""The pages that somebody looks at: what changed is read, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from tests.web.view.test_key_range import entries, ranks, windows
from web.view.cart_row import Entry, row_of
from web.view.changed_carts import ChangedCarts
from web.view.key_range import KeyRange
from web.view.page import Row
from web.view.shown_pages import LONGEST_S, SHORTEST_S, Carts, Looked, ShownPages
from web.view.windows import Window

pytestmark = pytest.mark.anyio
ONE = (1, 0, 0, 1, 1)


class PlayedCarts(Carts):
    """Carts in a dictionary, which breaks for users and windows as it is told."""

    def __init__(self, size: int = 10) -> None:
        self.carts: dict[str, Entry] = {}
        self.changed: dict[str, Entry] | None = {}
        self.asked: list[Any] = []
        self.broken: set[str] = set()
        self.is_indexed = True
        self._row = "x" * size

    def commit(self, *users: str, drawn: tuple[int, ...] = ONE) -> None:
        changed = entries(dict.fromkeys(users, drawn), 1 + sum(e[1] for e in self.carts.values()))
        self.carts |= changed
        if self.changed is not None:
            self.changed |= changed

    @override
    def take_changed(self) -> ChangedCarts | None:
        changed, self.changed = self.changed, {}
        return None if changed is None else ChangedCarts(changed)

    @override
    async def ranges(self, windows: Sequence[Window], margin: int) -> list[KeyRange | None]:
        self.asked += windows
        self._break({window.search for window in windows})
        return [self._range(window, margin) if self.is_indexed else None for window in windows]

    @override
    async def totals(self, asked: Sequence[tuple[Window, int | None]]) -> list[int]:
        return [len(ranks(self.carts, window, until)) for window, until in asked]

    @override
    def total(self, window: Window) -> int | None:
        return None if window.search else len(ranks(self.carts, window, None))

    @override
    async def some(self, users: Sequence[str]) -> list[Row]:
        self.asked += sorted(users)
        self._break(users)
        return [Row(user, self.json(user)) for user in users if user in self.carts]

    def json(self, user: str) -> bytes:
        return f"{row_of(user, self.carts[user]).place} {self._row}".encode()

    def _range(self, window: Window, margin: int) -> KeyRange:
        begin = None if window.after is None else window.order.rank(window.after)
        found = [each for each in ranks(self.carts, window, None) if begin is None or each > begin]
        wanted = window.limit + margin + 1
        return KeyRange(window, found[:wanted], is_whole=len(found) < wanted)

    def _break(self, those: Sequence[str] | set[str]) -> None:
        if self.broken.intersection(those):
            raise sqlite3.OperationalError("disk I/O error")


def users(looked: Looked, window: Window) -> list[str | int]:
    return [row.id for row in looked.shown[window].page.rows]


async def test_the_first_look_reads_and_the_next_reads_what_changed() -> None:
    """Rows that changed in place need no query of the order; what did not change is the same."""
    carts = PlayedCarts()
    pages = ShownPages(carts)
    near, far = Window(search="a", sort="user"), Window(search="b", sort="user")
    carts.commit("a1", "a2", "b1")
    looked = await pages.look([near, far], [], 0.0)
    assert (users(looked, near), users(looked, far)) == (["a1", "a2"], ["b1"])
    carts.asked.clear()
    carts.commit("a2", "c")
    again = await pages.look([near, far], [], 1.0)
    assert carts.asked == ["a2"]
    assert again.shown[far] is looked.shown[far]
    assert again.shown[near].page.rows[0] is looked.shown[near].page.rows[0]
    assert again.shown[near].page.rows[1].json == carts.json("a2")
    carts.asked.clear()
    assert (await pages.look([near, far], [], 2.0)).shown == again.shown
    assert carts.asked == []


async def test_an_order_rests_as_long_as_it_costs_and_values_do_not() -> None:
    """At most two seconds; and what it shows meanwhile is of now."""
    carts = PlayedCarts(size=50_000)
    pages = ShownPages(carts)
    window = Window(sort="recent")
    carts.commit("a")
    carts.commit("b")
    assert users(await pages.look([window], [], 0.0), window) == ["b", "a"]
    carts.commit("a")
    carts.commit("c")
    looked = await pages.look([window], [], 1.0)
    assert users(looked, window) == ["b", "a"]
    assert looked.shown[window].page.rows[1].json == carts.json("a")
    assert looked.shown[window].page.total == 3
    assert looked.due_at == LONGEST_S
    looked = await pages.look([window], [], LONGEST_S)
    assert users(looked, window) == ["c", "a", "b"]
    assert looked.due_at is None


async def test_a_small_change_of_the_order_hardly_rests() -> None:
    """A dashboard of few carts follows each of them."""
    carts = PlayedCarts()
    pages = ShownPages(carts)
    carts.commit("a")
    await pages.look([Window()], [], 0.0)
    carts.commit("b")
    looked = await pages.look([Window()], [], 0.02)
    assert users(looked, Window()) == ["b", "a"]


async def test_who_is_new_sees_the_order_as_it_is_now() -> None:
    """Within a quarter of a second, however lately it was told to others."""
    carts = PlayedCarts(size=50_000)
    pages = ShownPages(carts)
    carts.commit("a")
    await pages.look([Window()], [Window()], 0.0)
    carts.commit("b")
    looked = await pages.look([Window()], [Window()], 0.1)
    assert (users(looked, Window()), looked.due_at) == (["a"], SHORTEST_S)
    assert users(await pages.look([Window()], [], SHORTEST_S), Window()) == ["b", "a"]


async def test_carts_that_are_kept_are_told_whatever_the_window_holds() -> None:
    """Of users who have none, nothing, until they have one."""
    carts = PlayedCarts()
    pages = ShownPages(carts)
    window = Window(limit=0, keep=("b", "nobody"))
    carts.commit("a", "b")
    looked = await pages.look([window], [], 0.0)
    assert looked.shown[window].page.rows == []
    assert [row.id for row in looked.shown[window].kept] == ["b"]
    carts.commit("nobody")
    looked = await pages.look([window], [], 1.0)
    assert [row.id for row in looked.shown[window].kept] == ["b", "nobody"]


async def test_one_cart_is_a_page_of_it_once_it_is_there() -> None:
    """And its total counts it."""
    carts = PlayedCarts()
    pages = ShownPages(carts)
    window = Window(user="a")
    assert (await pages.look([window], [], 0.0)).shown[window].page.total == 0
    carts.commit("a", "b")
    looked = await pages.look([window], [], 1.0)
    assert (users(looked, window), looked.shown[window].page.total) == (["a"], 1)


async def test_what_cannot_be_read_fails_alone_and_is_tried_again() -> None:
    """Be it the order of a window, or a cart in it."""
    carts = PlayedCarts()
    pages = ShownPages(carts)
    sound, broken, torn = (Window(search=each, sort="user") for each in ("a", "b", "c"))
    carts.commit("a1", "b1", "c1")
    carts.broken = {"b", "c1"}
    looked = await pages.look([sound, broken, torn], [], 0.0)
    assert looked.failed.keys() == {broken, torn}
    assert users(looked, sound) == ["a1"]
    carts.broken = set()
    looked = await pages.look([sound, broken, torn], [], 1.0)
    assert not looked.failed
    assert [users(looked, each) for each in (sound, broken, torn)] == [["a1"], ["b1"], ["c1"]]


async def test_a_window_whose_index_is_being_made_waits_and_holds_nobody_up() -> None:
    """It is looked at again soon."""
    carts = PlayedCarts()
    pages = ShownPages(carts)
    carts.is_indexed = False
    looked = await pages.look([Window(), Window(limit=0)], [], 0.0)
    assert looked.shown.keys() == {Window(limit=0)}
    assert 0 < (looked.due_at or 0) < 1
    carts.is_indexed = True
    assert Window() in (await pages.look([Window()], [], 1.0)).shown


async def test_carts_that_nobody_is_told_of_any_more_are_let_go() -> None:
    """Windows that are gone, and users who left a page."""
    carts = PlayedCarts()
    pages = ShownPages(carts)
    carts.commit("a", "b")
    await pages.look([Window(), Window(search="b", keep=("a",))], [], 0.0)
    await pages.look([Window(search="b")], [], 1.0)
    assert pages._told._rows.keys() == pages._told._windows.keys() == {"b"}
    await pages.look([], [], 2.0)
    assert not pages._told._rows
    assert not pages._told._windows


commits = st.lists(
    st.tuples(st.dictionaries(st.sampled_from("abcdef"), st.just(ONE), max_size=6), st.booleans()),
    max_size=6,
)


@given(commits, st.lists(windows, min_size=1, max_size=4, unique=True))
def test_every_page_ends_as_the_carts_are(
    commits: list[tuple[dict[str, tuple[int, ...]], bool]], windows: list[Window]
) -> None:
    """After any commits, also where so many carts changed that nobody knows which."""

    async def look() -> None:
        carts = PlayedCarts()
        pages = ShownPages(carts)
        for number, (commit, is_much) in enumerate(commits):
            carts.commit(*commit)
            if is_much:
                carts.changed = None
            await pages.look(windows, [], number * 0.001)
        looked = await pages.look(windows, [], 100.0)
        for window in windows:
            there = ranks(carts.carts, window, None)
            page = looked.shown[window].page
            assert [row.id for row in page.rows] == [r[-1] for r in there[: window.limit]]
            assert [row.json for row in page.rows] == [carts.json(str(row.id)) for row in page.rows]
            assert page.total == len(there)

    anyio.run(look)
