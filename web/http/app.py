"""The application: pages, API, sockets and static files behind one layer of safety."""

import errno
import sqlite3
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from dataflow.flow import SAMPLE
from web.errors import APIError
from web.http import assets
from web.http.addresses import UserRoute, match_whole, user_of
from web.http.api import routes as api
from web.http.api import uploads as uploads_api
from web.http.pages import prepare, render_dashboard, render_refusal
from web.http.safety import Safety
from web.service.service import Service
from web.view.windows import DEFAULT_LIMIT, Window, read_window

_FULL: Final = (sqlite3.SQLITE_FULL,)


async def dashboard(request: Request) -> Response:
    """``GET /``: the dashboard, with the window that the URL names.

    One that it cannot name is refused on the page itself, above all carts.
    """
    window, refused = Window(), None
    try:
        window = read_window(request.query_params, DEFAULT_LIMIT)._replace(user=None)
    except APIError as error:
        refused = error
    service: Service = request.app.state.service
    snapshot = await service.live.snapshot(window)
    if refused is None:
        return HTMLResponse(render_dashboard(snapshot, wanted=None))
    page = render_dashboard(snapshot, wanted=None, refused=refused.message)
    return HTMLResponse(page, refused.status)


async def one_cart(request: Request) -> Response:
    """``GET /carts/{user_id}``, ``GET /cart?user_id=``: the dashboard, straight to one cart."""
    user_id = user_of(request)
    service: Service = request.app.state.service
    snapshot = await service.live.snapshot(Window(user=user_id))
    return HTMLResponse(render_dashboard(snapshot, wanted=user_id))


async def sample(_: Request) -> Response:
    """``GET /cart-join.json``: the tutorial's eight lines."""
    return FileResponse(SAMPLE, media_type="application/jsonl")


async def live_socket(websocket: WebSocket) -> None:
    """``/ws``: one browser."""
    await websocket.app.state.service.live.serve(websocket)


async def publish_socket(websocket: WebSocket) -> None:
    """``/ws/publish``: one flow."""
    await websocket.app.state.service.publish_point.serve(websocket)


def create_app(service: Service) -> ASGIApp:
    """Make the application around a service; starts nothing.

    The page's templates and assets are read here, together, and not again.
    """
    prepare()
    app = Starlette(
        routes=[
            Route("/", dashboard),
            UserRoute("/carts/{user_id}", one_cart),
            Route("/cart", one_cart),
            Route("/cart-join.json", sample),
            *api.ROUTES,
            *uploads_api.ROUTES,
            WebSocketRoute("/ws", live_socket),
            WebSocketRoute("/ws/publish", publish_socket),
            Route(f"{assets.ROOT}/{{path:path}}", assets.installed().serve),
        ],
        exception_handlers={
            APIError: _refused,
            HTTPException: _http_error,
            sqlite3.Error: _storage_error,
            OSError: _storage_error,
        },
    )
    match_whole(app.routes)
    app.router.redirect_slashes = False  # `a` and `a/` are two ids
    app.state.service = service
    app.state.receiving = 0
    return Safety(app)


def _answer(request: Request, error: APIError) -> Response:
    """Answer in the language of who asked: a page for a person, JSON for a program."""
    path = request.url.path
    is_person = "text/html" in request.headers.get("accept", "") and not path.startswith("/api/")
    if is_person and (error.status == 404 or path in ("/", "/cart") or path.startswith("/carts/")):
        return HTMLResponse(render_refusal(error.status, error.message), error.status)
    return error.response()


def _refused(request: Request, error: Any) -> Response:
    return _answer(request, error)


def _http_error(request: Request, error: Any) -> Response:
    if error.status_code == 404:
        return _answer(
            request, APIError(404, "not_found", f"there is nothing at {request.url.path}")
        )
    code = str(error.detail).lower().replace(" ", "_")
    response = APIError(
        error.status_code, code, f"{error.detail}: {request.method} is not for this"
    ).response()
    response.headers.update(error.headers or {})
    return response


def _storage_error(_: Request, error: Any) -> Response:
    full = getattr(error, "sqlite_errorcode", None) in _FULL or getattr(error, "errno", None) in (
        errno.ENOSPC,
        errno.EDQUOT,
    )
    if full:
        return APIError(507, "disk_full", "the disk is full: nothing was taken in").response()
    return APIError(503, "storage", f"the data folder cannot be used: {error}").response()
