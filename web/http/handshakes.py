"""Connections under TLS before they are connections: in their handshake.

uvicorn hears of one only when that is over, and so would its bounds. Here a handshake has ten
seconds, and where as many are under way as there may be, the oldest makes room: who opens many and
says nothing keeps nobody out.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

MAX_HANDSHAKES: Final = 96
WITHIN_S: Final = 10.0


class Handshakes:
    """Takes who connects through a handshake; ``make`` makes the protocol of a connection."""

    at_once = 1
    """Where they are too many, the oldest has had a moment so."""

    def __init__(self, tls: ssl.SSLContext, make: Callable[[], asyncio.Protocol]) -> None:
        self._tls = tls
        self._make = make
        self._under_way: dict[asyncio.Task[None], None] = {}

    def take(self, connection: socket.socket) -> None:
        """Begin the handshake of a connection."""
        if len(self._under_way) >= MAX_HANDSHAKES:
            next(iter(self._under_way)).cancel()
        task = asyncio.create_task(self._shake(connection))
        self._under_way[task] = None
        task.add_done_callback(partial(self._ended, connection))

    async def end(self) -> None:
        """Let go who has not come through."""
        tasks = [*self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def statistics(self) -> dict[str, int]:
        """Tell how many are under way."""
        return {"handshakes": len(self._under_way)}

    async def _shake(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):  # what is no handshake is nothing to tell
            await loop.connect_accepted_socket(
                self._make, connection, ssl=self._tls, ssl_handshake_timeout=WITHIN_S
            )

    def _ended(self, connection: socket.socket, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if task.cancelled():  # perhaps before it began
            connection.close()
        else:
            task.exception()  # of a client, and of no interest
