"""The orders of one cart by pages, and the carts of one order."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from web.http.addresses import order_of, user_of
from web.http.api.answers import JSON, no_cart, page_json
from web.http.api.described import parameters as take
from web.http.api.described.call import Answer, described
from web.http.api.described.schemas import page_of, shape
from web.http.api.described.sections import ORDERS
from web.http.resource import HEAD, Later
from web.service.service import service_of
from web.view.order_search import OrdersFound
from web.view.orders import OrderItem
from web.view.page import Page
from web.view.windows import Window, read_orders_asked

_OF_ORDERS: Final = page_of(
    OrderItem,
    version={"type": "integer", "minimum": 0},
    first={"type": "integer", "minimum": 1},
    back={"type": ["string", "null"]},
)


@described(
    ORDERS,
    "Lists the orders of one cart, each with the records that ordered and that paid it.",
    Answer("A page of the orders of one version of the cart", {JSON: _OF_ORDERS}),
    names=(take.USER,),
    query=(*take.ORDERS, *take.PAGE),
    refusals={404: "Nobody of this id has a cart"},
)
async def list_orders(request: Request) -> Response:
    """``GET /api/carts/{user_id}/orders``: a page of the orders of a cart, with their causes."""
    user_id, asked = user_of(request), read_orders_asked(request.query_params)
    carts = service_of(request.app).generation.carts
    if request.method == HEAD and not (await carts.page(Window(user=user_id, limit=1))).rows:
        raise no_cart(user_id)

    async def make() -> bytes:
        page = await carts.orders(user_id, asked)
        if page is None:
            raise no_cart(user_id)
        orders = Page(page.rows, page.total, page.next)
        return page_json(orders, version=page.version, first=page.first, back=page.back)

    return Later(make, JSON)


@described(
    ORDERS,
    "Finds the carts that have an order, or a waiting payment, of exactly this text.",
    Answer("At most 100 of them, and whether there are more", {JSON: shape(OrdersFound)}),
    names=(take.ORDER,),
    refusals={429: "Eight orders are being looked for"},
)
async def find_order(request: Request) -> Response:
    """``GET /api/orders/{order_id}``: the carts that have an order of exactly this text."""
    text = order_of(request)

    async def make() -> bytes:
        found = await service_of(request.app).generation.carts.with_order(text)
        return msgspec.json.encode(found)

    return Later(make, JSON)
