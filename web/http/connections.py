"""Connections before they are requests: how many, for how long, and how much of a head.

uvicorn bounds none of these. A connection that is not being served – idle, or in the middle of a
head – has half a minute; one whose client takes nothing has a few; and where there are as many as
there may be, the one that has been idle for longest makes room.
"""

import asyncio
import logging
import resource
from collections.abc import Iterator
from typing import Final

import httptools
from starlette.types import Scope
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.http11 import MAX_LINE_LENGTH, MAX_NUM_HEADERS

from web.errors import APIError, bad_request
from web.http.arrivals import WAITING_ROOM, WaitingRoom
from web.http.handshakes import MAX_HANDSHAKES
from web.http.head import MAX_HEAD_BYTES, too_long_head
from web.http.raw import Stalling, whole_answer

HEAD_S: Final = 30.0
"""How long a connection may be without a whole request."""

ENDING_S: Final = 1.5
"""How long a request may go on when the server is being ended."""

LINGER_S: Final = 2.0
"""How long a refused client may go on to send: a reset at once would take the refusal from it."""

MAX_CONNECTIONS: Final = 32_768
"""Far more than there may be viewers; what the system allows is mostly less."""

SPARE: Final = 16
"""How many more are let in when all are busy, to ask whether the server is alive."""

_OWN_FILES: Final = 96 + MAX_HANDSHAKES
"""What the server keeps open beside connections: data, uploads, exports, the flow."""

_AROUND: Final = 64
"""What stands around an address or a header in a line of the head, at the most."""

_MANY: Final = 1_000
"""With fewer connections than these it is said that more files should be allowed."""

_CONNECT: Final = "CONNECT"
_OF_BODIES: Final = (b"content-length", b"transfer-encoding")
_IS_SPARE: Final = "is_spare"
_log = logging.getLogger(__name__)


def raise_file_limit() -> None:
    """Let this process have as many files as it may, up to what all connections need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + SPARE + _OWN_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    most = most_connections()
    level = logging.INFO if most >= _MANY else logging.WARNING
    _log.log(level, "At most %d connections: the system allows no more open files.", most)


def most_connections() -> int:
    """Tell how many connections there may be, so that files are left for all the rest."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(SPARE, min(MAX_CONNECTIONS, soft - SPARE - _OWN_FILES))


def is_spare(scope: Scope) -> bool:
    """Whether a request came by a connection beyond those that there may be."""
    return bool(scope.get("state", {}).get(_IS_SPARE, False))


