"""The sockets of other machines: ``/ws/worker`` for agents, ``/ws/publish`` for their workers.

A machine that takes part is no page, and talks to this server itself: workers call each other, and
behind a proxy none of them would find where to.
"""

from typing import Final

from starlette.websockets import WebSocket

from web.errors import APIError
from web.http.api.answers import error_response
from web.http.denial import deny
from web.http.forwarding import has_come_by_proxy
from web.http.visitor import may_change, read_only
from web.service.service import service_of

_ORIGIN: Final = "origin"


async def worker_socket(websocket: WebSocket) -> None:
    """``/ws/worker``: one agent."""
    refusal = _refusal(websocket)
    if refusal is None and not may_change(websocket.scope):
        refusal = APIError(403, "read_only", f"a worker needs the full token: {read_only()}")
    if refusal is not None:
        await _deny(websocket, refusal)
        return
    await service_of(websocket.app).agents.serve(websocket)


async def far_publish_socket(websocket: WebSocket) -> None:
    """``/ws/publish``: one worker on another machine, by the secret of its start."""
    refusal = _refusal(websocket)
    if refusal is not None:
        await _deny(websocket, refusal)
        return
    await service_of(websocket.app).publish_point.serve(websocket, elsewhere=True)


def _refusal(websocket: WebSocket) -> APIError | None:
    if has_come_by_proxy(websocket.scope):
        return APIError(
            403,
            "by_proxy",
            "this came by a proxy, and workers talk to the server itself and to each other: give"
            " --server the address of the server, where no proxy is between",
        )
    if _ORIGIN in websocket.headers:
        return APIError(403, "wrong_origin", "this is for workers of the flow, and for no page")
    return None


async def _deny(websocket: WebSocket, refusal: APIError) -> None:
    await deny(
        websocket.scope,
        websocket.receive,
        websocket.send,
        error_response(refusal),
        refusal.message,
    )
