"""The journal as a source of the flow: one partition, because its order is what makes a replay.

Delivery: nothing is lost and the order never changes. A resume starts again at the offset of the
last finished epoch, so what came after it is read twice and must be harmless the second time. Every
record has a *place* in this order, counted here, which is the same at every reading.
"""

import sqlite3
import time
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Final

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from typing_extensions import override

from dataflow.drawing import DESERIALIZE, JOURNAL
from dataflow.faults import reach
from dataflow.journal import Entry, JournalReader
from dataflow.key_group import KEY_GROUPS
from dataflow.messages import Started
from dataflow.parent import end_at_once
from dataflow.sorted_chunk import Read, SortedChunk, sort_chunk
from dataflow.stopwatch import Stopwatch

_POLL: Final = timedelta(milliseconds=5)
_PARTITION: Final = "journal"


Resume = tuple[int, int]
"""Where to go on: the offset of the next chunk, and the place of its first record; from 1."""


class _Partition(StatefulSourcePartition[Read, Resume]):
    def __init__(
        self,
        reader: JournalReader,
        resume: Resume,
        stopwatch: Stopwatch,
        groups: int,
    ) -> None:
        self._reader = reader
        self._stopwatch = stopwatch
        self._resume = resume
        self._groups = groups
        self._has_begun = False
        self._ahead: list[SortedChunk] = []
        self._awake_at: datetime | None = None

    @override
    def next_batch(self) -> list[Read]:
        if not self._has_begun:
            # The sink's partition exists only after a write: so the hub hears of every start.
            self._has_begun = True
            reach("flow started")
            return [Started(self._resume[0], [])]
        ahead, self._ahead = self._ahead, []
        entries = [chunk.entry for chunk in ahead] or self._read()
        for entry in entries:
            self._resume = entry.offset + 1, entry.place + entry.lines
        self._awake_at = None if entries else datetime.now(UTC) + _POLL
        return [*(ahead or entries)]

    def read_ahead(self) -> None:
        """Read and sort what comes next, for the next batch: while somebody waits, it costs none.

        No snapshot tells of it before that batch is taken.
        """
        if not self._has_begun or self._ahead:
            return
        for entry in self._read():
            began = time.perf_counter()
            self._ahead.append(sort_chunk(entry, self._groups))
            self._stopwatch.stop(DESERIALIZE, began)

    def _read(self) -> list[Entry]:
        """Read what comes next, each chunk with its place."""
        began = time.perf_counter()
        offset, place = self._resume
        try:
            entries = self._reader.read(offset)
        except (OSError, sqlite3.Error) as error:
            end_at_once(f"The journal cannot be read: {error}.")
        if entries:  # to look in vain is to wait, and no work
            self._stopwatch.stop(JOURNAL, began)
        places = accumulate((entry.lines for entry in entries), initial=place)
        return [entry._replace(place=at) for entry, at in zip(entries, places, strict=False)]

    @override
    def next_awake(self) -> datetime | None:
        return self._awake_at

    @override
    def snapshot(self) -> Resume:
        return self._resume

    @override
    def close(self) -> None:
        self._reader.close()


class JournalSource(FixedPartitionedSource[Read, Resume]):
    """Reads a journal from its beginning, or from the offset of the last finished epoch.

    ``path`` is the journal, ``files`` the folder of the uploads. It never ends: the flow is
    stopped from outside. What it reads ahead is sorted into ``groups``. Of several workers only the
    first one reads.
    """

    def __init__(
        self,
        path: Path,
        files: Path,
        stopwatch: Stopwatch | None = None,
        groups: int = KEY_GROUPS,
        worker: int = 0,
    ) -> None:
        self._path = path
        self._files = files
        self._stopwatch = stopwatch or Stopwatch()
        self._groups = groups
        self._worker = worker
        self._part: _Partition | None = None

    def read_ahead(self) -> None:
        """Do a part of the next batch's work now: for whoever has to wait in the flow's thread."""
        if self._part is not None:
            self._part.read_ahead()

    @override
    def list_parts(self) -> list[str]:
        return [] if self._worker else [_PARTITION]

    @override
    def build_part(
        self, step_id: str, for_part: str, resume_state: Resume | None
    ) -> StatefulSourcePartition[Read, Resume]:
        try:
            reader = JournalReader(self._path, self._files)
        except sqlite3.Error as error:
            end_at_once(f"The journal cannot be opened: {error}.")
        self._part = _Partition(reader, resume_state or (1, 1), self._stopwatch, self._groups)
        return self._part
