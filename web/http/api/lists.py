"""The lists of the API: carts, skipped records and the fulfilment feed, by pages."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dataflow.cart import Summary
from web.http.addresses import user_of
from web.http.api.answers import JSON, no_cart, page_json
from web.http.api.described import parameters as take
from web.http.api.described.call import Answer, described
from web.http.api.described.flow_shapes import CompletedTopic
from web.http.api.described.schemas import counts, page_of, shape
from web.http.api.described.sections import CARTS, COMPLETED, SKIPPED
from web.http.api.described.shapes import CompletedOrder
from web.http.resource import HEAD, Later
from web.service.service import service_of
from web.view.cart_item import CartItem
from web.view.skipped import SkippedRecord
from web.view.windows import (
    Window,
    read_limit,
    read_number_cursor,
    read_skipped_filter,
    read_window,
)


@described(
    CARTS,
    "Lists carts, each with the 20 newest ids of each list.",
    Answer("A page of carts", {JSON: page_of(CartItem)}),
    query=(*take.CARTS, take.limit(), take.CART_CURSOR),
)
async def list_carts(request: Request) -> Response:
    """``GET /api/carts``: a page of carts."""
    window = read_window(request.query_params)._replace(user=None)

    async def make() -> bytes:
        return page_json(await service_of(request.app).generation.carts.page(window))

    return Later(make, JSON)


@described(
    CARTS,
    "Gives the whole summary of one cart.",
    Answer("The cart", {JSON: shape(Summary)}),
    names=(take.USER,),
    refusals={404: "Nobody of this id has a cart"},
)
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


@described(
    SKIPPED,
    "Lists skipped records, the newest first, and counts them by reason and by source.",
    Answer(
        "A page of skipped records",
        {JSON: page_of(SkippedRecord, by_reason=counts(), by_source=counts())},
    ),
    query=(*take.SKIPPED, *take.PAGE),
)
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


@described(
    COMPLETED,
    "Lists completed orders in the order of their completion: the fulfilment feed.",
    Answer("What completed after the cursor, a seq", {JSON: page_of(CompletedOrder)}),
    query=take.PAGE,
)
async def list_completed(request: Request) -> Response:
    """``GET /api/completed``: the fulfilment feed after a ``seq``."""
    limit = read_limit(request.query_params)
    after = read_number_cursor(request.query_params) or 0

    async def make() -> bytes:
        threads = service_of(request.app).generation.threads
        return page_json(await threads.read(lambda view: view.completed(after, limit)))

    return Later(make, JSON)


@described(
    COMPLETED,
    "Tells how the publishing of completed orders to a topic stands.",
    Answer("Its state, its promise and its figures", {JSON: shape(CompletedTopic)}),
)
async def get_completed_topic(request: Request) -> Response:
    """``GET /api/completed/topic``: how the publishing of completed orders stands."""
    return JSONResponse(service_of(request.app).describe_topic())
