"""A disk without room: loud, nothing half done, and everything goes on when there is room again."""

from __future__ import annotations

import json
import os
import resource
import signal
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.e2e.comparison import assert_holds
from tests.faults.folders import (
    NAME,
    generation_of,
    no_room,
    readiness,
    refusal,
    stream_of,
)
from tests.kit.running import Answer, Cartwatch, until

RECORDS = 4_000
RATE = 2_000
READS = (
    *("/", "/api/carts?limit=5", "/api/carts?sort=user", "/api/carts?sort=unpaid&filter=unpaid"),
    *("/api/carts.jsonl", "/api/skipped", "/api/skipped.jsonl", "/api/completed.jsonl"),
    *("/api/carts/user-000001", "/api/stats", "/api/uploads", "/api/recovery", "/livez"),
)


@pytest.mark.parametrize("flow_too", [False, True], ids=["of the server", "of both processes"])
def test_a_disk_that_fills_up_in_mid_upload_loses_nothing(tmp_path: Path, flow_too: bool) -> None:
    """Writes are refused and leave nothing behind, every read works, and everybody is told why.

    When there is room again, the upload goes on by itself to the end that it would have had.
    """
    data, oracle = stream_of(RECORDS, 5)
    with Cartwatch(tmp_path / "data") as server:
        server.settled()
        upload = server.upload(data, NAME, rate=RATE)
        until(lambda: server.get(f"/api/uploads/{upload}")["processed"] >= RECORDS // 4)
        pids = [server.pid, server.flow_pid()] if flow_too else [server.pid]
        files = generation_of(server.data) / "uploads"
        kept = list(files.iterdir())
        with no_room(*pids):
            until(lambda: "cannot be written" in readiness(server))
            for refused in (
                server.call("POST", "/api/events", b'{"user_id": 1}'),
                server.call("POST", "/api/uploads?name=small", b"{}\n"),
                server.call("POST", "/api/uploads?name=large", data),
                server.call("PATCH", f"/api/uploads/{upload}", {"rate": 7}),
                server.call("POST", "/api/reset", {"confirm": "reset"}),
            ):
                assert_refused(refused)
            for path in READS:
                assert server.call("GET", path).status == 200, path
            assert "cannot be written" in until(lambda: first_frame(server)["flow"]["alarm"])
            assert list(files.iterdir()) == kept
            assert "cannot be written" in server.errors()
        assert server.call("POST", "/api/flow/restart").status == 202
        shown = server.upload_in(upload, "done")
        assert (shown["rate"], server.get("/api/uploads")["total"]) == (RATE, 1)
        server.settled()
        assert_holds(server, oracle, source=NAME)
        until(lambda: first_frame(server)["flow"]["alarm"] is None)
        assert "Exception in ASGI" not in server.errors()
        assert "Traceback" not in server.errors()
        server.stop()


def test_an_idle_server_is_ready_again_when_there_is_room(tmp_path: Path) -> None:
    """Nobody has to write first: what was refused is found to work again without that."""
    with Cartwatch(tmp_path / "data") as server:
        server.settled()
        with no_room(server.pid, size=4096):
            assert_refused(server.call("POST", "/api/events", b'{"user_id": 1}'))
            assert "journal cannot be written" in readiness(server)
        until(lambda: readiness(server) == "")
        assert server.call("POST", "/api/events", b"{}").json()["first_line"] == 1
        server.stop()


def test_a_start_without_room_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """A new folder, and one that holds data; that is as it was afterwards."""

    def leave_no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    data = tmp_path / "data"
    words = ("serve", "--port", "0", "--data", str(data))
    assert "cannot use the data folder" in refusal(*words, before=leave_no_room)
    body = b'{"user_id": "a", "type": "order", "order_id": 1}'
    with Cartwatch(data) as server:
        server.settled()
        assert server.call("POST", "/api/events", body).status == 202
        os.kill(server.flow_pid(), signal.SIGKILL)
        server.kill()
    assert "cannot use the data folder" in refusal(*words, before=leave_no_room)
    with Cartwatch(data) as server:
        server.settled()
        assert server.get("/api/carts/a")["unpaid_order_ids"] == [1]
        server.stop()


def assert_refused(answer: Answer) -> None:
    """Hold an answer to the contract's sentence about a full disk."""
    assert answer.status in (503, 507), answer
    assert answer.json()["error"]["code"] in ("storage", "disk_full")


def first_frame(server: Cartwatch) -> Any:
    """Give the snapshot that a browser begins with."""
    with connect(server.url.replace("http", "ws") + "/ws", proxy=None) as socket:
        return json.loads(socket.recv(timeout=10))
