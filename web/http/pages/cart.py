"""``/carts/{user_id}``, ``/cart?user_id=``: one cart, and a page of its orders."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from web.errors import APIError
from web.http.addresses import user_of
from web.http.pages.cart_facts import cart_facts
from web.http.pages.orders_shown import OrdersShown, read_orders_shown
from web.http.pages.page import Page
from web.service.service import service_of
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
