"""The lists of the API: carts, skipped records and the fulfilment feed, by pages and as exports."""

from collections.abc import Callable, Iterator

from starlette.requests import Request
from starlette.responses import Response

from web.http.addresses import user_of
from web.http.api.answers import JSON, no_cart, page_json
from web.http.api.exports import ExportResponse
from web.http.resource import HEAD, Later
from web.service.service import service_of
from web.view.reader import ViewReader
from web.view.windows import (
    Window,
    read_limit,
    read_number_cursor,
    read_skipped_filter,
    read_window,
)


async def list_carts(request: Request) -> Response:
    """``GET /api/carts``: a page of carts."""
    window = read_window(request.query_params)._replace(user=None)

    async def make() -> bytes:
        return page_json(await service_of(request.app).generation.carts.page(window))

    return Later(make, JSON)


async def get_cart(request: Request) -> Response:
    """``GET /api/carts/{user_id}``, ``GET /api/cart?user_id=``: the whole summary."""
    user_id = user_of(request)
    generation = service_of(request.app).generation
    if request.method == HEAD:  # of a tall cart, that it is there is far less work than what it is
        cart = b"" if (await generation.carts.page(Window(user=user_id, limit=1))).rows else None
    else:
        cart = await generation.carts.whole(user_id)
    if cart is None:
        raise no_cart(user_id)

    async def make() -> bytes:
        return cart

    return Later(make, JSON)


async def list_skipped(request: Request) -> Response:
    """``GET /api/skipped``: a page of skipped records, newest first."""
    params = request.query_params
    limit, cursor = read_limit(params), read_number_cursor(params)
    asked = read_skipped_filter(params)

    async def make() -> bytes:
        page, by_reason, by_source = await service_of(request.app).generation.threads.read(
            lambda view: view.skipped(cursor, limit, asked)
        )
        return page_json(page, by_reason=by_reason, by_source=by_source)

    return Later(make, JSON)


async def list_completed(request: Request) -> Response:
    """``GET /api/completed``: the fulfilment feed after a ``seq``."""
    limit = read_limit(request.query_params)
    after = read_number_cursor(request.query_params) or 0

    async def make() -> bytes:
        threads = service_of(request.app).generation.threads
        return page_json(await threads.read(lambda view: view.completed(after, limit)))

    return Later(make, JSON)


async def export_carts(request: Request) -> Response:
    """``GET /api/carts.jsonl``: every cart of a search and filter, whole."""
    window = read_window(request.query_params)
    generation = service_of(request.app).generation
    return ExportResponse(
        request, "carts.jsonl", lambda threads: generation.carts.export(threads, window)
    )


async def export_skipped(request: Request) -> Response:
    """``GET /api/skipped.jsonl``: every skipped record of a filter."""
    asked = read_skipped_filter(request.query_params)
    return _export(request, "skipped.jsonl", lambda view: view.all_skipped(asked))


async def export_completed(request: Request) -> Response:
    """``GET /api/completed.jsonl``: the whole fulfilment feed."""
    return _export(request, "completed.jsonl", ViewReader.all_completed)


def _export(request: Request, name: str, rows: Callable[[ViewReader], Iterator[bytes]]) -> Response:
    generation = service_of(request.app).generation
    return ExportResponse(request, name, lambda threads: generation.threads.export(threads, rows))
