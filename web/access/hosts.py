"""The names of this server, and the pages that may ask it: ``Host`` and ``Origin``. Pure.

A name that is not ours but leads here is a trap that somebody has set (DNS rebinding), and so is a
page from elsewhere that asks in the name of who looks at it. An address is nobody's name.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from web.errors import APIError, bad_request

LOOPBACK: Final = "localhost"
READING: Final = frozenset({"GET", "HEAD"})
_PORTS: Final = {"http": 80, "https": 443}
_HERE: Final = frozenset({"same-origin", "none"})
"""Of ``Sec-Fetch-Site``: a page of ours, or the person by hand."""


class Asked(NamedTuple):
    """A request, as far as it says whom it asks and for whom.

    Each header is given with all of its lines. ``is_secure`` is whether its client speaks TLS, as
    far as that is known, ``forwarded`` whether a named proxy brought it.
    """

    method: str
    hosts: Sequence[str]
    origins: Sequence[str] = ()
    sites: Sequence[str] = ()
    is_secure: bool = False
    forwarded: bool = False


class Hosts:
    """The names that this server has, beside ``localhost`` and every address."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = {LOOPBACK, *(name.lower() for name in names)}

    def add(self, *names: str) -> None:
        """Learn further names."""
        self._names.update(name.lower() for name in names)

    def refuse(self, asked: Asked) -> APIError | None:
        """Say why a request is refused; None where it is not."""
        if len(asked.hosts) > 1:
            return bad_request(f"a request has one Host, not {len(asked.hosts)}")
        host = asked.hosts[0] if asked.hosts else ""
        place = _place(host)
        if place is None or not self._is_here(place.name):
            return APIError(
                403,
                "wrong_host",
                f"this server is not {host[:80]!r}: --name tells it the names that it has",
            )
        if asked.origins and (len(asked.origins) > 1 or not _is_of(asked.origins[0], place, asked)):
            origin = asked.origins[0]
            return APIError(
                403, "wrong_origin", f"a page of {origin[:80]!r} may not ask this server"
            )
        if asked.method not in READING and not _HERE.issuperset(asked.sites):
            return APIError(403, "wrong_origin", "a page from elsewhere may not change anything")
        return None

    def _is_here(self, name: str) -> bool:
        return name in self._names or is_address(name)


class _Place(NamedTuple):
    name: str
    port: int | None


def is_address(name: str) -> bool:
    """Whether a name is an address, as it stands in a URL, but without brackets."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return "%" not in name


def _place(host: str) -> _Place | None:
    """Read name, in lower case, and port out of a ``Host``; None where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        name, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if not name or parts.netloc != host or "@" in host:
        return None
    return _Place(name, port)


def _is_of(origin: str, place: _Place, asked: Asked) -> bool:
    """Whether an origin is this place: its name and port, under TLS by TLS.

    A named proxy may leave the port out: then the name is enough.
    """
    scheme, _, host = origin.partition("://")
    scheme = scheme.lower()
    came = _place(host)
    if came is None or scheme not in _PORTS or came.name != place.name:
        return False
    if asked.is_secure and scheme != "https":
        return False
    if asked.forwarded and place.port is None:
        return True
    usual = _PORTS[scheme]
    return (came.port or usual) == (place.port or usual)
