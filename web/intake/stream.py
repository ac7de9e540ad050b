"""The endless stream: synthetic records at a pace, until somebody ends it.

It is a source like ``api``, whose records are as real as any: for who wants to see carts move
without a file at hand.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any, Final, NamedTuple

from dataflow.synthetic import endless
from web.errors import bad_request
from web.intake.pace import Pace
from web.times import rfc3339

SOURCE: Final = "stream"
MAX_RATE: Final = 10_000
MAX_USERS: Final = 1_000_000
_TICK_S: Final = 0.02
_LONGEST_WAIT_S: Final = 0.25


class StreamAsked(NamedTuple):
    """What a stream is to be: lines a second, how many users, and the share of bad lines."""

    rate: float = 50
    users: int = 1_000
    bad: float = 0


class Stream:
    """A stream that runs; ``lines`` counts what was taken in of it."""

    def __init__(self, asked: StreamAsked, append: Callable[[bytes], Awaitable[object]]) -> None:
        """``append`` takes lines in; what it raises ends the stream."""
        self._asked = asked
        self._append = append
        self._started_at = time.time()
        self.lines = 0

    def describe(self) -> dict[str, Any]:
        """Give it as the API shows it."""
        return {
            **self._asked._asdict(),
            "lines": self.lines,
            "started_at": rfc3339(self._started_at),
        }

    async def run(self) -> None:
        """Append lines as they become due, for ever."""
        pace = Pace(self._asked.rate, time.monotonic())
        # Microseconds since 1970: more than all orders of any stream before, at its fastest.
        first_id = int(self._started_at * 1_000_000)
        lines = endless(self._asked.users, self._asked.bad, seed=first_id, after=first_id)
        while True:
            due = pace.allowance(time.monotonic())
            if due:
                await self._append(b"".join(islice(lines, due)))
                pace.take(due)
                self.lines += due
            await asyncio.sleep(max(_TICK_S, min(pace.wait(), _LONGEST_WAIT_S)))


def read_stream(asked: object) -> StreamAsked:
    """Read what a stream is to be; what is absent is as usual. Raises ``APIError`` (400)."""
    if not isinstance(asked, dict) or asked.keys() - set(StreamAsked._fields):
        raise bad_request(
            'the body is {"rate": …, "users": …, "bad": …}, each of which may be absent'
        )
    stream = StreamAsked(**asked)
    if not _is_number(stream.rate) or not 1 <= stream.rate <= MAX_RATE:
        raise bad_request(f"rate is a number of lines a second from 1 to {MAX_RATE:,}")
    if type(stream.users) is not int or not 1 <= stream.users <= MAX_USERS:
        raise bad_request(f"users is a whole number from 1 to {MAX_USERS:,}")
    if not _is_number(stream.bad) or not 0 <= stream.bad <= 1:
        raise bad_request("bad is the share of bad lines, a number from 0 to 1")
    return stream


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
