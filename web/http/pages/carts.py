"""``/``: all carts."""

from starlette.requests import Request
from starlette.responses import Response

from web.errors import APIError
from web.http.pages.page import Page
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
    return Page(request, "carts", window=window, refused=refused)
