"""Safety before everything else: who may ask, from where, how many at once, and what a page may do.

Wraps the whole application, pages, API and both sockets alike. A request must name a host that
this server is; one that a browser sends from another origin is refused, so that no other page can
read or change anything here.
"""

import asyncio
import time
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.access.access import Access
from web.access.hosts import Asked
from web.errors import APIError
from web.http.api.answers import error_response
from web.http.connections import is_spare
from web.http.denial import deny
from web.http.forwarding import as_sent, is_secure
from web.http.head import refuse_head
from web.http.patience import impatient

MAX_REQUESTS: Final = 256
ALWAYS: Final = frozenset({"/livez", "/readyz"})
"""What is answered however many requests there are."""


_HEADERS: Final = {
    # What may be kept says so itself: facts are stale at once, and a page names its modules.
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Safety:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, access: Access | None = None) -> None:
        """``access`` tells the names of this server, and its proxies."""
        self._app = app
        self._access = access or Access()
        self._requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it; one that outlives the server ends with it."""
        with suppress(asyncio.CancelledError):
            await self._look_at(scope, receive, send)

    async def _look_at(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            scope, refusal = self._checked(scope)
            if refusal is not None:
                await deny(scope, receive, send, error_response(refusal), refusal.message)
                return
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._pass_on(scope, impatient(receive, time.monotonic), _with_headers(send))
        else:
            await self._app(scope, receive, send)

    def _checked(self, scope: Scope) -> tuple[Scope, APIError | None]:
        """Give a request as its client has sent it, and why it is refused, where it is."""
        sent, forwarded = as_sent(scope, self._access.proxies)
        headers = Headers(scope=sent)
        asked = Asked(
            scope.get("method", "GET"),
            headers.getlist("host"),
            headers.getlist("origin"),
            headers.getlist("sec-fetch-site"),
            is_secure=is_secure(sent),
            forwarded=forwarded,
        )
        return sent, self._access.hosts.refuse(asked) or refuse_head(scope)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope, refusal = self._checked(scope)
        counts = scope["path"] not in ALWAYS
        if refusal is None and counts and (self._requests >= MAX_REQUESTS or is_spare(scope)):
            refusal = APIError(503, "busy", "too many requests at once: try again in a moment")
        if refusal is not None:
            await error_response(refusal)(scope, receive, send)
            return
        self._requests += counts
        try:
            await self._app(scope, receive, send)
        finally:
            self._requests -= counts


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if message["status"] == 408:  # the rest of the body is not waited for either
                headers["connection"] = "close"
        await send(message)

    return send_with_headers
