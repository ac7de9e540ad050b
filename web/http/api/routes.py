"""The HTTP API: reads of the committed view, records in, and the flow's switches.

Thin: parameters are checked, a part of the service does the work, rows are answered as stored.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from dataflow.journal import API_SOURCE, KeyReusedError
from dataflow.records import BOM, REASONS
from web.errors import APIError, bad_request, not_found
from web.http.addresses import UserRoute, user_of
from web.http.receive import receive_body
from web.service.service import Service
from web.view.reader import Page, ViewReader
from web.view.windows import read_limit, read_number_cursor, read_window

MAX_EVENTS_BYTES: Final = 8 * 1024 * 1024
MAX_JSON_BYTES: Final = 64 * 1024
_MAX_KEY: Final = 256
_MAX_LABEL: Final = 1024
_JSON: Final = "application/json"
_LINES: Final = "application/jsonl"


async def list_carts(request: Request) -> Response:
    """``GET /api/carts``: a page of carts."""
    window = read_window(request.query_params)
    if window.user is not None:
        window = window._replace(user=None)
    return _page(await service_of(request).generation.carts(window))


async def get_cart(request: Request) -> Response:
    """``GET /api/carts/{user_id}``, ``GET /api/cart?user_id=``: the whole summary."""
    user_id = user_of(request)
    cart = await service_of(request).generation.cart(user_id)
    if cart is None:
        raise not_found(f"there is no cart of {user_id[:80]!r}")
    return Response(cart, media_type=_JSON)


async def list_skipped(request: Request) -> Response:
    """``GET /api/skipped``: a page of skipped records, newest first."""
    params = request.query_params
    limit, cursor = read_limit(params), read_number_cursor(params)
    reason, source = params.get("reason"), params.get("source")
    if reason is not None and reason not in REASONS:
        raise bad_request(f"reason is one of {', '.join(REASONS)}, not {reason[:40]!r}")
    if source is not None and len(source) > _MAX_LABEL:
        raise bad_request(f"source is longer than {_MAX_LABEL} characters")
    page, by_reason = await service_of(request).generation.read(
        lambda view: view.skipped(cursor, limit, reason, source)
    )
    return _page(page, by_reason=by_reason)


async def list_completed(request: Request) -> Response:
    """``GET /api/completed``: the fulfilment feed behind a ``seq``."""
    limit = read_limit(request.query_params)
    after = read_number_cursor(request.query_params) or 0
    return _page(
        await service_of(request).generation.read(lambda view: view.completed(after, limit))
    )


async def export_carts(request: Request) -> Response:
    """``GET /api/carts.jsonl``: every cart of a search and filter, whole."""
    window = read_window(request.query_params)
    behind = await service_of(request).generation.behind(window)
    return _export(request, "carts.jsonl", lambda view: view.all_carts(window, behind))


async def export_skipped(request: Request) -> Response:
    """``GET /api/skipped.jsonl``: every skipped record."""
    return _export(request, "skipped.jsonl", ViewReader.all_skipped)


async def export_completed(request: Request) -> Response:
    """``GET /api/completed.jsonl``: the whole fulfilment feed."""
    return _export(request, "completed.jsonl", ViewReader.all_completed)


async def post_events(request: Request) -> Response:
    """``POST /api/events``: records as JSON Lines, durable before the answer."""
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= _MAX_KEY:
        raise bad_request(f"Idempotency-Key is 1 to {_MAX_KEY} characters")
    body = await receive_body(request, MAX_EVENTS_BYTES, "a batch of records")
    if body in (b"", BOM):
        raise APIError(400, "empty_body", "the body is empty: it holds no line")
    try:
        appended = await service_of(request).append_events(body, key)
    except KeyReusedError:
        raise APIError(
            422, "key_reused", "this Idempotency-Key came before, with another body"
        ) from None
    answer = {"source": API_SOURCE, **appended._asdict()}
    return JSONResponse(answer, 202)


async def get_stats(request: Request) -> Response:
    """``GET /api/stats``: the figures."""
    return JSONResponse(service_of(request).live.stats())


async def get_recovery(request: Request) -> Response:
    """``GET /api/recovery``: what the flow is doing, and every start of it."""
    service = service_of(request)
    starts = await service.generation.read(lambda view: view.recoveries())
    current = starts[0] if starts and starts[0]["ended_at"] is None else None
    return JSONResponse(
        {
            **service.live.flow(),
            "current": current,
            "history": starts,
            "snapshot": await service.describe_snapshot(),
            "agreement": service.upkeep.agreement.describe(),
        }
    )


async def restart_flow(request: Request) -> Response:
    """``POST /api/flow/restart``: kill the flow's process and let it recover."""
    service = service_of(request)
    killed = service.supervisor.pid
    service.supervisor.restart("a person restarted it")
    return JSONResponse({"killed": killed}, 202)


