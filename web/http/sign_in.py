"""``/sign-in``: a token becomes a session, by the link that the server has printed or by a form.

The link is answered by where to go, so that the token stays in no address bar and no ``Referer``.
"""

import asyncio
import re
from collections import Counter
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from web.access.access import Access
from web.access.networks import read_address, site_of
from web.access.sessions import LASTS_S
from web.errors import APIError, bad_request
from web.http.api.described.call import Answer, described
from web.http.api.described.sections import ACCESS
from web.http.forwarding import is_secure, peer_of
from web.http.receive import receive_body
from web.http.refusals import refusal, sign_in_page

MAX_FORM_BYTES: Final = 32 * 1024
MAX_SIGNING_IN: Final = 64
MAX_OF_ONE: Final = 4
"""Forms that may be on their way at once, and those of one address: nobody sends two."""

FORM_S: Final = 5.0
"""How long a form may be on its way: it is a hundred letters."""

_FORM: Final = "application/x-www-form-urlencoded"
_BELOW: Final = re.compile(r"/(?![/\\])[!-~]*")
"""An address of this server: two slashes would begin that of another one."""


async def get_sign_in(request: Request) -> Response:
    """``GET /sign-in[?token=][&then=]``: the form; with a token, the link that signs a browser in.

    ``then`` is where one goes on.
    """
    access = access_of(request)
    if access.login is None:
        return _to(access, "/")
    tokens = request.query_params.getlist("token")
    then = _below(request.query_params.get("then", "/"))
    if not tokens:
        return sign_in_page(200, "", then, access.mount)
    # What a page elsewhere loads, as an image, would use up the tries of who looks at it.
    if any(
        request.headers.get(name, value) != value
        for name, value in (("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"))
    ):
        raise APIError(403, "wrong_origin", "the link that signs in is opened, and not loaded")
    return _sign_in(request, access, tokens[0], then)


async def post_sign_in(request: Request) -> Response:
    """``POST /sign-in``: the form that a person has filled in; ``then`` is where they go on."""
    access = access_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise APIError(415, "unsupported_media_type", f"this takes a form, as {_FORM}")
    body = await _read(request)
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=8)
    except ValueError:
        raise bad_request("the form cannot be read: it holds token and then") from None
    then = _below(fields.get("then", ["/"])[0])
    return _sign_in(request, access, fields.get("token", [""])[0].strip(), then)


@described(
    ACCESS,
    "Signs every browser out, also those that look on now; programs with a token go on.",
    Answer("Every session has ended, for ever", {}, 204),
)
async def post_sign_out(request: Request) -> Response:
    """``POST /api/sign-out``: end every session, and all sockets of those who are signed in."""
    access = access_of(request)
    await request.app.state.sign_out()
    response = Response(status_code=204)
    if access.login is not None:
        response.delete_cookie(access.login.cookie, path=_path(access))
    return response


async def _read(request: Request) -> bytes:
    """Read a form; strangers may send it slowly, and take few of the server's places with it."""
    signing_in: Counter[str] = request.app.state.signing_in
    site = site_of(read_address(peer_of(request.scope)))
    if signing_in.total() >= MAX_SIGNING_IN or signing_in[site] >= MAX_OF_ONE:
        raise APIError(503, "busy", "too many sign in at once: try again in a moment")
    signing_in[site] += 1
    try:
        async with asyncio.timeout(FORM_S):
            return await receive_body(request, MAX_FORM_BYTES, "a form to sign in")
    except TimeoutError:
        raise APIError(408, "too_slow", f"the form was not whole within {FORM_S:.0f} s") from None
    finally:
        signing_in -= Counter({site: 1})  # which keeps none of those that are through


def access_of(request: Request) -> Access:
    """Give what decides who may come in."""
    access: Access = request.app.state.access
    return access


def _sign_in(request: Request, access: Access, token: str, then: str) -> Response:
    """Begin a session, and lead to where it goes on; or say why not."""
    if access.login is None:
        return _to(access, then)
    try:
        cookie = access.login.sign_in(token, read_address(peer_of(request.scope)))
    except APIError as error:
        return refusal(error, request.scope, access.mount, then)
    response = _to(access, then)
    response.set_cookie(
        access.login.cookie,
        cookie,
        max_age=LASTS_S,
        path=_path(access),
        secure=is_secure(request.scope),
        httponly=True,
        samesite="lax",
    )
    return response


def _to(access: Access, place: str) -> Response:
    return RedirectResponse(f"{access.mount}{place}", 303)


def _below(place: str) -> str:
    """Give an address below the mount; the first page for what is none."""
    return place if _BELOW.fullmatch(place) else "/"


def _path(access: Access) -> str:
    return access.mount or "/"
