"""The process that sorts chunks for the flow is killed while many come."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from dataflow.synthetic import generate
from dataflow.workers import cores
from tests.e2e.comparison import assert_holds
from tests.faults.folders import NAME
from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch, sorters_of, until, workers_of

RECORDS = 110_000
KILLED_AT = (1, 30_000)
ENDED = "The process that parses for the flow has ended."
REASON = "the process that parses for it was gone"


def sorter_of(server: Cartwatch) -> psutil.Process | None:
    """Find the process that sorts for the flow, if there is one now."""
    found = [each for flow in workers_of(server.pid) for each in sorters_of(flow.pid)]
    return found[0] if found else None


def test_a_flow_whose_sorter_is_killed_counts_each_record_once(tmp_path: Path) -> None:
    """Where something was with it, the flow ends, says why, and starts again; else another begins.

    The end is that of a run without a kill.
    """
    if cores() == 1:
        pytest.skip("on one core the flow sorts")
    data = b"".join(generate(RECORDS, 3_000, 0.01, 12))
    oracle = Oracle()
    oracle.feed(data, NAME)
    with Cartwatch(tmp_path / "data", workers=2) as server:
        server.settled()
        upload = server.upload(data, NAME)
        for at in KILLED_AT:
            until(lambda at=at: server.get(f"/api/uploads/{upload}")["processed"] >= at, every=0.01)  # type: ignore[misc]
            until(lambda: sorter_of(server), every=0.001).kill()
        server.upload_in(upload, "done", within=60)
        server.settled()
        starts = server.get("/api/recovery")["history"]
        assert server.errors().count(ENDED) == len(starts) - 1 <= len(KILLED_AT)
        assert {each["reason"] for each in starts[:-1]} <= {REASON}
        assert_holds(server, oracle, source=NAME)
        server.stop()
