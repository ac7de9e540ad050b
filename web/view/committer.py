"""Group commit: what the flow has sent becomes durable, and only then is acknowledged.

While one commit runs, the next one grows: under load a cart that changes often is written once.
A commit that fails (a full disk) is tried again with the same batches; meanwhile nothing is
acknowledged, so the flow waits, and the server says why.
"""

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from dataflow.database import is_damage
from dataflow.faults import reach
from dataflow.recovery import REMEDY
from web.view.outcome import Outcome

MAX_BYTES: Final = 16 * 1024 * 1024
COMMIT_BYTES: Final = 1024 * 1024
"""What one commit takes at most: a tenth of a second's work, so that none waits long for it."""

_RETRY_S: Final = 0.5
_log = logging.getLogger(__name__)

Acknowledge = Callable[[int], None]


class Committer:
    """The queue before the view, and the task that empties it."""

    def __init__(
        self,
        commit: Callable[[list[bytes]], Awaitable[Outcome]],
        committed: Callable[[Outcome], Awaitable[None]],
    ) -> None:
        self._commit = commit
        self._committed = committed
        self._batches: deque[tuple[Acknowledge, int, bytes]] = deque()
        self._bytes = 0
        self._changed = asyncio.Condition()
        self._busy = False
        self.turn = asyncio.Lock()
        """Held during a commit: who takes it sees the view between two of them."""
        self.failure: str | None = None

    async def put(self, acknowledge: Acknowledge, number: int, batch: bytes) -> None:
        """Queue a batch; waits while the queue is full. ``acknowledge`` hears of its commit."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._bytes < MAX_BYTES)
            self._batches.append((acknowledge, number, batch))
            self._bytes += len(batch)
            self._changed.notify_all()

    async def drain(self) -> None:
        """Wait until all that was queued is durable."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.is_idle)

    async def run(self) -> None:
        """Commit what comes, until cancelled; what is left then will be sent again."""
        try:
            await self._run()
        finally:
            async with self._changed:
                self._batches.clear()
                self._bytes, self._busy = 0, False
                self._changed.notify_all()

    async def _run(self) -> None:
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._batches))
                taken = self._take()
                self._busy = True
                self._changed.notify_all()
            await self._keep(taken)
            async with self._changed:
                self._busy = False
                self._changed.notify_all()

    async def _keep(self, taken: list[tuple[Acknowledge, int, bytes]]) -> None:
        """Commit what was taken and tell of it, again and again until both are done."""
        batches = [batch for _, _, batch in taken]
        reach("batches received")
        outcome: Outcome | None = None
        while True:
            try:
                async with self.turn:
                    if outcome is None:
                        outcome = await self._commit(batches)
                        reach("view committed")
                        for acknowledge, number in {each[0]: each[1] for each in taken}.items():
                            acknowledge(number)
                    await self._committed(outcome)
            except sqlite3.Error as error:
                if self.failure is None:
                    _log.error("The data cannot be written: %s. Trying again.", error)
                self.failure = f"the data cannot be written: {error}"
                if is_damage(error):
                    self.failure += f": {REMEDY}"
            else:
                self.failure = None
                return
            await asyncio.sleep(_RETRY_S)  # without the turn: who only reads need not wait

    def _take(self) -> list[tuple[Acknowledge, int, bytes]]:
        """Take what waits, up to the size of a commit; at least one batch."""
        taken = [self._batches.popleft()]
        size = len(taken[0][2])
        while self._batches and size + len(self._batches[0][2]) <= COMMIT_BYTES:
            taken.append(self._batches.popleft())
            size += len(taken[-1][2])
        self._bytes -= size
        return taken

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is being committed."""
        return not self._batches and not self._busy

    def statistics(self) -> dict[str, int]:
        """Tell how much waits to be committed."""
        return {"batches": len(self._batches), "bytes": self._bytes}
