"""A request as its client has sent it, where a named proxy has brought it."""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from web.access.forwarded import Proxies

_FOR: Final = "x-forwarded-for"
_PROTO: Final = "x-forwarded-proto"
_HOST: Final = "x-forwarded-host"
_SIGNS: Final = ("forwarded", "via", "x-forwarded-", "x-real-ip")
"""How the headers begin that a proxy adds; a client that comes by itself sends none of them."""

_FORWARDED: Final = "forwarded"
_SECURE: Final = {"http": "https", "ws": "wss"}
_PLAIN: Final = {secure: plain for plain, secure in _SECURE.items()}


def as_sent(scope: Scope, proxies: Proxies) -> tuple[Scope, bool]:
    """Give the request as its client has sent it, and whether a named proxy has brought it.

    Its client, scheme and ``Host`` are then those that the proxy tells, as far as it tells them:
    nothing behind this has to ask who brought it.
    """
    if not proxies:
        return scope, False
    headers = Headers(scope=scope)
    came = proxies.look(
        peer_of(scope),
        forwarded_for=headers.getlist(_FOR),
        schemes=headers.getlist(_PROTO),
        hosts=headers.getlist(_HOST),
    )
    if not came.forwarded:
        return scope, False
    scheme: str = scope["scheme"]
    if came.scheme is not None:
        kinds = _SECURE if came.scheme == "https" else _PLAIN
        scheme = kinds.get(scheme, scheme)
    scope.setdefault("state", {})[_FORWARDED] = True
    sent = {**scope, "client": (str(came.client or ""), 0), "scheme": scheme}
    if came.host is not None:
        others = [each for each in scope["headers"] if each[0] != b"host"]
        sent["headers"] = [(b"host", came.host.encode("latin-1")), *others]
    return sent, True


def has_come_by_proxy(scope: Scope) -> bool:
    """Whether a proxy has brought a request, named or not, as far as that can be told."""
    names = Headers(scope=scope).keys()
    return bool(scope.get("state", {}).get(_FORWARDED)) or any(
        name.startswith(_SIGNS) for name in names
    )


def is_secure(scope: Scope) -> bool:
    """Whether the client speaks TLS, with this server or with its proxy."""
    return scope.get("scheme") in _PLAIN


def peer_of(scope: Scope) -> str:
    """Give the address that a request came from; empty where that is not known."""
    client = scope.get("client")
    return str(client[0]) if client else ""
