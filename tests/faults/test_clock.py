"""A clock that is set back: the engine waits for a time long to come, and is not left to it.

The machine's clock is not a test's to change. What the engine sees of a change is the distance
between its own clock and the times that the source asks for: so the source's clock is moved.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.comparison import assert_holds
from tests.faults.folders import stream_of
from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch, until
from web.flow.watchdog import RUNNING_S

MOVABLE_CLOCK = """
import datetime, pathlib
ahead = pathlib.Path(__file__).with_name("ahead")
class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        seconds = int(ahead.read_text())
        ahead.with_name(f"read-{seconds}").touch()
        return super().now(tz) + datetime.timedelta(seconds=seconds)
from dataflow import first_source
assert first_source.datetime is datetime.datetime
first_source.datetime = Clock
"""


def set_ahead(clock: Path, seconds: int) -> None:
    """Let the source's clock go so far ahead of the engine's."""
    draft = clock / "draft"
    draft.write_text(str(seconds))
    draft.replace(clock / "ahead")


def test_a_flow_whose_clock_was_set_back_by_an_hour_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seconds after it has work to do, not an hour later, and nothing is lost or counted twice."""
    clock = tmp_path / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(MOVABLE_CLOCK)
    set_ahead(clock, 0)
    monkeypatch.setenv("PYTHONPATH", str(clock))
    data, _ = stream_of(500, 12)
    first, rest = data.split(b"\n", 1)
    oracle = Oracle()
    oracle.feed(data, "api")
    with Cartwatch(tmp_path / "data") as server:
        server.settled()
        assert server.call("POST", "/api/events", first).status == 202
        server.settled()
        set_ahead(clock, 3_600)
        until((clock / "read-3600").exists)
        set_ahead(clock, 0)
        assert server.call("POST", "/api/events", rest).status == 202
        until(lambda: len(server.get("/api/recovery")["history"]) == 2, within=RUNNING_S + 10)
        server.settled()
        newest, stalled = server.get("/api/recovery")["history"]
        assert stalled["ended_because"] == newest["reason"] == "it had work and did nothing"
        assert_holds(server, oracle, source="api")
        server.stop()
