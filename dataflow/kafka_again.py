"""Ranges that were taken of topics, read once more: as they were, or other records in their place.

A topic that was deleted and made anew, or whose broker has lost its tail and got others, has the
same offsets for other records. The checksum of a range tells them apart.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from itertools import chain
from typing import Final

from dataflow.backlog import Records
from dataflow.kafka_partition import Going, LostRecordsError
from dataflow.kafka_reader import KafkaReader
from dataflow.kafka_watch import NoAnswerError
from dataflow.order_log import OrderLog, Partition, Range, crc_of_all
from dataflow.topics import Topics

PATIENCE_S: Final = 30.0
"""After so long without a record nobody is waited for."""


class Others:
    """Which ranges are not in their topics any more as they were, though others stand there."""

    def __init__(self) -> None:
        self.partitions: dict[int, Partition] = {}
        """Those of which some are, by their numbers."""
        self._whole: set[int] = set()
        self._ranges: set[int] = set()

    def __contains__(self, row: Range) -> bool:
        return row.part in self._whole or row.seq in self._ranges

    def find(self, topics: Topics, log: OrderLog, holds: Callable[[Range], bool]) -> None:
        """Look at those that may be: the newest of each partition, and all before a given-up loss.

        ``holds`` tells whether there is anything at the offsets of a range. Raises
        ``NoAnswerError``, and ``KafkaConfigError`` where no client can be made.
        """
        for partition in log.partitions():
            newest = log.newest_of(partition.number)
            if newest is None:
                continue
            before = (row for row in log.before_loss(partition.number) if row != newest)
            differ = _differ(topics, partition, filter(holds, chain(before, [newest])))
            if newest.seq in differ:
                self._whole.add(partition.number)
            if differ:
                self._ranges |= differ
                self.partitions[partition.number] = partition


def read_again(reader: KafkaReader, partition: Partition, row: Range) -> Records:
    """Read a range of a partition, wherever the reader is in that.

    Raises ``LostRecordsError`` where it is not there as it was, and ``NoAnswerError`` where nobody
    answers.
    """
    if row.part not in reader.numbers:
        reader.begin([Going(partition, row.first)])
    elif reader.mark(row.part)[0] != row.first:
        reader.leap(row.part, row.first)
    end = time.monotonic() + PATIENCE_S
    while (found := reader.take_again(row.part, row.first, row.last)) is None:
        if time.monotonic() > end:
            raise NoAnswerError(
                f"{partition.source} gave nothing for {PATIENCE_S:.0f} s: the brokers do not answer"
            )
        if reader.poll(0.05):
            end = time.monotonic() + PATIENCE_S
    return found


def _differ(topics: Topics, partition: Partition, ranges: Iterable[Range]) -> set[int]:
    """Read ranges of a partition; gives the numbers of those that are others than they were."""
    found = set[int]()
    with closing(KafkaReader(topics)) as reader:
        for row in ranges:
            try:
                values = read_again(reader, partition, row).values
            except LostRecordsError:
                found.add(row.seq)
                continue
            if row.crc is not None and crc_of_all(values) != row.crc:
                found.add(row.seq)
    return found