async def reset(request: Request) -> Response:
    """``POST /api/reset``: start over, and replay one upload where that is asked for."""
    asked = await read_json(request)
    if not isinstance(asked, dict) or asked.get("confirm") != "reset":
        raise bad_request('the body is {"confirm": "reset"}, with "replay": an upload\'s id or not')
    replay = asked.get("replay")
    if asked.keys() - {"confirm", "replay"} or not isinstance(replay, str | None):
        raise bad_request("replay is the id of an upload")
    service = service_of(request)
    upload = await service.reset(replay)
    answer: dict[str, Any] = {"generation": service.generation.name}
    if upload is not None:
        answer["upload"] = service.generation.uploads.describe(upload)
    return JSONResponse(answer, 202)


async def livez(_: Request) -> Response:
    """``GET /livez``: the server is alive."""
    return JSONResponse({"status": "alive"})


async def readyz(request: Request) -> Response:
    """``GET /readyz``: the flow has recovered and everything can be written."""
    why = service_of(request).readiness()
    if why is not None:
        raise APIError(503, "not_ready", why)
    return JSONResponse({"status": "ready"})


ROUTES: Final = [
    Route("/api/carts", list_carts),
    Route("/api/carts.jsonl", export_carts),
    UserRoute("/api/carts/{user_id}", get_cart),
    Route("/api/cart", get_cart),
    Route("/api/skipped", list_skipped),
    Route("/api/skipped.jsonl", export_skipped),
    Route("/api/completed", list_completed),
    Route("/api/completed.jsonl", export_completed),
    Route("/api/events", post_events, methods=["POST"]),
    Route("/api/stats", get_stats),
    Route("/api/recovery", get_recovery),
    Route("/api/flow/restart", restart_flow, methods=["POST"]),
    Route("/api/reset", reset, methods=["POST"]),
    Route("/livez", livez),
    Route("/readyz", readyz),
]


async def read_json(request: Request) -> object:
    """Read a small JSON body; refuses anything else."""
    body = await receive_body(request, MAX_JSON_BYTES, "a request")
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        raise bad_request("the body is not JSON") from None


def service_of(request: Request) -> Service:
    """Give the service that a request is for."""
    service: Service = request.app.state.service
    return service


def _page(page: Page, **fields: object) -> Response:
    items = b",".join(row.json for row in page.rows)
    rest = msgspec.json.encode({"next": page.next, "total": page.total, **fields})
    return Response(b'{"items":[' + items + b"]," + rest[1:], media_type=_JSON)


def _export(request: Request, name: str, call: Callable[[ViewReader], Iterator[bytes]]) -> Response:
    rows = service_of(request).generation.export(call)
    return StreamingResponse(
        iterate_in_threadpool(_joined(rows)),
        media_type=_LINES,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _joined(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Gather lines to pieces of a size that is worth a trip through a thread."""
    gathered: list[bytes] = []
    size = 0
    for row in rows:
        gathered.append(row)
        size += len(row)
        if size >= 64 * 1024:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)
