"""The stopwatch of a recovery: it reads as short as it was, whatever the snapshots do."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.kit.running import Cartwatch, until

LINE = b'{"user_id": "u%d", "type": "order", "order_id": 1}\n'
BODIES = {
    "events": [LINE % number for number in range(10)],
    "one cart": [LINE % 1] * 10,
    "skipped": [b"FAIL HERE\n", b"\n"] * 5,
    "mixed": [LINE % 1, b"FAIL HERE\n"] * 5,
}
LONG_S = 60
"""The longest interval of snapshots: whatever waits for the end of one takes about as long."""


def caught_up(server: Cartwatch, start: int) -> dict[str, Any]:
    """Wait until the flow's so-many-th start has caught up; gives it."""

    def look() -> dict[str, Any] | None:
        newest: dict[str, Any] = server.get("/api/recovery")["history"][0]
        return newest if newest["execution"] == start and newest["caught_up_at"] else None

    return until(look)


@pytest.mark.parametrize("kind", BODIES)
def test_a_recovery_of_ten_records_does_not_wait_for_a_snapshot(tmp_path: Path, kind: str) -> None:
    """It is over when all that the view had is read again, be it skipped, and runs at once."""
    with Cartwatch(tmp_path / "data", f"--snapshot-interval={LONG_S}") as server:
        server.settled()
        for body in BODIES[kind]:
            server.call("POST", "/api/events", body)
        server.settled()
        os.kill(server.flow_pid(), signal.SIGKILL)
        start = caught_up(server, 2)
        assert start["records_replayed"] == 10
        assert start["seconds_to_first_new"] is start["first_new_at"] is None
        assert start["started_at"] <= start["restored_at"] <= start["caught_up_at"]
        assert 0 <= start["seconds_to_restored"] <= start["seconds"] < LONG_S / 2
        assert server.get("/api/recovery")["state"] == "running"


def marked(server: Cartwatch) -> dict[str, Any]:
    """Wait until the first new record of this start is marked, which follows its commit."""

    def look() -> dict[str, Any] | None:
        current: dict[str, Any] = server.get("/api/recovery")["current"]
        return current if current["first_new_at"] is not None else None

    return until(look)


def test_the_first_new_record_behind_a_crash_is_marked_once(tmp_path: Path) -> None:
    """Whether it came before the flow had caught up or long after; a server's kill keeps it."""
    data = tmp_path / "data"
    with Cartwatch(data, f"--snapshot-interval={LONG_S}") as server:
        server.settled()
        server.call("POST", "/api/events", b"".join(BODIES["events"]))
        server.settled()
        first = marked(server)
        os.kill(server.flow_pid(), signal.SIGKILL)
        assert caught_up(server, 2)["first_new_at"] is None
        for number in (90, 91):
            server.call("POST", "/api/events", LINE % number)
            server.settled()
        marked(server)
        (second, again) = server.get("/api/recovery")["history"]
        assert again["first_new_at"] == first["first_new_at"] is not None
        assert second["first_new_at"] > second["caught_up_at"]
        began, new = map(datetime.fromisoformat, (second["started_at"], second["first_new_at"]))
        assert second["seconds_to_first_new"] == pytest.approx(
            (new - began).total_seconds(), abs=0.002
        )
        changed = server.get("/api/carts?search=u90")["items"][0]["updated_at"]
        assert second["first_new_at"] >= changed[:23]
        server.kill()
    with Cartwatch(data) as server:
        server.settled()
        (_, kept, _) = server.get("/api/recovery")["history"]
        assert kept["first_new_at"] == second["first_new_at"]
        server.stop()
