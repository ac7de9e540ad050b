"""``/carts/{user_id}``, ``/cart?user_id=``: one cart, and a page of its orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from web.errors import APIError
from web.http.addresses import user_of
from web.http.pages.orders_shown import OrdersShown, read_orders_shown
from web.http.pages.page import Page
from web.service.service import Service, service_of
from web.view.windows import Window


async def cart_page(request: Request) -> Response:
    """Show a cart; a user without one is told so, and what the query cannot mean is refused."""
    user_id = user_of(request)
    shown, refused = OrdersShown(user_id), ""
    try:
        shown = read_orders_shown(user_id, request.query_params)
    except APIError as error:
        refused = error.message

    async def facts() -> dict[str, Any]:
        return await cart_facts(service_of(request.app), shown)

    return Page(request, "cart", facts, window=Window(user=user_id), refused=refused)


async def cart_facts(service: Service, shown: OrdersShown) -> dict[str, Any]:
    """Gather what ``_cart_detail.html`` shows beside the cart itself."""
    page = await service.generation.carts.orders(shown.user_id, shown.asked())
    orders: Mapping[str, Any] = NO_ORDERS
    if page is not None:
        items = msgspec.json.decode(b"[" + b",".join(row.json for row in page.rows) + b"]")
        orders = {**page._asdict(), "items": items}
    return {"wanted": shown.user_id, "shown": shown, "orders": orders}


NO_ORDERS: Mapping[str, Any] = {
    "items": [],
    "total": 0,
    "next": None,
    "version": 0,
    "first": 1,
    "back": None,
}
"""What is shown of nothing."""
