"""An endless stream: synthetic records at a pace, released to the flow as they are made.

Each is durable in the journal before it is counted. The stream waits where the flow is behind, as
an upload does, and ends where the journal cannot be written.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, Final, NamedTuple

from dataflow.faults import reach
from dataflow.journal import Journal
from dataflow.times import rfc3339
from web.errors import bad_request
from web.intake.pace import Pace
from web.intake.run_ahead import RunAhead

STREAM_SOURCE: Final = "stream"
MAX_RATE: Final = 10_000
MAX_USERS: Final = 1_000_000
_TICK_S: Final = 0.05
_LONGEST_WAIT_S: Final = 0.25
_log: Final = logging.getLogger(__name__)


class Asked(NamedTuple):
    """What a stream is to be: lines a second, of how many users, and the share of bad ones."""

    rate: float = 50
    users: int = 1_000
    bad: float = 0


def read_asked(asked: object) -> Asked:
    """Read what ``POST /api/stream`` asks for; refuses anything else. What is absent is usual."""
    if not isinstance(asked, dict) or asked.keys() - set(Asked._fields):
        raise bad_request('the body is {"rate": lines a second, "users": n, "bad": share}')
    wanted = Asked(**asked)
    if not (_is_number(wanted.rate) and 1 <= wanted.rate <= MAX_RATE):
        raise bad_request(f"rate is a number of lines a second from 1 to {MAX_RATE:,}")
    if type(wanted.users) is not int or not 1 <= wanted.users <= MAX_USERS:
        raise bad_request(f"users is a whole number from 1 to {MAX_USERS:,}")
    if not (_is_number(wanted.bad) and 0 <= wanted.bad <= 1):
        raise bad_request("bad is the share of bad lines, a number from 0 to 1")
    return wanted


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Stream:
    """One stream, from its first line to its end."""

    def __init__(
        self,
        asked: Asked,
        lines: Iterator[bytes],
        journal: Journal,
        run_ahead: RunAhead,
        released: Callable[[int], None],
    ) -> None:
        """``lines`` never end; ``released`` hears of the last line in the count of the source."""
        self._asked = asked
        self._made = lines
        self._journal = journal
        self._run_ahead = run_ahead
        self._released = released
        self._pace = Pace(asked.rate, time.monotonic())
        self._lines = 0
        self._started_at = time.time()
        self._ends = asyncio.Event()

    def describe(self) -> dict[str, Any]:
        """Give it as the API shows it; ``lines`` are those of this stream."""
        return {
            **self._asked._asdict(),
            "lines": self._lines,
            "started_at": rfc3339(self._started_at),
        }

    def stop(self) -> None:
        """Make nothing more; what is half written is brought to its end."""
        self._ends.set()

    async def begin(self) -> None:
        """Release the first line; raises ``sqlite3.Error`` where that cannot be written."""
        await self._release(1)

    async def run(self) -> None:
        """Release line after line, to its end."""
        try:
            while not self._ends.is_set():
                most = self._pace.allowance(time.monotonic()) or 0
                if most and await self._run_ahead.room(_LONGEST_WAIT_S):
                    await self._release(most)
                await self._wait(max(_TICK_S, min(self._pace.wait(), _LONGEST_WAIT_S)))
        except sqlite3.Error as error:
            _log.error("The endless stream ended: the journal cannot be written: %s.", error)

    async def _release(self, lines: int) -> None:
        last_line, offset, size = await asyncio.to_thread(self._write, lines)
        reach("stream kept")
        self._pace.take(lines)
        self._lines += lines
        self._run_ahead.released(offset, size, lines)
        self._released(last_line)

    def _write(self, lines: int) -> tuple[int, int, int]:
        """Give the last line in the count of the source, an offset not before it, and the size."""
        body = b"".join(islice(self._made, lines))
        appended = self._journal.append(STREAM_SOURCE, body)
        return appended.last_line, self._journal.end() - 1, len(body)

    async def _wait(self, seconds: float) -> None:
        # Not ``wait_for``: before Python 3.12 it can swallow a cancellation.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ends.wait()
