"""An upload that has not ended, at hand: its row as the journal keeps it, changed one at a time."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from dataflow.chunks import Chunk, after_bom, next_chunk
from dataflow.journal import Journal
from dataflow.upload import Changes, Upload


class OpenUpload:
    """What is decided of an upload is durable first, and stands in ``row`` then.

    ``lock`` is held by whoever changes it; ``news`` is set when there is something to look at.
    """

    def __init__(
        self, row: Upload, journal: Journal, changed: Callable[["OpenUpload"], None]
    ) -> None:
        self.row = row
        self.lock = asyncio.Lock()
        self.news = asyncio.Event()
        self._journal = journal
        self._changed = changed

    async def save(self, changes: Changes) -> None:
        """Make changes durable; the caller holds the lock. Raises ``sqlite3.Error``."""
        if changes:
            self.row = await asyncio.to_thread(self._journal.change_upload, self.row.id, **changes)
            self._tell()

    async def release(self, file: BinaryIO, most: int) -> int:
        """Hand further lines to the flow, none at the end of the file; gives the last offset.

        The caller holds the lock. Raises ``OSError`` or ``sqlite3.Error``.
        """
        self.row, offset = await asyncio.to_thread(self._release, file, most)
        self._tell()
        return offset

    async def step(self, path: Path, lines: int) -> int:
        """Hand exactly so many further lines to the flow, or all that are left, at one moment.

        The caller holds the lock. Raises ``OSError`` or ``sqlite3.Error``.
        """
        self.row, offset = await asyncio.to_thread(self._step, path, lines)
        self._tell()
        return offset

    def _step(self, path: Path, lines: int) -> tuple[Upload, int]:
        chunks: list[Chunk] = []
        with path.open("rb") as file:
            start = self.row.released_bytes or after_bom(file)
            while lines > 0 and (chunk := next_chunk(file, start, lines)) is not None:
                chunks.append(chunk)
                start, lines = chunk.end, lines - chunk.lines
        if not chunks:
            raise OSError(0, "it is shorter than when it was taken in")
        return self._journal.release(self.row, chunks)

    def _release(self, file: BinaryIO, most: int) -> tuple[Upload, int]:
        start = self.row.released_bytes or after_bom(file)
        chunk = next_chunk(file, start, most)
        return (self.row, 0) if chunk is None else self._journal.release(self.row, [chunk])

    def _tell(self) -> None:
        self.news.set()
        self._changed(self)
