"""Corrections of one generation: sent, set aside, and taken into its view.

What the journal has is what counts. One thing at a time is decided, each on what the view holds of
all before it; a view that cannot be written takes it in later.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import Final

from dataflow.database import is_damage
from dataflow.faults import reach
from dataflow.journal import Journal
from dataflow.marks import ASIDE as SET_ASIDE
from dataflow.marks import BACK, RESUBMIT
from web.view.marking import Marking
from web.view.reader import ViewReader
from web.view.skipped_filter import ASIDE
from web.view.threads import Threads

_RETRY_S: Final = 0.5
_log = logging.getLogger(__name__)


class Corrections:
    """Sends corrections and sets records aside, each once, whatever ends the server meanwhile."""

    def __init__(
        self,
        journal: Journal,
        marking: Marking,
        threads: Threads[ViewReader],
        *,
        released: Callable[[str, int], None],
        changed: Callable[[], None],
    ) -> None:
        """``released`` hears of the last line of a source, ``changed`` of what is to be shown."""
        self._journal = journal
        self._marking = marking
        self._threads = threads
        self._released = released
        self._changed = changed
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._news.set()  # a kill may have come between the journal and the view

    def before_commit(self) -> None:
        """Take in what was marked before that which is to be committed; in the writing thread."""
        self._marking.take()

    def committed(self) -> None:
        """Hear of a commit: corrections may have landed, or what marks speak of be there."""
        self._news.set()

    @property
    def is_behind(self) -> bool:
        """Whether the view lacks marks that the journal has."""
        return self._marking.is_behind

    async def send(
        self, corrections: Sequence[tuple[int, bytes]], *, again: bool = False
    ) -> list[int]:
        """Send good lines for records, those that are the first, or ``again``; gives their ids.

        They are at most ``MOST_IDS``, of a chunk together, and durable when this returns.
        """
        async with self._turn:
            sent = await asyncio.to_thread(self._journal.resubmit, corrections, again=again)
            if sent.ids:
                reach("corrections kept")
                self._released(RESUBMIT, sent.last_line)
                await self._take_in()
        return sent.ids

    async def put(self, ids: Sequence[int], old: str, new: str) -> int:
        """Set those of some records aside that are open, or back that are aside; counts them.

        ``old`` and ``new`` are these states.
        """
        async with self._turn:
            found = await self._threads.read(lambda view: view.skipped_of(ids))
            those = [each.id for each in found if each.state == old]
            if those:
                kind = SET_ASIDE if new == ASIDE else BACK
                await asyncio.to_thread(self._journal.mark, kind, those)
                reach("mark kept")
                await self._take_in()
        return len(those)

    async def run(self) -> None:
        """Take in what is marked, until cancelled."""
        failing = False
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._step_on()
            except sqlite3.Error as error:
                if is_damage(error):
                    raise
                if not failing:
                    _log.error("What was marked could not be taken in: %s.", error)
                failing = True
                self._news.set()
                await asyncio.sleep(_RETRY_S)
            else:
                failing = False

    async def _take_in(self) -> None:
        """Take in what the journal has by now; it counts, also where that is not possible now."""
        with contextlib.suppress(sqlite3.Error):
            await self._step_on()
        self._news.set()

    async def _step_on(self) -> None:
        has_changed = False
        while await self._threads.write(self._marking.step):
            has_changed = True
        if has_changed:
            self._changed()
