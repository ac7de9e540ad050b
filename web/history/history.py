"""Figures over time: kept in memory, written behind into a file of their own, and answered.

Nothing waits for the file, and without it (a full disk, a damaged file) all goes on in memory. A
kill loses at most what came after the last writing.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import msgspec

from dataflow.times import rfc3339
from web.data.folder import DataFolder
from web.data.paths import FolderError
from web.history.clock import OnwardClock
from web.history.history_file import DamageError, GoneError, HistoryFile, News, UnusableError
from web.history.points import Point
from web.history.timeline import NOTHING, STEPS, Mark, Past, Sums, Timeline

WRITE_EVERY_S: Final = 3.0
_OUT_OF_REACH: Final = (UnusableError, FolderError, sqlite3.Error, OSError)
_log = logging.getLogger(__name__)


class History:
    """The figures of the last day, and what happened in it."""

    def __init__(
        self, folder: DataFolder, look: Callable[[], Sums], clock: OnwardClock | None = None
    ) -> None:
        """``look`` gives the newest sums; the file in the folder is opened by ``open``."""
        self._folder: Final = folder
        self._look: Final = look
        self._clock: Final = clock or OnwardClock()
        self._file: Final = HistoryFile(folder.history)
        self._timeline: Final = Timeline()
        self._write_now = asyncio.Event()
        self._turn = asyncio.Lock()
        self._is_kept = False
        self._is_open = False
        self._has_past = False
        self._failing = False

    def open(self) -> None:
        """Go on where the file ends; from now on it is written, as soon as that is possible."""
        self._is_kept = True
        try:
            self._begin(self._file.open())
        except DamageError as error:
            self._put_aside(error)
        except _OUT_OF_REACH as error:
            self._complain(error)
        if not self._is_open:
            self._timeline.restore(NOTHING, self._look())

    def tasks(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Give what is to run as long as the server does, by name."""
        return {"history": self._look_often(), "history file": self._write_often()}

    def committed(self, at: float, arrived: Mapping[float, int]) -> None:
        """See what a commit has changed.

        ``arrived`` counts the records whose effects are new by when they were accepted, in seconds
        since 1970 of the machine's clock, as ``at`` is.
        """
        took = [(at - accepted, records) for accepted, records in arrived.items()]
        self._timeline.look(self._clock.now(), self._look(), took)

    def mark(self, kind: str, words: str) -> None:
        """Note what happens just now; it is written at once."""
        self._timeline.mark(Mark(self._clock.now(), kind, words))
        self._write_now.set()

    def answer(self, name: str) -> bytes:
        """Encode a range for ``GET /api/history``; raises ``KeyError`` where there is none such."""
        self._timeline.look(self._clock.now(), self._look())
        begins, points, marks = self._timeline.until(name)
        step = STEPS[name]
        return msgspec.json.encode(
            {
                "step": step,
                "from": rfc3339(begins),
                "series": {
                    "events": _means(points, "events", step),
                    "skipped": _means(points, "skipped", step),
                    "completed": _means(points, "completed", step),
                    "lag": _highest(points, "lag"),
                    "accept_to_view_p50_ms": _quantiles(points, 0.5),
                    "accept_to_view_p99_ms": _quantiles(points, 0.99),
                    "viewers": _highest(points, "viewers"),
                },
                "marks": [
                    {"at": rfc3339(mark.at), "kind": mark.kind, "words": mark.words}
                    for mark in marks
                ],
            }
        )

    async def close(self) -> None:
        """Write the end, in good order, and close the file; the tasks have ended before."""
        if self._is_kept:
            await self._write(is_end=True)
        await asyncio.to_thread(self._file.close)

    async def _look_often(self) -> None:
        """Look at the end of each second, also where nothing is committed."""
        while True:
            now = self._clock.now()
            self._timeline.look(now, self._look())
            await asyncio.sleep(1.0 - now % 1.0)

    async def _write_often(self) -> None:
        while True:
            self._write_now.clear()
            await asyncio.shield(self._write())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WRITE_EVERY_S):
                    await self._write_now.wait()

    async def _write(self, *, is_end: bool = False) -> None:
        """Write what is new; what cannot be written stays in memory, and is tried again."""
        async with self._turn:
            if is_end and not self._is_open:
                return
            try:
                if not self._is_open:
                    self._folder.refuse_moved()
                    self._begin(await asyncio.to_thread(self._file.open))
                await self._write_news(is_end=is_end)
            except DamageError as error:
                self._put_aside(error)
            except GoneError as error:
                await asyncio.to_thread(self._file.close)
                self._is_open = False
                self._write_now.set()
                _log.error("%s: the figures over time go into another one from now on.", error)
            except _OUT_OF_REACH as error:
                self._complain(error)
            else:
                self._failing = False

    async def _write_news(self, *, is_end: bool) -> None:
        self._timeline.look(self._clock.now(), self._look())
        if is_end:
            self._timeline.end()
        points, marks = self._timeline.take_unwritten()
        alive_at = None if is_end else self._clock.now()
        try:
            news = News(points, marks, self._timeline.told, alive_at)
            await asyncio.to_thread(self._file.write, news)
        except BaseException:
            self._timeline.give_back(points, marks)
            raise

    def _begin(self, past: Past) -> None:
        """Go on behind what a file holds, the first time that it is open; later memory has it."""
        self._is_open = True
        if self._has_past:
            self._timeline.give_back_all()
        else:
            self._has_past = True
            self._clock.heard(past.newest)
            self._timeline.restore(past, self._look())

    def _put_aside(self, error: DamageError) -> None:
        """Keep a damaged file under another name; the next one gets what memory holds."""
        self._is_open = False
        try:
            self._folder.refuse_moved()
            aside = self._file.put_aside()
        except _OUT_OF_REACH as failed:
            self._complain(failed)
        else:
            _log.error("%s is damaged (%s), and %s now.", self._file.path, error, aside.name)

    def _complain(self, error: Exception) -> None:
        if not self._failing:
            _log.error("The figures over time are kept in memory alone: %s.", error)
        self._failing = True


def _means(points: list[Point | None], name: str, step: int) -> list[float | None]:
    return [None if each is None else round(getattr(each, name) / step, 6) for each in points]


def _highest(points: list[Point | None], name: str) -> list[int | None]:
    return [None if each is None else getattr(each, name) for each in points]


def _quantiles(points: list[Point | None], share: float) -> list[float | None]:
    return [None if each is None else each.delays.quantile_ms(share) for each in points]
