"""The feeding of one upload: its lines go to the journal at its pace, within the run-ahead.

The position stands in the journal, in the transaction that releases: a feed that was interrupted
goes on where it was, and no line is released twice.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from dataflow.chunks import after_bom, next_chunk, read_chunk
from dataflow.runs import parse_lines
from dataflow.upload import Upload
from web.intake.open_upload import OpenUpload
from web.intake.pace import Pace
from web.intake.run_ahead import RunAhead
from web.intake.upload_states import CHECKED_AFTER, RUNNING, mostly_skipped
from web.view.totals import Totals

RETRY_S: Final = 0.5
"""How long a journal that cannot be written is left alone."""

_LONGEST_WAIT_S: Final = 0.25
_TICK_S: Final = 0.02
_log = logging.getLogger(__name__)


class Feed:
    """Releases an upload until it is paused, ended or through, or is told to stop."""

    def __init__(
        self,
        upload: OpenUpload,
        files: Path,
        totals: Totals,
        run_ahead: RunAhead,
        released: Callable[[int], None],
    ) -> None:
        """``released`` hears how many lines went."""
        self.upload = upload
        self._files = files
        self._totals = totals
        self._run_ahead = run_ahead
        self._released = released
        self._pace = Pace(upload.row.rate, time.monotonic())
        self._file: BinaryIO | None = None
        self._begins_well: bool | None = None
        self._failing = self._stopped = False

    def stop(self) -> None:
        """Release nothing more; what is half released is brought to its end."""
        self._stopped = True
        self.upload.news.set()

    async def run(self) -> None:
        """Feed it, to its end."""
        try:
            while True:
                self.upload.news.clear()
                if self._stopped or not _may_go(self.upload.row):
                    return
                await self._step()
        finally:
            if self._file is not None:
                self._file.close()

    async def _step(self) -> None:
        most = await self._most()
        if most == 0:
            await _wait(self.upload.news, max(_TICK_S, min(self._pace.wait(), _LONGEST_WAIT_S)))
        elif await self._run_ahead.room(_LONGEST_WAIT_S):
            try:
                lines = await self._release(most)
            except sqlite3.Error as error:
                if not self._failing:
                    _log.error("The journal cannot be written: %s. Trying again.", error)
                self._failing = True
                await _wait(self.upload.news, RETRY_S)
                return
            if lines:
                self._failing = False
                self._pace.take(lines)
                self._released(lines)
                if self._pace.rate is not None:
                    await asyncio.sleep(_TICK_S)  # gathers the lines of a tick in one release

    async def _most(self) -> int:
        """Say how many lines may be released now."""
        upload = self.upload.row
        if self._pace.rate != upload.rate:
            self._pace = Pace(upload.rate, time.monotonic())
        allowed = self._pace.allowance(time.monotonic())
        most = self._run_ahead.most_at_once
        if allowed is not None:
            most = min(most, allowed)
        if upload.checked or upload.lines <= CHECKED_AFTER:
            return most
        # Whether most of it is skipped is to be known before more of it goes.
        if upload.released_lines < CHECKED_AFTER:
            return min(most, CHECKED_AFTER - upload.released_lines)
        if self._begins_well is None and self._file is not None:
            self._begins_well = await asyncio.to_thread(_begins_well, self._file)
        if not self._begins_well:
            counts = self._totals.of_upload(upload.id)
            if counts.processed < CHECKED_AFTER or mostly_skipped(upload, counts):
                return 0
        return most

    async def _release(self, most: int) -> int:
        """Release at most so many lines; gives how many went, none where the upload has failed."""
        async with self.upload.lock:
            if not _may_go(self.upload.row):
                return 0
            return await self.upload.release(self._opened, most)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            self._file = (self._files / self.upload.row.file).open("rb")
        return self._file


def _may_go(upload: Upload) -> bool:
    return upload.state == RUNNING and upload.released_lines < upload.lines


def _begins_well(file: BinaryIO) -> bool:
    """Whether few of the first lines will be skipped: known before the flow is through them."""
    try:
        chunk = next_chunk(file, after_bom(file), CHECKED_AFTER)
        if chunk is None or chunk.lines < CHECKED_AFTER:
            return False
        lines = read_chunk(file, chunk)
    except OSError:  # the next release meets it, and says so
        return False
    return 2 * len(parse_lines(lines, 1).skipped) <= CHECKED_AFTER


async def _wait(news: asyncio.Event, seconds: float) -> None:
    # Not ``wait_for``: before Python 3.12 it can swallow a cancellation.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()
