"""``/sign-in``: a token becomes a session, by the link that the server has printed or by a form.

The link is answered by where to go, so that the token stays in no address bar and no ``Referer``.
"""

import re
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from web.access.access import Access
from web.access.networks import read_address
from web.access.sessions import LASTS_S
from web.errors import APIError, bad_request
from web.http.api.described.call import Answer, described
from web.http.api.described.sections import ACCESS
from web.http.forwarding import is_secure, peer_of
from web.http.receive import receive_body
from web.http.refusals import refusal, sign_in_page

MAX_FORM_BYTES: Final = 32 * 1024
MAX_SIGNING_IN: Final = 16
_FORM: Final = "application/x-www-form-urlencoded"
_BELOW: Final = re.compile(r"/(?![/\\])[!-~]*")
"""An address of this server: two slashes would begin that of another one."""


async def get_sign_in(request: Request) -> Response:
    """``GET /sign-in[?token=]``: the form; with a token, the link that signs a browser in."""
    access = access_of(request)
    if access.login is None:
        return _to(access, "/")
    tokens = request.query_params.getlist("token")
    if not tokens:
        return sign_in_page(200, "", "/", access.mount)
    return _sign_in(request, access, tokens[0], "/")


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
    then = fields.get("then", ["/"])[0]
    then = then if _BELOW.fullmatch(then) else "/"
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
    state = request.app.state
    if state.signing_in >= MAX_SIGNING_IN:
        raise APIError(503, "busy", "too many sign in at once: try again in a moment")
    state.signing_in += 1
    try:
        return await receive_body(request, MAX_FORM_BYTES, "a form to sign in")
    finally:
        state.signing_in -= 1


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


def _path(access: Access) -> str:
    return access.mount or "/"
