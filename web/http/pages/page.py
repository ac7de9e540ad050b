"""One page on its way: what the connection's frames hold, and the facts of its view."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.requests import Request

from web.http.pages.render import render_view
from web.http.pages.visitor import Visitor
from web.http.resource import Later
from web.http.visitor import is_signed_in, may_change
from web.service.service import service_of
from web.view.windows import NO_CARTS, Window

_HTML: Final = "text/html"

Facts = Callable[[], Awaitable[Mapping[str, Any]]]


class Page(Later):
    """A view, rendered once its answer is to be sent. One that is refused is 400."""

    def __init__(
        self,
        request: Request,
        view: str,
        facts: Facts | None = None,
        *,
        window: Window = NO_CARTS,
        refused: str = "",
    ) -> None:
        """``facts`` gathers what the view shows beyond the frame of its ``window``."""
        service = service_of(request.app)

        async def make() -> bytes:
            async with _rendering(request):
                snapshot = await service.live.snapshot(window)
                gathered = {} if facts is None else await facts()
                html = render_view(
                    view, snapshot, visitor=visitor_of(request), refused=refused, **gathered
                )
                return html.encode()

        super().__init__(make, _HTML, 400 if refused else 200)


def visitor_of(request: Request) -> Visitor:
    """Say who asks, by what the layers before the application found out."""
    root = service_of(request.app).settings.root_path
    return Visitor(root, may_change(request.scope), is_signed_in(request.scope))


def _rendering(request: Request) -> asyncio.Lock:
    """Give what one page is rendered under: between two of them, others get their turn."""
    lock: asyncio.Lock = request.app.state.rendering
    return lock
