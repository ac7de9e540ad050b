"""The entrance: who has a token or a session comes in, everybody else is told how to.

It stands around the whole application, before anything is looked for: a stranger does not even
learn what there is. Open to all are the files of the page, which are those of every installation,
the page to sign in at, and whether the server is alive and ready. Workers of the flow publish by a
secret of their own.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from web.access.login import Login
from web.access.networks import read_address
from web.access.sessions import Visitor
from web.elsewhere.messages import HUB_PATH
from web.errors import APIError
from web.http.assets import ROOT
from web.http.denial import closing, deny
from web.http.forwarding import peer_of
from web.http.refusals import Stranger, refusal
from web.http.visitor import note

SIGN_IN: Final = "/sign-in"
_OPEN: Final = frozenset({"/livez", SIGN_IN})
_READY: Final = "/readyz"
_LEAVING_S: Final = 1.0
"""How long a socket whose session has ended may take to hear it."""

_BEARER: Final = "bearer"


class Entrance:
    """The layer that lets in or refuses; without a login, everybody may do everything."""

    def __init__(self, app: ASGIApp, login: Login | None, mount: str = "") -> None:
        self._app = app
        self._login = login
        self._mount = mount
        self._sockets: set[asyncio.Timeout] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look who comes, and write down who it is."""
        if self._login is None or scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            visitor = self._visitor(self._login, scope)
        except APIError as error:
            await self._refuse(error, scope, receive, send)
            return
        note(scope, visitor)
        if scope["type"] == "websocket" and visitor is not None and visitor.session is not None:
            left = self._login.seconds_left(visitor.session)
            await self._while_signed_in(left, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def sign_out(self) -> None:
        """End every session, and the sockets of all browsers that are signed in.

        Raises ``OSError`` where that cannot be made durable; then nothing has ended.
        """
        if self._login is None:
            return
        await asyncio.to_thread(self._login.end_sessions)
        now = asyncio.get_running_loop().time()
        for socket in list(self._sockets):
            if not socket.expired():
                socket.reschedule(now)

    def statistics(self) -> dict[str, int]:
        """Tell how many sockets of browsers that are signed in there are."""
        return {"sockets": len(self._sockets)}

    def _visitor(self, login: Login, scope: Scope) -> Visitor | None:
        """Tell who comes; None is a stranger, where they may come. Raises ``APIError``."""
        path: str = scope["path"]
        if path in _OPEN or path.startswith(f"{ROOT}/"):
            return None
        headers = Headers(scope=scope)
        for given in headers.getlist("authorization"):
            scheme, _, token = given.partition(" ")
            if scheme.lower() == _BEARER:  # another scheme is between the client and a proxy
                if path == HUB_PATH and scope["type"] == "websocket":
                    return None  # a secret, which is looked at there
                return login.by_token(token.strip(), read_address(peer_of(scope)))
        visitor = login.by_cookie([*_values(headers.getlist("cookie"), login.cookie)])
        if visitor is None and path != _READY:
            raise Stranger(f"{self._mount}{SIGN_IN}")
        return visitor

    async def _while_signed_in(
        self, left: float, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve a socket until its session ends, by itself or by a sign-out."""
        try:
            async with asyncio.timeout(left) as until:
                self._sockets.add(until)
                try:
                    await self._app(scope, receive, send)
                finally:
                    self._sockets.discard(until)
        except TimeoutError:
            if not until.expired():
                raise
            with suppress(TimeoutError, OSError, RuntimeError):  # it may be closed by now
                async with asyncio.timeout(_LEAVING_S):
                    await send(closing("signed out: sign in again"))

    async def _refuse(self, error: APIError, scope: Scope, receive: Receive, send: Send) -> None:
        response = refusal(error, scope, self._mount)
        if scope["type"] == "http":
            await response(scope, receive, send)
        else:
            await deny(scope, receive, send, response, error.message)


def _values(lines: Iterable[str], name: str) -> Iterator[str]:
    """Give the values of the cookies of a name."""
    for line in lines:
        for each in line.split(";"):
            found, _, value = each.strip().partition("=")
            if found == name:
                yield value
