"""What connections do below any application: refuse in words, and lose patience with who stalls."""

import asyncio
from http import HTTPStatus
from typing import Final

import msgspec
from typing_extensions import override

from web.errors import APIError

STALLED_S: Final = 300.0
"""How long a client may take nothing of what it asked for."""


class Stalling(asyncio.Protocol):
    """A protocol that ends its connection where the client takes nothing for long."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _stalled: asyncio.TimerHandle | None = None

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(STALLED_S, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()


def whole_answer(error: APIError, *more: str) -> bytes:
    """Write a refusal as a whole answer, with further headers; it is the last of a connection."""
    body = msgspec.json.encode(error.body())
    head = [
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "x-content-type-options: nosniff",
        "connection: close",
        *more,
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
