"""The table of carts and the log before it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import chain
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.cart import Cart, encode_cart
from dataflow.database import transaction
from tests.kit.view_rows import catch_up
from web.view import cart_log, cart_row, cart_table
from web.view.cart_log import Change
from web.view.cart_row import CartRow, row_of
from web.view.cart_table import CartTable
from web.view.windows import Window

USERS = ("a", "b", "c", "d", "e")
steps = st.lists(
    st.lists(st.sampled_from(USERS), min_size=1, max_size=4, unique=True)
    | st.sampled_from(("move", "move even if changed", "catch up", "crash", "crash in append")),
    max_size=25,
)


class Written:
    """A table, the rows that it must hold, and what a crash leaves of it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        db.executescript(cart_row.SCHEMA + cart_log.SCHEMA)
        self.table = CartTable(db)
        self.rows: dict[str, CartRow] = {}
        self.taken = 0

    def change(self, users: list[str]) -> Change:
        carts: dict[int, dict[str, bytes]] = {}
        for user_id in users:
            self.taken += 1
            place = self.taken
            cart = Cart(place, unpaid=1, oldest_unpaid=place, orders={place: place << 2})
            carts.setdefault(ord(user_id[0]) % 2, {})[user_id] = encode_cart(cart)
        return Change(carts, self.table.changed + 1, self.taken)

    def append(self, users: list[str]) -> None:
        change = self.change(users)
        with transaction(self.db):
            self.table.append(change)
        entries = change.entries()
        self.table.keep(entries)
        self.rows |= {user_id: row_of(user_id, entry) for user_id, entry in entries.items()}

    def logged(self) -> int:
        """Count the commits in the log."""
        return int(self.db.execute("SELECT count(*) FROM cart_log").fetchone()[0])

    def crash_in_append(self) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        self.table.append(self.change([USERS[0]]))
        self.db.execute("ROLLBACK")
        self.table = CartTable(self.db)


@given(steps)
def test_the_newest_row_of_every_cart_is_found_after_any_moves_and_crashes(
    steps: list[list[str] | str],
) -> None:
    """Log, memory and table together always hold what was committed, and nothing older."""
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as db,
        patch("web.view.cart_table.SLICE", 2),
        patch("web.view.cart_table._SAMPLED", 1),
        patch("web.view.cart_table.CUT", 3),
    ):
        written = Written(db)
        for step in steps:
            if isinstance(step, list):
                written.append(step)
            elif step.startswith("move"):
                written.table.move(even_if_changed=step != "move")
            elif step == "catch up":
                catch_up(written.table)
            elif step == "crash":
                written.table = CartTable(db)
            else:
                written.crash_in_append()
            for user_id in USERS:
                expected = written.rows.get(user_id)
                place = written.table.places([user_id])[user_id]
                assert place == (expected.place if expected else 0)
            opened = CartTable(db)
            newest = opened.recent.find(Window(), len(USERS))
            assert newest == sorted(written.rows.values(), key=lambda row: -row.place)
            assert opened.changed == (written.table.changed if written.logged() else 0)
        catch_up(written.table)
        stored = {row[0]: CartRow(*row) for row in db.execute("SELECT * FROM carts")}
        assert stored == written.rows
        assert (written.table.unmoved_count, written.table.pressure, written.logged()) == (0, 0, 0)


