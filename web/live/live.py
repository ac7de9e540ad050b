"""The live side: contents of the windows that are looked at, refreshed after commits, and ``/ws``.

The first change after quiet goes out at once, then at most 20 refreshes a second, and fewer when
refreshing takes long: never more than a quarter of the time goes into it.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from web.errors import APIError, bad_request
from web.flow.state import FlowState
from web.live.hub import Channel, Content, Hub, ListPart, Viewer, snapshot_frame
from web.service.generation import Generation
from web.times import rfc3339
from web.view.reader import Row
from web.view.windows import DEFAULT_LIMIT, Window, read_window

HEARTBEAT_S: Final = 5.0
UPLOADS_SHOWN: Final = 20
SKIPPED_SHOWN: Final = 50
_TICK_S: Final = 0.05
_SHARE: Final = 4
_RATE_OVER_S: Final = 3.0
_MAX_REQUEST_CHARS: Final = 16 * 1024
_TRY_AGAIN: Final = 1013
_TOO_BIG: Final = 1009
_encode = msgspec.json.Encoder().encode


class EventRate:
    """Accepted events a second, over the last few seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def sample(self, events: int) -> None:
        """Take the number of all events so far."""
        self._samples.append((time.monotonic(), events))

    def per_second(self) -> float:
        """Give the rate; 0 when nothing came lately."""
        since = time.monotonic() - _RATE_OVER_S
        while len(self._samples) > 1 and self._samples[1][0] <= since:
            self._samples.popleft()
        if len(self._samples) < 2:
            return 0.0
        return round((self._samples[-1][1] - self._samples[0][1]) / _RATE_OVER_S, 1)


class Live:
    """Keeps every window that somebody looks at up to date."""

    def __init__(self, generation: Callable[[], Generation], flow: FlowState) -> None:
        self._generation = generation
        self._flow = flow
        self._dirty = asyncio.Event()
        self.hub = Hub()
        self.rate = EventRate()

    def changed(self) -> None:
        """Something that a window may show has changed."""
        self._dirty.set()

    def stats(self, generation: Generation | None = None) -> dict[str, Any]:
        """Give the figures, as ``GET /api/stats`` does."""
        generation = generation or self._generation()
        figures, counts = generation.totals.figures, generation.totals.all
        return {
            "carts": figures.carts,
            "unpaid": figures.unpaid,
            "paid": figures.paid,
            "waiting": figures.waiting,
            "skipped": counts.skipped,
            "duplicates": counts.duplicates,
            "events": counts.accepted,
            "lag": max(0, generation.uploads.released_lines - counts.processed),
            "events_per_second": self.rate.per_second(),
            "viewers": self.hub.statistics()["viewers"],
        }

    def alarm(self) -> str | None:
        """Say what is wrong with the data or their folder; None where nothing is."""
        return self._generation().failure or self._flow.alarm

    def flow(self) -> dict[str, Any]:
        """Give the state of the flow as frames and API show it."""
        return {**self._flow.describe(), "alarm": self.alarm()}

    async def snapshot(self, window: Window) -> dict[str, Any]:
        """Give the snapshot frame of a window, for a page that is rendered here."""
        generation = self._generation()
        with generation.held():
            content = await self._content(window, await self._common(generation))
        frame = snapshot_frame(window, content, rfc3339(time.time()))
        return msgspec.json.decode(frame, type=dict[str, Any])

    async def run(self) -> None:
        """Refresh what is looked at, after each change, for ever."""
        while True:
            idle = self.rate.per_second() == 0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if idle else 1.0):
                    await self._dirty.wait()
            self._dirty.clear()
            began = time.monotonic()
            channels = self.hub.channels()
            if channels:
                generation = self._generation()
                with generation.held():
                    common = await self._common(generation)
                    for channel in channels:
                        await self._refresh(channel, common)
            took = time.monotonic() - began
            await asyncio.sleep(max(_TICK_S - took, took * (_SHARE - 1)))

    async def _refresh(self, channel: Channel, common: "_Common") -> None:
        content = await self._content(channel.window, common)
        channel.update(content, rfc3339(time.time()))
        self.hub.updated(channel)  # also where nothing changed: a new viewer waits for its first

    async def _common(self, generation: Generation) -> "_Common":
        page, by_reason = await generation.read(lambda view: view.skipped(None, SKIPPED_SHOWN))
        uploads, total = generation.uploads.shown(UPLOADS_SHOWN)
        rows = [Row(each.id, _encode(generation.uploads.describe(each))) for each in uploads]
        return _Common(
            generation,
            ListPart(rows, {"total": total}),
            ListPart(page.rows, {"total": page.total, "by_reason": by_reason}),
            _encode(self.stats(generation)),
            _encode(self.flow()),
        )

    async def _content(self, window: Window, common: "_Common") -> Content:
        generation = common.generation
        page = await generation.carts(window)
        carts = ListPart(page.rows, {"total": page.total, "next": page.next})
        return Content(
            generation.name, carts, common.uploads, common.skipped, common.stats, common.flow
        )

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one browser: a snapshot of its window, then what changes in it."""
        try:
            window = read_window(websocket.query_params, DEFAULT_LIMIT)
            refusal = None
        except APIError as error:
            window, refusal = Window(), error
        await websocket.accept()
        if self.hub.is_full:
            await websocket.close(_TRY_AGAIN, "too many browsers look at this dashboard")
            return
        if refusal is not None:
            await websocket.send_text(_error_frame(refusal))
        news = asyncio.Event()
        viewer = self.hub.join(window, news.set)
        self.changed()
        sending = asyncio.create_task(_send(websocket, viewer, news))
        try:
            await self._listen(websocket, viewer)
        except WebSocketDisconnect:
            pass
        finally:
            sending.cancel()
            self.hub.leave(viewer)
            self.changed()

    async def _listen(self, websocket: WebSocket, viewer: Viewer) -> None:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text: str | None = message.get("text")
            if text is None or len(text) > _MAX_REQUEST_CHARS:
                await websocket.close(_TOO_BIG, "a request is text of at most 16 KiB")
                return
            try:
                self.hub.turn(viewer, _read_request(text))
                self.changed()
            except APIError as error:
                await websocket.send_text(_error_frame(error))


class _Common(msgspec.Struct, frozen=True):
    """What all windows of one moment share."""

    generation: Generation
    uploads: ListPart
    skipped: ListPart
    stats: bytes
    flow: bytes


async def _send(websocket: WebSocket, viewer: Viewer, news: asyncio.Event) -> None:
    """Send frames as fast as this browser takes them, a heartbeat where there is none."""
    try:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await news.wait()
            except TimeoutError:
                beat = {"type": "heartbeat", "at": rfc3339(time.time())}
                await websocket.send_text(_encode(beat).decode())
                continue
            news.clear()
            frame = viewer.take_frame()
            if frame is not None:
                await websocket.send_text(frame)
    except (WebSocketDisconnect, RuntimeError):
        return  # the listening end hears of it too, and ends the connection


def _read_request(text: str) -> Window:
    try:
        asked = msgspec.json.decode(text, type=dict[str, str | None])
    except (msgspec.MsgspecError, RecursionError):
        raise bad_request('a request is {"type": "window", "search": …, "filter": …}') from None
    if asked.pop("type", None) != "window":
        raise bad_request('a request has the type "window"')
    params = {name: value for name, value in asked.items() if value is not None}
    return read_window(params, DEFAULT_LIMIT)


def _error_frame(error: APIError) -> str:
    return _encode({"type": "error", **error.body()}).decode()
