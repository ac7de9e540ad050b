"""The crash laboratory in short, the invariants that its verdict rests on, and its own senses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow.cart import Cart
from dataflow.faults import VARIABLE
from dataflow.records import Event
from dataflow.runs import code_of
from tests.chaos.laboratory import run_experiment
from tests.chaos.plan import FLOW_POINTS, KINDS, KINDS_OF_AGENTS, SERVER_POINTS, make_plan
from tests.chaos.publishing import run_publishing, wrong
from tests.chaos.report import Report, broken_lines
from tests.chaos.resets import run_resets
from tests.chaos.screen import Feed, Screen
from tests.chaos.stream import SPOILED, make_stream
from tests.chaos.verdict import prefix, version_of
from tests.kit.broker import Message, Noida
from tests.kit.oracle import MIB, Oracle, OracleCart, read_line
from tests.kit.streams import events, line_of, sources

drawn = st.lists(events(users=("a", "b")), max_size=40)


def joined(stream: list[Event]) -> tuple[dict[str, Cart], int]:
    """Apply events by the product's rules; gives the carts and the number of repeats."""
    carts: dict[str, Cart] = {}
    repeats = 0
    for place, (user_id, order_id, is_payment) in enumerate(stream, 1):
        cart = carts.setdefault(user_id, Cart())
        repeats += cart.take(order_id, code_of(place, is_payment=is_payment)) is None
    return carts, repeats


def test_six_kills_leave_no_difference(tmp_path: Path) -> None:
    """Killed at random moments, with a worker elsewhere, it ends as one never interrupted."""
    report = run_experiment(tmp_path, seed=674, kills=6, records=1_500, workers_elsewhere=1)
    assert report.differences == [], report.text()
    assert report.kills.total() >= 6


def test_resets_under_fire_leave_the_old_or_the_new(tmp_path: Path) -> None:
    """Killed in the middle of it, a reset is done or not done; answered, it is done for good."""
    report = run_resets(tmp_path, seed=1, resets=4)
    assert report.differences == [], report.text()
    assert report.kills.total() >= 3  # a flow that is ended by the reset first cannot be killed


def test_kills_of_the_publisher_leave_each_order_once(tmp_path: Path) -> None:
    """In the order of the feed, for who reads committed messages alone."""
    if missing := Noida.missing():
        pytest.skip(missing)
    report = run_publishing(tmp_path, seed=1, kills=5)
    assert report.differences == [], report.text()
    assert report.kills.total() >= 5


def test_what_is_wrong_with_a_topic_is_seen() -> None:
    """An order that is lost, there twice, of nobody, out of its order, or under another key."""
    orders = [{"seq": seq, "user_id": "a"} for seq in (1, 2, 3)]
    right = [Message(0, b"a", json.dumps(order).encode()) for order in orders]
    foreign = Message(1, b"a", b'{"seq": 4, "user_id": "a"}')
    assert wrong(orders, right) == []
    for messages, what in (
        (right[1:], "1 lost"),
        ([*right, right[2]], "1 twice"),
        ([*right, foreign], "1 foreign"),
        (right[::-1], "partition 0 is not in the order"),
        ([*right[:2], right[2]._replace(key=b"b")], "the key of"),
    ):
        assert [each.startswith(what) for each in wrong(orders, messages)] == [True], what


