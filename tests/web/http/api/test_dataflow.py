"""``GET /api/dataflow`` of the real program: what went through each step, over kills and starts."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from tests.kit.running import Cartwatch, until

ORDER = b'{"user_id": "u%d", "type": "order", "order_id": 1}\n'
BODY = ORDER % 1 + b"FAIL HERE\n" + ORDER % 1 + b"\n" + ORDER % 2
WENT_IN = {"journal": 5, "deserialize": 5, "join_carts": 3, "count_skipped": 2, "publish": 3}
CAME_OUT = {"journal": 5, "deserialize": 5, "join_carts": 2, "count_skipped": 1, "publish": 3}


def drawn(server: Cartwatch, field: str) -> dict[str, Any]:
    return {step["id"]: step[field] for step in server.get("/api/dataflow")["steps"]}


def is_measured(server: Cartwatch) -> bool:
    """Tell whether the flow has said how long its steps were at work."""
    return server.get("/api/dataflow")["slowest"] is not None


def test_records_are_counted_through_the_steps_once_whatever_is_killed(tmp_path: Path) -> None:
    """Since the reset, durably; the seconds at work are those of this start."""
    data = tmp_path / "data"
    with Cartwatch(data, "--snapshot-interval=30") as server:
        server.settled()
        empty = server.get("/api/dataflow")
        assert empty["slowest"] is None
        assert {step["in"] + step["out"] for step in empty["steps"]} == {0}
        assert empty["steps"][0].keys() == {"id", "in", "out", "per_second", "busy_seconds"}
        ids = set(WENT_IN)
        assert {end for edge in empty["edges"] for end in edge} == ids
        server.call("POST", "/api/events", BODY)
        server.settled()
        assert (drawn(server, "in"), drawn(server, "out")) == (WENT_IN, CAME_OUT)
        assert drawn(server, "per_second")["journal"] > 0
        os.kill(server.flow_pid(), signal.SIGKILL)
        until(lambda: server.get("/api/recovery")["current"] is None)
        server.settled()
        assert (drawn(server, "in"), drawn(server, "out")) == (WENT_IN, CAME_OUT)
        server.kill()
    with Cartwatch(data, "--snapshot-interval=0.2") as again:
        assert (drawn(again, "in"), drawn(again, "out")) == (WENT_IN, CAME_OUT)
        again.settled()
        until(lambda: is_measured(again))
        seen = again.get("/api/dataflow")
        assert seen["slowest"] in ids
        assert drawn(again, "busy_seconds")[seen["slowest"]] >= 0
        assert (drawn(again, "in"), drawn(again, "out")) == (WENT_IN, CAME_OUT)
        assert again.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
        assert set(drawn(again, "in").values()) == {0}
        again.stop()
