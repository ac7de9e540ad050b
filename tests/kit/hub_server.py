"""A hub to publish to: the real socket and committer on a real server, before a played view."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from dataflow.messages import Busy, decode_messages
from dataflow.messages import Message as FlowMessage
from web.flow.publish import PublishPoint
from web.view.committer import Committer
from web.view.outcome import Outcome

WITHIN_S = 20


class HubServer:
    """Keeps what was committed; commits only while ``open``; cuts sockets as it is told."""

    def __init__(self) -> None:
        self.commits: list[list[FlowMessage]] = []
        self.open = threading.Event()
        self.open.set()
        self.cut_after: list[int] = []
        self.connections = 0
        self.committer = Committer(self._commit, self._committed)
        self.point = PublishPoint(lambda: self.committer)
        self.url = ""

    @property
    def everything(self) -> list[FlowMessage]:
        return [message for commit in self.commits for message in commit]

    @property
    def messages(self) -> list[FlowMessage]:
        """What was committed, but for how long it took the flow."""
        return [message for message in self.everything if not isinstance(message, Busy)]

    async def _commit(self, batches: list[bytes]) -> Outcome:
        await asyncio.to_thread(self.open.wait, WITHIN_S)
        self.commits.append([each for batch in batches for each in decode_messages(batch)])
        return Outcome({}, {}, {})

    async def _committed(self, _: Outcome) -> None:
        return

    async def _serve(self, websocket: WebSocket) -> None:
        self.connections += 1
        await self.point.serve(websocket)

    def app(self) -> ASGIApp:
        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            task = asyncio.create_task(self.committer.run())
            yield
            task.cancel()

        app = Starlette(routes=[WebSocketRoute("/ws/publish", self._serve)], lifespan=lifespan)
        return self._cutting(app)

    def _cutting(self, app: ASGIApp) -> ASGIApp:
        async def cutting(scope: Scope, receive: Receive, send: Send) -> None:
            left = self.cut_after.pop(0) if scope["type"] == "websocket" and self.cut_after else -1

            async def receive_some() -> Message:
                nonlocal left
                message = await receive()
                left -= 1
                return {"type": "websocket.disconnect", "code": 1006} if left == -1 else message

            await app(scope, receive if left < 0 else receive_some, send)

        return cutting


@contextmanager
def hub_server() -> Iterator[HubServer]:
    """Run a hub on any free port, in a thread of its own."""
    hub = HubServer()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hub.url = f"ws://127.0.0.1:{listening.getsockname()[1]}/ws/publish"
        server = uvicorn.Server(
            uvicorn.Config(
                hub.app(),
                ws="websockets-sansio",
                log_level="critical",
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=1,
            )
        )
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield hub
        finally:
            hub.open.set()
            server.should_exit = True
            thread.join(WITHIN_S)
