"""A source of one partition, which the first worker reads: one, as its order makes a replay.

What reads the journal and what reads journal and topics have this in common. Both read and sort
ahead while the flow waits.
"""

import logging
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, NamedTuple, TypeVar

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from typing_extensions import override

from dataflow.drawing import DESERIALIZE
from dataflow.faults import reach
from dataflow.journal import Entry
from dataflow.key_group import KEY_GROUPS
from dataflow.messages import Started
from dataflow.sorted_chunk import Read, SortedChunk, sort_chunk
from dataflow.sorter import Sorter
from dataflow.stopwatch import Stopwatch

MOST_AHEAD: Final = 3
"""Batches that are read ahead at most: while they are sorted elsewhere, or an epoch ends."""

MANY: Final = 8_000
"""Records of a batch behind which more of that kind are to be expected: worth a process."""

_POLL: Final = timedelta(milliseconds=5)
_QUIET: Final = timedelta(seconds=3)
_QUIET_POLL: Final = timedelta(milliseconds=50)
"""How often it looks whether something is there, and how often where nothing has come for so long:
a look takes the engine a fifth of a millisecond, and every other worker as much again."""

_PARTITION: Final = "journal"
_log = logging.getLogger(__name__)

S = TypeVar("S")


class _Ahead(NamedTuple, Generic[S]):
    """A batch that was read ahead, and the state behind it; no chunks where the sorter has them."""

    state: S
    entries: Sequence[Entry]
    chunks: list[SortedChunk] | None


class FirstPartition(StatefulSourcePartition[Read, Any], Generic[S]):
    """The partition: says that it has started, and then gives what comes.

    ``state`` is where to go on behind what was given: what a snapshot tells. While many records
    come, another process sorts them, where there is to be one.
    """

    def __init__(self, state: S, source: "FirstSource[Any]") -> None:
        self.state = state
        self._stopwatch = source.stopwatch
        self._groups = source.groups
        self._has_begun = False
        self._awake_at: datetime | None = None
        self._came_at = datetime.now(UTC)
        self._ahead: deque[_Ahead[S]] = deque()
        self._sorter: Sorter | None = None
        self._may_have_sorted = source.has_sorter

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
        elif now - self._came_at < _QUIET:
            self._awake_at = now + _POLL
        else:
            self._awake_at = now + _QUIET_POLL
            self._sort_here()
        return batch

    def read_ahead(self) -> bool:
        """Read and sort a batch ahead, while somebody waits; tells whether there may be another.

        No snapshot tells of it before it is given.
        """
        if not self._has_begun or len(self._ahead) == MOST_AHEAD:
            return False
        state, entries = self.take()
        if entries:
            is_elsewhere = self._have_sorted(entries)
            self._ahead.append(
                _Ahead(state, entries, None if is_elsewhere else self._sorted(entries))
            )
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
        if not self._ahead:
            state, entries = self.take()
            if not self._have_sorted(entries):
                self.state = state
                return [*entries]
            self._ahead.append(_Ahead(state, entries, None))
        while self._ahead[-1].chunks is None and self.read_ahead():
            pass
        self.state, entries, chunks = self._ahead.popleft()
        return [*(self._sorted_elsewhere(entries) if chunks is None else chunks)]

    @override
    def close(self) -> None:
        self._sort_here()

    def _have_sorted(self, entries: Sequence[Entry]) -> bool:
        """Have many records sorted by another process, if it is there; else it begins now."""
        is_many = sum(entry.lines for entry in entries) >= MANY
        if not (is_many and self._may_have_sorted and self._sorter_is_ready()):
            return False
        assert self._sorter is not None
        for entry in entries:
            self._sorter.put(entry)
        return True

    def _sorter_is_ready(self) -> bool:
        """Whether it is there; where it is not, or has ended with nothing to sort, it begins."""
        is_sorting = any(ahead.chunks is None for ahead in self._ahead)
        if self._sorter is not None and self._sorter.has_ended and not is_sorting:
            self._sort_here()
        if self._sorter is None:
            try:
                self._sorter = Sorter(self._groups)
            except OSError as error:
                _log.warning(
                    "No process can be had to sort chunks, so the flow does it: %s.", error
                )
                self._may_have_sorted = False
                return False
        return self._sorter.is_ready

    def _sort_here(self) -> None:
        """End the other process, when nothing is there to be sorted."""
        if self._sorter is not None:
            self._sorter.close()
            self._sorter = None

    def _sorted_elsewhere(self, entries: Sequence[Entry]) -> list[SortedChunk]:
        assert self._sorter is not None
        chunks = []
        for entry in entries:
            chunk, seconds = self._sorter.get(entry)
            self._stopwatch.add(DESERIALIZE, seconds)
            chunks.append(chunk)
        return chunks

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

    What it reads ahead is sorted into ``groups``. Of several workers only the first one reads, and
    where it ``has_sorter``, another process sorts many: it is what nobody can share with it.
    """

    def __init__(
        self,
        stopwatch: Stopwatch | None = None,
        groups: int = KEY_GROUPS,
        worker: int = 0,
        *,
        has_sorter: bool = False,
    ) -> None:
        self.stopwatch = stopwatch or Stopwatch()
        self.groups = groups
        self.has_sorter = has_sorter
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
