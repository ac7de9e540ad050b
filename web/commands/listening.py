"""The sockets that a server listens on: those for people and programs, and one for its own flow."""

import errno
import socket
from collections.abc import Sequence
from typing import Final

from web.commands.opening import StartError
from web.commands.terminal import why

_BACKLOG: Final = 512
_LOOPBACK: Final = ("127.0.0.1", "::1")
_ABSENT: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen where people and programs come in; raises ``StartError`` where that cannot be.

    ``localhost`` is both loopback addresses, at one port: what a browser makes of the name is
    never another program. A machine may be without one of them.
    """
    if host != "localhost":
        return [_listen(host, port)]
    first = _listen_on_first(_LOOPBACK, port)
    port = first.getsockname()[1]
    others = [each for each in _LOOPBACK if each != first.getsockname()[0]]
    try:
        return [first, _listen_on_first(others, port)]
    except StartError as error:
        if _is_absent(error):
            return [first]
        first.close()
        raise


def listen_for_flow() -> socket.socket:
    """Listen where the flow of this server comes in, whatever else it listens on.

    Loopback, at any free port. Raises ``StartError``.
    """
    return _listen_on_first(_LOOPBACK, 0)


def url_of(listening: socket.socket, scheme: str) -> str:
    """Give the address of a socket that listens, as a URL without a path."""
    host, port = listening.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


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
        raise StartError(
            f"cannot listen on {host} port {port}: {why(error)}; --port 0 takes any free one"
        ) from error
    listening.setblocking(False)
    return listening


def _is_absent(error: StartError) -> bool:
    """Whether this machine has no such address, or no such kind of address."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in _ABSENT
