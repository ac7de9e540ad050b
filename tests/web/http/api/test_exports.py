"""Exports of the real program: each of one moment, and nobody pays for who is slow or left."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.faults.folders import generation_of, no_room
from tests.kit.running import Cartwatch, until
from tests.web.http.test_api import ORDER, PAYMENT, refused
from web.http.api.exports import MAX_EXPORTS

CARTS = 5_000
LONG = "🛒".encode() * 249
"""What makes a user's id a kilobyte: few carts fill what many would."""

PATH = "/api/carts.jsonl"
READERS_FILES = 9
"""What the server's own three readers open when they are first needed, and keep."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server with more bytes of carts than any buffer of a socket holds."""
    with Cartwatch(tmp_path_factory.mktemp("exports") / "data") as server:
        fill(server)
        yield server
        assert "Traceback" not in server.errors()


def fill(server: Cartwatch) -> None:
    lines = b"".join(ORDER % (b"%06d-%s" % (n, LONG), b"1") for n in range(CARTS))
    server.upload_in(server.upload(lines), "done")
    server.settled()


def asking(server: Cartwatch, path: str = PATH) -> socket.socket:
    """Ask for an export and read nothing of it yet."""
    place = urlsplit(server.url)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(30)
    client.connect((place.hostname, place.port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
    return client


def served(server: Cartwatch) -> socket.socket | None:
    """Ask for an export that there is a place for; None where whoever left still has it."""
    client = asking(server)
    if client.recv(12, socket.MSG_PEEK).endswith(b"200"):
        return client
    client.close()
    return None


def rest(client: socket.socket) -> HTTPResponse:
    answer = HTTPResponse(client)
    answer.begin()
    return answer


def files(server: Cartwatch) -> list[str]:
    """List what the server has open, but for connections."""
    return sorted(each.path for each in psutil.Process(server.pid).open_files())


def is_free(server: Cartwatch) -> bool:
    return server.call("GET", "/api/completed.jsonl").status == 200


def test_who_hangs_up_leaves_no_file_no_reader_and_no_place(server: Cartwatch) -> None:
    """At once, in the middle of the answer, or before its first byte; however many do."""

    def leave_in_turns(times: int) -> None:
        for turn in range(3 * times):
            client = asking(server)
            if turn % 3:
                assert client.recv(100 if turn % 3 == 1 else 100_000)
            client.close()
            until(lambda: is_free(server))

    process = psutil.Process(server.pid)
    leave_in_turns(1)
    before = process.num_fds()
    leave_in_turns(MAX_EXPORTS)
    until(lambda: process.num_fds() <= before + READERS_FILES)


def test_who_stalls_pins_nothing_and_still_gets_all_of_one_moment(server: Cartwatch) -> None:
    """The view's reader is let go when the file is written, at the speed of the disk."""
    before = files(server)
    with asking(server) as client:
        assert client.recv(10, socket.MSG_PEEK)
        until(
            lambda: (
                [each for each in files(server) if "view.db" in each]
                == [each for each in before if "view.db" in each]
            )
        )
        paid = b"".join(PAYMENT % (b"%06d-%s" % (n, LONG), b"1") for n in range(500))
        assert server.call("POST", "/api/events", paid).status == 202
        server.settled()
        answer = rest(client)
        assert int(answer.headers["content-length"])
        lines = answer.read().splitlines()
    assert len(lines) == CARTS
    assert {json.loads(line)["version"] for line in lines} == {1}


def test_four_at_once_and_a_fifth_is_429(server: Cartwatch) -> None:
    """Until one of them leaves."""

    def take_all_places() -> None:
        clients = [until(lambda: served(server)) for _ in range(MAX_EXPORTS)]
        for path in (PATH, "/api/skipped.jsonl", "/api/completed.jsonl"):
            assert refused(server.call("GET", path), 429) == "too_many_exports"
            assert server.call("HEAD", path).status == 200
        clients.pop().close()
        until(lambda: is_free(server))
        for client in clients:
            client.close()

    process = psutil.Process(server.pid)
    before = process.num_fds()
    for _ in range(3):
        take_all_places()
    until(lambda: process.num_fds() <= before + READERS_FILES)


def test_a_disk_without_room_is_507_and_the_next_one_is_whole(server: Cartwatch) -> None:
    """Nothing else suffers."""
    with no_room(server.pid):
        assert refused(server.call("GET", PATH), 507) == "disk_full"
    assert len(server.call("GET", PATH).body.splitlines()) == CARTS


def test_a_kill_in_the_middle_leaves_nothing_in_the_data_folder(tmp_path: Path) -> None:
    """The file has no name."""
    with Cartwatch(tmp_path / "data") as server:
        fill(server)
        with asking(server) as client:
            assert client.recv(10, socket.MSG_PEEK)
            server.kill()
        known = {"journal.db", "view.db", "generation.json", "uploads", "recovery"}
        names = {each.name for each in generation_of(server.data).iterdir()}
        assert {name.removesuffix("-wal").removesuffix("-shm") for name in names} == known


def test_a_reset_meanwhile_does_not_disturb_it(tmp_path: Path) -> None:
    """It is of the generation that it began in, to the last cart."""
    with Cartwatch(tmp_path / "data") as server:
        fill(server)
        with asking(server) as client:
            assert client.recv(10, socket.MSG_PEEK)
            assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
            server.settled()
            assert server.call("GET", PATH).body == b""
            assert len(rest(client).read().splitlines()) == CARTS
        until(lambda: not [each for each in files(server) if "generation-000001" in each])
        server.stop()


def test_the_server_ends_in_time_beside_one_that_stalls(tmp_path: Path) -> None:
    """And leaves no thread to wait for."""
    with Cartwatch(tmp_path / "data") as server:
        fill(server)
        with asking(server) as client:
            assert client.recv(10, socket.MSG_PEEK)
            server.stop()
        assert "Traceback" not in server.errors()
