"""The sockets that a server listens on: those for people and programs, and one for its own flow."""

import errno
import socket
from collections.abc import Sequence
from typing import Final

from web.commands.opening import StartError
from web.commands.terminal import why

_BACKLOG: Final = 4_096
"""How many may knock in one moment; the system may allow fewer."""
_LOOPBACK: Final = ("127.0.0.1", "::1")
_HERE: Final = {"0.0.0.0": _LOOPBACK[0], "::": _LOOPBACK[1]}  # noqa: S104 (named, not bound)
_ADVICE: Final = {
    errno.EADDRINUSE: "; --port 0 takes any free one",
    errno.EACCES: "; use a port from 1024 on",
    errno.EADDRNOTAVAIL: "; give an address of this machine",
}
_ABSENT: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen where people and programs come in; raises ``StartError`` where that cannot be.

    A name is all of its addresses that this machine has, at one port: what a browser makes of it
    is never another program. ``localhost`` is both loopback addresses, whatever is said elsewhere.
    """
    hosts = _addresses_of(host)
    first = _listen_on_first(hosts, port)
    listening = [first]
    address, port = first.getsockname()[:2]
    for other in hosts[hosts.index(address) + 1 :]:
        try:
            listening.append(_listen(other, port))
        except StartError as error:
            if not _is_absent(error):
                for each in listening:
                    each.close()
                raise
    return listening


def listen_for_flow() -> socket.socket:
    """Listen where the flow of this server comes in, whatever else it listens on.

    Loopback, at any free port. Raises ``StartError``.
    """
    return _listen_on_first(_LOOPBACK, 0)


def url_of(listening: socket.socket, scheme: str, name: str | None = None) -> str:
    """Give the address of a socket that listens, as a URL without a path, for who is here.

    With a ``name`` by that. One that listens on all addresses is reached on loopback, too.
    """
    host, port = listening.getsockname()[:2]
    host = name or _HERE.get(host, host)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _addresses_of(host: str) -> list[str]:
    """Give the addresses of a host, each once; raises ``StartError`` for a name that has none."""
    if host == "localhost":
        return list(_LOOPBACK)
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = why(error) if isinstance(error, OSError) else str(error)
        raise StartError(f"cannot listen on {host}: it leads nowhere ({reason})") from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _listen_on_first(hosts: Sequence[str], port: int) -> socket.socket:
    """Listen on the first of some addresses that this machine has."""
    for host in hosts[:-1]:
        try:
            return _listen(host, port)
        except StartError as error:
            if not _is_absent(error):
                raise
    return _listen(hosts[-1], port)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening: socket.socket | None = None
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        if listening is not None:
            listening.close()
        advice = _ADVICE.get(error.errno or 0, "")
        raise StartError(f"cannot listen on {host} port {port}: {why(error)}{advice}") from error
    listening.setblocking(False)
    return listening


def _is_absent(error: StartError) -> bool:
    """Whether this machine has no such address, or no such kind of address."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in _ABSENT
