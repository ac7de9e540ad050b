"""Journal and topics, read once more in the one order that the order log has decided.

What a topic does not hold any more is given as a range of so many records without their values.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Final

from dataflow.journal import Entry, JournalReader
from dataflow.kafka_again import Others, read_again
from dataflow.kafka_partition import LostRecordsError
from dataflow.kafka_reader import KafkaReader
from dataflow.kafka_watch import NoAnswerError, ends_of
from dataflow.messages import KAFKA
from dataflow.order_log import JOURNAL, OrderLog, Partition, Range
from dataflow.topics import Topics
from web.data.paths import Paths

_ROWS: Final = 500
_EVERYTHING: Final = 2**62


class UncountableError(Exception):
    """What topics do not hold any more leaves nothing to be proved now; the message says why."""


class InOrder:
    """Reads a generation's records in their one order, from the beginning."""

    def __init__(self, paths: Paths, topics: Topics | None, opened: ExitStack) -> None:
        """Open it; what is opened is closed with ``opened``.

        Raises ``sqlite3.Error``, ``OrderLogError``, ``KafkaConfigError``, and ``UncountableError``
        where no broker answers.
        """
        self._journal = opened.enter_context(closing(JournalReader(paths.journal, paths.uploads)))
        self._log: OrderLog | None = None
        self._reader: KafkaReader | None = None
        self._partitions: dict[int, Partition] = {}
        self._topics = topics
        self._ends: dict[int, tuple[int, int]] = {}
        self._others = Others()
        if paths.order.exists():
            self._log = opened.enter_context(closing(OrderLog(paths.order)))
            self._partitions = {each.number: each for each in self._known()}
            if topics is not None and self._partitions:
                self._ends = self._ask(topics)
                self._find_others(topics, self._log)
                self._reader = opened.enter_context(closing(KafkaReader(topics)))

    def gone(self) -> Iterator[tuple[int, Entry]]:
        """Find the ranges whose records are not there any more, each with its first place."""
        for row in self._rows():
            if row.part != JOURNAL and not self._holds(row):
                yield row.place, self._without_values(row)

    def read(self) -> Iterator[Entry]:
        """Read every record in turn; what is gone of a topic comes without values."""
        origin = None if self._log is None else self._log.origin().seq
        offset = 1
        while entries := self._journal.read(offset, 1, before=origin or _EVERYTHING):
            yield from entries
            offset = entries[-1].offset + 1
        for row in self._rows():
            if row.part == JOURNAL:
                yield from self._of_journal(row)
            elif self._holds(row):
                yield self._of_topic(row)
            else:
                yield self._without_values(row)

    def _rows(self) -> Iterator[Range]:
        """Give what the order log says, but for where a partition went on behind a loss."""
        if self._log is None:
            return
        seq = self._log.origin().seq
        while rows := self._log.after(seq, _ROWS):
            yield from (row for row in rows if not row.is_leap)
            seq = rows[-1].seq + 1

    def _ask(self, topics: Topics) -> dict[int, tuple[int, int]]:
        places = {(each.topic, each.partition): each.number for each in self._partitions.values()}
        try:
            _, ends = ends_of(topics, places)
        except NoAnswerError as error:
            raise UncountableError(
                f"the brokers {topics.servers} do not tell what they hold ({error})"
            ) from error
        return {places[each]: found for each, found in ends.items()}

    def _find_others(self, topics: Topics, log: OrderLog) -> None:
        try:
            self._others.find(topics, log, self._holds)
        except NoAnswerError as error:
            raise UncountableError(str(error)) from error

    def _holds(self, row: Range) -> bool:
        """Whether the topic holds the records of a range, by where it begins and ends, and by them.

        Where it was found to end before, it is asked again: the flow may have read on since.
        """
        if self._topics is None or row in self._others:
            return False
        low, high = self._ends.get(row.part, (0, 0))
        if row.last >= high:
            self._partitions |= {each.number: each for each in self._known()}
            self._ends = self._ask(self._topics)
            low, high = self._ends[row.part]
        return low <= row.first and row.last < high

    def _known(self) -> list[Partition]:
        assert self._log is not None
        return self._log.partitions()

    def _of_journal(self, row: Range) -> Iterator[Entry]:
        offset, at = row.first, row.at
        while offset <= row.last:
            entries = self._journal.read(offset, 1, before=row.last + 1)
            if not entries:
                return
            for entry in entries:
                at = max(at, entry.at)
                yield entry._replace(at=at)
            offset = entries[-1].offset + 1

    def _of_topic(self, row: Range) -> Entry:
        reader = self._reader
        assert reader is not None
        try:
            found = read_again(reader, self._partitions[row.part], row)
        except NoAnswerError as error:
            raise UncountableError(str(error)) from error
        except LostRecordsError as error:
            raise UncountableError(
                f"{error.reason}, while they were read: begin the proof again"
            ) from error
        return self._without_values(row)._replace(values=found.values)

    def _without_values(self, row: Range) -> Entry:
        """Give a range of a topic as far as the order log knows it."""
        source = self._partitions[row.part].source
        return Entry(0, KAFKA, source, row.first, row.records, b"", row.at)
