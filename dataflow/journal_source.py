"""The journal as a source of the flow: one partition, because its order is what makes a replay.

Delivery: nothing is lost and the order never changes. A resume starts again at the offset of the
last finished epoch, so what came after it is read twice and must be harmless the second time. Every
record has a *place* in this order, counted here, which is the same at every reading.
"""

import sqlite3
import time
from pathlib import Path

from typing_extensions import override

from dataflow.drawing import JOURNAL
from dataflow.first_source import FirstPartition, FirstSource
from dataflow.journal import Entry, JournalReader
from dataflow.journal_errors import ChangedError
from dataflow.key_group import KEY_GROUPS
from dataflow.parent import end_at_once
from dataflow.sorted_chunk import end_changed
from dataflow.stopwatch import Stopwatch

Resume = tuple[int, int]
"""Where to go on: the offset of the next chunk, and the place of its first record; from 1."""


class _Partition(FirstPartition[Resume]):
    def __init__(self, reader: JournalReader, resume: Resume, source: FirstSource[Resume]) -> None:
        super().__init__(resume, source)
        self._reader = reader
        self._reading = resume

    @property
    @override
    def position(self) -> int:
        return self.state[0]

    @override
    def take(self) -> tuple[Resume, list[Entry]]:
        """Read what comes next, each chunk with its place."""
        began = time.perf_counter()
        offset, place = self._reading
        try:
            entries = self._reader.read(offset)
        except ChangedError as error:
            end_changed(error)
        except (OSError, sqlite3.Error) as error:
            end_at_once(f"The journal cannot be read: {error}.")
        if entries:  # to look in vain is to wait, and no work
            self._stopwatch.stop(JOURNAL, began)
        placed = []
        for entry in entries:
            placed.append(entry._replace(place=place))
            place += entry.lines
            self._reading = entry.offset + 1, place
        return self._reading, placed

    @override
    def snapshot(self) -> Resume:
        return self.state

    @override
    def close(self) -> None:
        super().close()
        self._reader.close()


class JournalSource(FirstSource[Resume]):
    """Reads a journal from its beginning, or from the offset of the last finished epoch.

    ``path`` is the journal, ``files`` the folder of the uploads.
    """

    def __init__(
        self,
        path: Path,
        files: Path,
        stopwatch: Stopwatch | None = None,
        groups: int = KEY_GROUPS,
        worker: int = 0,
        *,
        has_sorter: bool = False,
    ) -> None:
        super().__init__(stopwatch, groups, worker, has_sorter=has_sorter)
        self._path = path
        self._files = files

    @override
    def open(self, resume: Resume | None) -> FirstPartition[Resume]:
        try:
            reader = JournalReader(self._path, self._files)
        except sqlite3.Error as error:
            end_at_once(f"The journal cannot be opened: {error}.")
        return _Partition(reader, resume or (1, 1), self)