class HTTPConnection(Stalling, HttpToolsProtocol):
    """One connection of a client, whatever it sends."""

    has_waited = False
    """Whether it has had its turn as one that asks for a socket."""

    _deadline: asyncio.TimerHandle | None = None
    _is_spare = False
    _is_refused = False
    _is_in_head = False
    _is_for_us = False  # though it asks for another protocol
    _head_bytes = 0
    url = b""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        most = most_connections() - len(self._waiting_room)
        if len(self.connections) >= most:
            self._make_room()
            self._is_spare = len(self.connections) >= most
        if len(self.connections) >= most + SPARE:
            transport.abort()
            return
        super().connection_made(transport)
        self._wait()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self.transport is not None:  # else it was one too many, and never began
            self.resume_writing()
            super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_refused or self.transport is None:
            return
        was_in_head = self._is_in_head
        self._read(data)
        if was_in_head and self._is_in_head:  # else the end of a body may be among it
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(too_long_head())

    def _read(self, data: bytes) -> None:
        """Feed the parser as uvicorn does, but for what asks for another protocol than ours."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.send_400_response("")
        except httptools.HttpParserUpgrade as upgrade:
            if not self._is_for_us:
                self.handle_websocket_upgrade()
            elif self.scope["method"] == _CONNECT:  # which asks for it by nothing but its name
                self._refuse(bad_request("CONNECT asks for a proxy, and this server is none"))
            else:
                self._read_again(data[upgrade.args[0] :])

    def _read_again(self, rest: bytes) -> None:
        """Read a request as if it did not ask for a protocol that there is not.

        So HTTP says, and so ask ``curl --http2`` and others with every body: which the parser
        takes for words of that protocol.
        """
        asked = (b"upgrade", b"connection", b"http2-settings")
        head = [b"%b %b HTTP/1.1\r\n" % (self.scope["method"].encode(), self.url)]
        head += [b"%b: %b\r\n" % each for each in self.headers if each[0] not in asked]
        self._is_for_us = False
        self.parser = httptools.HttpRequestParser(self)
        self._read(b"".join(head) + b"\r\n" + rest)

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0
        if self.is_idle:
            self._wait()
        if self._is_spare:
            self.scope["state"][_IS_SPARE] = True

    @override
    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._stop_waiting()
        self._is_for_us = self.parser.should_upgrade() and not self._should_upgrade()
        if self._is_for_us:
            self.scope["method"] = self.parser.get_method().decode("ascii")
            return
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        if not self._is_for_us:
            super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:  # else the next one of several is being served
            self._wait()

    @override
    def handle_websocket_upgrade(self) -> None:
        if self._is_spare:
            self._refuse(APIError(503, "busy", "too many connections at once: try again later"))
            return
        if any(name in _OF_BODIES and value != b"0" for name, value in self.headers):
            self._refuse(bad_request("what asks for a socket has no body"))
            return
        lines = [self.url, *(name + value for name, value in self.headers)]
        if len(lines) > MAX_NUM_HEADERS or max(map(len, lines)) > MAX_LINE_LENGTH - _AROUND:
            self._refuse(too_long_head())  # its own reader would break over it
            return
        if self.has_waited:
            super().handle_websocket_upgrade()
            return
        self.transport.pause_reading()
        self._waiting_room.turnstile.enter(self._upgrade)

    def _upgrade(self) -> None:
        """Become a socket, if it is still there when its turn has come."""
        if not self.transport.is_closing():
            self.transport.resume_reading()
            super().handle_websocket_upgrade()

    @override
    def send_400_response(self, msg: str) -> None:
        words = "this is no request in HTTP/1.1"
        if self._is_in_body:
            words = "the body is not sent as HTTP/1.1 has it: the size of a chunk is none"
        if not self.url.isascii():
            words = "what is not ASCII in an address is written as % and two hexadecimal digits"
        self._refuse(bad_request(words))

    @override
    def shutdown(self) -> None:
        super().shutdown()
        # Else uvicorn cancels what is left in the end, and each is an error in its log.
        self.loop.call_later(ENDING_S, self.transport.abort)

    @property
    def _waiting_room(self) -> WaitingRoom:
        room: WaitingRoom = self.app_state[WAITING_ROOM]
        return room

    @property
    def is_idle(self) -> bool:
        """Whether no request of it is being served."""
        return self._deadline is not None

    @property
    def _is_in_body(self) -> bool:
        """Whether the end of a body is still to come, and nothing was answered yet."""
        return self.cycle is not None and self.cycle.more_body and not self.cycle.response_started

    @property
    def idle_since(self) -> float:
        """When it became idle, by the loop's clock; a whole request makes it busy."""
        return 0.0 if self._deadline is None else self._deadline.when()

    def _make_room(self) -> None:
        """End the connection that has been idle for longest, if there is one."""
        idle = min(self._idle(), key=lambda each: each.idle_since, default=None)
        if idle is not None:
            idle.transport.abort()
            self.connections.discard(idle)

    def _idle(self) -> Iterator["HTTPConnection"]:
        for each in self.connections:
            if isinstance(each, HTTPConnection) and each.is_idle:
                yield each

    def _wait(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(HEAD_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self._is_in_head:
            words = f"the head of the request was not whole within {HEAD_S:.0f} s"
            self._refuse(APIError(408, "too_slow", words))
        else:
            self._leave()

    def _refuse(self, error: APIError) -> None:
        """Answer what is no request, and read on for a moment without a look at it."""
        is_in_body = self._is_in_body
        self._is_refused, self._is_in_head = True, False
        self._unset_keepalive_if_required()
        if is_in_body and not self.pipeline:
            self.cycle.disconnected = True  # what waits for the rest of it is let go
            self.cycle.message_event.set()
        elif self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False  # the request before it is answered yet
            return
        self.transport.write(whole_answer(error))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._stop_waiting()
        self._deadline = self.loop.call_later(LINGER_S, self._leave)

    def _leave(self) -> None:
        self.transport.close()
        self._deadline = self.loop.call_later(LINGER_S, self.transport.abort)
