"""Sockets whose other end is gone without a word, or takes nothing: found by their silence."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.sync.client import connect

from tests.kit.running import Cartwatch, until
from web.http.sockets import PING_EVERY_S, PONG_WITHIN_S

HANDSHAKE = (
    "GET /ws{} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server that pings often."""
    folder = tmp_path_factory.mktemp("gone") / "data"
    with Cartwatch(folder, program="tests.faults.hurried") as server:
        server.settled()
        yield server
        assert "Traceback" not in server.errors()
        server.stop()


@contextmanager
def mute(server: Cartwatch, query: str = "") -> Iterator[socket.socket]:
    """Open a browser's socket that answers no ping."""
    place = urlsplit(server.url)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(20)
    with client:
        client.connect((place.hostname, place.port))
        client.sendall(HANDSHAKE.format(query).encode())
        assert client.recv(12) == b"HTTP/1.1 101"
        yield client


def viewers(server: Cartwatch) -> int:
    return int(server.get("/api/stats")["viewers"])


def test_a_browser_that_is_gone_is_let_go_with_a_reason(server: Cartwatch) -> None:
    """It may come back to its end of the connection; meanwhile nobody counts it."""
    heard = b""
    with mute(server) as client:
        until(lambda: viewers(server) == 0)
        while block := client.recv(65_536):
            heard += block
    assert (1011).to_bytes(2, "big") + b"keepalive ping timeout" in heard
    assert PING_EVERY_S + PONG_WITHIN_S <= 60


def test_a_browser_that_takes_nothing_is_left_in_the_end(server: Cartwatch) -> None:
    """Its connection, too, however much waits in it; and nobody else waits for it."""
    lines = (
        json.dumps({"user_id": f"{number:03}-{'x' * 200}", "type": "order", "order_id": order})
        for order in range(60)
        for number in range(50)
    )
    upload = server.upload("\n".join(lines).encode(), rate=1_000)
    process = psutil.Process(server.pid)
    url = server.url.replace("http", "ws") + "/ws"
    with mute(server) as slow, connect(url, proxy=None, max_size=None) as quick:
        place = slow.getsockname()
        while json.loads(quick.recv(20)).get("stats", {}).get("events") != 3_000:
            pass
        server.upload_in(upload, "done")
        until(lambda: place not in {each.raddr for each in process.net_connections()})
        until(lambda: viewers(server) == 1)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x81\0\0\0\0\xff", 1007),  # no text
        (b"\x01\x81\0\0\0\0\xc3\x80\x81\0\0\0\0\xff", 1007),  # nor together
        (b"\x83\x80\0\0\0\0", 1002),  # no kind of frame
        (b"\x81\x01a", 1002),  # not masked
        (b"\x81\xff\x7f" + b"\xff" * 11, 1009),  # larger than there are
    ],
)
def test_what_is_no_frame_is_answered_by_a_code_and_by_nothing_else(
    server: Cartwatch, frame: bytes, code: int
) -> None:
    """The socket says why it closes; the terminal is not for whoever sends such a thing."""
    heard = b""
    with mute(server) as client:
        client.sendall(frame)
        while block := client.recv(65_536):
            heard += block
    assert code.to_bytes(2, "big") in heard
    assert "Traceback" not in server.errors()
    assert "Invalid UTF-8" not in server.errors()
