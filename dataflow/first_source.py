"""A source of one partition, which the first worker reads: one, as its order makes a replay.

What reads the journal and what reads journal and topics have this in common. Both read and sort
ahead while the flow waits.
"""

import time
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from typing_extensions import override

from dataflow.drawing import DESERIALIZE
from dataflow.faults import reach
from dataflow.journal import Entry
from dataflow.key_group import KEY_GROUPS
from dataflow.messages import Started
from dataflow.sorted_chunk import Read, SortedChunk, sort_chunk
from dataflow.stopwatch import Stopwatch

MOST_AHEAD: Final = 3
"""Batches that are read ahead at most: while the end of an epoch is waited for."""

_POLL: Final = timedelta(milliseconds=5)
_QUIET: Final = timedelta(seconds=3)
_QUIET_POLL: Final = timedelta(milliseconds=50)
"""How often it looks whether something is there, and how often where nothing has come for so long:
a look takes the engine a fifth of a millisecond, and every other worker as much again."""

_PARTITION: Final = "journal"

S = TypeVar("S")


class FirstPartition(StatefulSourcePartition[Read, Any], Generic[S]):
    """The partition: says that it has started, and then gives what comes.

    ``state`` is where to go on behind what was given: what a snapshot tells.
    """

    def __init__(self, state: S, stopwatch: Stopwatch, groups: int) -> None:
        self.state = state
        self._stopwatch = stopwatch
        self._groups = groups
        self._has_begun = False
        self._awake_at: datetime | None = None
        self._came_at = datetime.now(UTC)
        self._ahead: deque[tuple[S, list[SortedChunk]]] = deque()

    @override
    def next_batch(self) -> list[Read]:
        if not self._has_begun:
            # The sink's partition exists only after a write: so the hub hears of every start.
            self._has_begun = True
            reach("flow started")
            return [Started(self.position, [])]
        batch = self.go_on()
        now = datetime.now(UTC)
        if batch:
            self._came_at, self._awake_at = now, None
        else:
            self._awake_at = now + (_POLL if now - self._came_at < _QUIET else _QUIET_POLL)
        return batch

    def read_ahead(self) -> bool:
        """Read and sort a batch ahead, while somebody waits; tells whether there may be another.

        No snapshot tells of it before it is given.
        """
        if not self._has_begun or len(self._ahead) == MOST_AHEAD:
            return False
        state, entries = self.take()
        if entries:
            self._ahead.append((state, self._sorted(entries)))
        return bool(entries)

    @override
    def next_awake(self) -> datetime | None:
        return self._awake_at

    @property
    @abstractmethod
    def position(self) -> int:
        """Where it goes on: the offset that the server is told."""

    @abstractmethod
    def take(self) -> tuple[S, Sequence[Entry]]:
        """Read what comes next, behind what was read before; with the state behind it."""

    def go_on(self) -> list[Read]:
        """Give the next batch: what was read ahead, or what is there now."""
        if self._ahead:
            self.state, chunks = self._ahead.popleft()
            return [*chunks]
        self.state, entries = self.take()
        return [*entries]

    def _sorted(self, entries: Sequence[Entry]) -> list[SortedChunk]:
        """Sort chunks into the key groups, under the stopwatch of the step that does it else."""
        chunks = []
        for entry in entries:
            began = time.perf_counter()
            chunks.append(sort_chunk(entry, self._groups))
            self._stopwatch.stop(DESERIALIZE, began)
        return chunks


class FirstSource(FixedPartitionedSource[Read, S]):
    """The source; never ends, as the flow is stopped from outside.

    What it reads ahead is sorted into ``groups``. Of several workers only the first one reads.
    """

    def __init__(
        self, stopwatch: Stopwatch | None = None, groups: int = KEY_GROUPS, worker: int = 0
    ) -> None:
        self.stopwatch = stopwatch or Stopwatch()
        self.groups = groups
        self._worker = worker
        self._part: FirstPartition[Any] | None = None

    def read_ahead(self) -> bool:
        """Do a part of what comes next now: for whoever has to wait in the flow's thread.

        Tells whether there may be more of it to do.
        """
        return self._part is not None and self._part.read_ahead()

    @override
    def list_parts(self) -> list[str]:
        return [] if self._worker else [_PARTITION]

    @override
    def build_part(
        self, step_id: str, for_part: str, resume_state: S | None
    ) -> StatefulSourcePartition[Read, S]:
        self._part = self.open(resume_state)
        return self._part

    @abstractmethod
    def open(self, resume: S | None) -> FirstPartition[Any]:
        """Open the partition, to go on there."""
