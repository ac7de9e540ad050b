"""``cartwatch`` with a layer where that of logins stands, which says what that says.

``python -m tests.kit.read_only``, with words of the command line. Who brings the cookie ``may`` is
signed in, until they sign out; with ``may=read`` all that would change something is refused.
"""

from __future__ import annotations

import sys
from typing import Final
from unittest.mock import patch

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from web.commands import serve
from web.commands.cli import main
from web.http.app import create_app
from web.service.service import Service

_READING: Final = frozenset({"GET", "HEAD"})
_ALLOWED: Final = frozenset({"/api/check", "/api/skipped/resubmit"})
_REFUSED: Final = {"error": {"code": "read_only", "message": "you may only read here"}}
_UNKNOWN: Final = {"error": {"code": "unauthorized", "message": "sign in first"}}


class Login:
    """A layer that knows by a cookie who may do what."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._is_out = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        who = HTTPConnection(scope).cookies.get("may")
        if who is not None and (refusal := self._refusal(scope, who)) is not None:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": ""})
            else:
                await refusal(scope, receive, send)
            return
        state = {"may_change": who != "read", "signed_in": who is not None}
        await self._app({**scope, "state": state}, receive, send)

    def _refusal(self, scope: Scope, who: str) -> Response | None:
        method, path = scope.get("method", "GET"), scope["path"]
        if path.startswith("/static/"):
            return None
        if path == "/sign-in":
            self._is_out = False
            return Response("signed in", media_type="text/plain")
        if path == "/api/sign-out":
            self._is_out = True
            return Response(status_code=204)
        if self._is_out:
            return JSONResponse(_UNKNOWN, 401)
        if who == "read" and method not in _READING and path not in _ALLOWED:
            return JSONResponse(_REFUSED, 403)
        return None


def behind_login(service: Service) -> ASGIApp:
    """Make the application behind this layer."""
    return Login(create_app(service))


if __name__ == "__main__":
    with patch.object(serve, "create_app", behind_login):
        sys.exit(main())
