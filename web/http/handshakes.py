"""Connections under TLS before they are connections: in their handshake.

uvicorn hears of one only when that is over, and so would its bounds. Here a handshake has ten
seconds, and where as many are under way as there may be, the oldest makes room: who opens many and
says nothing keeps nobody out.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

MAX_HANDSHAKES: Final = 96
WITHIN_S: Final = 10.0
_NO_FILE_S: Final = 0.1
"""How long to wait where the system has no room for a further connection."""


class Handshakes:
    """Takes in who connects to some sockets; ``make`` makes the protocol of a connection."""

    def __init__(
        self,
        listening: Sequence[socket.socket],
        tls: ssl.SSLContext,
        make: Callable[[], asyncio.Protocol],
    ) -> None:
        self._listening = listening
        self._tls = tls
        self._make = make
        self._accepting: list[asyncio.Task[None]] = []
        self._under_way: dict[asyncio.Task[None], None] = {}

    def begin(self) -> None:
        """Take in from now on."""
        self._accepting = [asyncio.create_task(self._accept(each)) for each in self._listening]

    async def end(self) -> None:
        """Take nobody in any more; who has not come through is let go."""
        tasks = [*self._accepting, *self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def statistics(self) -> dict[str, int]:
        """Tell how many are under way."""
        return {"handshakes": len(self._under_way)}

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError:  # it has gone meanwhile, or there is no room
                await asyncio.sleep(_NO_FILE_S)
                continue
            if len(self._under_way) >= MAX_HANDSHAKES:
                next(iter(self._under_way)).cancel()
            task = loop.create_task(self._shake(connection))
            self._under_way[task] = None
            task.add_done_callback(self._ended)

    async def _shake(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):  # what is no handshake is nothing to tell
            await loop.connect_accepted_socket(
                self._make, connection, ssl=self._tls, ssl_handshake_timeout=WITHIN_S
            )

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if not task.cancelled():
            task.exception()  # of a client, and of no interest
