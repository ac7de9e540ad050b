"""Addresses as they came: a path matches whole, and an id in it is exactly what was encoded.

Starlette matches the decoded path, in which a ``/`` that separates and a ``%2F`` that belongs to an
id are one, and by expressions that pass over a line feed at the end.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qs, quote, unquote_to_bytes

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.routing import BaseRoute, Match, WebSocketRoute
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from web.errors import APIError, bad_request
from web.http.resource import Resource

_POLICY: Final = 1008
_USER: Final = "user_id"
_ORDER: Final = "order_id"
_IDS: Final = {f"{{{name}}}": name for name in (_USER, _ORDER)}


class NoText(BaseRoute):
    """Every address that stands for no text: it names nothing, and no parameter, of anything."""

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Look at the path and the query as they came."""
        came = (scope.get("raw_path") or b"", scope["query_string"])
        return (Match.NONE if all(map(_is_text, came)) else Match.FULL), {}

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse it (400)."""
        words = (
            "the address is no text: what is not ASCII in it is UTF-8, each byte as % and two"
            " hexadecimal digits"
        )
        await _refuse(bad_request(words), scope, send)


class Repeated(BaseRoute):
    """Every address of the API that gives a parameter more than once: nobody knows which counts."""

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Look at the names in the query."""
        is_meant = not scope["path"].startswith("/api/") or not _repeated(scope)
        return (Match.NONE if is_meant else Match.FULL), {}

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse it (400)."""
        words = f"{_repeated(scope)[:40]} is given more than once: give it once"
        await _refuse(bad_request(words), scope, send)


class IdResource(Resource):
    """A resource with ``{user_id}`` or ``{order_id}`` as a segment of the address as it came."""

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Compare segment by segment."""
        wanted, came = self.path.split("/"), _segments(scope)
        if scope["type"] != "http" or len(wanted) != len(came):
            return Match.NONE, {}
        params = {}
        for name, segment in zip(wanted, came, strict=True):
            if name in _IDS and segment:
                params[_IDS[name]] = _decode(segment)
            elif name.encode() != segment:
                return Match.NONE, {}
        return Match.FULL, {"endpoint": self.endpoint, "path_params": params}


def user_of(request: Request) -> str:
    """Give the user id that a request is about: of its path, or else of ``?user_id=``."""
    return _id_of(request, _USER, "user")


def order_of(request: Request) -> str:
    """Give the order id that a request is about: of its path, or else of ``?order_id=``."""
    return _id_of(request, _ORDER, "order")


def _id_of(request: Request, name: str, of: str) -> str:
    if name in request.path_params:
        return str(request.path_params[name])
    query = str(request.scope["query_string"], "latin-1")
    try:
        (found,) = parse_qs(query, keep_blank_values=True, errors="strict")[name]
    except (KeyError, ValueError):
        raise bad_request(f"{name} is the id of one {of}, percent-encoded in UTF-8") from None
    if not found:
        raise bad_request(f"{name} is empty, as no id of {'an' if of[0] == 'o' else 'a'} {of} is")
    return found


def match_whole(routes: Iterable[BaseRoute]) -> None:
    """Let no socket be at a path that goes on behind its end with a line feed."""
    for route in routes:
        if isinstance(route, WebSocketRoute):
            pattern = route.path_regex.pattern.removesuffix("$") + r"\Z"
            route.path_regex = re.compile(pattern)


def _segments(scope: Scope) -> list[bytes]:
    path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return path.removeprefix(quote(scope.get("root_path", "")).encode()).split(b"/")


def _decode(segment: bytes) -> str:
    """Decode an id; a ``%`` that encodes nothing is itself."""
    return unquote_to_bytes(segment).decode(errors="replace")


def _repeated(scope: Scope) -> str:
    """Name a parameter that is given more than once; empty where there is none."""
    names = [name for name, _ in QueryParams(scope["query_string"]).multi_items()]
    return next((name for name in names if names.count(name) > 1), "")


async def _refuse(error: APIError, scope: Scope, send: Send) -> None:
    """Raise a refusal; a socket is closed instead, before it opens.

    An answer of HTTP to a socket is taken by uvicorn for none, and told as an error of ours.
    """
    if scope["type"] != "websocket":
        raise error
    await send({"type": "websocket.close", "code": _POLICY, "reason": error.message})


def _is_text(part: bytes) -> bool:
    """Whether a part of an address is ASCII that stands for UTF-8."""
    if not part.isascii():
        return False
    try:
        unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        return False
    return True
