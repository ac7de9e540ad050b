"""The view: whatever is replayed into it, it ends as if nothing had ever happened."""

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain, cycle, repeat
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow.cart import NEWEST
from dataflow.journal import Entry
from dataflow.messages import Busy, Figures, encode_message, join_messages
from dataflow.records import Event
from tests.kit.entries import chunk, placed, taken
from tests.kit.oracle import Oracle
from tests.kit.streams import ORDER_IDS, events, line_of, slow_claim
from tests.kit.view_rows import PlayedFlow, journal_of, rows_of
from tests.kit.view_rules import expect, expect_all_up_to
from web.view.outcome import Outcome
from web.view.reader import ViewReader
from web.view.recent_carts import RecentCarts
from web.view.recoveries import Begun
from web.view.view import View, ViewError, copy_recoveries
from web.view.windows import Window

USERS = ("a", "b", "7", "ü/x")
BAD = (b"FAIL HERE\n", b'{"user_id": "a"}\n', b"\n", b" \r\n")
TALL = [Event("a", order, paid) for order in range(60) for paid in (False, order % 3 == 0)]


@st.composite
def journals(draw: st.DrawFn) -> list[Entry]:
    """Draw a journal: chunks of two uploads and of ``api``, in one order."""
    drawn = draw(st.lists(st.one_of(events(USERS).map(line_of), st.sampled_from(BAD)), max_size=40))
    if draw(st.booleans()):
        drawn += draw(st.permutations([line_of(event) for event in TALL]))
    next_line = {None: 1, "u1": 1, "u2": 1}
    entries: list[Entry] = []
    while drawn:
        size = draw(st.integers(1, 12))
        upload = draw(st.sampled_from((None, "u1", "u2")))
        data = b"".join(drawn[:size])
        source = "api" if upload is None else f"{upload}.jsonl"
        entries.append(chunk(len(entries) + 1, upload, source, next_line[upload], data))
        next_line[upload] += len(drawn[:size])
        drawn = drawn[size:]
    last = {entry.upload: entry.offset for entry in entries}
    return placed(
        entry._replace(is_last=entry.upload is not None and last[entry.upload] == entry.offset)
        for entry in entries
    )


numbers = st.lists(st.integers(1, 9), max_size=12)
crashes = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 9), st.booleans()), max_size=5)


def endless(drawn: list[int]) -> Iterator[int]:
    return chain(drawn, repeat(5))


def changed_at(view: View) -> dict[str, int]:
    return view.carts.places(USERS)


@contextmanager
def small_tables(most: int = 4) -> Iterator[None]:
    """Keep few carts at hand and move few at once, so that few carts are many."""
    with (
        patch("web.view.recent_carts.MOST", most),
        patch("web.view.cart_table.MOST", most),
        patch("web.view.cart_table.SLICE", 2),
        patch("web.view.cart_table._SAMPLED", 1),
    ):
        yield


@contextmanager
def soon_tall(most: int = 2) -> Iterator[None]:
    """Let carts be tall with more than so many ids in a list, as they come and go."""
    with (
        patch("dataflow.cart.NEWEST", most),
        patch("dataflow.key_group.NEWEST", most),
        patch("web.view.orders.NEWEST", most),
    ):
        yield


def commit_all(view: View, batches: list[bytes], cuts: Iterator[int]) -> Iterator[Outcome]:
    """Commit batches of one execution, cut into commits anywhere."""
    while batches:
        size = next(cuts)
        yield view.commit(batches[:size])
        batches = batches[size:]


