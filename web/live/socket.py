"""``/ws``: one browser's socket. A snapshot of its window, then what changes in it."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final, cast

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from dataflow.times import rfc3339
from web.errors import APIError, bad_request
from web.live.frames import error_frame
from web.live.hub import Outlet, Since, Viewer
from web.live.live import Live
from web.view.windows import NO_CARTS, Window, read_kept, read_window

OUTLET: Final = "outlet"
"""Under this name the state of a socket's scope holds what messages are written to."""

_KNOWN: Final = ("search", "filter", "older", "sort", "cursor", "limit", "user")
_MAX_REQUEST_CHARS: Final = 384 * 1024
"""More than a hundred ids of the longest kind are, however they are written."""

_REST_S: Final = 0.005
"""How long a request keeps the next one of its socket waiting: no person asks so often."""

_NO_TEXT: Final = 1003
_TOO_BIG: Final = 1009
_TRY_AGAIN: Final = 1013
_GONE: Final = 1006


async def serve_browser(websocket: WebSocket, live: Live) -> None:
    """Serve one browser until it goes."""
    params = websocket.query_params
    since: Since | None = None
    refusal: APIError | None = None
    try:
        asked = params.multi_items()
        if len(asked) > len(params):
            raise bad_request("a parameter is given more than once: give it once")
        window = _window({name: value for name, value in asked if name != "since"})
        since = _since(params.get("since"))
    except APIError as error:
        window, refusal = Window(), error
    await websocket.accept()
    if live.hub.is_full:
        live.hub.traffic.refused += 1
        await websocket.close(_TRY_AGAIN, "too many browsers look at this dashboard")
        return
    outlet: Outlet = websocket.scope["state"][OUTLET]
    viewer = live.hub.join(window, outlet, since)
    outlet.cleared = lambda: live.hub.bring(viewer)
    live.changed()
    try:
        if refusal is not None:
            await _refuse(websocket, refusal)
        await _listen(websocket, viewer, live)
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
        if text is None:
            await websocket.close(_NO_TEXT, "a request is text")
            return
        if len(text) > _MAX_REQUEST_CHARS:
            await websocket.close(_TOO_BIG, "a request has at most 384 Ki characters")
            return
        try:
            live.hub.turn(viewer, _read_request(text))
            live.changed()
        except APIError as error:
            await _refuse(websocket, error)
        await asyncio.sleep(_REST_S)


async def _refuse(websocket: WebSocket, error: APIError) -> None:
    try:
        await websocket.send_text(error_frame(error, rfc3339(time.time())).decode())
    except RuntimeError as gone:  # closed by the server below, as for a ping without an answer
        raise WebSocketDisconnect(_GONE) from gone


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
    for name in params:
        if name not in _KNOWN:
            raise bad_request(f"{name[:40]!r} is no parameter of a window: {', '.join(_KNOWN)} are")
    return NO_CARTS if params.get("limit") == "0" else read_window(params)


def _since(text: str | None) -> Since | None:
    """Read what a browser has that comes back: a generation and a version, apart by a full stop."""
    if not text:
        return None
    generation, _, version = text.partition(".")
    if not (version.isascii() and version.isdecimal() and len(version) < 17):
        raise bad_request(f"since is GENERATION.VERSION as frames tell them, not {text[:40]!r}")
    return Since(generation, int(version))
