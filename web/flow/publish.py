"""``/ws/publish``: the socket at which the flow's sink hands its messages in.

It stands at an address of its own on loopback, whatever the server listens on for others; where
workers are on other machines, also among what is there for others, for these alone. It is open to
flows only, by a secret that is made anew for every start. Each worker of a flow publishes
by a socket of its own. Of two publishers of one worker the newer wins and the older is closed. It
goes on behind what was received; between two executions lies a commit: so the view never meets a
message and its repeat in one transaction.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from dataflow.messages import Committed, Welcome, encode_answer
from dataflow.pieces import Assembly, PieceError
from web.tasks import first_of

_POLICY: Final = 1008
_TOO_BIG: Final = 1009


class Batches(Protocol):
    """Where batches go to become durable."""

    async def put(self, acknowledge: Callable[[int], None], number: int, batch: bytes) -> None:
        """Take a batch, or wait until there is room; ``acknowledge`` hears when it is durable."""


class Publication:
    """What one worker of an execution has published: received, and durable, by how many sockets.

    Its batches are numbered from 1. Of its sockets the newest counts.
    """

    def __init__(self, batches: Callable[[], Batches]) -> None:
        self._batches = batches
        self._socket: WebSocket | None = None
        self.received = 0
        self._committed = 0
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()

    async def serve(self, websocket: WebSocket) -> None:
        """Take what comes by a socket until it goes or a newer one comes."""
        async with self._turn:  # so what the one before brought is received or never was
            await self.close("a newer publisher has come")
            self._socket = websocket
            news = self._news = asyncio.Event()
            try:
                await websocket.send_bytes(encode_answer(Welcome(self.received)))
            except (WebSocketDisconnect, RuntimeError):
                return  # it went while the batch before it waited for room
        news.set()
        try:
            await first_of(self._receive(websocket), self._send_acknowledgements(websocket, news))
        except WebSocketDisconnect:
            pass
        finally:
            if self._socket is websocket:
                self._socket = None

    async def close(self, why: str) -> None:
        """Close the socket, if there is one."""
        socket, self._socket = self._socket, None
        if socket is not None:
            with suppress(WebSocketDisconnect, RuntimeError):
                await socket.close(_POLICY, why)

    async def _receive(self, websocket: WebSocket) -> None:
        assembly = Assembly()
        while self._socket is websocket:  # else it was closed from this end
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                batch = assembly.take(message.get("bytes") or b"")
            except PieceError as error:
                await websocket.close(_TOO_BIG, str(error))
                return
            if batch is None:
                continue
            async with self._turn:
                if self._socket is not websocket:
                    return
                number = self.received + 1
                await self._batches().put(self._acknowledge, number, batch)
                self.received = number  # only now: what is cut short before is sent again

    def _acknowledge(self, batch: int) -> None:
        """Say that every batch up to this one is durable; sent as soon as a socket takes it."""
        self._committed = batch
        self._news.set()

    async def _send_acknowledgements(self, websocket: WebSocket, news: asyncio.Event) -> None:
        """Send what was acknowledged, the newest only, until cancelled or closed."""
        try:
            while True:
                await news.wait()
                news.clear()
                await websocket.send_bytes(encode_answer(Committed(self._committed)))
        except (WebSocketDisconnect, RuntimeError):
            return  # the receiving end hears of it too, and ends the connection


class PublishPoint:
    """Where flows publish: knows the newest execution and what it has received of its workers."""

    def __init__(self, batches: Callable[[], Batches]) -> None:
        self._batches = batches
        self._workers: dict[str, Publication] = {}
        self._execution = 0
        self._here = 1
        self.secret = ""

    @property
    def received(self) -> int:
        """Count the batches of the newest execution that were received."""
        return sum(each.received for each in self._workers.values())

    def expect(self, execution: int, workers: int = 1, here: int | None = None) -> str:
        """Make the secret of a new execution; nothing older can publish from now on.

        The first so many of its ``workers`` are ``here``, the others elsewhere; without a number
        all are here.
        """
        self._here = workers if here is None else here
        self.secret = secrets.token_urlsafe(32)
        self._execution = execution
        self._workers = {str(worker): Publication(self._batches) for worker in range(workers)}
        return self.secret

    async def shut(self) -> None:
        """Close the publishers that there are, and refuse others until some are expected."""
        self.secret = ""
        for worker in self._workers.values():
            await worker.close("the flow is being restarted")

    async def serve(self, websocket: WebSocket, *, elsewhere: bool = False) -> None:
        """Take one publisher's messages until it goes or a newer one of its worker comes.

        Who comes from ``elsewhere`` can only be a worker that is not here.
        """
        name = websocket.query_params.get("worker", "0")
        worker = self._workers.get(name)
        is_misplaced = elsewhere and (worker is None or int(name) < self._here)
        if worker is None or is_misplaced or not self._is_authorised(websocket):
            await websocket.close(_POLICY)
            return
        await websocket.accept()
        await worker.serve(websocket)

    def _is_authorised(self, websocket: WebSocket) -> bool:
        given = websocket.headers.get("authorization", "")
        known = bool(self.secret) and secrets.compare_digest(
            given.encode(), f"Bearer {self.secret}".encode()
        )
        return known and websocket.query_params.get("execution") == str(self._execution)
