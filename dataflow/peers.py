"""The other workers of one start: addresses for them, and the wait until they can be called."""

import ipaddress
import secrets
import socket
import struct
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_FIRST_OWN: Final = int(ipaddress.IPv4Address("127.1.0.1"))
_OWN: Final = int(ipaddress.IPv4Address("127.254.255.254")) - _FIRST_OWN + 1
_LISTENING: Final = "0A"
_SOCKETS: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ANY: Final = ("0.0.0.0", "::")  # noqa: S104 - what others may listen at
_WITHIN_S: Final = 5.0
_POLL_S: Final = 0.005


def free_addresses(count: int, host: str | None = None) -> tuple[str, ...]:
    """Give addresses of this machine at which nobody listens, one for each of so many workers.

    Without a ``host`` they are of the loopback, which no other machine can call. Somebody else may
    take one before its worker does, or call it: that start fails then, and the next is made.
    Raises ``OSError`` where ``host`` is no address of this machine.
    """
    host = host or _own_loopback()
    with ExitStack() as opened:
        sockets = [opened.enter_context(listen(host)) for _ in range(count)]
        return tuple(address_of(each) for each in sockets)


def _own_loopback() -> str:
    """Give an address of the loopback that hardly anybody calls, where there are others.

    What looks for a server that has gone calls its port at the usual address, and the engine takes
    whoever calls for a worker.
    """
    if sys.platform == "linux":
        host = str(ipaddress.IPv4Address(_FIRST_OWN + secrets.randbelow(_OWN)))
        if is_here(f"{host}:0"):
            return host
    return LOOPBACK


def listen(host: str, port: int = 0) -> socket.socket:
    """Listen at an address of this machine, at any free port where none is given.

    Raises ``OSError`` where that cannot be.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def address_of(listening: socket.socket) -> str:
    """Give the address of a socket that listens, as ``HOST:PORT``."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split_address(address: str) -> tuple[str, int]:
    """Give host and port of an address of a worker; raises ``ValueError`` where it is none."""
    host, _, port = address.rpartition(":")
    return str(ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))), int(port)


def is_here(address: str) -> bool:
    """Whether the host of an address is one of this machine's."""
    host, _ = split_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as trying:
            trying.bind((host, 0))
    except OSError:
        return False
    return True


def await_listening(addresses: Sequence[str]) -> None:
    """Wait until somebody listens at each of those that are of this machine, at most some seconds.

    The engine calls once, and where nobody answers it rests for a whole second. To call is no way
    to find out, as it takes whoever calls for a worker: so the system is asked, where it tells.
    """
    missing = [each for each in addresses if is_here(each)]
    ends_at = time.monotonic() + _WITHIN_S
    with suppress(OSError):
        while missing and time.monotonic() < ends_at:
            missing = not_listening(missing)
            if missing:
                time.sleep(_POLL_S)


def not_listening(addresses: Iterable[str]) -> list[str]:
    """Give those addresses of this machine at which nobody listens.

    Raises ``OSError`` where the system does not tell.
    """
    tables = [each.read_text() for each in _SOCKETS if each == _SOCKETS[0] or each.exists()]
    taken = set[str]().union(*map(_listened_at, tables))
    return [each for each in addresses if taken.isdisjoint(_in_tables(*split_address(each)))]


def _listened_at(sockets: str) -> set[str]:
    """Give the addresses, as the table has them, of sockets that listen."""
    rows = [line.split() for line in sockets.splitlines()[1:]]
    return {row[1] for row in rows if row[3] == _LISTENING}


def _in_tables(host: str, port: int) -> set[str]:
    """Give what the tables have where somebody listens at a host, or at every host."""
    return {f"{_words(each)}:{port:04X}" for each in (host, *_ANY)}


def _words(host: str) -> str:
    """Write an address as the tables do: by words of 32 bits in the order of the machine."""
    packed = ipaddress.ip_address(host).packed
    return "".join(f"{word:08X}" for (word,) in struct.iter_unpack("=I", packed))
