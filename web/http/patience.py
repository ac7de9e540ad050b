"""How long a body may take: nobody waits for one that has stopped coming.

Only the time that is spent in waiting for the client counts, not what is done with what came.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.types import Message, Receive

from web.errors import APIError

SILENCE_S: Final = 30.0
"""How long no byte may come."""

SLOWEST: Final = 1024
"""The bytes a second that are enough to be waited for, for ever."""


class Patience:
    """What is left of the time that a client may let us wait.

    There are 30 s at first and at most; each second of waiting takes one, each KiB that comes
    gives one back.
    """

    def __init__(self) -> None:
        self.left = SILENCE_S

    def waited(self, seconds: float, size: int) -> None:
        """Take into account that so many bytes came after so many seconds."""
        self.left = min(SILENCE_S, self.left - seconds + size / SLOWEST)


def impatient(receive: Receive, clock: Callable[[], float]) -> Receive:
    """Give a ``receive`` that raises ``APIError`` (408) where the body has stopped coming.

    When the body is whole it waits without an end, as for the client to leave.
    """
    patience = Patience()
    is_whole = False

    async def receive_in_time() -> Message:
        nonlocal is_whole
        if is_whole:
            return await receive()
        began = clock()
        try:
            async with asyncio.timeout(max(0.0, patience.left)):
                message = await receive()
        except TimeoutError:
            raise too_slow() from None
        patience.waited(clock() - began, len(message.get("body", b"")))
        if patience.left < 0:
            raise too_slow()
        is_whole = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    return receive_in_time


def too_slow() -> APIError:
    """Refuse a body that has stopped coming, or as good as."""
    return APIError(
        408,
        "too_slow",
        f"the body has stopped coming: after {SILENCE_S:.0f} s without a byte, or at less than"
        " 1 KiB/s for long, nobody waits for it any more; send it again",
    )
