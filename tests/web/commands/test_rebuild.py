"""``cartwatch rebuild``: everything again from the journal, whatever happens in between."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dataflow.synthetic import generate
from tests.e2e.comparison import lines
from tests.faults.folders import generation_of, rebuild, rebuild_killed, refusal
from tests.kit.running import Cartwatch, until

KEY = {"Idempotency-Key": "k"}
EVENTS = b'{"user_id": "api", "type": "order", "order_id": 1}\nFAIL HERE\n\n'
TALL = b"".join(b'{"user_id": "tall", "type": "order", "order_id": %d}\n' % n for n in range(90))
COUNTS = (
    "id",
    "name",
    "lines",
    "processed",
    "accepted",
    "skipped",
    "blank",
    "duplicates",
    "rate",
    "state",
)

PASSING = ("events_per_second", "lag")
"""Figures of the moment."""

MOVING = {("running.jsonl", "processed"), ("running.jsonl", "blank")}
"""What goes on with every start: a running upload, of blank lines only."""


def held(server: Cartwatch) -> dict[str, Any]:
    """Read all that must be the same again: everything but times and the order of the feed."""
    stats = server.get("/api/stats")
    return {
        "carts": {
            cart.pop("user_id"): {name: cart[name] for name in cart if name != "updated_at"}
            for cart in lines(server, "/api/carts.jsonl")
        },
        "newest first": [cart["user_id"] for cart in lines(server, "/api/carts.jsonl")],
        "newest page": [cart["user_id"] for cart in server.get("/api/carts")["items"]],
        "skipped": sorted(
            (each["source"], each["line"], each["reason"], each["message"], each["raw"])
            for each in lines(server, "/api/skipped.jsonl")
        ),
        "completed": sorted(
            (each["user_id"], repr(each["order_id"]))
            for each in lines(server, "/api/completed.jsonl")
        ),
        "stats": {name: stats[name] for name in stats if name not in PASSING},
        "uploads": [
            {name: each[name] for name in COUNTS if (each["name"], name) not in MOVING}
            for each in server.get("/api/uploads")["items"]
        ],
    }


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with a past: uploads in every state, events, restarts; and what it held."""
    data = tmp_path_factory.mktemp("rebuild") / "data"
    stream = b"".join(generate(3_000, 30, 0.02, 10))
    with Cartwatch(data) as server:
        server.settled()
        first = server.upload(stream, "first.jsonl", rate=5_000)
        until(lambda: server.get(f"/api/uploads/{first}")["processed"] >= 500)
        os.kill(server.flow_pid(), signal.SIGKILL)
        assert server.call("POST", "/api/events", EVENTS, KEY).status == 202
        server.upload_in(first, "done")
        server.upload_in(server.upload(stream[:90_000], "again.jsonl"), "done")
        server.upload_in(server.upload(TALL), "done")
        for state in ("paused", "cancelled"):
            upload = server.upload(stream, f"{state}.jsonl", rate=100)
            until(lambda upload=upload: server.get(f"/api/uploads/{upload}")["processed"] >= 20)  # type: ignore[misc]
            assert server.call("PATCH", f"/api/uploads/{upload}", {"state": state}).status == 200
            server.upload_in(upload, state)
        server.upload(b"\n" * 1_000, "running.jsonl", rate=0.001)
        server.settled()
        before = held(server)
        server.stop()
    assert {each["state"] for each in before["uploads"]} == {
        *("done", "paused", "cancelled", "running")
    }
    return data, before


@pytest.fixture
def data(filled: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled[0], tmp_path / "data"))