@settings(max_examples=50)
@given(
    journals(),
    crashes,
    numbers,
    numbers,
    numbers,
    st.lists(st.integers(0, 4), max_size=9),
    st.integers(0, 9),
)
def test_any_crashes_and_any_cuts_end_in_the_rows_of_a_run_that_was_never_interrupted(
    entries: list[Entry],
    crashed: list[tuple[int, int, bool]],
    batch_cuts: list[int],
    commit_cuts: list[int],
    together: list[int],
    moves: list[int],
    seed: int,
) -> None:
    """Carts, causes, times, feed, skipped records, totals; and no cart ever goes backwards.

    Who follows the feed meanwhile, after each commit or not, gets each order once, in its order.

    A crash loses what was not committed yet, and all that came after the last snapshot is told
    again in other batches and commits, the branches of the flow in another order. Cart rows move to
    their table whenever they like.
    """
    end = len(entries) + 1
    batches, commits = endless(batch_cuts), endless(commit_cuts)
    activations = endless(together)
    moving = chain(moves, cycle((0, 1)))
    woven = Random(seed) if seed else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interrupted.db"
        flow, view = PlayedFlow(entries), View(path)
        seen: dict[str, int] = {}
        feed: list[dict[str, Any]] = []
        recent = RecentCarts(most=4)
        with small_tables():
            for until, committed, at_barrier in [*crashed, (end, 0, True)]:
                sent = flow.run(min(until, end), batches, activations, woven)
                if not at_barrier:
                    sent = sent[:committed]
                for outcome in commit_all(view, sent, commits):
                    recent.put(outcome.carts)
                    follow(path, feed)
                    for _ in range(next(moving)):
                        view.carts.move()
                    now = changed_at(view)
                    assert all(now[user_id] >= version for user_id, version in seen.items())
                    seen = now
                if at_barrier:
                    flow.snapshot()
                else:
                    view.close()
                    view = View(path)
                    assert changed_at(view) == (seen or changed_at(view))
            view.close()
            view = View(path)
            assert view.carts.recent.find(Window(), 4) == recent.find(Window(), 4)
        assert view.position() == end
        view.close()
        assert feed == rows_of(path)["completed"]

        whole = Path(folder) / "whole.db"
        view = View(whole)
        for _ in commit_all(view, PlayedFlow(entries).run(end, repeat(3)), repeat(2)):
            pass
        view.close()
        assert rows_of(path) == rows_of(whole)
        expect(whole, entries)


@slow_claim
@given(journals(), st.integers(1, 20), st.integers(0, 60), numbers, st.integers(0, 9))
def test_what_is_shown_is_right_at_every_moment_and_whole_up_to_the_complete_place(
    entries: list[Entry], until: int, committed: int, commit_cuts: list[int], seed: int
) -> None:
    """Whatever order the branches of the flow tell it in, before a crash and after it.

    And the place comes to the end: at a barrier all is there.
    """
    end = len(entries) + 1
    oracle = Oracle()
    for entry in entries:
        oracle.feed(entry.data, entry.source, entry.first_line)
    commits, woven = chain(commit_cuts, repeat(1)), Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "view.db"
        flow, place = PlayedFlow(entries), 0
        for to, crashes in ((min(until, end), True), (end, False)):
            sent = flow.run(to, repeat(1), repeat(2), woven)
            with closing(View(path)) as view, closing(ViewReader(path)) as reader:
                view.carts.load()
                for outcome in commit_all(view, sent[:committed] if crashes else sent, commits):
                    assert outcome.complete is None or outcome.complete >= place
                    place = place if outcome.complete is None else outcome.complete
                    expect_all_up_to(place, view, reader, entries, oracle)
    assert place == oracle.lines


def follow(path: Path, feed: list[dict[str, Any]]) -> None:
    """Read the feed on, after the last order that was seen, a page at a time."""
    with closing(ViewReader(path)) as reader:
        while page := reader.completed(feed[-1]["seq"] if feed else 0, 3).rows:
            feed += [json.loads(row.json) for row in page]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "view.db"


def filled(path: Path, *drawn: Event) -> View:
    view = View(path)
    view.commit(PlayedFlow(journal_of(drawn)).run(2, repeat(9)))
    return view


def test_a_commit_that_fails_leaves_nothing_behind(path: Path) -> None:
    """All of it or none: also the order of changes goes on without a gap in meaning."""
    view = filled(path, Event("a", 1, False))
    before = rows_of(path)
    other = PlayedFlow(journal_of([Event("a", 1, False)], [Event("b", 1, True)])).run(3, repeat(9))
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON position BEGIN SELECT RAISE(ABORT, 'x'); END"
        )
        with pytest.raises(sqlite3.IntegrityError):
            view.commit(other)
        assert rows_of(path) == before
        db.execute("DROP TRIGGER full")
    assert view.commit(other).carts
    assert set(rows_of(path)["carts"]) == {"a", "b"}
    view.close()


