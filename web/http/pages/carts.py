"""``/``: all carts."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from web.errors import APIError
from web.http.pages.cart_facts import cart_facts
from web.http.pages.orders_shown import OrdersShown
from web.http.pages.page import Page
from web.service.service import Service, service_of
from web.view.windows import DEFAULT_LIMIT, Window, read_window


async def carts_page(request: Request) -> Response:
    """``GET /``: the dashboard, with the window that the URL names.

    One that it cannot name is refused on the page itself, above all carts.
    """
    asked = {name: value for name, value in request.query_params.items() if value}
    window, refused = Window(), ""
    try:
        window = read_window(asked, DEFAULT_LIMIT)._replace(user=None)
    except APIError as error:
        refused = error.message

    async def facts() -> dict[str, object]:
        service, gathered = service_of(request.app), dict[str, object]()
        if order := asked.get("order"):
            found = await service.generation.carts.with_order(order)
            gathered |= {"sought": order, "found": msgspec.to_builtins(found)}
        if user_id := asked.get("cart"):
            gathered["beside"] = await _beside(service, user_id)
        return gathered

    return Page(request, "carts", facts, window=window, refused=refused)


async def _beside(service: Service, user_id: str) -> dict[str, object]:
    """Gather what the panel of a cart shows beside the list."""
    rows = await service.generation.carts.some([user_id])
    cart = msgspec.json.decode(rows[0].json) if rows else None
    return {"cart": cart, **await cart_facts(service, OrdersShown(user_id))}
