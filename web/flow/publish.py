"""``/ws/publish``: the socket at which the flow's sink hands its messages in.

It stands at an address of its own on loopback, whatever the server listens on for others, and is
open to flows only, by a secret that is made anew for every start. Of two publishers the one with
the newer execution wins and the older is closed; between two of them lies a commit, so that the
view never meets a message and its repeat in one transaction.
"""

import asyncio
import secrets
from collections.abc import Callable
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

    async def drain(self) -> None:
        """Wait until all that was taken is durable."""


class Publisher:
    """One connection of a flow's sink."""

    def __init__(self, websocket: WebSocket, execution: int) -> None:
        self.execution = execution
        self._websocket = websocket
        self._committed = 0
        self._news = asyncio.Event()

    def acknowledge(self, batch: int) -> None:
        """Say that every batch up to this one is durable; sent as soon as the socket takes it."""
        self._committed = batch
        self._news.set()

    async def send_acknowledgements(self) -> None:
        """Send what was acknowledged, the newest only, until cancelled or closed."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                await self._websocket.send_bytes(encode_answer(Committed(self._committed)))
        except (WebSocketDisconnect, RuntimeError):
            return  # the receiving end hears of it too, and ends the connection

    async def close(self, why: str) -> None:
        """Close the socket: another publisher has come."""
        try:
            await self._websocket.close(_POLICY, why)
        except (WebSocketDisconnect, RuntimeError):
            return


class PublishPoint:
    """Where flows publish: knows the newest execution and what it has received of it."""

    def __init__(self, batches: Callable[[], Batches]) -> None:
        self._batches = batches
        self._publisher: Publisher | None = None
        self._execution = 0
        self._received = 0
        self._turn = asyncio.Lock()
        self.secret = ""

    @property
    def received(self) -> int:
        """Count the batches of the newest execution that were received."""
        return self._received

    def expect(self, execution: int) -> str:
        """Make the secret of a new execution; nothing older can publish from now on."""
        self.secret = secrets.token_urlsafe(32)
        self._execution, self._received = execution, 0
        return self.secret

    async def shut(self) -> None:
        """Close the publisher, if there is one, and refuse others until one is expected."""
        self.secret = ""
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            await publisher.close("the flow is being restarted")

    async def serve(self, websocket: WebSocket) -> None:
        """Take one publisher's messages until it goes or a newer one comes."""
        if not self._is_authorised(websocket):
            await websocket.close(_POLICY)
            return
        await websocket.accept()
        async with self._turn:
            older, self._publisher = self._publisher, Publisher(websocket, self._execution)
            publisher = self._publisher
            if older is not None:
                await older.close("a newer publisher has come")
            await self._batches().drain()
            try:
                await websocket.send_bytes(encode_answer(Welcome(self._received)))
            except (WebSocketDisconnect, RuntimeError):
                return  # it went while the commit before it took its time
        publisher.acknowledge(self._received)
        try:
            await first_of(self._receive(websocket, publisher), publisher.send_acknowledgements())
        except WebSocketDisconnect:
            pass
        finally:
            if self._publisher is publisher:
                self._publisher = None

    async def _receive(self, websocket: WebSocket, publisher: Publisher) -> None:
        assembly = Assembly()
        while self._publisher is publisher:  # else its socket was closed from this end
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
                if self._publisher is not publisher:
                    return
                number = self._received + 1
                await self._batches().put(publisher.acknowledge, number, batch)
                self._received = number  # only now: what is cut short before is sent again

    def _is_authorised(self, websocket: WebSocket) -> bool:
        given = websocket.headers.get("authorization", "")
        known = bool(self.secret) and secrets.compare_digest(
            given.encode(), f"Bearer {self.secret}".encode()
        )
        return known and websocket.query_params.get("execution") == str(self._execution)
