"""The orders of one cart by pages, and the carts of one order."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from web.http.addresses import order_of, user_of
from web.http.api.answers import JSON, no_cart, page_json
from web.http.resource import HEAD, Later
from web.service.service import service_of
from web.view.page import Page
from web.view.windows import Window, read_orders_asked


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


async def find_order(request: Request) -> Response:
    """``GET /api/orders/{order_id}``: the carts that have an order of exactly this text."""
    text = order_of(request)

    async def make() -> bytes:
        found = await service_of(request.app).generation.carts.with_order(text)
        return msgspec.json.encode(found)

    return Later(make, JSON)
