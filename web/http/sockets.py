"""Sockets of browsers and flows, on their wire: what is refused, what waits, and who is gone."""

import socket
from asyncio import BaseTransport
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from typing_extensions import override
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from web.errors import bad_request
from web.http.raw import Stalling, whole_answer
from web.live.socket import OUTLET

PING_EVERY_S: Final = 20.0
PONG_WITHIN_S: Final = 40.0
"""A socket whose other end is gone is found within a minute, and so is one that reads nothing: what
waits for it stands before the ping."""

SENDING_BYTES: Final = 64 * 1024
"""What the system may keep of what a socket is sent."""

_VERSION: Final = 13


class Socket(Stalling, WebSocketsSansIOProtocol):
    """One socket of a browser or a flow, and the outlet that a hub writes to.

    What the system keeps for it is little: so a slow one answers pings in time, and is not taken
    for one that is gone.
    """

    cleared: Callable[[], object] | None = None

    @override
    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENDING_BYTES)
        self.transport.set_write_buffer_limits(high=1, low=0)  # whatever waits is told of

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            self._refuse("this is no request for a socket")  # which uvicorn leaves unanswered

    @override
    def handle_connect(self, event: Request) -> None:
        answer = self.conn.accept(event)
        if answer.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            self._refuse("a socket is asked for by GET, with Sec-WebSocket-Version 13 and a key")
            return
        super().handle_connect(event)
        self.scope["state"][OUTLET] = self

    def _refuse(self, words: str) -> None:
        self.handshake_initiated = self.handshake_complete = self.close_sent = True
        self.transport.write(whole_answer(bad_request(words), f"sec-websocket-version: {_VERSION}"))
        self.transport.close()

    @property
    def is_clear(self) -> bool:
        """Whether it has sent all that it was given, and would send more."""
        return self.writable.is_set() and not self.close_sent and not self.transport.is_closing()

    def put(self, messages: bytes) -> None:
        """Send messages that are encoded already; where it is clear, and nothing else.

        They go by uvicorn's protocol, which has nothing to add to what a server sends whole.
        """
        self.transport.write(messages)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.cleared = None
        self.resume_writing()
        super().connection_lost(exc)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self.cleared is not None and self.is_clear:
            self.cleared()

    @override
    def keepalive_timeout(self) -> None:
        """Close it with a reason: it is gone, or has read nothing for a minute."""
        super().keepalive_timeout()
        # uvicorn tells the application only when all that was sent is taken, which may be never.
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1011, "reason": "silent"})
