"""The starts of the flow on one generation: each begun, followed and written down.

What is found out about a start – where it went on, when it had caught up, why it ended – belongs
to its row in the view, however late it can be written.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from web.flow.publish import PublishPoint
from web.flow.start_log import Fact, StartLog
from web.flow.state import FlowState
from web.service.generation import Generation
from web.view.outcome import Outcome
from web.view.workers import Start

_log = logging.getLogger(__name__)


class Starts:
    """Writes down what becomes of each start, and tells the flow's state of it."""

    def __init__(
        self,
        generation: Generation,
        flow: FlowState,
        publish_point: PublishPoint,
        caught_up: Callable[[], None],
        lacks: Callable[[int], None],
        workers: int,
    ) -> None:
        """``caught_up`` is called whenever a flow has recovered; so many ``workers`` are here.

        ``lacks`` is called where one goes on behind records that the view does not have, though it
        had acknowledged them: with how many these are.
        """
        self._generation: Final = generation
        self._flow: Final = flow
        self._publish_point: Final = publish_point
        self._caught_up: Final = caught_up
        self._lacks: Final = lacks
        self._here: Final = workers
        self._log: Final = StartLog(self._write)
        self._begun: int | None = None
        self._position = 1
        self._marks: dict[str, float] = {}
        self._failing = False

    @property
    def has_begun(self) -> bool:
        """Whether there is a start that was begun and has no end yet."""
        return self._begun is not None

    async def begin(self, reason: str, workers: int) -> str:
        """Write a start of so many workers down before it is made; gives what it publishes by.

        What the flow before had sent is durable then. Raises ``sqlite3.Error`` where that or the
        start itself cannot be written: it is none then.
        """
        self._begun = None
        await self._publish_point.shut()
        await self._generation.committer.drain()
        await self._log.write()
        view = self._generation.view
        begun = await self._generation.threads.write(view.begin_execution, reason, workers)
        self._begun, self._position = begun.execution, begun.position
        self._marks = {}
        accepted = self._generation.totals.accepted()
        self._flow.begin(begun.execution, begun.target, accepted, begun.missing)
        return self._publish_point.expect(begun.execution, workers, self._here)

    async def ended(self, why: str) -> None:
        """Note the end of the start that was begun last; there is none where none could be."""
        execution, self._begun = self._begun, None
        if execution is not None:
            self._log.note(execution, ended_at=time.time(), ended_because=why)
        await self.catch_up()

    async def committed(self, outcome: Outcome) -> None:
        """Follow the flow by what the view has made durable. May be told the same again."""
        facts: dict[str, Fact] = {}
        accepted = [(group, events) for group, (events, _) in outcome.groups.items()]
        is_up = False
        if (started := outcome.started) is not None:
            facts = {**self._describe(started), **self._mark("restored_at")}
            lacking = self._generation.order.records_between(self._position, started.offset)
            if lacking:
                self._lacks(lacking)
            restored = ((group, events) for group, events, _ in started.groups)
            is_up = self._flow.started(started.offset, restored)
        is_up |= self._flow.reached(outcome.position, accepted, outcome.complete, outcome.settled)
        if outcome.has_new and "first_new_at" not in self._marks:
            facts |= self._mark("first_new_at")
        if is_up:
            facts |= self._mark("caught_up_at")
            _log.info("The flow has caught up, as start %d.", self._flow.execution)
            self._caught_up()
        if facts:
            self._log.note(self._flow.execution, **facts)
            await self.catch_up()

    async def catch_up(self) -> None:
        """Write down what was noted, as far as that is possible now."""
        try:
            await self._log.write()
        except sqlite3.Error as error:
            if not self._failing:
                _log.error("What became of the flow could not be written down: %s.", error)
            self._failing = True
        else:
            self._failing = False

    def _mark(self, name: str) -> dict[str, float]:
        """Note that it has come to this, now or at the time noted before; gives it as a fact."""
        return {name: self._marks.setdefault(name, time.time())}

    def _describe(self, started: Start) -> dict[str, Fact]:
        order = self._generation.order
        source, line = order.at(started.offset) or (None, None)
        return {
            "carts": started.carts,
            "offset": started.offset,
            "source": source,
            "line": line,
            "records": order.records_between(started.offset, self._flow.target),
        }

    async def _write(self, execution: int, facts: dict[str, Fact]) -> None:
        change = self._generation.view.change_execution
        await self._generation.threads.write(change, execution, **facts)
