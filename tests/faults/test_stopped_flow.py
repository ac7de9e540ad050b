"""A flow that lives but does nothing: waited for, then killed, and nothing is lost either way."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil

from tests.e2e.comparison import assert_holds
from tests.faults.folders import NAME, stream_of
from tests.kit.running import Cartwatch, until
from web.flow.watchdog import RUNNING_S

RECORDS = 3_000


def test_a_flow_that_hangs_is_killed_and_one_that_only_pauses_is_not(tmp_path: Path) -> None:
    """A pause of a moment changes nothing; over 10 s with work to do end in a restart, told why.

    The end is that of a run without either.
    """
    data, oracle = stream_of(RECORDS, 6)
    with Cartwatch(tmp_path / "data") as server:
        server.settled()
        flow = server.flow_pid()
        upload = server.upload(data, NAME, rate=1_500)

        def processed() -> int:
            return int(server.get(f"/api/uploads/{upload}")["processed"])

        until(lambda: processed() >= RECORDS // 4)
        os.kill(flow, signal.SIGSTOP)
        until(lambda: server.get("/api/stats")["lag"] >= RECORDS // 8)
        os.kill(flow, signal.SIGCONT)
        until(lambda: processed() >= RECORDS // 2)
        assert len(server.get("/api/recovery")["history"]) == 1

        os.kill(flow, signal.SIGSTOP)
        until(lambda: server.get("/api/stats")["lag"] > 0)
        until(lambda: not psutil.pid_exists(flow), within=RUNNING_S + 10)
        server.upload_in(upload, "done")
        server.settled()
        until(lambda: server.get("/api/recovery")["history"][0]["caught_up_at"])
        newest, first = server.get("/api/recovery")["history"]
        assert first["ended_because"] == newest["reason"] == "it had work and did nothing"
        assert_holds(server, oracle, source=NAME)
        server.stop()
