"""Whatever the umask, and whatever was there before: the data are their owner's alone."""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from websockets.sync.client import connect

from tests.faults.folders import rebuild, stream_of
from tests.kit.running import Cartwatch, until
from tests.kit.signed_in import CHANGES, bearer, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def _open_umask() -> Iterator[None]:
    """Have what is started from here begin with a umask that forbids nothing."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Name what others may do anything with."""
    found = []
    for path in [folder, *folder.rglob("*")]:
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:  # SQLite's, and gone by now
            continue
        if stat.S_IMODE(mode) != (0o700 if stat.S_ISDIR(mode) else 0o600):
            found.append(f"{path.relative_to(folder)} {stat.filemode(mode)}")
    return found


def use(server: Cartwatch) -> None:
    """Have it make every kind of file that there is."""
    data, _ = stream_of(3_000, 1)
    server.upload_in(server.upload(data), "done")
    assert server.call("POST", "/api/events", b"x\n").status == 202
    assert server.call("POST", "/api/uploads?name=f&check=true", data).status == 200
    assert server.call("POST", "/api/prove").status == 202
    until(lambda: server.get("/api/prove")["state"] == "done")
    assert server.call("GET", "/api/carts.csv").status == 200
    bulk = {"all": True, "find": "x", "replace": "y", "regex": True}
    assert server.call("POST", "/api/skipped/resubmit", bulk).status == 200
    assert server.call("POST", "/api/flow/restart").status == 202
    server.settled()
    assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
    server.upload_in(server.upload(data), "done")
    until(lambda: (server.data / "history.db-wal").exists())


@pytest.mark.usefixtures("_open_umask")
def test_all_that_is_made_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    """By server, flow, proof, bulk and rebuild, after a kill and a reset; also in the middle."""
    environment = {"CARTWATCH_TOKEN": CHANGES}
    with Cartwatch(tmp_path / "data", environment=environment) as server:
        server.headers = bearer(CHANGES)
        server.settled()
        use(server)
        sign_in(server)
        assert server.call("POST", "/api/sign-out").status == 204
        assert open_to_others(server.data) == []
        assert {each.name for each in server.data.iterdir()} >= {
            *("cartwatch.txt", "cartwatch-sessions.json", "current", "flow.lock", "history.db"),
            *("generation-000002", "server.lock"),
        }
        server.kill()
    assert open_to_others(tmp_path / "data") == []
    rebuild(tmp_path / "data")
    assert open_to_others(tmp_path / "data") == []


@pytest.mark.usefixtures("_open_umask")
def test_an_upload_is_private_from_its_first_byte(tmp_path: Path) -> None:
    """Its draft, too, which somebody could else read while it comes."""
    with Cartwatch(tmp_path / "data") as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as client:
            client.sendall(b"POST /api/uploads?name=f HTTP/1.1\r\nHost: localhost\r\n")
            client.sendall(b"Content-Length: 9999\r\n\r\n" + b"x" * 5_000)
            uploads = tmp_path / "data" / "generation-000001" / "uploads"
            until(lambda: list(uploads.iterdir()))
            assert open_to_others(server.data) == []
        server.stop()


def test_a_folder_of_before_is_tightened_and_works_on(tmp_path: Path) -> None:
    """0755 and 0644, as the usual umask made them; what is not ours in it stays as it is."""
    with Cartwatch(tmp_path / "data") as server:
        use(server)
        before = server.settled()
        server.stop()
    notes = tmp_path / "data" / "notes.txt"
    notes.write_text("mine")
    for path in [tmp_path / "data", *(tmp_path / "data").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    with Cartwatch(tmp_path / "data") as server:
        assert server.settled() == {**before, "events_per_second": 0.0}
        assert open_to_others(server.data) == ["notes.txt -rw-r--r--"]
        server.stop()
        assert server.errors() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="an address of its own is easy on Linux alone")
def test_a_made_token_is_private_at_once(tmp_path: Path) -> None:
    """Before it is printed."""
    with Cartwatch(tmp_path / "data", "--host=127.0.0.2", umask=0) as server:
        token = server.link().partition("token=")[2]
        assert open_to_others(server.data) == []
        with connect(
            f"{server.url.replace('http', 'ws')}/ws",
            additional_headers=bearer(token),
            proxy=None,
        ) as live:
            assert live.recv(timeout=20)
        server.stop()
