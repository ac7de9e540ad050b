"""What has come of a partition and was not taken yet: records in runs without a gap. Pure.

A consumer gives hundreds of records of one partition at a time. Kept as they come, each costs its
place in a list; a pair and a place in a queue for each took a tenth of the flow's time.
"""

from bisect import bisect_left
from collections import deque
from itertools import accumulate
from typing import NamedTuple

Value = bytes | None
"""The value of a record; None of a tombstone."""


class Records(NamedTuple):
    """Records of a partition, one behind the other without a gap."""

    first: int
    values: list[Value]

    @property
    def last(self) -> int:
        """The offset of the last one."""
        return self.first + len(self.values) - 1


class _Run(NamedTuple):
    first: int
    values: list[Value]
    size: int


class Backlog:
    """The records of a partition that wait, by their offsets; ``size`` is that of their values."""

    def __init__(self) -> None:
        self._runs: deque[_Run] = deque()
        self._count = 0
        self.size = 0

    def __len__(self) -> int:
        return self._count

    @property
    def first(self) -> int | None:
        """The offset of the first one; None where there is none."""
        return self._runs[0].first if self._runs else None

    def add(self, records: Records) -> None:
        """Put records behind those that there are."""
        size = _size_of(records.values)
        self._runs.append(_Run(*records, size))
        self._count += len(records.values)
        self.size += size

    def clear(self) -> None:
        """Forget all of them."""
        self._runs.clear()
        self._count = self.size = 0

    def before_gap(self, most: int, most_bytes: int) -> int:
        """Count the first ones up to a gap, ``most``, or the one that reaches ``most_bytes``."""
        count = size = 0
        following = self.first
        for run in self._runs:
            if run.first != following or count >= most or size >= most_bytes:
                break
            if size + run.size < most_bytes:
                count += len(run.values)
            else:
                count += bisect_left([*accumulate(map(_size, run.values))], most_bytes - size) + 1
            size += run.size
            following = run.first + len(run.values)
        return min(count, most)

    def pop(self, count: int) -> tuple[list[Value], int]:
        """Take out the first ones, of which there must be so many; with the last one's offset."""
        values: list[Value] = []
        last = -1
        while len(values) < count:
            first, some, size = self._runs.popleft()
            taken = some[: count - len(values)]
            values += taken
            last = first + len(taken) - 1
            left = some[len(taken) :]
            if left:
                size_left = _size_of(left)
                self._runs.appendleft(_Run(last + 1, left, size_left))
                size -= size_left
            self.size -= size
        self._count -= count
        return values, last


def _size_of(values: list[Value]) -> int:
    return sum(map(len, filter(None, values)))


def _size(value: Value) -> int:
    return 0 if value is None else len(value)
