"""No state of the flow is without an exit: whatever is done to it when, it runs in the end."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.faults.folders import generation_of, no_room
from tests.faults.impatient import START_S
from tests.kit.running import Cartwatch, until

ORDER = b'{"user_id": "a", "type": "order", "order_id": %d}\n'


def flows_of(server: Cartwatch) -> list[psutil.Process]:
    """Give the flow's process, from its very beginning; none where there is none."""
    return psutil.Process(server.pid).children()


def kill(server: Cartwatch) -> None:
    """Kill the flow if there is one."""
    for flow in flows_of(server):
        with suppress(psutil.NoSuchProcess):
            flow.kill()


def state_of(server: Cartwatch) -> str:
    return str(server.get("/api/recovery")["state"])


def bring_down(server: Cartwatch) -> None:
    """Kill every flow as soon as there is one, until it is said to be down."""

    def is_down() -> bool:
        kill(server)
        return state_of(server) == "down"

    until(is_down)


def restart(server: Cartwatch) -> None:
    assert server.call("POST", "/api/flow/restart").status == 202


def reset(server: Cartwatch) -> None:
    assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202


def restart_in_a_start(server: Cartwatch) -> None:
    """Ask for a restart before there is a process, and again when there is one."""
    kill(server)
    for _ in range(3):
        restart(server)
    until(lambda: flows_of(server))
    restart(server)


def restart_when_down(server: Cartwatch) -> None:
    bring_down(server)
    restart(server)


def restart_at_the_moment_of_an_end(server: Cartwatch) -> None:
    for _ in range(5):
        until(lambda: flows_of(server))
        kill(server)
        restart(server)


def reset_when_down(server: Cartwatch) -> None:
    bring_down(server)
    reset(server)


def reset_in_a_start(server: Cartwatch) -> None:
    kill(server)
    reset(server)
    restart(server)
    reset(server)


def kill_after_a_reset_from_down(server: Cartwatch) -> None:
    reset_when_down(server)
    kill(server)
    restart(server)


@pytest.mark.parametrize(
    "walk",
    [
        restart_in_a_start,
        restart_when_down,
        restart_at_the_moment_of_an_end,
        reset_when_down,
        reset_in_a_start,
        kill_after_a_reset_from_down,
    ],
    ids=lambda walk: walk.__name__,
)
def test_in_the_end_it_runs_and_the_server_is_ready(
    tmp_path: Path, walk: Callable[[Cartwatch], None]
) -> None:
    """And what is posted then is in its cart; the state that is told is that of the flow."""
    with Cartwatch(tmp_path / "data", forked=False) as server:
        server.settled()
        assert server.call("POST", "/api/events", ORDER % 1).status == 202
        walk(server)
        assert server.call("POST", "/api/events", ORDER % 2).status == 202
        server.settled()
        assert server.get("/api/recovery")["state"] == "running"
        assert server.get("/api/recovery")["message"] is None
        assert 2 in server.get("/api/carts/a")["unpaid_order_ids"]
        server.stop()
        assert "Traceback" not in server.errors()


def test_a_flow_that_stops_while_it_starts_is_given_up_and_counts_as_failed(
    tmp_path: Path,
) -> None:
    """It lives and says nothing: after a while another one is started, and why is told."""
    with Cartwatch(tmp_path / "data", program="tests.faults.impatient") as server:
        flow = server.flow_pid()  # stopped before it is a program of its own, it stops the server
        os.kill(flow, signal.SIGSTOP)
        until(lambda: not psutil.pid_exists(flow))
        server.settled()
        newest, first = server.get("/api/recovery")["history"]
        assert newest["reason"] == first["ended_because"]
        assert f"did not reach the server within {START_S:.0f} s" in newest["reason"]
        server.stop()


def test_the_end_of_a_start_that_could_not_be_written_stays_with_it(tmp_path: Path) -> None:
    """On a full disk a start ends and others cannot begin: each row tells of its own start."""
    with Cartwatch(tmp_path / "data", forked=False) as server:
        server.settled()
        assert server.call("POST", "/api/events", ORDER % 1).status == 202
        server.settled()
        view = generation_of(server.data) / "view.db-wal"
        with no_room(server.pid, size=view.stat().st_size):
            kill(server)
            until(lambda: "could not be written down" in server.errors())
            until(lambda: state_of(server) == "down")
        restart(server)
        server.settled()
        history = server.get("/api/recovery")["history"]
        assert history[-1]["ended_because"] == "killed by SIGKILL"
        assert "killed by SIGKILL" not in [start["ended_because"] for start in history[:-1]]
        assert history[-1]["ended_at"] <= history[-2]["started_at"]
        server.stop()
