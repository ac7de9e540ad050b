"""The application: pages, API, sockets and static files behind one layer of safety, mounted."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Match, WebSocketRoute
from starlette.types import ASGIApp, Scope
from starlette.websockets import WebSocket, WebSocketDisconnect

from dataflow.journal_errors import ChangedError
from dataflow.sample import SAMPLE
from web.access.access import Access
from web.elsewhere.messages import HUB_PATH, WORKER_PATH
from web.errors import APIError, not_found
from web.http import assets
from web.http.addresses import IdResource, NoText, Repeated, match_whole
from web.http.api.about import About
from web.http.api.answers import DAMAGED, error_response, storage_error
from web.http.api.exports import Exports
from web.http.api.routes import ROUTES
from web.http.elsewhere import far_publish_socket, worker_socket
from web.http.entrance import SIGN_IN, Entrance
from web.http.mount import mounted
from web.http.pages.cart import cart_page
from web.http.pages.carts import carts_page
from web.http.pages.completed import completed_page
from web.http.pages.files import file_page, files_page
from web.http.pages.flow import flow_page, recovery_page
from web.http.pages.page import visitor_of
from web.http.pages.render import prepare, render_refusal
from web.http.pages.skipped import skipped_page
from web.http.refusals import wants_page
from web.http.resource import Resource
from web.http.safety import Safety
from web.http.sign_in import get_sign_in, post_sign_in
from web.http.visitor import always
from web.intake.dry_run import DryRuns
from web.live.socket import serve_browser
from web.service.service import Service, service_of

_FAILED: Final = 1011


async def sample(_: Request) -> Response:
    """``GET /cart-join.json``: the tutorial's eight lines."""
    return FileResponse(SAMPLE, media_type="application/jsonl")


async def live_socket(websocket: WebSocket) -> None:
    """``/ws``: one browser."""
    await _to_its_end(websocket, serve_browser(websocket, websocket.app.state.service.live))


async def publish_socket(websocket: WebSocket) -> None:
    """``/ws/publish``: one worker of this machine."""
    await _to_its_end(websocket, websocket.app.state.service.publish_point.serve(websocket))


async def elsewhere_socket(websocket: WebSocket) -> None:
    """``/ws/worker`` and ``/ws/publish``: an agent on another machine, and its worker."""
    is_agent = websocket.url.path.endswith(WORKER_PATH)
    serve = worker_socket if is_agent else far_publish_socket
    await _to_its_end(websocket, serve(websocket))


async def _to_its_end(websocket: WebSocket, serving: Coroutine[Any, Any, None]) -> None:
    """Serve a socket; an unforeseen error closes it, in words, and is loud in the log."""
    try:
        await serving
    except Exception as error:
        with suppress(RuntimeError, WebSocketDisconnect):  # it may be closed by now
            await websocket.close(_FAILED, "something broke in the server, and is in its log")
        raise RuntimeError(f"the socket {websocket.url.path} ended by an error") from error


def routes() -> list[BaseRoute]:
    """Give the table of all that there is, by its path."""
    return [
        NoText(),
        Repeated(),
        Resource("/", get=carts_page),
        IdResource("/carts/{user_id}", get=cart_page),
        Resource("/cart", get=cart_page),
        Resource("/files", get=files_page),
        Resource("/files/{upload_id}", get=file_page),
        Resource("/completed", get=completed_page),
        Resource("/flow", get=flow_page),
        Resource("/flow/recovery", get=recovery_page),
        Resource("/skipped", get=skipped_page),
        Resource("/cart-join.json", get=sample),
        Resource(SIGN_IN, get=get_sign_in, post=post_sign_in).for_readers(post=always),
        *ROUTES,
        WebSocketRoute("/ws", live_socket),
        WebSocketRoute(WORKER_PATH, elsewhere_socket),
        WebSocketRoute(HUB_PATH, elsewhere_socket),
        Resource(f"{assets.ROOT}/{{path:path}}", get=assets.installed().serve),
    ]


def create_app(service: Service, access: Access | None = None) -> ASGIApp:
    """Make the application around a service; starts nothing.

    ``access`` decides who may come in; without it, who asks this machine by a name of its own may.
    The page's templates and assets are read here, together, and not again.
    """
    prepare()
    app = Starlette(
        routes=routes(),
        exception_handlers={
            APIError: _refused,
            HTTPException: _http_error,
            sqlite3.Error: _storage_error,
            OSError: _storage_error,
            ChangedError: _storage_error,
        },
    )
    match_whole(app.routes)
    app.router.redirect_slashes = False  # `a` and `a/` are two ids, and a redirected POST is lost
    app.state.service = service
    app.state.receiving = 0
    app.state.signing_in = Counter()
    app.state.bulks = 0
    app.state.rendering = asyncio.Lock()
    app.state.about = About(ROUTES)
    app.state.exports = Exports()
    app.state.dry_runs = DryRuns()
    access = access or Access(mount=service.settings.root_path)
    entrance = Entrance(app, access.login, access.mount)
    app.state.access = access
    app.state.sign_out = entrance.sign_out
    return mounted(Safety(entrance, access), access.mount)


def create_hub_app(service: Service) -> ASGIApp:
    """Make the application for the flow of this server, at an address of its own: its one socket.

    Nobody else has a reason to come there, nor the flow one to come anywhere else.
    """
    app = Starlette(routes=[WebSocketRoute(HUB_PATH, publish_socket)])
    app.state.service = service
    return Safety(app)


def _answer(request: Request, error: APIError) -> Response:
    """Answer in the language of who asked: a page for a person, JSON for a program."""
    if wants_page(request.scope) and error.status in (400, 404, 503, 507):
        is_file = "upload_id" in request.path_params
        html = render_refusal(error.status, error.message, visitor_of(request), is_file=is_file)
        return HTMLResponse(html, error.status)
    return error_response(error)


async def _refused(request: Request, error: Any) -> Response:
    return _answer(request, error)


async def _http_error(request: Request, error: Any) -> Response:
    path = request.url.path
    asked = f"{service_of(request.app).settings.root_path}{path}"
    if error.status_code == 404:
        words = f"there is nothing at {asked[:200]}"
        if path.endswith("/") and _is_there(request.app.routes, request.scope, path.rstrip("/")):
            words += (
                f", but there is at {asked.rstrip('/')[:200]}: ask without the slash at the end"
            )
        return _answer(request, not_found(words))
    code = str(error.detail).lower().replace(" ", "_")
    words = f"{error.detail}: {request.method} is not for {asked[:200]}"
    response = error_response(APIError(error.status_code, code, words))
    response.headers.update(error.headers or {})
    return response


def _is_there(routes: list[BaseRoute], scope: Scope, path: str) -> bool:
    asked = {**scope, "path": path, "raw_path": scope["raw_path"].rstrip(b"/")}
    return any(route.matches(asked)[0] is not Match.NONE for route in routes)


async def _storage_error(request: Request, error: Any) -> Response:
    refusal = storage_error(error)
    if refusal.code == DAMAGED:
        service_of(request.app).met_damage(refusal.message)
    return _answer(request, refusal)
