"""A data folder that is moved, removed or replaced under a running server: it ends, and says so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.faults.folders import generation_of
from tests.kit.running import Cartwatch, until

LINE = b'{"user_id": "%b", "type": "order", "order_id": %d}\n'


def move(data: Path) -> None:
    data.rename(data.with_name("moved"))


def remove(data: Path) -> None:
    shutil.rmtree(data)


def replace(data: Path) -> None:
    move(data)
    data.mkdir()


def take_the_lock_away(data: Path) -> None:
    (data / "server.lock").unlink()


def take_the_journal_away(data: Path) -> None:
    (generation_of(data) / "journal.db").unlink()


def replace_the_view(data: Path) -> None:
    view = generation_of(data) / "view.db"
    view.rename(view.with_name("moved.db"))
    shutil.copy(view.with_name("moved.db"), view)


def accepts(server: Cartwatch, path: str, body: bytes | object) -> bool:
    """Whether a server takes something in; it may be gone by now."""
    try:
        return server.call("POST", path, body).status < 300
    except (OSError, HTTPException):
        return False


@pytest.mark.parametrize(
    "change",
    [move, remove, replace, take_the_lock_away, take_the_journal_away, replace_the_view],
)
def test_nothing_is_taken_in_from_then_on_and_the_server_ends_with_a_sentence(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """What were accepted now would be in no folder, or in that of somebody else."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        server.settled()
        change(data)
        assert not accepts(server, "/api/events", LINE % (b"a", 1))
        assert not accepts(server, "/api/uploads?name=f", LINE % (b"a", 1))
        assert not accepts(server, "/api/reset", {"confirm": "reset"})
        assert server.process.wait(20) == 1
        assert "was moved, removed or replaced while this server ran" in server.errors()
        assert "Traceback" not in server.errors()


def test_an_idle_server_finds_it_out_by_itself(tmp_path: Path) -> None:
    """Nobody has to ask it for anything; and what was accepted is in the folder, wherever it is."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        assert accepts(server, "/api/events", LINE % (b"a", 1))
        server.settled()
        move(data)
        assert server.process.wait(20) == 1
    with Cartwatch(tmp_path / "moved") as server:
        assert server.settled()["carts"] == 1


def test_a_server_in_its_place_is_not_touched(tmp_path: Path) -> None:
    """Its data, its flow and its lock are its own, though both servers know them by one path."""
    data = tmp_path / "data"
    with Cartwatch(data) as old:
        old.settled()
        os.kill(old.pid, 19)  # SIGSTOP: it has no time to find it out by itself
        move(data)
        with Cartwatch(data) as new:
            assert accepts(new, "/api/events", LINE % (b"new", 1))
            new.settled()
            os.kill(old.pid, 18)  # SIGCONT
            for path, body in (("/api/reset", {"confirm": "reset"}), ("/api/flow/restart", b"")):
                accepts(old, path, body)
            assert old.process.wait(20) == 1
            assert until(lambda: new.call("GET", "/readyz").status == 200)
            assert [cart["user_id"] for cart in new.get("/api/carts")["items"]] == ["new"]
            assert new.get("/api/recovery")["total"] == 1
            assert new.errors() == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told_before_anybody_meets_it(tmp_path: Path) -> None:
    """On the terminal and in readiness, and both are over when the cause is."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        server.settled()
        server.stop()
    uploads = data / "generation-000001" / "uploads"
    uploads.chmod(0o500)
    with Cartwatch(data) as server:
        until(lambda: "cannot be written" in server.errors())
        assert until(lambda: server.call("GET", "/readyz").status == 503)
        uploads.chmod(0o700)
        assert until(lambda: server.call("GET", "/readyz").status == 200)
