"""Uploads at work: files that were taken in are released to the journal, line by line in time.

One task per running upload cuts chunks from its file at its pace and within the shared run-ahead.
The position stands in the journal, in the transaction that releases: a replay that was
interrupted goes on where it was.
"""

import asyncio
import logging
import re
import secrets
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, Final

from dataflow.chunks import MAX_CHUNK_LINES, after_bom, next_chunk, read_chunk
from dataflow.faults import reach
from dataflow.journal import Journal, Upload
from dataflow.records import parse_lines
from web.errors import not_found
from web.intake.pace import Pace
from web.intake.run_ahead import RunAhead
from web.intake.upload_states import (
    CANCELLED,
    CHECKED_AFTER,
    DONE,
    FAILED,
    PAUSED,
    QUEUED,
    RUNNING,
    changes_asked,
    describe,
    has_ended,
    mostly_skipped,
    shown_state,
)
from web.view.totals import Counts, Totals

AT_ONCE: Final = 8
"""Uploads that run at the same time; further ones wait for their turn."""

_FEW: Final = 4
_LONGEST_WAIT_S: Final = 0.25
_TICK_S: Final = 0.02
_RETRY_S: Final = 0.5
_PARTIAL: Final = re.compile(r"\.[0-9a-f]{32}")
_made = attrgetter("created")
_log = logging.getLogger(__name__)


