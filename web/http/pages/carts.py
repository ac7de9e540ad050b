"""``/``: all carts."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from web.errors import APIError
from web.http.pages.page import Page
from web.service.service import service_of
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
    order = asked.get("order")

    async def facts() -> dict[str, object]:
        if order is None:
            return {}
        found = await service_of(request.app).generation.carts.with_order(order)
        return {"sought": order, "found": msgspec.to_builtins(found)}

    return Page(request, "carts", facts, window=window, refused=refused)
