"""The one order of all records: the journal and every partition of the topics, range by range.

A turn takes what the journal has, then some of each partition, and writes down what it has taken
before anybody hears of it. Where the log knows already what comes next, exactly that is read again:
so a replay meets the records in the very same order, whatever came in which order meanwhile.
"""

import time
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from dataflow.backlog import Records
from dataflow.faults import reach
from dataflow.journal import READ_BYTES, Entry, JournalReader
from dataflow.kafka_partition import Going, LostRecordsError
from dataflow.kafka_reader import KafkaReader
from dataflow.kafka_watch import Look, Watch
from dataflow.messages import KAFKA, PartitionRead, TopicsRead
from dataflow.order_log import JOURNAL, Loss, OrderLog, Partition, Range, crc_of_all
from dataflow.records import MAX_LINE_BYTES
from dataflow.topics import Topics

RANGE_RECORDS: Final = 32_000
RANGE_BYTES: Final = 2 * 1024 * 1024
"""What is taken of one partition in a turn, at the most."""

TURN_RECORDS: Final = 64_000
"""What is taken in a turn, about: with an eighth of it, each record costs a quarter more."""

_ROWS: Final = 256
_EVERYTHING: Final = 2**62

Marks = Mapping[int, tuple[int, int | None]]
"""By the number of a partition: the offset that it goes on at, and the checksum before it."""


class RefusedError(Exception):
    """The order cannot go on; the message says why and what to do."""


class State(NamedTuple):
    """Where the order goes on: at a number, an offset of the journal, and in each partition.

    ``place`` is that of the next record, ``at`` the time of the last one, in seconds since 1970.
    """

    seq: int = 1
    journal: int = 1
    place: int = 1
    at: float = 0.0
    marks: Marks = MappingProxyType({})


class Turn(NamedTuple):
    """What comes next, and where the order goes on behind it."""

    entries: list[Entry]
    state: State


