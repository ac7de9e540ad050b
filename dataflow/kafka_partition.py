"""A partition that is being read: where it goes on, and what has come and was not taken yet."""

import math
from collections import deque
from typing import NamedTuple

from dataflow.backlog import Backlog
from dataflow.order_log import Partition


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


class Reading:
    """One partition: what has come of it and was not taken yet."""

    def __init__(self, going: Going) -> None:
        self.partition = going.partition
        self.key = self.partition.topic, self.partition.partition
        """The topic, and the number of the partition in it."""

        self.next = going.next
        self.mark = going.mark
        self.backlog = Backlog()
        self.times: deque[tuple[int, float]] = deque()
        self.read_to = 0.0
        self.end = -1
        self.reached = 0
        """Where the broker had nothing more: behind marks of transactions, which are no records."""

        self.is_paused = False
        self.unproved_since: float | None = None
        """Since when its last record is waited for, which has to be the one that it was."""

        self.proved_at = -math.inf

    def begin(self, now: float) -> int:
        """Forget what has come; gives the offset to read from."""
        self.backlog.clear()
        self.times.clear()
        self.is_paused = False
        self.reached = 0
        self.unproved_since = None if self.mark is None else now
        if self.mark is None:  # there is nothing to be proved
            self.proved_at = now
        return self.next if self.mark is None else self.next - 1

    @property
    def done(self) -> int:
        """Before where nothing waits any more."""
        waits = self.backlog.first is not None or self.unproved_since is not None
        return self.next if waits else max(self.next, self.reached)

    def lost(self, go_on_at: int, reason: str) -> LostRecordsError:
        """Give what is to be raised where records of it are lost."""
        return LostRecordsError(self.partition.number, self.next, go_on_at, reason)
