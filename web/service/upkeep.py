"""Upkeep: what a running service looks after beside its records.

State and view are compared, a flow that does nothing is killed, cart rows are moved to their
table, and what could not be written is tried again. Each generation has its own.
"""

import asyncio
import contextlib
import logging
import math
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from dataflow.database import is_damage
from dataflow.recovery import store_bytes
from web.data.folder import DataFolder
from web.flow.agreement import Agreement
from web.flow.state import RUNNING, FlowState, Phase
from web.flow.supervisor import Supervisor
from web.flow.watchdog import Watchdog
from web.live.live import Live
from web.service.generation import Generation
from web.view.carts import LONGEST_REST_S
from web.view.outcome import Outcome

AGREEMENT_EVERY_S: Final = 60.0
_FEW_UNMOVED: Final = 65_536
"""Carts that are not in the table yet and yet hardly matter to what a comparison costs."""

_WATCH_EVERY_S: Final = 1.0
_QUIET_S: Final = 2.0
_DOUBT_S: Final = 2.0
_LONGEST_DOUBT_S: Final = 30.0
_log = logging.getLogger(__name__)


class Upkeep:
    """Looks after a generation and its flow."""

    def __init__(
        self,
        generation: Generation,
        flow: FlowState,
        live: Live,
        *,
        folder: DataFolder,
        supervisor: Supervisor,
        received: Callable[[], int],
        write_starts: Callable[[], Awaitable[None]],
        epoch_s: float,
    ) -> None:
        """``received`` counts what the flow has sent; its epochs last ``epoch_s`` seconds.

        ``write_starts`` tries again to write down what became of the flow.
        """
        self.agreement = Agreement()
        self._generation = generation
        self._folder = folder
        self._write_starts = write_starts
        self._flow = flow
        self._live = live
        self._supervisor = supervisor
        self._received = received
        self._epoch_s = epoch_s
        self._check_now = asyncio.Event()
        self._few_unmoved = asyncio.Event()
        self._committed_at = -math.inf

    def tasks(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Give what is to run as long as the flow does, by name."""
        return {
            "agreement": self._check_often(),
            "watchdog": self._watch_flow(),
            "tidy": self._tidy(),
            "storage": self._watch_storage(),
        }

    def committed(self, outcome: Outcome) -> None:
        """Hear what the view has made durable."""
        if outcome.started is not None:
            self.agreement.begin(outcome.started.groups)
        self.agreement.told(outcome.groups)
        self._committed_at = time.monotonic()

    def caught_up(self) -> None:
        """Compare state and view soon: the flow has recovered."""
        self._check_now.set()

    async def _check_often(self) -> None:
        """Compare state and view after a recovery and once a minute.

        While very many carts are not in their table that would cost a heavy load more than a
        hundredth of its speed: so it waits until they are, though not for more than a minute.
        """
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGREEMENT_EVERY_S):
                    await self._check_now.wait()
                    if await self._generation.carts.count_unmoved() > _FEW_UNMOVED:
                        await self._few_unmoved.wait()
            self._check_now.clear()
            if self._flow.state != RUNNING:
                continue
            try:
                await self.check()
            except sqlite3.Error as error:
                if is_damage(error):
                    raise
                _log.error("State and view could not be compared: %s.", error)

    async def _watch_flow(self) -> None:
        """Give up a flow that has something to do and does nothing."""
        watchdog = Watchdog(self._epoch_s)
        generation = self._generation
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            is_awaited = bool(self._supervisor.pids) and generation.committer.is_idle
            is_awaited &= generation.kafka.down_since is None  # it may wait for nothing else
            phase = self._flow.phase if is_awaited else Phase.WAITING
            size = 0
            if phase is Phase.STARTING:
                size = await asyncio.to_thread(store_bytes, generation.paths.recovery)
            why = watchdog.look(
                time.monotonic(),
                phase=phase,
                execution=self._flow.execution,
                received=self._received(),
                has_work=generation.waiting > 0,
                store_bytes=size,
            )
            if why is not None:
                self._supervisor.give_up(why)

    async def _watch_storage(self) -> None:
        """Find out when nothing can be written, or again, and tell every change of that.

        Raises ``FolderError``, which ends the server, where the data folder is another by now.
        """
        shown: str | None = None
        while True:
            self._folder.refuse_moved()
            self._generation.refuse_moved()
            await asyncio.to_thread(self._generation.look)
            await self._write_starts()
            if self._generation.failure != shown:
                shown = self._generation.failure
                if shown is not None:
                    _log.error("Nothing can be taken in: %s.", shown)
                self._live.changed()
            await asyncio.sleep(_WATCH_EVERY_S)

    async def _tidy(self) -> None:
        """Move cart rows to their table: what is too much at once, the rest when it is quiet."""
        failing = False
        rest = LONGEST_REST_S
        while True:
            await asyncio.sleep(rest)
            is_quiet = time.monotonic() - self._committed_at > _QUIET_S
            try:
                rest = await self._generation.carts.tidy(is_quiet=is_quiet)
                if await self._generation.carts.count_unmoved() > _FEW_UNMOVED:
                    self._few_unmoved.clear()
                else:
                    self._few_unmoved.set()
            except sqlite3.Error as error:
                if is_damage(error):
                    raise
                if not failing:
                    _log.error("Cart rows could not be moved to their table: %s.", error)
                failing = True
                rest = LONGEST_REST_S
            else:
                failing = False

    async def check(self) -> str | None:
        """Compare the flow's figures with the view's rows; gives a sentence where they differ.

        The view may be a chunk ahead of a flow that has just recovered: so a difference is looked
        at twice, and for longer while the flow has still to read what the view has.
        """
        is_first, until = True, time.monotonic() + _LONGEST_DOUBT_S
        while True:
            async with self._generation.committer.turn:
                told = self.agreement.figures()
                is_behind = self.agreement.is_behind(self._generation.totals.accepted())
                audit = await self._generation.carts.begin_audit()
            counted = await audit
            if self._flow.state != RUNNING:  # it ended meanwhile: the next recovery is looked at
                return self.agreement.alarm
            is_reading = is_behind and self._generation.waiting > 0 and time.monotonic() < until
            in_doubt = is_first or is_reading
            agree = self.agreement.check(
                told, counted.groups, counted.completed, time.time(), in_doubt=in_doubt
            )
            if agree or not in_doubt:
                break
            is_first = False
            await asyncio.sleep(_DOUBT_S)
        if self.agreement.alarm is not None:
            _log.error("The data are not right: %s.", self.agreement.alarm)
        self._live.changed()
        return self.agreement.alarm