@given(drawn, st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_sets_versions_and_repeats(
    stream: list[Event], random: Any
) -> None:
    """A cart's version follows from its sets, and the number of repeats from all versions."""
    shuffled = random.sample(stream, len(stream))
    for arrived in (stream, shuffled):
        carts, repeats = joined(arrived)
        oracle = Oracle()
        counters = oracle.feed(b"".join(map(line_of, arrived)))
        assert {user_id: cart.version for user_id, cart in carts.items()} == {
            user_id: version_of(sets) for user_id, sets in oracle.sets().items()
        }
        assert (
            repeats
            == counters.duplicates
            == len(arrived) - sum(version_of(sets) for sets in oracle.sets().values())
        )
    again = Oracle()
    again.feed(b"".join(map(line_of, shuffled)))
    assert again.sets() == oracle.sets()


@given(drawn, st.randoms(use_true_random=False))
def test_completed_are_the_paid_orders_once_each(stream: list[Event], random: Any) -> None:
    """Whatever the order of arrival and the repeats, and of one user in the order of paying."""
    oracle = Oracle()
    oracle.feed(b"".join(map(line_of, random.sample(stream * 2, 2 * len(stream)))))
    for user_id, cart in oracle.carts.items():
        done = [order_id for user, order_id in oracle.completed if user == user_id]
        assert done == list(cart.paid)


@given(drawn, drawn)
def test_a_source_fed_again_is_all_repeats(first: list[Event], second: list[Event]) -> None:
    """What the echo at the end of an experiment relies on."""
    oracle = Oracle()
    for stream in (first, second):
        oracle.feed(b"".join(map(line_of, stream)))
    echo = oracle.feed(b"".join(map(line_of, second + first)))
    assert echo.duplicates == echo.accepted


@settings(max_examples=settings().max_examples // 4)
@given(sources(), st.integers(0, 12))
def test_a_prefix_holds_the_first_lines_and_no_other(data: bytes, lines: int) -> None:
    """What a cancelled upload has released is judged as a file of its own."""
    whole = Oracle()
    total = whole.feed(data).processed
    lines = min(lines, total)
    part = Oracle()
    assert part.feed(prefix(data, lines)).processed == lines
    assert part.skipped == [each for each in whole.skipped if each[1] <= lines]


def test_version_of_counts_two_changes_for_a_paid_order() -> None:
    """One for its first half and one for the other."""
    cart = OracleCart()
    for kind, order_id in (("order", 1), ("payment", 1), ("payment", 2), ("order", 3)):
        cart.take(kind, order_id)
    assert version_of(cart.sets()) == cart.version == 4


def test_stream_and_plan_are_the_same_for_the_same_seed() -> None:
    """A seed that found a difference can be run again."""
    assert make_stream(5, 2_000, 9.0) == make_stream(5, 2_000, 9.0)
    assert make_stream(5, 2_000, 9.0) != make_stream(6, 2_000, 9.0)
    plans = [list(islice(make_plan(5), 400)) for _ in range(2)]
    assert plans[0] == plans[1]
    assert {kill.kind for kill in plans[0]} == KINDS.keys()
    among_agents = islice(make_plan(5, with_agents=True), 400)
    assert {kill.kind for kill in among_agents} == KINDS.keys() | KINDS_OF_AGENTS.keys()
    armed = {kill.faults.partition(":")[2].partition("=")[0] for kill in plans[0] if kill.faults}
    assert armed == SERVER_POINTS.keys() | FLOW_POINTS.keys()


def test_the_stream_holds_every_kind_of_line() -> None:
    """All reasons to skip, blanks, repeats, early payments and tall carts."""
    reasons = {read_line(line) for line in (*SPOILED, b"x" * (MIB + 1))}
    assert reasons == {
        *("too_long", "invalid_utf8", "invalid_json", "not_an_object", "missing_field"),
        *("invalid_user_id", "unknown_type", "invalid_order_id"),
    }
    oracle = Oracle()
    stream = make_stream(1, 6_000, 9.0)
    for data in [*(upload.data for upload in stream.uploads), *stream.posts]:
        oracle.feed(data)
    assert {reason for _, _, reason in oracle.skipped} == reasons
    assert oracle.total.blank
    assert oracle.total.duplicates
    assert all(len(ids) > 20 for ids in oracle.carts["tall"].sets()[:2])
    assert any(cart.waiting for cart in oracle.carts.values())


def frame(kind: str, version: int, **more: object) -> dict[str, Any]:
    carts = {"items": [{"user_id": "a", "version": version}], "order": ["a"]}
    empty: dict[str, Any] = {"items": [], "order": []}
    head = {"type": kind, "at": "", "generation": "1", "version": version}
    head |= {"uploads": empty, "skipped": empty}
    return {**head, "carts": carts, **more}


def test_a_screen_complains_of_a_cart_that_goes_back() -> None:
    """Over a new connection too, but not in a new generation."""
    complaints: list[str] = []
    screen = Screen("b", complaints.append)
    screen.connected()
    screen.take(frame("snapshot", 3))
    screen.take(frame("changes", 4))
    assert complaints == []
    screen.connected()
    screen.take(frame("snapshot", 3))
    assert complaints == ["b: the cart of 'a' went back from 4 to 3"]
    screen.take(frame("snapshot", 1, generation="2"))
    assert len(complaints) == 1
    screen.take(frame("snapshot", 4))
    assert complaints[1:] == ["b: generation 1 came after 2"]


def test_a_screen_complains_of_changes_before_the_snapshot() -> None:
    """The server speaks first, and says everything."""
    complaints: list[str] = []
    screen = Screen("b", complaints.append)
    screen.connected()
    screen.take(frame("changes", 4))
    assert complaints == ["b: 'changes' where the snapshot should come"]


def test_a_feed_complains_of_repeats_losses_and_another_order() -> None:
    """It never takes back what it once showed."""

    def item(seq: int, order_id: int) -> dict[str, Any]:
        return {"seq": seq, "user_id": "a", "order_id": order_id}

    complaints: list[str] = []
    feed = Feed(complaints.append)
    feed.take([item(1, 1), item(3, 2)])
    feed.compare([item(1, 1), item(3, 2), item(4, 3)])
    assert complaints == []
    feed.compare([item(1, 2), item(3, 1)])
    feed.compare([item(1, 1)])
    feed.take([item(4, 1)])
    assert len(complaints) == 3


def test_a_report_tells_its_differences() -> None:
    """A traceback on stderr is one."""
    report = Report("seed 1", Path("kept"))
    assert report.text().endswith("no difference")
    traceback = 'Traceback (most recent call last):\n  File "a.py"\nBrokenPipeError: gone'
    report.differences = broken_lines(f"cartwatch: fine\n{traceback}\ncartwatch: fine\n")
    assert report.differences == [f"on stderr: {traceback}"]
    assert "1 DIFFERENCES, and the data kept in kept" in report.text()


REACH = "from dataflow import faults; faults.arm('s'); faults.reach('a'); faults.reach('b')"


@pytest.mark.parametrize(
    ("armed", "status"),
    [(None, 0), ("1:a=1", -signal.SIGKILL), ("1:c=1,b=1", -signal.SIGKILL), ("1:a=0,c=1", 0)],
)
def test_a_fault_point_kills_only_a_process_that_was_armed_for_it(
    armed: str | None, status: int
) -> None:
    """Without the variable a point does nothing."""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    if armed is not None:
        environment[VARIABLE] = armed
    done = subprocess.run([sys.executable, "-c", REACH], env=environment, stderr=subprocess.PIPE)
    assert done.returncode == status
    assert done.stderr.startswith(b"fault: killed at") == (status != 0)
