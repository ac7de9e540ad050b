"""``/ws``: one browser's socket. A snapshot of its window, then what changes in it."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Final, cast

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from dataflow.times import rfc3339
from web.errors import APIError, bad_request
from web.live.frames import error_frame, heartbeat_frame
from web.live.hub import Hub, Viewer
from web.live.live import Live
from web.tasks import first_of
from web.view.windows import DEFAULT_LIMIT, NO_CARTS, Window, read_kept, read_window

HEARTBEAT_S: Final = 5.0
_MAX_REQUEST_CHARS: Final = 16 * 1024
_TRY_AGAIN: Final = 1013
_TOO_BIG: Final = 1009
_GONE: Final = 1006


async def serve_browser(websocket: WebSocket, live: Live) -> None:
    """Serve one browser until it goes."""
    try:
        window = _window(websocket.query_params)
        refusal = None
    except APIError as error:
        window, refusal = Window(), error
    await websocket.accept()
    if live.hub.is_full:
        live.hub.traffic.refused += 1
        await websocket.close(_TRY_AGAIN, "too many browsers look at this dashboard")
        return
    news = asyncio.Event()
    viewer = live.hub.join(window, news.set)
    live.changed()
    try:
        if refusal is not None:
            await _refuse(websocket, refusal)
        await first_of(_listen(websocket, viewer, live), _send(websocket, viewer, news, live.hub))
    except WebSocketDisconnect:
        pass
    except RuntimeError:
        # So one end hears that the other has closed it; any other such error is unforeseen.
        if websocket.application_state is WebSocketState.CONNECTED:
            raise
    finally:
        live.hub.leave(viewer)
        live.changed()


async def _listen(websocket: WebSocket, viewer: Viewer, live: Live) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text: str | None = message.get("text")
        if text is None or len(text) > _MAX_REQUEST_CHARS:
            await websocket.close(_TOO_BIG, "a request is text of at most 16 KiB")
            return
        try:
            live.hub.turn(viewer, _read_request(text))
            live.changed()
        except APIError as error:
            await _refuse(websocket, error)


async def _send(websocket: WebSocket, viewer: Viewer, news: asyncio.Event, hub: Hub) -> None:
    """Send frames as fast as this browser takes them, a heartbeat where there is none."""
    while True:
        frame = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT_S):
                while frame is None:  # what is looked at anew is often as it was
                    await news.wait()
                    news.clear()
                    frame = viewer.take_frame()
        await _tell(websocket, frame or heartbeat_frame(rfc3339(time.time())).decode())
        if frame is not None:
            hub.sent(viewer, time.monotonic())


async def _refuse(websocket: WebSocket, error: APIError) -> None:
    await _tell(websocket, error_frame(error, rfc3339(time.time())).decode())


async def _tell(websocket: WebSocket, frame: str) -> None:
    try:
        await websocket.send_text(frame)
    except RuntimeError as error:  # closed by the server below, as for a ping without an answer
        raise WebSocketDisconnect(_GONE) from error


def _read_request(text: str) -> Window:
    try:
        asked = msgspec.json.decode(text, type=dict[str, str | list[str] | None])
    except (msgspec.MsgspecError, RecursionError):
        raise bad_request('a request is {"type": "window", "search": …, "filter": …}') from None
    if asked.pop("type", None) != "window":
        raise bad_request('a request has the type "window"')
    kept = read_kept(asked.pop("keep", None) or [])
    params = {name: value for name, value in asked.items() if value is not None}
    if any(not isinstance(value, str) for value in params.values()):
        raise bad_request("only keep is a list in a request")
    return _window(cast("dict[str, str]", params))._replace(keep=kept)


def _window(params: Mapping[str, str]) -> Window:
    return NO_CARTS if params.get("limit") == "0" else read_window(params, DEFAULT_LIMIT)
