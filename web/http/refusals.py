"""Refusals of the entrance: a page with a form for a person, JSON for a program."""

from typing import Final

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from web.access.hosts import READING
from web.access.login import LockedOut
from web.errors import APIError
from web.http.api.answers import error_response
from web.http.pages.render import render_sign_in

_UNAUTHORIZED: Final = 401
_DOCS: Final = "/api/docs"
"""What is for a person among the calls of programs."""


class Stranger(APIError):  # noqa: N818 (a refusal, as the one that it is)
    """Refuses who has shown nothing; ``sign_in`` is the address of the form."""

    def __init__(self, sign_in: str) -> None:
        super().__init__(
            _UNAUTHORIZED,
            "unauthorized",
            "this server wants to know who asks: send Authorization: Bearer TOKEN, or sign in at"
            f" {sign_in}",
        )


def refusal(error: APIError, scope: Scope, mount: str, then: str | None = None) -> Response:
    """Answer who is not let in; a page leads to ``then``, or to where they wanted to go."""
    if wants_page(scope):
        message = "" if isinstance(error, Stranger) else error.message
        response = sign_in_page(error.status, message, then or _asked_for(scope), mount)
    else:
        response = error_response(error)
    if error.status == _UNAUTHORIZED:
        response.headers["www-authenticate"] = 'Bearer realm="Cartwatch"'
    if isinstance(error, LockedOut):
        response.headers["retry-after"] = str(error.seconds)
    return response


def sign_in_page(status: int, message: str, then: str, mount: str) -> Response:
    """Give the page with the form; ``then`` is where to go when signed in, below the mount.

    Its policy lets the browser say that the form comes from here, as the others do not, and still
    tells no path to anybody.
    """
    headers = {"referrer-policy": "strict-origin"}
    return HTMLResponse(render_sign_in(message, then, mount), status, headers=headers)


def wants_page(scope: Scope) -> bool:
    """Whether a person asks, to look at the answer."""
    path: str = scope["path"]
    accepts = Headers(scope=scope).get("accept", "")
    is_page = path == _DOCS or not path.startswith("/api/")
    return is_page and scope["type"] == "http" and "text/html" in accepts


def _asked_for(scope: Scope) -> str:
    """Give the address that was to be read, below the mount, as it came."""
    if scope["method"] not in READING:
        return "/"
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")