def test_a_commit_that_changed_no_cart_leaves_the_log_like_any_other() -> None:
    """A log that never became empty would keep its moving busy for ever."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        written = Written(db)
        written.append(["a"])
        catch_up(written.table)
        for _ in range(2):
            with transaction(db):
                written.table.append(Change({1: {}}, written.table.changed + 1, 0))
            written.table = CartTable(db)  # a start counts the rows that it finds
        for _ in range(20):
            written.table.move()
        assert (written.table.pressure, written.logged()) == (0, 0)


def test_the_log_is_empty_when_everything_was_moved() -> None:
    """What was moved is taken out of the log bit by bit, so that it does not grow for ever."""
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as db,
        patch("web.view.cart_table.CUT", 4),
    ):
        written = Written(db)
        for _ in range(5):
            written.append(["a", "b"])
        while written.table.unmoved_count:
            written.table.move()
        left = [written.logged()]
        while written.table.pressure > 0:
            written.table.move()
            left.append(written.logged())
            again = CartTable(db)
            again.load()
            assert again.unmoved_count == 0, "a crash in the middle of it brings nothing back"
        assert left == [5, 3, 1, 0]


@pytest.mark.parametrize("even_if_changed", [False, True])
def test_a_row_that_changes_while_others_are_moved_stays_in_the_log(
    *, even_if_changed: bool
) -> None:
    """A round takes nothing of a later commit's log away, and leaves its carts for later.

    Unless somebody waits to read them all; what is new to the round waits even so.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        written = Written(db)
        users = [f"user-{number:05}" for number in range(3 * cart_table.SLICE)]
        written.append(users)
        written.table.move()
        written.append([users[0], users[1], "new"])
        while written.table.rounds == 0:
            written.table.move(even_if_changed=even_if_changed)
        moved = len(users) if even_if_changed else len(users) - 2
        assert db.execute("SELECT count(*) FROM carts").fetchone() == (moved,)
        assert written.table.unmoved_count == len(users) + 1 - moved
        assert written.logged() == 1
        written.table = CartTable(db)
        place = written.rows[users[0]].place
        assert written.table.places([users[0], "nobody"]) == {users[0]: place, "nobody": 0}


def test_a_round_that_a_crash_cut_short_goes_on() -> None:
    """A start has no more unmoved rows and no more to do than there was."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        written = Written(db)
        users = [f"user-{number:05}" for number in range(3 * cart_table.SLICE)]
        written.append(users)
        while written.table.unmoved_count == len(users):
            written.table.move()
        written.append(users[:1])
        unmoved, pressure = written.table.unmoved(), written.table.pressure
        assert 1 < len(unmoved) < len(users)
        written.table = CartTable(db)
        written.table.load()
        assert written.table.unmoved() == unmoved
        assert written.table.pressure == pressure
        while written.table.rounds == 0:
            written.table.move()
        assert written.table.unmoved().keys() == {users[0]}
        assert written.logged() == 1


def test_slices_are_about_as_large_as_they_should_be_and_in_order() -> None:
    """Whatever order the users come in, and however many are put into slices at once."""
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as db,
        patch("web.view.cart_table.SORTED", 20_000),
    ):
        written = Written(db)
        written.append([f"user-{number * 7_919 % 50_000:05}" for number in range(50_000)])
        moved: list[list[str]] = []
        before = written.table.unmoved().keys()
        while before:
            written.table.move()
            after = written.table.unmoved().keys()
            moved.append(sorted(before - after))
            before = after
        assert moved[:3] == [[], [], []]
        assert list(chain(*moved)) == [f"user-{number:05}" for number in range(50_000)]
        assert len(moved[3:]) == 7
        assert max(map(len, moved)) < 2 * cart_table.SLICE


def test_rows_are_to_be_moved_when_too_many_wait_or_the_log_is_too_long() -> None:
    """Few carts that change without end are few in memory, and yet fill the log.

    So do commits of few carts each.
    """
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as db,
        patch("web.view.cart_table.MOST_UNMOVED", 4),
        patch("web.view.cart_table.MOST_LOGGED", 6),
    ):
        written = Written(db)
        assert written.table.pressure == 0
        written.append(["a", "b", "c", "d"])
        assert written.table.pressure == 1
        written.append(["a", "b"])
        assert written.table.pressure == 1
        written.append(["a", "b", "c"])
        assert written.table.pressure == 1.5
        written.table = CartTable(db)
        written.table.load()
        assert written.table.pressure == 1.5
        written.table.move()
        assert written.table.pressure == 1.5
        written.table.move()
        assert written.table.pressure == 0.75, "the log is cut later, and that is half of the work"
        written.append(["a"])
        assert written.table.pressure == 5.5 / 6
        written.table.move()
        assert written.table.pressure == 0.25
        catch_up(written.table)
        assert written.table.pressure == 0
        with patch("web.view.cart_table.MOST_COMMITS", 2):
            written.append(["a"])
            written.append(["a"])
            written.append(["a"])
            assert written.table.pressure == 1.5
