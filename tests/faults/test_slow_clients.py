"""Clients that say nothing, little, or too much: each costs its own place, for a moment."""

from __future__ import annotations

import json
import re
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.parse import urlsplit

import psutil
import pytest

from tests.kit.running import Cartwatch, until
from web.http.api.uploads import MAX_RECEIVING
from web.http.head import MAX_HEAD_BYTES
from web.http.safety import MAX_REQUESTS

FEW_FILES = 256
BODIES = (
    b"POST /api/uploads?name=slow HTTP/1.1\r\nContent-Length: 1000",
    b"POST /api/uploads HTTP/1.1\r\nContent-Length: 1000"
    b"\r\nContent-Type: multipart/form-data; boundary=b",
    b"POST /api/uploads HTTP/1.1\r\nTransfer-Encoding: chunked",
    b"POST /api/events HTTP/1.1\r\nContent-Length: 1000",
    b"POST /api/events HTTP/1.1\r\nContent-Length: 1000\r\nContent-Encoding: gzip",
    b"POST /api/reset HTTP/1.1\r\nContent-Length: 20",
    b"PATCH /api/uploads/unknown HTTP/1.1\r\nContent-Length: 20",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server in a hurry."""
    folder = tmp_path_factory.mktemp("slow") / "data"
    with Cartwatch(folder, program="tests.faults.hurried") as server:
        server.settled()
        yield server
        assert "Traceback" not in server.errors()
        server.stop()


@contextmanager
def connected(server: Cartwatch, said: bytes = b"") -> Iterator[socket.socket]:
    place = urlsplit(server.url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as client:
        client.sendall(said)
        yield client


def asked(head: bytes) -> bytes:
    return head + b"\r\nHost: 127.0.0.1\r\n\r\n"


def answer(client: socket.socket) -> tuple[int, str]:
    """Read the answer; gives its status and code."""
    response = HTTPResponse(client)
    response.begin()
    return response.status, str(json.loads(response.read())["error"]["code"])


def is_well(server: Cartwatch) -> bool:
    """Whether it takes a record and an upload."""
    posted = server.call("POST", "/api/events", b"\n").status
    return (posted, server.call("POST", "/api/uploads", b"\n").status) == (202, 201)


@pytest.mark.parametrize("head", BODIES)
def test_a_body_that_stops_coming_is_408_and_leaves_nothing(server: Cartwatch, head: bytes) -> None:
    """Of every call that reads one, however it is sent."""
    files = set((server.data / "generation-000001" / "uploads").iterdir())
    with connected(server, asked(head)) as client:
        assert answer(client) == (408, "too_slow")
        assert client.recv(1) == b""
    assert set((server.data / "generation-000001" / "uploads").iterdir()) == files


@pytest.mark.parametrize("head", BODIES)
def test_who_hangs_up_in_a_body_leaves_nothing(server: Cartwatch, head: bytes) -> None:
    """No file, no place, no connection: twice as many as there are places for."""
    part = b"--b\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\n"
    begun = {b"chunked": b"5\r\n{}\n{}"}.get(head[-7:], part if b"multipart" in head else b"{}\n")
    until(lambda: is_well(server))
    folder = server.data / "generation-000001" / "uploads"
    files = set(folder.iterdir())
    process = psutil.Process(server.pid)
    before = process.num_fds()
    for turn in range(2 * MAX_RECEIVING):
        with connected(server, asked(head) + begun * (turn % 3)):
            pass
    until(lambda: set(folder.iterdir()) == files)
    until(lambda: process.num_fds() < before + MAX_RECEIVING)  # readers of its own may come to it
    assert is_well(server)


def test_silent_uploads_give_their_places_back(server: Cartwatch) -> None:
    """As many as there are places for: others are refused in words until then."""
    with ExitStack() as clients:
        for _ in range(MAX_RECEIVING):
            clients.enter_context(connected(server, asked(BODIES[0])))
        until(lambda: is_well(server))


def test_whatever_the_load_it_says_that_it_is_alive(server: Cartwatch) -> None:
    """More silent posts than are served at once; and all is well when they are through."""
    with ExitStack() as clients:
        for _ in range(MAX_REQUESTS + 4):
            clients.enter_context(connected(server, asked(BODIES[3])))
        for path in ("/livez", "/readyz"):
            assert server.call("GET", path).status == 200
    until(lambda: is_well(server))


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: y"])
def test_a_head_that_does_not_come_ends_the_connection(server: Cartwatch, said: bytes) -> None:
    """In words where it has begun; be it the first one or the next."""
    whole = asked(b"GET /livez HTTP/1.1")
    for before in (b"", whole):
        with connected(server, before + said) as client:
            if before:
                response = HTTPResponse(client)
                response.begin()
                assert response.status == 200
                response.read()
            if said:
                assert answer(client) == (408, "too_slow")
            assert client.recv(1) == b""


@pytest.mark.parametrize("size", [MAX_HEAD_BYTES, MAX_HEAD_BYTES + 1, 64 * 1024 * 1024])
def test_a_head_that_is_too_long_is_431(server: Cartwatch, size: int) -> None:
    """Its memory does not grow with it; of a socket's handshake likewise."""
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    process = psutil.Process(server.pid)
    for path, more in ((b"/livez", b""), (b"/ws", upgrade)):
        before = process.memory_info().rss
        with connected(server, b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n%bX: " % (path, more)) as it:
            block = b"x" * 65_536
            try:
                for start in range(0, size, len(block)):
                    it.sendall(block[: size - start])
                it.sendall(b"\r\n\r\n")
            except OSError:
                assert size > 1024 * 1024  # else it was all taken, and answered
                continue
            assert it.recv(12) == b"HTTP/1.1 431"
        assert process.memory_info().rss - before < 16 * 1024 * 1024
    assert is_well(server)


def test_a_head_that_is_long_for_a_socket_is_431(server: Cartwatch) -> None:
    """What its handshake can carry is less than that of a request."""
    many = b"".join(b"X-%d: y\r\n" % number for number in range(200))
    for more in (b"X: " + b"y" * 10_000 + b"\r\n", many):
        head = b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
        head += b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" + more + b"\r\n"
        with connected(server, head) as client:
            assert answer(client) == (431, "head_too_large")


def test_an_address_that_is_too_long_is_414(server: Cartwatch) -> None:
    """And one that is long and fits is looked at."""
    for path in ("/api/carts/", "/api/carts?search=", "/nothing/"):
        assert server.call("GET", path + "x" * 20_000).status == 414
    assert server.call("GET", "/api/carts/" + "x" * 10_000).status == 404


@pytest.mark.parametrize(
    "said",
    [b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET /\xff HTTP/1.1\r\n\r\n"],
)
def test_what_is_no_request_is_refused_in_words(server: Cartwatch, said: bytes) -> None:
    """And writes nothing to the terminal: anybody can send it, as often as they like."""
    before = server.errors()
    with connected(server, said) as client:
        assert answer(client) == (400, "bad_request")
    assert server.errors() == before


def test_a_client_that_takes_nothing_of_its_answer_is_left(server: Cartwatch) -> None:
    """Its request is not answered for ever."""
    process = psutil.Process(server.pid)
    lines = b"".join(
        b'{"user_id": "%d-%b", "type": "order", "order_id": 1}\n' % (number, b"x" * 200)
        for number in range(30_000)
    )
    server.upload_in(server.upload(lines), "done")
    assert server.call("GET", "/api/carts.jsonl").status == 200
    with connected(server, asked(b"GET /api/carts.jsonl HTTP/1.1")) as client:
        assert client.recv(10, socket.MSG_PEEK)
        place = client.getsockname()
        until(lambda: place not in {each.raddr for each in process.net_connections()})


def test_after_any_crowd_a_server_with_few_files_answers(tmp_path: Path) -> None:
    """Idle connections make room for others, and busy ones leave some to ask how it is."""
    program = "tests.faults.hurried"
    few = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Cartwatch(tmp_path / "data", program=program) as server:
        server.settled()
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (FEW_FILES, few[1]))
        for said in (b"", b"GET / HTTP/1.1\r\n", asked(BODIES[3]), asked(BODIES[0])):
            with ExitStack() as clients:
                for _ in range(2 * FEW_FILES):
                    try:
                        clients.enter_context(connected(server, said))
                    except OSError:
                        continue  # it was refused at once
                assert server.call("GET", "/livez").status == 200
            until(lambda: is_well(server))
        assert "Traceback" not in server.errors()
        server.stop()


def test_how_few_connections_there_may_be_is_told_at_the_start(tmp_path: Path) -> None:
    """Where the system allows so few files that people would be refused for it."""
    command = (
        f"ulimit -n {FEW_FILES} && exec {sys.executable} -m web --port 0 --data {tmp_path}/data"
    )
    with Popen(["sh", "-c", command], stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Cartwatch is live at ")
        process.terminate()
        _, told = process.communicate(timeout=10)
    assert re.search(r"At most \d{1,3} connections: the system allows no more open files", told)
