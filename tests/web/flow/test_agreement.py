"""The comparison of the flow's state with the view: alone, and in the real program."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.client import connect

from dataflow.key_group import KEY_GROUPS
from dataflow.messages import Figures
from tests.e2e.comparison import assert_holds
from tests.faults.folders import NAME, end_two_epochs, generation_of, rebuild, stream_of
from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch, until
from web.flow.agreement import SHOWN_DIFFERENCES, Agreement

figures = st.builds(Figures, *[st.integers(0, 3)] * 7)
groups = st.dictionaries(st.integers(0, 255), figures, max_size=20)


def sums(of: dict[int, Figures]) -> dict[str, int]:
    return {
        name: sum(getattr(each, name) for each in of.values())
        for name in ("carts", "unpaid", "paid", "waiting")
    }


@given(groups, groups, st.integers(0, 60))
def test_it_agrees_exactly_where_every_group_and_the_feed_do(
    state: dict[int, Figures], view: dict[int, Figures], completed: int
) -> None:
    """A group without carts is as good as none; every other difference is named."""
    agreement = Agreement()
    agreement.begin([(group, 1, each) for group, each in state.items()])
    agreed = agreement.check(agreement.figures(), view, completed, now=0.0)
    alarm = agreement.alarm
    none = Figures()
    differing = [group for group in range(256) if state.get(group, none) != view.get(group, none)]
    agrees = not differing and completed == sums(state)["paid"]
    assert agreement.describe() == {
        "agree": agrees,
        "message": alarm,
        "checked_at": "1970-01-01T00:00:00.000Z",
        "flow": sums(state),
        "view": sums(view) | {"completed": completed},
        "differing_key_groups": differing[:SHOWN_DIFFERENCES],
    }
    assert (alarm is None) == agreed == agrees
    if alarm is not None:
        assert "cartwatch rebuild" in alarm
        assert all(str(group) in alarm for group in differing[:SHOWN_DIFFERENCES])


def test_what_the_flow_tells_replaces_what_it_restored_group_by_group() -> None:
    """And a new execution begins with what that one restored, nothing else."""
    agreement = Agreement()
    assert agreement.describe() is None
    agreement.begin([(1, 5, Figures(carts=1)), (2, 5, Figures(carts=2))])
    agreement.told({2: (6, Figures(carts=3)), 3: (1, Figures(carts=1))})
    told = {1: Figures(carts=1), 2: Figures(carts=3), 3: Figures(carts=1)}
    assert agreement.figures() == told
    agreement.begin([(1, 5, Figures(carts=1))])
    assert agreement.figures() == {1: Figures(carts=1)}


def test_it_is_behind_while_the_view_has_more_events_of_any_key_group() -> None:
    """After a crash the view has what is read again; of a group that is not told of it has none."""
    agreement = Agreement()
    agreement.begin([(1, 5, Figures()), (2, 7, Figures())])
    for accepted, is_behind in (
        ({}, False),
        ({1: 5, 2: 7, 3: 0}, False),
        ({1: 4}, False),
        ({1: 5, 2: 8}, True),
        ({3: 1}, True),
    ):
        assert agreement.is_behind(accepted) == is_behind
    agreement.told({2: (8, Figures())})
    assert not agreement.is_behind({1: 5, 2: 8})


def test_the_feed_is_compared_with_the_orders_that_are_paid() -> None:
    """One order too many or too few in it is an alarm of its own."""
    agreement = Agreement()
    paid = {1: Figures(1, 0, 2, 0, 0, 1, 0)}
    assert agreement.check(paid, paid, 2, now=0.0)
    for completed in (1, 3):
        assert not agreement.check(paid, paid, completed, now=0.0)
        assert f"2 paid orders, and {completed} in the fulfilment feed" in (agreement.alarm or "")


def test_a_difference_in_doubt_is_no_alarm_and_an_alarm_lasts_until_they_agree() -> None:
    """The view may be a chunk ahead of a flow that has just recovered."""
    agreement = Agreement()
    one = {1: Figures(carts=1)}
    assert not agreement.check(one, {}, 0, now=0.0, in_doubt=True)
    assert (agreement.describe(), agreement.alarm) == (None, None)
    assert not agreement.check(one, {}, 0, now=1.0)
    alarm = agreement.alarm
    agreement.begin([(1, 1, Figures(carts=1))])
    assert not agreement.check({}, one, 0, now=2.0, in_doubt=True)
    assert agreement.alarm == alarm is not None
    assert agreement.check(one, one, 0, now=3.0, in_doubt=True)
    assert agreement.alarm is None


def forget_a_cart(db: sqlite3.Connection) -> int:
    """Take one cart out; gives its key group."""
    (user_id,) = db.execute("SELECT user_id FROM carts ORDER BY user_id LIMIT 1").fetchone()
    db.execute("DELETE FROM carts WHERE user_id = ?", (user_id,))
    return crc32(user_id.encode()) % KEY_GROUPS


def miscount_a_cart(db: sqlite3.Connection) -> int:
    """Give one cart an unpaid order that it has not; gives its key group."""
    (user_id,) = db.execute("SELECT user_id FROM carts ORDER BY user_id LIMIT 1").fetchone()
    db.execute("UPDATE carts SET unpaid = unpaid + 1 WHERE user_id = ?", (user_id,))
    return crc32(user_id.encode()) % KEY_GROUPS


def forget_a_completion(db: sqlite3.Connection) -> None:
    """Take one order out of the fulfilment feed; no key group tells of it."""
    db.execute("DELETE FROM completed WHERE id = (SELECT max(id) FROM completed)")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Oracle]:
    """A folder whose whole stream is in the snapshots and in the table of carts."""
    stream, oracle = stream_of(1_000, 9)
    data = tmp_path_factory.mktemp("prepared") / "data"
    with Cartwatch(data, "--snapshot-interval", "0.1") as server:
        server.upload_in(server.upload(stream, NAME), "done")
        server.settled()
        end_two_epochs(server)
        assert agreed(server) == {"carts": len(oracle.carts)} | _orders(oracle)
        changes = sum(cart.version for cart in oracle.carts.values())
        with closing(sqlite3.connect(generation_of(data) / "view.db")) as db:
            until(lambda: db.execute("SELECT sum(version) FROM carts").fetchone() == (changes,))
        server.stop()
    return data, oracle


@pytest.fixture
def filled(prepared: tuple[Path, Oracle], tmp_path: Path) -> tuple[Path, Oracle]:
    data, oracle = prepared
    return Path(shutil.copytree(data, tmp_path / "data")), oracle


@pytest.mark.parametrize("forge", [forget_a_cart, miscount_a_cart, forget_a_completion])
def test_a_view_that_differs_from_the_state_is_an_alarm_until_it_is_rebuilt(
    filled: tuple[Path, Oracle], forge: Callable[[sqlite3.Connection], int | None]
) -> None:
    """What nobody would see is seen after the next start: in the API, in readiness, on the page."""
    data, oracle = filled
    with closing(sqlite3.connect(generation_of(data) / "view.db")) as db, db:
        group = forge(db)
    with Cartwatch(data) as server:
        recovery = until(lambda: _where_alarmed(server))
        alarm, agreement = recovery["alarm"], recovery["agreement"]
        assert agreement["agree"] is False
        assert agreement["message"] == alarm
        assert agreement["differing_key_groups"] == ([] if group is None else [group])
        assert group is None or f"({group})" in alarm
        refused = server.call("GET", "/readyz")
        assert (refused.status, refused.json()["error"]["message"]) == (503, alarm)
        with connect(server.url.replace("http", "ws") + "/ws", proxy=None) as socket:
            assert json.loads(socket.recv(timeout=10))["flow"]["alarm"] == alarm
        assert alarm in server.errors()
        server.stop()
    rebuild(data)
    with Cartwatch(data) as server:
        server.settled()
        assert agreed(server) == {"carts": len(oracle.carts)} | _orders(oracle)
        assert_holds(server, oracle, source=NAME)
        server.stop()


def agreed(server: Cartwatch) -> dict[str, int]:
    """Restart the flow and wait for the comparison after it; gives the figures of both sides."""
    checked = until(lambda: server.get("/api/recovery")["agreement"])["checked_at"]
    assert server.call("POST", "/api/flow/restart").status == 202

    def look() -> Any:
        agreement = server.get("/api/recovery")["agreement"]
        return agreement if agreement["checked_at"] != checked else None

    agreement = until(look)
    assert agreement["agree"] is True
    assert agreement["view"] == agreement["flow"] | {"completed": agreement["flow"]["paid"]}
    figures: dict[str, int] = agreement["flow"]
    return figures


def _where_alarmed(server: Cartwatch) -> Any:
    recovery = server.get("/api/recovery")
    return recovery if recovery["alarm"] else None


def _orders(oracle: Oracle) -> dict[str, int]:
    carts = oracle.carts.values()
    return {
        "unpaid": sum(len(cart.unpaid) for cart in carts),
        "paid": sum(len(cart.paid) for cart in carts),
        "waiting": sum(len(cart.waiting) for cart in carts),
    }
