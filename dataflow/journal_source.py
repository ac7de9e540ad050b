"""The journal as a source of the flow: one partition, because its order is what makes a replay.

Delivery: nothing is lost and the order never changes. A resume starts again at the offset of the
last finished epoch, so what came after it is read twice and must be harmless the second time. Every
record has a *place* in this order, counted here, which is the same at every reading.
"""

import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from typing_extensions import override

from dataflow.drawing import JOURNAL
from dataflow.faults import reach
from dataflow.journal import Entry, JournalReader
from dataflow.messages import Started
from dataflow.parent import end_at_once
from dataflow.steps import Restored
from dataflow.stopwatch import Stopwatch

_POLL: Final = timedelta(milliseconds=5)
_PARTITION: Final = "journal"


Resume = tuple[int, int]
"""Where to go on: the offset of the next chunk, and the place of its first record; from 1."""


class _Partition(StatefulSourcePartition[Entry | Started, Resume]):
    def __init__(
        self, reader: JournalReader, resume: Resume, restored: Restored, stopwatch: Stopwatch
    ) -> None:
        self._reader = reader
        self._stopwatch = stopwatch
        self._offset, self._place = resume
        self._restored: Restored | None = restored
        self._awake_at: datetime | None = None

    @override
    def next_batch(self) -> list[Entry | Started]:
        if self._restored is not None:
            # The sink's partition exists only after a write: so the hub hears of every start.
            self._restored.finish()
            started = Started(self._offset, self._restored.groups)
            self._restored = None
            reach("flow started")
            return [started]
        began = time.perf_counter()
        try:
            entries = [self._placed(entry) for entry in self._reader.read(self._offset)]
        except (OSError, sqlite3.Error) as error:
            end_at_once(f"The journal cannot be read: {error}.")
        if entries:  # to look in vain is to wait, and no work
            self._stopwatch.stop(JOURNAL, began)
        self._awake_at = None if entries else datetime.now(UTC) + _POLL
        return list(entries)

    def _placed(self, entry: Entry) -> Entry:
        place = self._place
        self._offset, self._place = entry.offset + 1, place + entry.lines
        return entry._replace(place=place)

    @override
    def next_awake(self) -> datetime | None:
        return self._awake_at

    @override
    def snapshot(self) -> Resume:
        return self._offset, self._place

    @override
    def close(self) -> None:
        self._reader.close()


class JournalSource(FixedPartitionedSource[Entry | Started, Resume]):
    """Reads a journal from its beginning, or from the offset of the last finished epoch.

    ``path`` is the journal, ``files`` the folder of the uploads. It never ends: the flow is
    stopped from outside.
    """

    def __init__(
        self, path: Path, files: Path, restored: Restored, stopwatch: Stopwatch | None = None
    ) -> None:
        self._path = path
        self._files = files
        self._restored = restored
        self._stopwatch = stopwatch or Stopwatch()

    @override
    def list_parts(self) -> list[str]:
        return [_PARTITION]

    @override
    def build_part(
        self, step_id: str, for_part: str, resume_state: Resume | None
    ) -> StatefulSourcePartition[Entry | Started, Resume]:
        try:
            reader = JournalReader(self._path, self._files)
        except sqlite3.Error as error:
            end_at_once(f"The journal cannot be opened: {error}.")
        return _Partition(reader, resume_state or (1, 1), self._restored, self._stopwatch)
