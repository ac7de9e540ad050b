"""Very many browsers without a page: each takes its frames and notes when it saw which record."""

from __future__ import annotations

import asyncio
import json
import random
import time
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, cast
from urllib.parse import urlsplit

from typing_extensions import override

from tests.kit.frames import applied
from tests.kit.wire import Parser

_AT_ONCE: Final = 100
_FIRST_RETRY_S: Final = 0.4
_LAST_RETRY_S: Final = 5.0
_EVENTS: Final = b'"events":'


class Posted:
    """What was posted: up to which number of events, and when that began."""

    def __init__(self, before: int) -> None:
        self.events = [before]
        self.at = [0.0]

    def add(self, events: int) -> None:
        """Note that so many more are posted now."""
        self.events.append(self.events[-1] + events)
        self.at.append(time.monotonic())


class Viewer(asyncio.Protocol):
    """One browser at one window; one that ``reads`` nothing takes its handshake alone."""

    def __init__(self, posted: Posted, request: bytes, ended: Callable[[Viewer], None]) -> None:
        self.live = asyncio.Event()
        self.reads = True
        self.frames = 0
        self.bytes = 0
        self.delays = array("d")
        self.kept: list[bytes] | None = None
        self.events = -1
        self._ended = ended
        self._posted = posted
        self._request = request
        self._seen = 0
        self._parser: Parser | None = None
        self._head = b""
        self.transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self.transport.write(self._request)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._ended(self)

    @override
    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            head, found, data = (self._head + data).partition(b"\r\n\r\n")
            if not found:
                self._head = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._parser = Parser()
            if not self.reads and self.transport is not None:
                self.transport.pause_reading()
        self.bytes += len(data)
        for text in self._parser.texts(data):
            self._take(text)
        if self._parser.pings and self.transport is not None:
            self.transport.write(self._parser.pongs())

    def begin(self) -> None:
        """Forget what was measured."""
        self.frames = self.bytes = 0
        self.delays = array("d")
        self._seen = len(self._posted.events) - 1

    def _take(self, text: bytes) -> None:
        self.frames += 1
        self.live.set()
        if self.kept is not None:
            self.kept.append(text)
        at = text.rfind(_EVENTS)
        if at < 0:
            return
        begin = at + len(_EVENTS)
        events = int(text[begin : text.index(b",", begin)])
        assert events >= self.events, "no figure goes back"
        self.events = events
        posted, now = self._posted, time.monotonic()
        while self._seen + 1 < len(posted.events) and posted.events[self._seen + 1] <= events:
            self._seen += 1
            self.delays.append(now - posted.at[self._seen])


class Viewers:
    """Browsers that come together."""

    def __init__(self, url: str, posted: Posted) -> None:
        place = urlsplit(url)
        self.host, self.port = place.hostname or "", place.port or 0
        self.posted = posted
        self.all: list[Viewer] = []
        self.lost = 0

    async def join(self, queries: Sequence[str], *, reads: bool = True, keep: int = 0) -> None:
        """Let one come for each query; the frames of the first ``keep`` are kept."""
        turns = asyncio.Semaphore(_AT_ONCE)
        came = []

        async def one(number: int, query: str) -> None:
            async with turns:
                viewer = Viewer(self.posted, self._request(query), self._ended)
                viewer.reads = reads
                viewer.kept = [] if number < keep else None
                came.append(viewer)
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: viewer, self.host, self.port)

        await asyncio.gather(*(one(*each) for each in enumerate(queries)))
        self.all += came
        if reads:
            await asyncio.gather(*(viewer.live.wait() for viewer in came))

    async def come_back(self, query: str, number: int) -> None:
        """Let so many come that have lost their server: each tries as the page does, until it may.

        The longest wait begins at 0.4 s and doubles up to 5 s; each waits a half to all of it.
        """
        loop = asyncio.get_running_loop()

        async def one() -> None:
            longest = _FIRST_RETRY_S
            viewer = Viewer(self.posted, self._request(query), self._ended)
            while viewer.transport is None:
                await asyncio.sleep(longest * random.uniform(0.5, 1.0))
                longest = min(2 * longest, _LAST_RETRY_S)
                with suppress(OSError):
                    await loop.create_connection(lambda: viewer, self.host, self.port)
            await viewer.live.wait()
            self.all.append(viewer)

        await asyncio.gather(*(one() for _ in range(number)))

    def leave(self) -> None:
        """Let all of them go."""
        for viewer in self.all:
            if viewer.transport is not None:
                viewer.transport.abort()
        self.all, self.lost = [], 0

    def _ended(self, viewer: Viewer) -> None:
        self.lost += viewer in self.all

    def _request(self, query: str) -> bytes:
        return (
            f"GET /ws?{query} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()


def shown_by(frames: Sequence[bytes]) -> dict[str, Any]:
    """Apply frames as the README has it; no cart in them goes back to an older version."""
    shown: dict[str, Any] = {}
    versions: dict[str, int] = {}
    for text in frames:
        shown = applied(shown, json.loads(text))
        for cart in shown.get("carts", {"items": []})["items"]:
            assert cart["version"] >= versions.get(cart["user_id"], 0)
            versions[cart["user_id"]] = cart["version"]
    return shown
