"""The lists of the API: carts, skipped records and the fulfilment feed, by pages and as exports."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dataflow.records import REASONS
from web.errors import bad_request, not_found
from web.http.api.answers import JSON, export_response, page_response, service_of
from web.view.reader import ViewReader
from web.view.windows import read_limit, read_number_cursor, read_window

_MAX_LABEL: Final = 1024


async def list_carts(request: Request) -> Response:
    """``GET /api/carts``: a page of carts."""
    window = read_window(request.query_params)
    if window.user is not None:
        window = window._replace(user=None)
    return page_response(await service_of(request).generation.carts(window))


async def get_cart(request: Request) -> Response:
    """``GET /api/carts/{user_id}``: the whole summary."""
    user_id: str = request.path_params["user_id"]
    cart = await service_of(request).generation.cart(user_id)
    if cart is None:
        raise not_found(f"there is no cart of {user_id[:80]!r}")
    return Response(cart, media_type=JSON)


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
    return page_response(page, by_reason=by_reason)


async def list_completed(request: Request) -> Response:
    """``GET /api/completed``: the fulfilment feed behind a ``seq``."""
    limit = read_limit(request.query_params)
    after = read_number_cursor(request.query_params) or 0
    return page_response(
        await service_of(request).generation.read(lambda view: view.completed(after, limit))
    )


async def export_carts(request: Request) -> Response:
    """``GET /api/carts.jsonl``: every cart of a search and filter, whole."""
    window = read_window(request.query_params)
    behind = await service_of(request).generation.behind(window)
    return export_response(request, "carts.jsonl", lambda view: view.all_carts(window, behind))


async def export_skipped(request: Request) -> Response:
    """``GET /api/skipped.jsonl``: every skipped record."""
    return export_response(request, "skipped.jsonl", ViewReader.all_skipped)


async def export_completed(request: Request) -> Response:
    """``GET /api/completed.jsonl``: the whole fulfilment feed."""
    return export_response(request, "completed.jsonl", ViewReader.all_completed)
