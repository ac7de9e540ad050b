"""Handshakes: bounded in number and in time, before anybody else hears of a connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
import uvloop
from typing_extensions import override

from tests.kit.authority import Authority
from web.commands.admitting import read_given
from web.http import handshakes
from web.http.arrivals import Arrivals
from web.http.handshakes import Handshakes
from web.settings import Admission

FEW = 4
WITHIN_S = 20.0


class Echo(asyncio.Protocol):
    """Gives back what it hears."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


class Server:
    """Handshakes in front of an echo, and a client's way to it."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder)
        asked = Admission(tls_cert=authority.cert, tls_key=authority.key)
        tls = read_given(asked).tls
        assert tls is not None
        self._trust = authority.trust()
        self._clients: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.handshakes = Handshakes(tls, Echo)
        self.arrivals = Arrivals([self._listening], self.handshakes)

    async def end(self) -> None:
        self.arrivals.end()
        await self.handshakes.end()

    def close(self) -> None:
        for each in (self._listening, *self._clients):
            each.close()

    @property
    def under_way(self) -> int:
        return self.handshakes.statistics()["handshakes"]

    def connected(self, said: bytes = b"") -> socket.socket:
        """Connect without TLS, and say something or nothing."""
        client = socket.create_connection(self._listening.getsockname(), WITHIN_S)
        client.sendall(said)
        client.setblocking(False)
        self._clients.append(client)
        return client

    async def echo(self) -> bytes:
        """Connect under TLS, say something and hear it."""
        return await asyncio.to_thread(self._echo)

    def _echo(self) -> bytes:
        with (
            socket.create_connection(self._listening.getsockname(), WITHIN_S) as client,
            self._trust.wrap_socket(client, server_hostname="127.0.0.1") as secure,
        ):
            secure.sendall(b"hello")
            return secure.recv(5)


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Server]:
    server = Server(folder)
    server.arrivals.begin()
    try:
        yield server
    finally:
        await server.end()
        server.close()


async def end_of(client: socket.socket) -> bytes:
    """Read what is sent to a client until its connection ends, in whatever way."""
    loop, heard = asyncio.get_running_loop(), b""
    try:
        while data := await loop.sock_recv(client, 4_096):
            heard += data
    except ConnectionError:
        pass
    return heard


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshakes, "MAX_HANDSHAKES", FEW)


def play(test: Coroutine[Any, Any, None]) -> None:
    """Run a test on the loop that the program has."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(test, WITHIN_S))


def test_the_oldest_of_too_many_makes_room(tmp_path: Path) -> None:
    """Its connection ends, and the newest has its turn."""

    async def test() -> None:
        async with serving(tmp_path) as server:
            silent = [server.connected() for _ in range(3 * FEW)]
            assert await server.echo() == b"hello"
            for each in silent[: 2 * FEW]:
                assert await end_of(each) == b""
            assert server.under_way <= FEW

    play(test())


def test_one_that_says_nothing_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten seconds; here, sooner."""
    monkeypatch.setattr(handshakes, "WITHIN_S", 0.05)

    async def test() -> None:
        async with serving(tmp_path) as server:
            assert await end_of(server.connected()) == b""

    play(test())


def test_no_connection_leaves_anything_behind(tmp_path: Path) -> None:
    """Whether it came through, gave up, spoke something else or was shown the door."""
    process = psutil.Process()

    async def test() -> None:
        async with serving(tmp_path) as server:
            assert await server.echo() == b"hello"
            before = await settled(process.num_fds, server)
            for _ in range(3):
                assert await server.echo() == b"hello"
                for said in (b"GET / HTTP/1.1\r\n\r\n" * 100, b"\x16\x03\x01"):
                    with server.connected(said) as client:
                        client.shutdown(socket.SHUT_WR)
                        await end_of(client)
                for each in [server.connected() for _ in range(2 * FEW)]:
                    each.close()
            assert await settled(process.num_fds, server) <= before

    play(test())


async def settled(count: Callable[[], int], server: Server) -> int:
    """Wait until no handshake is under way and the loop has had its turns; then count."""
    turns = 0
    while turns < 20:
        turns = 0 if server.under_way else turns + 1
        await asyncio.to_thread(int)
    return count()


def test_at_the_end_nobody_is_taken_in(tmp_path: Path) -> None:
    """Who has not come through is let go."""

    async def test() -> None:
        async with serving(tmp_path) as server:
            client = server.connected(b"\x16\x03\x01")
            assert await server.echo() == b"hello"
            assert server.under_way == 1
            await server.end()
            assert await end_of(client) == b""
            assert server.under_way == 0

    play(test())
