"""Requests as odd clients send them: each is answered at once, as HTTP has it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.kit.running import Cartwatch, until

LINE = b'{"user_id": "a", "type": "order", "order_id": %d}\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    with Cartwatch(tmp_path_factory.mktemp("odd") / "data") as server:
        server.settled()
        yield server


def place(server: Cartwatch) -> tuple[str, int]:
    parts = urlsplit(server.url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def ask(server: Cartwatch, *pieces: bytes, within: float = 10.0) -> bytes:
    """Send pieces over one connection, and read until it is closed or silent."""
    with socket.create_connection(place(server), timeout=within) as connection:
        for piece in pieces:
            connection.sendall(piece)
        answer = b""
        while block := connection.recv(65536):
            answer += block
    return answer


UPGRADE = (
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA\r\n"
)


@pytest.mark.parametrize("split", [0, 1, 40, 130])
def test_who_would_rather_speak_http_2_is_answered_in_http_1(server: Cartwatch, split: int) -> None:
    """As ``curl --http2`` and Java's client ask: with the body right behind, which is read."""
    before = server.settled()["events"]
    body = LINE % split
    head = b"POST /api/events HTTP/1.1\r\nHost: localhost\r\n%bContent-Length: %d\r\n\r\n" % (
        UPGRADE,
        len(body),
    )
    second = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    request = head + body
    answer = ask(server, request[:split], request[split:], second)
    assert answer.startswith(b"HTTP/1.1 202 "), answer
    assert answer.count(b"HTTP/1.1 200 ") == 1, "the connection goes on"
    assert until(lambda: server.get("/api/stats")["events"] == before + 1)


def test_an_upgrade_without_a_body_is_passed_over_too(server: Cartwatch) -> None:
    """The page, as a client of the kind asks for it."""
    request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n%b\r\n" % UPGRADE
    close = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert ask(server, request, request, close).count(b"HTTP/1.1 200 ") == 3


@pytest.mark.parametrize("path", ["/api/events", "/api/uploads?name=f"])
def test_a_chunk_without_a_size_is_refused_at_once(server: Cartwatch, path: str) -> None:
    """Nobody waits half a minute for the rest of a body that can have none."""
    head = b"POST %b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = ask(server, head % path.encode(), b"5\r\nFAIL\n\r\n", b"zz\r\nx\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert b"the size of a chunk" in answer
    assert server.call("GET", "/livez").status == 200


def test_a_request_has_one_host(server: Cartwatch) -> None:
    """Of two, another reader on the way may have believed the other."""
    answer = ask(
        server,
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: elsewhere\r\nConnection: close\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/carts?limit=1&limit=2"),
        ("GET", "/api/skipped?reason=too_long&reason=too_long"),
        ("GET", "/api/completed?cursor=1&cursor=2"),
        ("POST", "/api/uploads?name=f&rate=1&rate=2"),
    ],
)
def test_a_parameter_is_given_once(server: Cartwatch, method: str, path: str) -> None:
    """Which of two is meant, nobody knows: neither is taken."""
    answer = server.call(method, path, LINE % 7 if method == "POST" else None)
    assert answer.status == 400
    assert "given more than once" in answer.json()["error"]["message"]


def test_pages_that_nobody_waits_for_hold_nobody_up(server: Cartwatch, tmp_path: Path) -> None:
    """Each is rendered in its turn and only where its client is still there."""
    clients = [socket.create_connection(place(server)) for _ in range(150)]
    for client in clients:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for client in clients:
        client.close()
    assert server.call("GET", "/livez").status == 200
    with socket.create_connection(place(server), timeout=2) as alive:
        alive.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert alive.recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_broken_form_is_told_to_who_sent_it_and_to_nobody_else(server: Cartwatch) -> None:
    """The terminal is not where a stranger's mistakes are shown."""
    answer = server.call(
        "POST",
        "/api/uploads?name=f",
        b"--x\nnothing of the kind",
        {"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status == 400
    assert server.errors() == ""


SOCKET = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%b\r\n%b"
)


@pytest.mark.parametrize(
    "request_",
    [
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
        b"CONNECT x:1 HTTP/1.0\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n" + b"a: b\r\n" * 2_000 + b"\r\n",
        SOCKET % (b"Content-Length: 20\r\n", b"0" * 20),
        SOCKET % (b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
        (SOCKET % (b"", b"")).replace(b"Version: 13", b"Version: 12"),
        (SOCKET % (b"", b"")).replace(b"Sec-WebSocket-Key", b"X"),
        (SOCKET % (b"", b"")).replace(b"AAAA==", b"!"),
        (SOCKET % (b"", b"")).replace(b"GET /ws", b"POST /api/events"),
    ],
)
def test_who_asks_for_what_nobody_is_here_is_refused_once(
    server: Cartwatch, request_: bytes
) -> None:
    """A proxy, a socket by no handshake: in JSON, at once; behind another request, in some way."""
    answer = ask(server, request_)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.endswith(b'"}}')
    assert ask(server, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" + request_)
    assert server.errors() == ""


def test_an_open_handshake_is_no_error_at_the_end(tmp_path: Path) -> None:
    """The server ends in good order, whatever is half open."""
    with Cartwatch(tmp_path / "data") as server:
        server.settled()
        with ExitStack() as clients:
            for begun in (
                SOCKET % (b"", b""),
                SOCKET[:60],
                SOCKET % (b"Content-Length: 9\r\n", b"0"),
            ):
                client = clients.enter_context(socket.create_connection(place(server), timeout=10))
                client.sendall(begun)
            server.stop()
            assert server.errors() == ""
