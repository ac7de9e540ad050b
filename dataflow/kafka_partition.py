"""A partition that is being read: where it goes on, and what has come and was not taken yet."""

import math
from collections import deque
from typing import NamedTuple

from dataflow.order_log import Partition

Value = bytes | None


class LostRecordsError(Exception):
    """Records of a partition cannot be read (again); ``go_on_at`` is where it could go on."""

    def __init__(self, number: int, next_offset: int, go_on_at: int, reason: str) -> None:
        super().__init__(reason)
        self.number, self.next, self.go_on_at, self.reason = number, next_offset, go_on_at, reason


class Going(NamedTuple):
    """Where a partition goes on: at ``next``, behind a record of this checksum, where one was."""

    partition: Partition
    next: int
    mark: int | None = None


class Standing(NamedTuple):
    """How far a partition is: ``end`` is that of the broker, -1 where it is not known.

    ``read_to`` is the time of the newest record that was taken, in seconds since 1970; 0: none.
    """

    partition: Partition
    next: int
    end: int
    read_to: float


class Records(NamedTuple):
    """Records of a partition, one behind the other without a gap; one without a value is None."""

    first: int
    values: list[Value]

    @property
    def last(self) -> int:
        """The offset of the last one."""
        return self.first + len(self.values) - 1


class Reading:
    """One partition: what has come of it and was not taken yet."""

    def __init__(self, going: Going) -> None:
        self.partition = going.partition
        self.next = going.next
        self.mark = going.mark
        self.kept: deque[tuple[int, Value]] = deque()
        self.kept_bytes = 0
        self.times: deque[tuple[int, float]] = deque()
        self.read_to = 0.0
        self.end = -1
        self.is_paused = False
        self.unproved_since: float | None = None
        """Since when its last record is waited for, which has to be the one that it was."""

        self.proved_at = -math.inf

    @property
    def key(self) -> tuple[str, int]:
        """The topic, and the number of the partition in it."""
        return self.partition.topic, self.partition.partition

    def begin(self, now: float) -> int:
        """Forget what has come; gives the offset to read from."""
        self.kept.clear()
        self.times.clear()
        self.kept_bytes = 0
        self.is_paused = False
        self.unproved_since = None if self.mark is None else now
        if self.mark is None:  # there is nothing to be proved
            self.proved_at = now
        return self.next if self.mark is None else self.next - 1

    def lost(self, go_on_at: int, reason: str) -> LostRecordsError:
        """Give what is to be raised where records of it are lost."""
        return LostRecordsError(self.partition.number, self.next, go_on_at, reason)
