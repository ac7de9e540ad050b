"""Safety before everything else: who may ask, from where, how many at once, and what a page may do.

Wraps the whole application, pages, API and both sockets alike. A request must name a host that
this server is; one that a browser sends from another origin is refused, so that no other page can
read or change anything here.
"""

import asyncio
import time
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import APIError, bad_request
from web.http.api.answers import error_response
from web.http.connections import is_spare
from web.http.head import refuse_head
from web.http.patience import impatient

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})
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

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it; one that outlives the server ends with it."""
        with suppress(asyncio.CancelledError):
            await self._look_at(scope, receive, send)

    async def _look_at(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            refusal = refuse(Headers(scope=scope)) or refuse_head(scope)
            if refusal is not None:
                await send({"type": "websocket.close", "code": 1008, "reason": refusal.message})
                return
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._pass_on(scope, impatient(receive, time.monotonic), _with_headers(send))
        else:
            await self._app(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = refuse(Headers(scope=scope)) or refuse_head(scope)
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


def refuse(headers: Headers) -> APIError | None:
    """Say why a request with these headers is refused; None where it is not."""
    hosts = headers.getlist("host")
    if len(hosts) > 1:
        return bad_request(f"a request has one Host, not {len(hosts)}")
    host = hosts[0] if hosts else ""
    if _name(host) not in LOOPBACK_NAMES:
        return APIError(403, "wrong_host", f"this server is not {host[:80]!r}")
    origin = headers.get("origin")
    if origin is not None and (
        _host_of(origin) != host.lower() or len(headers.getlist("origin")) > 1
    ):
        return APIError(403, "wrong_origin", f"a page of {origin[:80]!r} may not ask this server")
    return None


def _host_of(origin: str) -> str | None:
    """Give the host and port of an origin, as a ``Host`` header names them; None for others."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.path or parts.query or parts.fragment:
        return None
    return parts.netloc.lower()


def _name(host: str) -> str:
    """Give the name in a ``Host`` header without its port, lower case; empty where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    if parts.netloc != host or "@" in host:
        return ""
    return (parts.hostname or "").lower()


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
