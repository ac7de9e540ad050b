"""Uploads at work, with a real journal and a view that the test plays."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dataflow.journal import Journal, JournalReader
from dataflow.runs import parse_lines
from web.intake.run_ahead import RunAhead
from web.intake.uploads import Uploads
from web.view.totals import SKIPPED_PART, Counts, Totals

GOOD = b'{"user_id": "a", "type": "order", "order_id": 1}\n'
BAD = b"FAIL HERE\n"


class Stage:
    """A journal, its uploads, and the test as the flow and the view behind them."""

    def __init__(self, folder: Path, run_ahead: RunAhead | None = None) -> None:
        self.files = folder / "files"
        self.files.mkdir(exist_ok=True)
        self.path = folder / "journal.db"
        self.journal = Journal(self.path)
        self.reader = JournalReader(self.path, self.files)
        self.totals = Totals()
        self.run_ahead = run_ahead or RunAhead()
        self.changed = asyncio.Event()
        self.uploads = Uploads(
            self.journal, self.files, self.totals, self.run_ahead, self.changed.set
        )
        self._offset = 1
        self._sums: dict[str, Counts] = {}

    async def add(self, data: bytes, rate: float | None = None) -> str:
        name = f"file-{len(list(self.files.iterdir()))}"
        (self.files / name).write_bytes(data)
        upload = await self.uploads.add(
            "f.jsonl", file=name, size=len(data), lines=data.count(b"\n"), rate=rate
        )
        return upload.id

    async def add_anyway(self, data: bytes, *, missing: bool = False) -> str:
        """Add an upload to a journal that takes nothing else."""
        file = "missing" if missing else "kept"
        if not missing:
            (self.files / file).write_bytes(data)
        upload = await self.uploads.add(
            "f.jsonl", file=file, size=len(data), lines=data.count(b"\n"), rate=None
        )
        return upload.id

    def begin_at(self, offset: int) -> None:
        """Stand for a flow that has read everything before this."""
        self._offset = offset

    async def process(self, most: int = 1_000) -> int:
        """Read what was released as the flow does, and tell the outcome; gives the chunks."""
        entries = self.reader.read(self._offset, most)
        for entry in entries:
            parsed = parse_lines(entry.data, entry.first_line)
            sums = self._sums.setdefault(entry.upload or "", Counts())
            sums.add(Counts(len(parsed.events), 0, len(parsed.skipped), parsed.blank))
            upload = entry.upload or ""
            self.totals.put_part(upload, 0, Counts(sums.accepted))
            self.totals.put_part(upload, SKIPPED_PART, Counts(0, 0, sums.skipped, sums.blank))
            self._offset = entry.offset + 1
            self.run_ahead.arrived(self._offset)
        await self.uploads.committed(self.uploads.unended)
        return len(entries)

    def shown(self, upload: str) -> dict[str, Any]:
        return self.uploads.describe(self.uploads.get(upload))

    def released(self, upload: str) -> int:
        return self.uploads.get(upload).released_lines

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until something is so that only a change can have brought about."""
        while not reached():
            await asyncio.wait_for(self.changed.wait(), 20)
            self.changed.clear()

    def releases(self, upload: str, before: int) -> bool:
        return self.released(upload) > before

    async def run(self, upload: str, state: str = "done") -> dict[str, Any]:
        """Be the flow until an upload is in a state."""
        while self.shown(upload)["state"] != state:
            if not await self.process():
                await asyncio.wait_for(self.changed.wait(), 20)
                self.changed.clear()
        return self.shown(upload)

    async def close(self) -> None:
        await self.uploads.stop()
        self.reader.close()
        self.journal.close()


@asynccontextmanager
async def staged(folder: Path, run_ahead: RunAhead | None = None) -> AsyncIterator[Stage]:
    stage = Stage(folder, run_ahead)
    try:
        yield stage
    finally:
        await stage.close()


@contextmanager
def no_room_in(journal: Journal) -> Iterator[threading.Event]:
    """Let a journal take uploads and nothing else; gives what tells that it refused something."""
    refused = threading.Event()

    def refuse(*_: object, **__: object) -> None:
        refused.set()
        raise sqlite3.OperationalError("database or disk is full")

    with (
        patch.object(journal, "release", refuse),
        patch.object(journal, "change_upload", refuse),
    ):
        yield refused
