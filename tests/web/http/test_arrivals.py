"""Arrivals: who asks for a socket waits for the turn of it, and requests pass by."""

from __future__ import annotations

import asyncio
import resource
import select
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvloop
from typing_extensions import override

from web.http.arrivals import Arrivals, WaitingRoom
from web.http.turnstile import AT_ONCE, Turnstile

WITHIN_S = 20.0
NO_MORE_FILES = 3
REQUEST = b"GET /livez HTTP/1.1\r\nHost: here\r\n\r\n"
SOCKET = b"GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n\r\n"


class Answering(asyncio.Protocol):
    """Says who it is as soon as it hears something."""

    def __init__(self, name: bytes) -> None:
        self._name = name

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._transport.write(self._name)
        self._transport.close()


class Keeping:
    """An entry that keeps who comes."""

    at_once = 1

    def __init__(self) -> None:
        self.taken: list[socket.socket] = []

    def take(self, connection: socket.socket) -> None:
        self.taken.append(connection)


class Server:
    """Arrivals and a waiting room of so many places, and clients of them."""

    def __init__(self, places: int) -> None:
        self._turns: list[Callable[[], None]] = []
        self._clients: list[socket.socket] = []
        self.room = WaitingRoom(
            Turnstile(lambda _, call: self._turns.append(call)),
            lambda: Answering(b"at once"),
            lambda: Answering(b"in its turn"),
            lambda: len(self.room) >= places,
        )
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.arrivals = Arrivals([self._listening], self.room)

    def turn(self) -> None:
        turns, self._turns = self._turns, []
        for each in turns:
            each()

    def client(self) -> socket.socket:
        client = socket.socket()
        client.settimeout(WITHIN_S)
        self._clients.append(client)
        return client

    async def said(self, said: bytes) -> socket.socket:
        """Connect, and say something before anybody looks."""
        client = self.client()
        client.connect(self._listening.getsockname())
        client.sendall(said)
        return client

    def call(self, client: socket.socket) -> None:
        client.connect(self._listening.getsockname())

    def close(self) -> None:
        for each in (self._listening, *self._clients):
            each.close()


async def heard(client: socket.socket) -> bytes:
    """Read until the connection ends."""
    told = b""
    while more := await asyncio.to_thread(client.recv, 4_096):
        told += more
    return told


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.002)


@asynccontextmanager
async def serving(places: int = 1_000) -> AsyncIterator[Server]:
    server = Server(places)
    server.arrivals.begin()
    try:
        yield server
    finally:
        server.arrivals.end()
        await server.room.end()
        server.close()


def play(test: Coroutine[Any, Any, None]) -> None:
    """Run a test on the loop that the program has."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(test, WITHIN_S))


def test_requests_pass_by_those_who_ask_for_a_socket() -> None:
    """Who goes through by their turns, in the order in which they came."""

    async def test() -> None:
        async with serving() as server:
            asking = [await server.said(SOCKET) for _ in range(2 * AT_ONCE + 1)]
            await until(lambda: len(server.room) == AT_ONCE + 1)
            assert await heard(await server.said(REQUEST)) == b"at once"
            assert len(server.room) == AT_ONCE + 1
            server.turn()
            assert len(server.room) == 1
            for each in asking[: 2 * AT_ONCE]:
                assert await heard(each) == b"in its turn"
            server.turn()
            assert await heard(asking[-1]) == b"in its turn"
            assert len(server.room) == 0

    play(test())


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        (SOCKET, True),
        (SOCKET.replace(b"Upgrade: websocket", b"UPGRADE:\tWebSocket"), True),
        (b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nHost: here\r\n\r\n", True),
        (SOCKET[:-2], True),
        (REQUEST, False),
        (b"GET /?a=upgrade:websocket HTTP/1.1\r\nHost: here\r\n\r\n", False),
        (SOCKET.replace(b"websocket", b"h2c"), False),
        (b"\x16\x03\x01\r\nupgrade: websocket", False),
        (b"G", False),
    ],
)
def test_who_asks_for_a_socket_is_known_by_what_is_said_first(said: bytes, *, waits: bool) -> None:
    """Whoever is not known by it is known when the whole head is read."""

    async def test() -> None:
        async with serving() as server:
            for _ in range(AT_ONCE):
                await heard(await server.said(SOCKET))
            client = await server.said(said)
            if waits:
                await until(lambda: len(server.room) == 1)
                server.turn()
            assert await heard(client) == (b"in its turn" if waits else b"at once")

    play(test())


def test_who_says_nothing_keeps_nobody() -> None:
    """And is served when it speaks."""

    async def test() -> None:
        async with serving() as server:
            silent = await server.said(b"")
            assert await heard(await server.said(REQUEST)) == b"at once"
            silent.sendall(REQUEST)
            assert await heard(silent) == b"at once"

    play(test())


def test_who_says_nothing_for_long_is_taken_in() -> None:
    """After some seconds, so that it is bounded in time and in number as all are."""

    async def test() -> None:
        entry = Keeping()
        listening = socket.create_server(("127.0.0.1", 0))
        arrivals = Arrivals([listening], entry)
        arrivals.begin()
        with listening, socket.create_connection(listening.getsockname()):
            await until(lambda: len(entry.taken) == 1)
            arrivals.end()
            entry.taken[0].close()

    play(test())


def test_where_the_room_is_full_nobody_waits_in_it() -> None:
    """What becomes of a connection too many is not decided here."""

    async def test() -> None:
        async with serving(places=2) as server:
            for _ in range(AT_ONCE):
                await heard(await server.said(SOCKET))
            waiting = [await server.said(SOCKET) for _ in range(2)]
            await until(lambda: len(server.room) == 2)
            assert await heard(await server.said(SOCKET)) == b"at once"
            server.turn()
            for each in waiting:
                assert await heard(each) == b"in its turn"

    play(test())


def test_who_has_gone_takes_no_turn_of_others() -> None:
    """Nor does it leave anything behind."""

    async def test() -> None:
        async with serving() as server:
            for _ in range(AT_ONCE):
                await heard(await server.said(SOCKET))
            gone, there = await server.said(SOCKET), await server.said(SOCKET)
            await until(lambda: len(server.room) == 2)
            gone.close()
            server.turn()
            assert await heard(there) == b"in its turn"

    play(test())


def test_at_the_end_who_waits_is_let_go() -> None:
    """And a turn that comes later finds nobody."""

    async def test() -> None:
        async with serving() as server:
            asking = [await server.said(SOCKET) for _ in range(AT_ONCE + 1)]
            await until(lambda: len(server.room) == 1)
            server.arrivals.end()
            await server.room.end()
            with pytest.raises(ConnectionError):
                await heard(asking[-1])
            server.turn()
            assert len(server.room) == 0
            server.arrivals.begin()

    play(test())


def test_where_there_is_no_room_for_a_file_it_is_tried_again() -> None:
    """The system says so at each try, which is no reason to try without a pause, nor to end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def test() -> None:
        async with serving() as server:
            await heard(await server.said(REQUEST))
            client = server.client()
            resource.setrlimit(resource.RLIMIT_NOFILE, (NO_MORE_FILES, hard))
            try:
                server.call(client)
                client.sendall(REQUEST)
                began = time.thread_time()
                await asyncio.sleep(0.5)
                assert time.thread_time() - began < 0.1
                assert select.select([client], [], [], 0)[0] == []
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert await heard(client) == b"at once"

    play(test())