class Uploads:
    """The uploads of one generation: taken in, released, steered, ended."""

    def __init__(
        self,
        journal: Journal,
        files: Path,
        totals: Totals,
        run_ahead: RunAhead,
        changed: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._files = files
        self._totals = totals
        self._run_ahead = run_ahead
        self._changed = changed
        self._uploads = {upload.id: upload for upload in journal.uploads()}
        _tidy(files)
        self._unended = {id_ for id_, upload in self._uploads.items() if upload.finished_at is None}
        self._released, self._api_lines = journal.released()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._news: dict[str, asyncio.Event] = {}
        self._stopping = False
        self.crashed: Callable[[BaseException], None] = _raise
        """Hears of a task that ended by what nobody foresaw: the server is to end, too."""

    @property
    def released_lines(self) -> int:
        """Lines that were ever released to the flow, those of ``api`` among them."""
        return self._released + self._api_lines

    def api_released(self, last_line: int) -> None:
        """Note the last line that came through ``POST /api/events``."""
        self._api_lines = max(self._api_lines, last_line)

    def get(self, upload_id: str) -> Upload:
        """Give an upload; raises ``APIError`` (404)."""
        upload = self._uploads.get(upload_id)
        if upload is None:
            raise not_found(f"there is no upload {upload_id!r}")
        return upload

    def describe(self, upload: Upload) -> dict[str, Any]:
        """Give an upload as the API shows it."""
        counts = self._totals.of_upload(upload.id)
        return describe(upload, counts, has_turn=upload.id in self._tasks)

    def newest(self, limit: int, before: int | None = None) -> tuple[list[Upload], int]:
        """Give the newest uploads (made before the one numbered so), and how many there are."""
        found = []
        for upload in reversed(self._uploads.values()):
            if before is None or upload.created < before:
                found.append(upload)
            if len(found) == limit:
                break
        return found, len(self._uploads)

    def shown(self, most: int) -> tuple[list[Upload], int]:
        """Give the uploads that a page shows, and how many there are in all.

        First what runs, then what is paused, the next in turn, and the last that ended: so many in
        all, and a few of those that wait or ended in any case. What this costs grows with what has
        not ended, and not with the past.
        """
        open_ones = sorted((self._uploads[id_] for id_ in self._unended), key=_made, reverse=True)
        active = [upload for upload in open_ones if not self._waits(upload)]
        active = sorted(active, key=lambda upload: upload.id not in self._tasks)[:most]
        turns = [upload for upload in reversed(open_ones) if self._waits(upload)]
        queued = turns[: max(_FEW, most - len(active))]
        room = max(_FEW, most - len(active) - len(queued))
        past = (each for each in reversed(self._uploads.values()) if each.id not in self._unended)
        return [*active, *queued, *islice(past, room)], len(self._uploads)

    def _waits(self, upload: Upload) -> bool:
        """Whether an upload waits for its turn."""
        counts = self._totals.of_upload(upload.id)
        return shown_state(upload, counts, has_turn=upload.id in self._tasks) == QUEUED

    async def add(
        self, name: str, *, file: str, size: int, lines: int, rate: float | None
    ) -> Upload:
        """Take in a file that is durable in the folder of uploads as ``file``."""
        upload = await asyncio.to_thread(
            self._journal.add_upload,
            secrets.token_hex(8),
            name,
            file=file,
            size=size,
            lines=lines,
            rate=rate,
            now=time.time(),
        )
        reach("upload kept")
        self._uploads[upload.id] = upload
        self._unended.add(upload.id)
        self.start_due()
        return upload

    async def replay(self, upload: Upload) -> Upload:
        """Take the same file in once more, at the same pace."""
        return await self.add(
            upload.name, file=upload.file, size=upload.bytes, lines=upload.lines, rate=upload.rate
        )

    async def change(self, upload_id: str, asked: object) -> Upload:
        """Do what ``PATCH`` asks: another rate or state, durable when this returns."""
        async with self._lock(upload_id):
            upload = self.get(upload_id)
            changes = changes_asked(upload, asked)
            if changes:
                upload = await self._save(upload_id, **changes)
        await self._settle(upload_id)
        self.start_due()
        return self.get(upload_id)

    def start_due(self) -> None:
        """Start the uploads whose turn it is, oldest first."""
        if self._stopping:
            return
        for upload_id in sorted(self._unended, key=lambda id_: self._uploads[id_].created):
            upload = self._uploads[upload_id]
            if len(self._tasks) >= AT_ONCE:
                return
            waits = upload.state == RUNNING and upload.released_lines < upload.lines
            if waits and upload_id not in self._tasks:
                task = asyncio.create_task(self._feed(upload_id), name=f"feed {upload_id}")
                self._tasks[upload_id] = task
                task.add_done_callback(partial(self._fed, upload_id))

    async def stop(self) -> None:
        """Release nothing more; what was released stands in the journal."""
        self._stopping = True  # no cancel: what is half released would be released twice
        for news in self._news.values():
            news.set()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._stopping = False

    async def committed(self) -> None:
        """Bring states up to date with what the view now holds."""
        for upload_id in list(self._unended):
            await self._settle(upload_id)

    async def _settle(self, upload_id: str) -> None:
        """End an upload that is through, and pause one that is mostly skipped."""
        upload = self._uploads[upload_id]
        counts = self._totals.of_upload(upload_id)
        if not self._is_due(upload, counts):
            if news := self._news.get(upload_id):
                news.set()
            return
        async with self._lock(upload_id):
            upload = self._uploads[upload_id]
            counts = self._totals.of_upload(upload_id)
            if counts.processed >= upload.lines and not has_ended(upload):
                await self._save(
                    upload_id, state=DONE, paused_because=None, finished_at=time.time()
                )
            elif has_ended(upload) and counts.processed >= upload.released_lines:
                if upload.finished_at is None:
                    await self._save(upload_id, finished_at=time.time())
            elif why := mostly_skipped(upload, counts):
                await self._save(upload_id, state=PAUSED, paused_because=why)
            if self._uploads[upload_id].finished_at is not None:
                self._unended.discard(upload_id)

    @staticmethod
    def _is_due(upload: Upload, counts: Counts) -> bool:
        return (
            counts.processed >= upload.lines
            or (upload.state == CANCELLED and counts.processed >= upload.released_lines)
            or mostly_skipped(upload, counts) is not None
        )

    async def _feed(self, upload_id: str) -> None:
        """Release an upload until it is paused, ended or through."""
        news = self._news[upload_id] = asyncio.Event()
        pace = Pace(self._uploads[upload_id].rate, time.monotonic())
        file: BinaryIO | None = None
        begins_well = failing = False
        try:
            while True:
                news.clear()
                upload = self._uploads[upload_id]
                through = upload.released_lines >= upload.lines
                if self._stopping or through or upload.state != RUNNING:
                    return
                if pace.rate != upload.rate:
                    pace = Pace(upload.rate, time.monotonic())
                if file is not None and upload.released_lines == CHECKED_AFTER:
                    begins_well = await asyncio.to_thread(_begins_well, file)
                most = self._most(upload, pace, begins_well=begins_well)
                if most == 0:
                    await _wait(news, max(_TICK_S, min(pace.wait(), _LONGEST_WAIT_S)))
                    continue
                if not await self._run_ahead.room(_LONGEST_WAIT_S):
                    continue
                async with self._lock(upload_id):
                    upload = self._uploads[upload_id]
                    if upload.state != RUNNING:
                        return
                    try:
                        if file is None:
                            file = await asyncio.to_thread((self._files / upload.file).open, "rb")
                        before = upload
                        upload, offset = await asyncio.to_thread(self._release, file, upload, most)
                    except OSError as error:
                        await self._fail(upload_id, f"its file cannot be read: {error.strerror}")
                        return
                    except sqlite3.Error as error:
                        if not failing:
                            _log.error("The journal cannot be written: %s. Trying again.", error)
                        failing = True
                        await asyncio.sleep(_RETRY_S)
                        continue
                    reach("chunk released")
                    failing = False
                    self._uploads[upload_id] = upload
                    lines = upload.released_lines - before.released_lines
                    if lines == 0:
                        await self._fail(upload_id, "its file is shorter than when it was taken in")
                        return
                self._released += lines
                self._run_ahead.released(
                    offset, upload.released_bytes - before.released_bytes, lines
                )
                pace.take(lines)
                self._changed()
                if pace.rate is not None:
                    await asyncio.sleep(_TICK_S)  # gathers the lines of a tick in one release
        finally:
            if file is not None:
                file.close()
            del self._news[upload_id]

    def _most(self, upload: Upload, pace: Pace, *, begins_well: bool) -> int:
        """Say how many lines may be released now."""
        most = pace.allowance(time.monotonic())
        if most is None:
            most = MAX_CHUNK_LINES
        if not upload.checked and not begins_well and upload.lines > CHECKED_AFTER:
            # Whether most of it is skipped is to be known before more of it goes.
            if upload.released_lines < CHECKED_AFTER:
                return min(most, CHECKED_AFTER - upload.released_lines)
            counts = self._totals.of_upload(upload.id)
            if counts.processed < CHECKED_AFTER or mostly_skipped(upload, counts):
                return 0
        return most

    def _release(self, file: BinaryIO, upload: Upload, most: int) -> tuple[Upload, int]:
        start = upload.released_bytes or after_bom(file)
        chunk = next_chunk(file, start, most)
        return (upload, 0) if chunk is None else self._journal.release(upload, [chunk])

    async def _save(self, upload_id: str, **changes: str | float | None) -> Upload:
        upload = await asyncio.to_thread(self._journal.change_upload, upload_id, **changes)
        self._uploads[upload_id] = upload
        if news := self._news.get(upload_id):
            news.set()
        self._changed()
        return upload

    async def _fail(self, upload_id: str, why: str) -> None:
        _log.error("The upload %s failed: %s.", upload_id, why)
        await self._save(upload_id, state=FAILED, error=why, finished_at=time.time())
        self._unended.discard(upload_id)

    def _fed(self, upload_id: str, task: asyncio.Task[None]) -> None:
        del self._tasks[upload_id]
        error = None if task.cancelled() else task.exception()
        if isinstance(error, sqlite3.Error):  # not even its failure could be written down
            asyncio.get_running_loop().call_later(_RETRY_S, self.start_due)
        elif error is not None:
            self.crashed(error)
        elif not task.cancelled():
            self.start_due()

    def _lock(self, upload_id: str) -> asyncio.Lock:
        return self._locks.setdefault(upload_id, asyncio.Lock())


def _begins_well(file: BinaryIO) -> bool:
    """Whether few of the first lines will be skipped: known before the flow is through them."""
    chunk = next_chunk(file, after_bom(file), CHECKED_AFTER)
    if chunk is None or chunk.lines < CHECKED_AFTER:
        return False
    return 2 * len(parse_lines(read_chunk(file, chunk), 1).skipped) <= CHECKED_AFTER


def _raise(error: BaseException) -> None:
    raise error


def _tidy(files: Path) -> None:
    """Remove files that a kill cut short while they came in: never whole, and so never answered."""
    for file in files.glob(".*"):
        if _PARTIAL.fullmatch(file.name):
            file.unlink()


async def _wait(news: asyncio.Event, seconds: float) -> None:
    # Not ``wait_for``: before Python 3.12 it can swallow a cancellation.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()
