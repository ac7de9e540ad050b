"""The other workers of one start: addresses for them, and the wait until they can be called."""

import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

_HOST: Final = "127.0.0.1"
_LISTENING: Final = "0A"
_SOCKETS: Final = Path("/proc/net/tcp")
_WITHIN_S: Final = 5.0
_POLL_S: Final = 0.005


def free_addresses(count: int) -> tuple[str, ...]:
    """Give addresses on loopback at which nobody listens now, one for each of so many workers.

    Somebody else may take one before its worker does: that start fails then, and the next is made.
    """
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.create_server((_HOST, 0))) for _ in range(count)]
        return tuple(f"{_HOST}:{each.getsockname()[1]}" for each in sockets)


def await_listening(addresses: Sequence[str]) -> None:
    """Wait until somebody listens at each of these addresses, at most some seconds.

    The engine calls once, and where nobody answers it rests for a whole second. To call is no way
    to find out, as it takes whoever calls for a worker: so the system is asked, where it tells.
    """
    missing = {f"{int(each.rpartition(':')[2]):04X}" for each in addresses}
    ends_at = time.monotonic() + _WITHIN_S
    with suppress(OSError):
        while missing and time.monotonic() < ends_at:
            missing -= _listened_at(_SOCKETS.read_text())
            if missing:
                time.sleep(_POLL_S)


def _listened_at(sockets: str) -> set[str]:
    """Give the ports, as the table has them, of sockets that listen."""
    rows = [line.split() for line in sockets.splitlines()[1:]]
    return {row[1].rpartition(":")[2] for row in rows if row[3] == _LISTENING}
