"""Figures over time: kept over crashes, resets and a rebuild, and never in anybody's way."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.faults.folders import NAME, no_room, rebuild, rebuild_killed, stream_of
from tests.kit.running import Cartwatch, until
from tests.web.http.api.test_history import sums

RECORDS = 2_000
MARKED = "The server was killed"


def history(server: Cartwatch, name: str = "1h") -> dict[str, Any]:
    answer: dict[str, Any] = server.get(f"/api/history?range={name}")
    return answer


def marks(server: Cartwatch) -> list[str]:
    return [mark["kind"] for mark in history(server)["marks"]]


def written(data: Path) -> int:
    """Count the events that the file of the figures has."""
    with closing(sqlite3.connect(data / "history.db")) as db:
        return int(
            db.execute("SELECT ifnull(sum(events), 0) FROM points WHERE step = 1").fetchone()[0]
        )


def test_a_kill_of_any_process_is_marked_and_what_was_written_stays(tmp_path: Path) -> None:
    """The flow is killed, and the whole server; then everything is started over."""
    stream, oracle = stream_of(RECORDS, 21)
    events, completed = oracle.total.accepted, len(oracle.completed)
    expected = {"events": events, "skipped": oracle.total.skipped, "completed": completed}
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        server.upload_in(server.upload(stream, NAME), "done")
        server.settled()
        os.kill(server.flow_pid(), signal.SIGKILL)
        until(lambda: marks(server) == ["started", "killed", "started"])
        server.settled()
        until(lambda: written(data) == events)
        server.kill()
    with Cartwatch(data) as server:
        server.settled()
        kept = sums(history(server))
        assert kept == expected
        assert marks(server)[3:] == ["killed", "started"]
        assert MARKED in history(server)["marks"][3]["words"]
        assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
        until(lambda: marks(server)[5:] == ["reset", "started"])
        assert sums(history(server)) == kept
        server.settled()
        server.stop()
    with Cartwatch(data) as server:
        until(lambda: marks(server)[7:] == ["started"])
        assert sums(history(server)) == kept
        server.stop()


def test_a_rebuild_is_no_news_also_where_it_was_cut_short(tmp_path: Path) -> None:
    """What the view gets again was told before, and no start of a rebuild is marked."""
    stream, oracle = stream_of(RECORDS, 22)
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        server.upload_in(server.upload(stream, NAME), "done")
        server.settled()
        server.stop()
    assert written(data) == oracle.total.accepted
    rebuild(data)
    assert written(data) == oracle.total.accepted
    killed = rebuild_killed(data, "generation switched")
    assert killed.returncode == -signal.SIGKILL
    with Cartwatch(data) as server:
        stats = server.settled()
        assert stats["events"] == oracle.total.accepted
        assert server.call("POST", "/api/events", b'{"user_id": "new"}\n').status == 202
        until(lambda: sums(history(server))["skipped"] == oracle.total.skipped + 1)
        answer = history(server)
        assert sums(answer)["events"] == oracle.total.accepted
        assert [mark["kind"] for mark in answer["marks"]] == ["started", "started"]
        server.stop()


def test_figures_go_on_without_room_and_without_their_file(tmp_path: Path) -> None:
    """A damaged file is put aside; one that cannot be written holds nothing up."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        server.settled()
        server.stop()
    (data / "history.db").write_bytes(b"garbage" * 1_000)
    with Cartwatch(data) as server:
        server.settled()
        assert "history-damaged-1.db" in server.errors()
        assert server.call("GET", "/readyz").status == 200
        with no_room(server.pid, size=4096):
            before = len(answered(server))
            until(lambda: "in memory alone" in server.errors())
            until(lambda: len(answered(server)) > before + 1)
        assert server.errors().count("in memory alone") == 1
        until(lambda: written_points(data) >= before)
        server.stop()
    assert (data / "history-damaged-1.db").read_bytes() == b"garbage" * 1_000


def answered(server: Cartwatch) -> list[float]:
    """Give the points of the last ten minutes that are there."""
    return [each for each in history(server, "10m")["series"]["events"] if each is not None]


def written_points(data: Path) -> int:
    with closing(sqlite3.connect(data / "history.db")) as db:
        return int(db.execute("SELECT count(*) FROM points WHERE step = 1").fetchone()[0])