def test_a_commit_tells_what_it_made_durable(path: Path) -> None:
    """Whose keep sums or show rows hear of it: parts, figures, position, start and epoch."""
    entry = chunk(1, "u1", "f.jsonl", 1, line_of(Event("a", 1, False)) + b"FAIL\n\n")
    view = View(path)
    outcome = view.commit(PlayedFlow([entry]).run(2, repeat(9)))
    assert (outcome.epochs, outcome.settled) == (1, 2)
    assert list(outcome.carts) == ["a"]
    assert (outcome.position, outcome.complete) == (2, 3)
    assert outcome.started is not None
    assert outcome.started.offset == 1
    assert sum(counts.processed for counts in outcome.parts.values()) == 3
    assert [figures for _, figures in outcome.groups.values()] == [
        Figures(carts=1, unpaid=1, with_unpaid=1)
    ]
    empty = view.commit([join_messages([encode_message(taken(4, 2))])])
    assert empty == Outcome({}, {}, {}, position=1, journal=1, taken=5)
    view.close()


def test_a_commit_tells_when_what_is_new_in_it_was_accepted(path: Path) -> None:
    """Of accepted and of skipped records, each once: what a flow repeats is no news."""
    entries = [
        chunk(1, None, "api", 1, b"".join(line_of(Event(user, 1, False)) for user in "abcdefg")),
        chunk(2, None, "api", 8, line_of(Event("a", 2, False)) + b"FAIL\n\n", place=8),
    ]
    view = View(path)
    told = PlayedFlow(entries).run(2, repeat(9))
    assert view.commit(told).arrived == {1.0: 7}
    assert view.commit(told).arrived == {}
    assert view.commit(PlayedFlow(entries).run(3, repeat(9), repeat(2))).arrived == {2.0: 2}
    view.close()


def test_a_view_that_is_opened_again_goes_on_where_it_was(path: Path) -> None:
    """Totals, position and the order of changes are those of before."""
    stream = [Event(f"user-{at}", order, False) for at in range(9) for order in ORDER_IDS]
    first = filled(path, *stream)
    totals, changed = first.totals(), first.carts.changed
    first.close()
    again = View(path)
    assert again.totals().figures == totals.figures
    assert again.totals().all == totals.all
    assert again.position() == 2
    assert again.carts.changed == changed == 9
    entries = journal_of(stream, [Event("new", 1, False)])
    ((user_id, (_, number, _)),) = again.commit(PlayedFlow(entries).run(3, repeat(1))).carts.items()
    assert user_id == "new"
    assert number == 10
    again.close()


def test_every_start_of_the_flow_is_written_down(path: Path) -> None:
    """Executions are numbered for ever; each knows the position at which it is caught up."""
    view = filled(path, Event("a", 1, False))
    assert view.begin_execution("the server was started") == Begun(1, 2, 0, 2)
    assert view.begin_execution("killed by SIGKILL") == Begun(2, 2, 0, 2)
    view.change_execution(2, carts=1, offset=1, ended_because="x")
    view.close()
    view = View(path)
    assert view.begin_execution("again")[0] == 3
    view.close()


def test_a_start_knows_what_the_view_lacks_of_what_it_has_heard_of(path: Path) -> None:
    """The position may be there before the records: then they are waited for, up to a place."""
    view = View(path)
    view.commit([join_messages([encode_message(taken(1, 3))])])
    assert view.begin_execution("killed by SIGKILL") == Begun(1, 1, 3, 1)
    assert view.totals().taken == 3
    view.close()
    again = View(path)
    assert again.begin_execution("the server was killed") == Begun(2, 1, 3, 1)
    assert again.totals().taken == 3
    again.close()


def test_a_commit_tells_whether_anything_in_it_is_new(path: Path) -> None:
    """What a flow that recovers tells again is not, be it an event or a skipped line."""
    view = View(path)
    entries = placed([chunk(1, None, "api", 1, line_of(Event("a", 1, False)) + b"FAIL HERE\n")])
    seconds = join_messages([encode_message(Busy({"join_carts": 0.5}))])
    first = view.commit([*PlayedFlow(entries).run(2, repeat(1)), seconds])
    assert (first.has_new, first.taken, first.busy) == (True, 2, {0: {"join_carts": 0.5}})
    again = view.commit(PlayedFlow(entries).run(2, repeat(1)))
    assert (again.has_new, again.taken, again.busy) == (False, 2, {})
    more = [*entries, chunk(2, None, "api", 3, b"FAIL HERE\n", place=3)]
    assert view.commit(PlayedFlow(more).run(3, repeat(1))).has_new
    view.close()


