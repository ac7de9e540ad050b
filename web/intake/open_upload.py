"""An upload that has not ended, at hand: its row as the journal keeps it, changed one at a time."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

from dataflow.chunks import Chunk, after_bom, next_chunk
from dataflow.faults import reach
from dataflow.journal import Journal
from dataflow.upload import Changes, Upload
from web.errors import APIError
from web.intake.run_ahead import RunAhead
from web.intake.upload_states import Event, lines_asked, moved

_log: Final = logging.getLogger(__name__)


class OpenUpload:
    """What is decided of an upload is durable first, and stands in ``row`` then.

    ``lock`` is held by whoever changes it; ``news`` is set when there is something to look at.
    """

    def __init__(
        self,
        row: Upload,
        journal: Journal,
        run_ahead: RunAhead,
        changed: Callable[["OpenUpload"], None],
    ) -> None:
        self.row = row
        self.lock = asyncio.Lock()
        self.news = asyncio.Event()
        self._journal = journal
        self._run_ahead = run_ahead
        self._changed = changed

    async def save(self, changes: Changes) -> None:
        """Make changes durable; the caller holds the lock. Raises ``sqlite3.Error``."""
        if changes:
            self.row = await asyncio.to_thread(self._journal.change_upload, self.row.id, **changes)
            self._tell()

    async def release(
        self, opened: Callable[[], BinaryIO], lines: int, *, several: bool = False
    ) -> int:
        """Hand further lines to the flow, durably; gives how many went.

        So many where they may be ``several`` chunks, else at most one chunk of them. None goes
        where the file cannot be read: the upload has failed by that. The caller holds the lock;
        ``opened`` gives the file, in a thread. Raises ``sqlite3.Error``.
        """
        before = self.row
        try:
            self.row, offset = await asyncio.to_thread(self._release, opened, lines, several)
        except OSError as error:
            await self._fail(f"its file cannot be read: {error.strerror}")
            return 0
        self._tell()
        reach("chunk released")
        released = self.row.released_lines - before.released_lines
        if released == 0:
            await self._fail("its file is shorter than when it was taken in")
            return 0
        size = self.row.released_bytes - before.released_bytes
        self._run_ahead.released(offset, size, released)
        return released

    async def step(self, files: Path, asked: object) -> int:
        """Release as many lines as a step asks for, all or none; gives how many went.

        Raises ``APIError`` where it is not paused or its file cannot be read, ``sqlite3.Error``
        where the journal cannot be written.
        """
        async with self.lock:
            lines = lines_asked(self.row, asked)
            if lines == 0:
                return 0
            with ExitStack() as stack:
                path = files / self.row.file
                released = await self.release(
                    lambda: stack.enter_context(path.open("rb")), lines, several=True
                )
            if released == 0:
                raise APIError(409, "failed", f"this upload has failed by now: {self.row.error}")
            return released

    def _release(
        self, opened: Callable[[], BinaryIO], lines: int, several: bool
    ) -> tuple[Upload, int]:
        file = opened()
        chunks: list[Chunk] = []
        start = self.row.released_bytes or after_bom(file)
        while lines and (several or not chunks):
            chunk = next_chunk(file, start, lines)
            if chunk is None:
                break
            chunks.append(chunk)
            start, lines = chunk.end, lines - chunk.lines
        return self._journal.release(self.row, chunks) if chunks else (self.row, 0)

    async def _fail(self, why: str) -> None:
        await self.save(moved(self.row, Event.UNREADABLE, now=time.time(), why=why))
        _log.error("The upload %s failed: %s.", self.row.id, why)

    def _tell(self) -> None:
        self.news.set()
        self._changed(self)
