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

from dataflow.sample import SAMPLE
from web.errors import APIError
from web.http import assets
from web.http.api.answers import error_response
from web.http.api.routes import ROUTES
from web.http.pages import prepare, render_dashboard, render_not_found
from web.http.safety import Safety
from web.live.socket import serve_browser
from web.service.service import Service
from web.view.windows import DEFAULT_LIMIT, Window, read_window

_FULL: Final = (sqlite3.SQLITE_FULL,)


async def dashboard(request: Request) -> Response:
    """``GET /``: the dashboard, with the window that the URL names."""
    window = read_window(request.query_params, DEFAULT_LIMIT)._replace(user=None)
    service: Service = request.app.state.service
    return HTMLResponse(render_dashboard(await service.live.snapshot(window), wanted=None))


async def one_cart(request: Request) -> Response:
    """``GET /carts/{user_id}``: the dashboard, straight to one cart."""
    user_id: str = request.path_params["user_id"]
    service: Service = request.app.state.service
    snapshot = await service.live.snapshot(Window(user=user_id))
    return HTMLResponse(render_dashboard(snapshot, wanted=user_id))


async def sample(_: Request) -> Response:
    """``GET /cart-join.json``: the tutorial's eight lines."""
    return FileResponse(SAMPLE, media_type="application/jsonl")


async def live_socket(websocket: WebSocket) -> None:
    """``/ws``: one browser."""
    await serve_browser(websocket, websocket.app.state.service.live)


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
            Route("/carts/{user_id:path}", one_cart),
            Route("/cart-join.json", sample),
            *ROUTES,
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
    app.state.service = service
    app.state.receiving = 0
    return Safety(app)


def _answer(request: Request, error: APIError) -> Response:
    """Answer in the language of who asked: a page for a person, JSON for a program."""
    path = request.url.path
    is_person = "text/html" in request.headers.get("accept", "") and not path.startswith("/api/")
    if is_person and (error.status == 404 or path == "/" or path.startswith("/carts/")):
        return HTMLResponse(render_not_found(path), error.status)
    return error_response(error)


def _refused(request: Request, error: Any) -> Response:
    return _answer(request, error)


def _http_error(request: Request, error: Any) -> Response:
    if error.status_code == 404:
        return _answer(
            request, APIError(404, "not_found", f"there is nothing at {request.url.path}")
        )
    code = str(error.detail).lower().replace(" ", "_")
    response = error_response(
        APIError(error.status_code, code, f"{error.detail}: {request.method} is not for this")
    )
    response.headers.update(error.headers or {})
    return response


def _storage_error(_: Request, error: Any) -> Response:
    full = getattr(error, "sqlite_errorcode", None) in _FULL or getattr(error, "errno", None) in (
        errno.ENOSPC,
        errno.EDQUOT,
    )
    if full:
        return error_response(APIError(507, "disk_full", "the disk is full: nothing was taken in"))
    return error_response(APIError(503, "storage", f"the data folder cannot be used: {error}"))