class OneOrder:
    """Gives what comes next, in the one order, for ever."""

    def __init__(
        self, journal: JournalReader, log: OrderLog, topics: Topics | None, state: State
    ) -> None:
        """Go on at a state; raises ``KafkaConfigError`` where no client of Kafka can be made."""
        self._journal: Final = journal
        self._log: Final = log
        self._origin, self._cluster = log.origin()
        self._seq, self._offset, self._place, self._at = state[:4]
        self._marks: dict[int, tuple[int, int | None]] = dict(state.marks)
        self._partitions: dict[int, Partition] = {each.number: each for each in log.partitions()}
        self._rows: deque[Range] = deque()
        self._is_replaying = True
        self._turns = 0
        log.forget_losses()  # what is lost still is found out again, and by these brokers
        self._names: Final = () if topics is None else topics.names
        self._pending: Final = {
            each.number for each in self._partitions.values() if self._is_due(each)
        }
        self._reader: KafkaReader | None = None
        self._watch: Watch | None = None
        self._troubles: list[str] = []
        if topics is not None:
            known = [(each.topic, each.partition) for each in self._partitions.values()]
            due = (self._partitions[number].topic for number in self._pending)
            names = tuple(dict.fromkeys((*topics.names, *due)))
            self._reader = KafkaReader(topics)
            self._watch = Watch(topics._replace(names=names), known)
            self._watch.begin()

    def close(self) -> None:
        """Let the brokers go, and close the files."""
        if self._reader is not None:
            self._reader.close()
        self._journal.close()
        self._log.close()

    @property
    def state(self) -> State:
        """Where it goes on."""
        return State(self._seq, self._offset, self._place, self._at, dict(self._marks))

    def turn(self) -> Turn:
        """Take what comes next; nothing, where there is nothing (yet).

        Raises ``RefusedError`` where it cannot go on.
        """
        try:
            self._poll()
            if self._seq < self._origin:
                entries = self._journal_alone()
            elif self._is_replaying:
                entries = self._again()
            else:
                entries = self._anew()
        except LostRecordsError as lost:
            others = [] if self._reader is None else self._reader.lost()
            of_others = [each for each in others if each.number != lost.number]
            raise self._refusal([lost, *of_others]) from lost
        return Turn(entries, self.state)

    def topics(self) -> TopicsRead | None:
        """Tell how the reading of topics stands; None where none are read."""
        if self._reader is None or self._watch is None:
            return None
        down = self._watch.down
        troubles = [] if down is None else [f"the brokers do not answer: {down.why}"]
        return TopicsRead(
            [
                PartitionRead(
                    each.partition.topic,
                    each.partition.partition,
                    each.next,
                    each.end,
                    each.read_to,
                )
                for each in self._reader.standings()
                if each.partition.topic in self._names
            ],
            None if down is None else down.since,
            troubles + self._troubles,
        )

    def _poll(self) -> None:
        if self._reader is None or self._watch is None:
            return
        look = self._watch.take()
        if look is not None:
            self._take_look(look)
        self._reader.poll()

    def _take_look(self, look: Look) -> None:
        """Read partitions that are new, once it is known that these brokers are the right ones."""
        assert self._reader is not None
        assert self._watch is not None
        self._refuse_another(look.cluster)
        self._troubles = list(look.troubles.values())
        self._refuse_made_anew(look.ids)
        begun = set(self._reader.numbers)
        self._reader.begin(
            self._going(each)
            for each in self._partitions.values()
            if each.number not in begun
            and each.topic not in look.troubles
            and (each.topic in self._names or each.number in self._pending)
        )
        known = {(each.topic, each.partition) for each in self._partitions.values()}
        for found in look.found:
            # A look may have begun before the watch was told what the one before has led to.
            if found.topic not in self._names or (found.topic, found.partition) in known:
                continue
            new = self._log.add_partition(*found, look.ids.get(found.topic))
            self._watch.has_begun(new.topic, new.partition)
            self._partitions[new.number] = new
            self._reader.begin([Going(new, new.first)])

    def _going(self, partition: Partition) -> Going:
        """Tell where a partition goes on: by the state, or behind what was given up since."""
        following = self._log.following(partition.number, self._seq)
        if following is not None and following.is_leap:
            return Going(partition, following.first)
        at, mark = self._marks.get(partition.number, (partition.first, None))
        return Going(partition, at, mark)

    def _is_due(self, partition: Partition) -> bool:
        """Whether records of a partition have to be read again, asked for or not."""
        return self._log.following(partition.number, self._seq) is not None

    def _refuse_another(self, cluster: str | None) -> None:
        if cluster is None or cluster == self._cluster:
            return
        if self._cluster is not None:
            raise RefusedError(
                f"the brokers belong to the cluster {cluster!r}, and this folder has read the"
                f" cluster {self._cluster!r}: give --kafka of that one, or another --data folder"
            )
        self._log.join_cluster(cluster)
        self._cluster = cluster

    def _refuse_made_anew(self, ids: Mapping[str, str]) -> None:
        """Refuse topics that were deleted and made anew: their offsets mean other records."""
        lost = []
        for number, known in list(self._partitions.items()):
            told = ids.get(known.topic)
            if told is None or told == known.topic_id:
                continue
            at, _ = self._marks.get(number, (known.first, None))
            if known.topic_id is not None and at:
                why = (
                    f"the topic {known.topic!r} was deleted and made anew: its offsets stand for"
                    " other records than those that were read"
                )
                lost.append(LostRecordsError(number, at, 0, why))
            else:
                self._log.note_topic_id(number, told)
                self._partitions[number] = known._replace(topic_id=told)
        if lost:
            raise self._refusal(lost)

    def _journal_alone(self) -> list[Entry]:
        """Read what stands before the log: chunks of the journal, in its own order."""
        entries = []
        for entry in self._journal.read(self._offset, before=self._origin):
            self._at = max(self._at, entry.at)
            entries.append(entry._replace(place=self._place, end=entry.offset + 1))
            self._place += entry.lines
            self._seq = self._offset = entry.offset + 1
        if not entries:
            raise RefusedError(
                f"the journal ends at offset {self._offset}, and its order log begins at"
                f" {self._origin}: records are missing; put the whole folder back from a copy"
            )
        return entries

    def _again(self) -> list[Entry]:
        """Read again what the log says, as far as it has come; behind its end all is new."""
        entries: list[Entry] = []
        records = 0
        while records < TURN_RECORDS:
            if not self._rows:
                self._rows.extend(self._log.after(self._seq, _ROWS))
            if not self._rows:
                self._is_replaying = bool(entries)
                break
            taken = self._read_again(self._rows[0])
            if taken is None:
                break
            entries += taken
            records += self._rows.popleft().records
        if entries:
            reach("order read again")
        return entries

    def _read_again(self, row: Range) -> list[Entry] | None:
        """Read one range again; None where not all of it has come yet."""
        if row.is_leap:
            self._leap(row)
            return []
        if row.place != self._place:
            raise RefusedError(
                f"range {row.seq} of the order log begins with record {row.place}, and the flow's"
                f" state with {self._place}: they are of different folders"
            )
        if row.part == JOURNAL:
            return self._journal_again(row)
        if self._reader is None:
            source = self._partitions[row.part].source
            raise RefusedError(
                f"records of {source} were taken and are in no snapshot yet: start it once more"
                " with --kafka, until it has caught up"
            )
        records = self._reader.take_again(row.part, row.first, row.last)
        if records is None:
            return None
        if row.crc is not None and crc_of_all(records.values) != row.crc:
            raise LostRecordsError(
                row.part,
                row.first,
                row.last + 1,
                f"the records {row.first} to {row.last} of {self._partitions[row.part].source} are"
                " others than those that were read there",
            )
        return [self._of_topic(row.part, records, row.at)]

    def _leap(self, row: Range) -> None:
        self._marks[row.part] = row.first, None
        self._seq = row.seq + 1
        if self._reader is not None and row.part in self._reader.numbers:
            self._reader.leap(row.part, row.first)

    def _journal_again(self, row: Range) -> list[Entry]:
        entries = self._journal.read(row.first, _EVERYTHING, before=row.last + 1)
        if (
            not entries
            or entries[-1].offset != row.last
            or sum(each.lines for each in entries) != row.records
        ):
            raise RefusedError(
                f"the journal does not hold {row.records} records at the offsets {row.first} to"
                f" {row.last}, as the order log says: put the whole folder back from a copy"
            )
        return self._of_journal(entries, row.at)

    def _anew(self) -> list[Entry]:
        """Take what is new, and write down in which order; durable before anybody hears of it."""
        entries: list[Entry] = []
        rows: list[Range] = []
        at = self._at
        chunks = self._journal.read(self._offset, READ_BYTES)
        if chunks:
            records = sum(each.lines for each in chunks)
            first, last = chunks[0].offset, chunks[-1].offset
            row = Range(self._seq, JOURNAL, first, last, records, None, self._place, at)
            rows.append(row)
            entries += self._of_journal(chunks, at)
        left = TURN_RECORDS
        for number in self._in_turn():
            assert self._reader is not None
            taken = self._reader.take(number, min(left, RANGE_RECORDS), RANGE_BYTES)
            if taken is None:
                continue
            at = max(self._at, time.time())
            crc, count = crc_of_all(taken.values), len(taken.values)
            row = Range(self._seq, number, taken.first, taken.last, count, crc, self._place, at)
            rows.append(row)
            entries.append(self._of_topic(number, taken, at))
            left -= count
            if left <= 0:
                break
        if rows:
            reach("order to be kept")
            self._log.append(rows)
            reach("order kept")
        return entries

    def _in_turn(self) -> list[int]:
        """Name the partitions, at each turn another one first: so none has to wait for long."""
        if self._reader is None:
            return []
        numbers = [each for each in self._reader.numbers if self._is_asked_for(each)]
        self._turns += 1
        start = self._turns % len(numbers) if numbers else 0
        return numbers[start:] + numbers[:start]

    def _is_asked_for(self, number: int) -> bool:
        return self._partitions[number].topic in self._names

    def _of_journal(self, chunks: list[Entry], at: float) -> list[Entry]:
        """Put a range of the journal into the order; none is accepted before ``at``."""
        entries = []
        for chunk in chunks:
            is_over = chunk is chunks[-1]
            at = max(at, chunk.at)
            end = self._seq + is_over
            entries.append(chunk._replace(place=self._place, at=at, end=end))
            self._place += chunk.lines
        self._offset = chunks[-1].offset + 1
        self._at = at
        self._seq += 1
        return entries

    def _of_topic(self, number: int, records: Records, at: float) -> Entry:
        """Put a range of a partition into the order."""
        assert self._reader is not None
        values = records.values
        if max(map(len, filter(None, values)), default=0) > MAX_LINE_BYTES:
            values = [value and value[: MAX_LINE_BYTES + 1] for value in values]
        entry = Entry(
            self._offset - 1,
            KAFKA,
            self._partitions[number].source,
            records.first,
            len(values),
            b"",
            at,
            place=self._place,
            values=values,
            end=self._seq + 1,
        )
        self._marks[number] = self._reader.mark(number)
        self._place += len(values)
        self._at = at
        self._seq += 1
        return entry

    def _refusal(self, lost: list[LostRecordsError]) -> RefusedError:
        """Write down what is lost, of all partitions at once; gives what is to be raised."""
        for each in lost:
            following = self._log.following(each.number, self._seq)
            is_needed = following is not None and not following.is_leap
            go_on_at = None if is_needed else each.go_on_at
            self._log.lose(Loss(each.number, each.next, go_on_at, each.reason, time.time()))
        words = lost[0].reason
        if others := len(lost) - 1:
            of_others = "another partition" if others == 1 else f"{others} other partitions"
            words += f"; of {of_others} records are lost, too"
        return RefusedError(words)