def test_the_history_of_starts_is_carried_from_an_older_view(tmp_path: Path) -> None:
    """What that did not know of a start is not known."""
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    View(old).close()
    with closing(sqlite3.connect(old)) as db, db:
        db.execute("ALTER TABLE recoveries DROP COLUMN first_new_at")
        db.execute(
            "INSERT INTO recoveries (reason, started_at, target, source) VALUES ('x',1,2,'f')"
        )
    assert copy_recoveries(old, new)
    with closing(sqlite3.connect(new)) as db:
        columns = "reason, started_at, target, source, first_new_at"
        assert db.execute(f"SELECT {columns} FROM recoveries").fetchall() == [
            ("x", 1, 2, "f", None)
        ]
    assert not copy_recoveries(tmp_path / "nothing.db", new)


def test_a_view_of_another_format_is_refused(path: Path) -> None:
    """An old program does not misread newer data: it says what to do."""
    View(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ViewError, match="format 99"):
        View(path)


@pytest.mark.parametrize("together", [1, 2])
@pytest.mark.parametrize("changed", ["u1", "u2", "u3"])
def test_the_carts_kept_at_hand_are_those_of_the_view_after_a_replay_too(
    path: Path, changed: str, together: int
) -> None:
    """A commit that repeats most of its carts still tells every one that is really newer."""
    users = [Event(user_id, 1, False) for user_id in ("u1", "u2", "u3")]
    entries = journal_of(users, [Event(changed, 2, False)])
    recent = RecentCarts(most=2)
    view = View(path)
    with small_tables(2):
        recent.put(view.commit(PlayedFlow(entries).run(2, repeat(9))).carts)
        recent.put(view.commit(PlayedFlow(entries).run(3, repeat(9), repeat(together))).carts)
        view.close()
        view = View(path)
        assert view.carts.recent.find(Window(), 2) == recent.find(Window(), 2)
    view.close()


def test_a_cart_that_grows_tall_in_a_replay_is_whole(path: Path) -> None:
    """The message begins among the events that the view has, of which it has no rows of orders."""
    orders = [Event("a", order, False) for order in range(2 * NEWEST)]
    entries = journal_of(orders[: NEWEST - 5], orders[NEWEST - 5 :])
    view = View(path)
    view.commit(PlayedFlow(entries).run(2, repeat(9)))
    view.commit(PlayedFlow(entries).run(3, repeat(9), repeat(2)))
    view.close()
    assert rows_of(path)["carts"]["a"]["unpaid_order_ids"] == list(range(2 * NEWEST))


@pytest.mark.parametrize("seed", range(4))
def test_a_cart_is_whole_whenever_it_was_tall_in_what_was_told(seed: int, tmp_path: Path) -> None:
    """What the flow tells again is cut elsewhere: a cart may be tall there, and not in the view.

    Thirty streams each, of orders and payments that come and go about where a cart is tall.
    """
    random = Random(seed)
    for number in range(30):
        drawn = [Event("a", at % 6, at > 5) for at in range(9)]
        random.shuffle(drawn)
        entries = journal_of(*([event] for event in drawn))
        path = tmp_path / f"{number}.db"
        with soon_tall():
            view = View(path)
            for until in (random.randint(2, 9), 10):
                together = iter(random.choices((1, 2, 3), k=9))
                view.commit(PlayedFlow(entries).run(until, repeat(9), together))
            view.close()
            expect(path, entries)


def test_a_cart_that_was_tall_in_what_the_view_passes_over_is_whole(path: Path) -> None:
    """The flow has told of its orders, and tells on; the view had it when it was not tall."""
    orders = [Event("a", order, False) for order in range(NEWEST + 2)]
    entries = journal_of(orders[:-1], [Event("a", 0, True)], orders[-1:])
    view = View(path)
    view.commit(PlayedFlow(entries).run(3, repeat(9), repeat(2)))
    view.commit(PlayedFlow(entries).run(4, repeat(9), chain([1], repeat(2))))
    view.close()
    cart = rows_of(path)["carts"]["a"]
    assert (cart["paid_order_ids"], cart["unpaid_order_ids"]) == ([0], [*range(1, NEWEST + 2)])