@pytest.fixture
def before(filled: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    return filled[1]


def uploads_of(data: Path) -> list[tuple[object, ...]]:
    """Read the uploads as the journal has them: their states and how far they were released."""
    with closing(sqlite3.connect(generation_of(data) / "journal.db")) as db:
        return db.execute("SELECT *, released_lines FROM uploads ORDER BY created").fetchall()


def test_a_rebuilt_folder_holds_what_it_held(data: Path, before: dict[str, Any]) -> None:
    """Carts, skipped records, completed orders, counters, uploads, keys, the history of starts.

    A paused upload and a running one stay where they were.
    """
    uploads = uploads_of(data)
    old = generation_of(data)
    said = rebuild(data)
    released = sum(int(str(upload[-1])) for upload in uploads)
    assert f"Rebuilt {released + 3:,} lines" in said
    assert uploads_of(data) == uploads
    assert generation_of(data) != old
    assert not old.exists()
    assert_holds_again(data, before)


@pytest.mark.parametrize(
    "point", ["generation renewed", "generation switched", "batches received", "view committed"]
)
def test_a_rebuild_that_is_killed_is_finished_by_the_next_start(
    data: Path, before: dict[str, Any], point: str
) -> None:
    """Before the new generation counts, after it does, and in the middle of filling it."""
    old = generation_of(data)
    killed = rebuild_killed(data, point)
    assert killed.returncode == -signal.SIGKILL
    assert f"killed at {point}" in killed.stderr
    assert (generation_of(data) == old) == (point == "generation renewed")
    assert_holds_again(data, before)


def test_until_all_of_it_is_there_again_nothing_is_told_to_be_ready_or_done(
    data: Path, before: dict[str, Any]
) -> None:
    """A rebuild that was killed leaves a part of the data: the next start recovers all of them.

    It is no recovery of today's, and the history of starts tells it apart.
    """
    for point in ("generation switched", "view committed"):
        rebuild_killed(data, point)
    with Cartwatch(data) as server:

        def look() -> bool:
            is_ready = server.call("GET", "/readyz").status == 200
            uploads = server.get("/api/uploads")["items"]
            for upload in uploads:
                if upload["state"] == "done":
                    assert upload["processed"] == upload["lines"]
                else:
                    assert upload["finished_at"] is None or upload["state"] == "cancelled"
            assert not is_ready or held(server) == before
            return is_ready

        until(look)
        assert server.get("/api/attention?older=1")["recoveries_today"] == 1
        started, rebuilt, *_ = server.get("/api/recovery")["history"]
        assert started["reason"] == "the server was started"
        assert (rebuilt["reason"], rebuilt["ended_because"]) == (
            "the data were rebuilt",
            "the rebuild was killed",
        )
        server.stop()


def test_a_rebuild_goes_on_where_one_was_killed(data: Path, before: dict[str, Any]) -> None:
    """As often as it takes."""
    for point in ("batches received", "generation renewed", "view committed"):
        rebuild_killed(data, point)
    rebuild(data)
    assert_holds_again(data, before)


def test_a_rebuild_right_after_a_crash_has_what_was_accepted_last(tmp_path: Path) -> None:
    """What only the write-ahead log of the journal holds is taken along.

    Although the flow of the server that was killed may still be reading it.
    """
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        server.settled()
        os.kill(server.flow_pid(), signal.SIGSTOP)
        assert server.call("POST", "/api/events", EVENTS, KEY).status == 202
        server.kill()
    rebuild(data)
    with Cartwatch(data) as server:
        server.settled()
        assert server.get("/api/carts/api")["unpaid_order_ids"] == [1]
        assert server.get("/api/stats")["skipped"] == 1
        server.stop()


def test_what_is_no_data_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Neither a missing folder nor somebody's own becomes a data folder by being asked about."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear")
    for name in ("mine", "missing", "mine/letter"):
        sentence = refusal("rebuild", str(tmp_path / name))
        assert f"{tmp_path / name} is not a data folder of Cartwatch" in sentence
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "letter"]


def compared(server: Cartwatch) -> Any:
    """Give the recovery when state and view have been compared."""
    recovery = server.get("/api/recovery")
    return recovery if recovery["agreement"] else None


def assert_holds_again(data: Path, before: dict[str, Any]) -> None:
    """Start on the folder and hold it to what it held."""
    with Cartwatch(data) as server:
        server.settled()
        assert held(server) == before
        recovery = until(lambda: compared(server))
        assert recovery["agreement"]["agree"] is True
        reasons = [each["ended_because"] for each in recovery["history"]]
        assert "killed by SIGKILL" in reasons, "the starts before the rebuild are remembered"
        repeated = server.call("POST", "/api/events", EVENTS, KEY)
        assert json.loads(repeated.body) == {"source": "api", "first_line": 1, "last_line": 3}
        assert held(server) == before
        server.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_rebuild_that_is_interrupted_says_so_and_is_no_success(
    data: Path, before: dict[str, Any], number: signal.Signals
) -> None:
    """Status 1, and a sentence; the next start goes on with it."""
    with subprocess.Popen(
        [sys.executable, "-m", "web", "rebuild", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stderr.read(1)  # its bar, before the flow has begun
        process.send_signal(number)
        said = process.stderr.read().decode()
        assert process.stdout.read() == b""
        assert process.wait(5) == 1
    assert said.endswith(
        "cartwatch: stopped before the end of the journal: the next start goes on with it\n"
    )
    assert_holds_again(data, before)
