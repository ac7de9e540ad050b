"""Topics, read through one consumer: each partition in its order, and what waits in a bounded room.

No group and no committed offsets: where each partition goes on is told by whoever takes from it.
Delivery: what is handed out is what the broker holds, without a gap that nobody hears of. Before a
partition goes on, at a start and whenever a broker was out of reach, its last record is read once
more: a broker that has lost its tail, and has others at the same offsets, is found out by it.
"""

import time
from bisect import bisect_left
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from dataflow.backlog import Records, Value
from dataflow.kafka_partition import Going, LostRecordsError, Reading, Standing
from dataflow.order_log import crc_of
from dataflow.topics import Topics, make_consumer

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message, TopicPartition

_AT_ONCE: Final = 2_000
_ROUNDS: Final = 32
"""Messages that are asked for at once, and how often in a turn: larger batches cost more each, and
with a quarter of the rounds ranges are so small that all of it takes a tenth longer."""

_MOST: Final = 40_000
_MOST_BYTES: Final = 8 * 1024 * 1024
"""From where on a partition is not asked for more, and has to come down to a quarter of it."""

_ANSWER_S: Final = 5.0
_LOOK_S: Final = 1.0
_SURE_S: Final = 5.0
"""For how long a partition that was proved is not doubted again."""

_PROVED_S: Final = 5.0
"""How long a partition's last record may take to come again before its end is looked at."""

_USUAL: Final = {
    "fetch.error.backoff.ms": 50,
    "fetch.queue.backoff.ms": 5,
    "queued.min.messages": 50_000,
    "queued.max.messages.kbytes": 16_384,
    "reconnect.backoff.ms": 20,
    "reconnect.backoff.max.ms": 500,
}

_Key: TypeAlias = tuple[str | None, int | None]
"""A topic and the number of a partition; an error may be of neither."""


class KafkaReader:
    """Reads partitions from where each of them goes on, as soon as it is told to ``begin``."""

    def __init__(self, topics: Topics) -> None:
        """Prepare; raises ``KafkaConfigError`` where no client can be made."""
        self._readings: dict[_Key, Reading] = {}
        self._by_number: dict[int, Reading] = {}
        self._in_doubt = False
        self._looked_at = 0.0
        self._consumer: Final = make_consumer(
            topics, {"error_cb": self._hear, "enable.partition.eof": True}, _USUAL
        )

    def close(self) -> None:
        """Let the brokers go."""
        self._consumer.close()

    def begin(self, goings: Iterable[Going]) -> None:
        """Read these partitions, too."""
        new = [Reading(going) for going in goings]
        for reading in new:
            self._readings[reading.key] = self._by_number[reading.partition.number] = reading
        self._assign(new)

    def standings(self) -> list[Standing]:
        """Tell how far each partition is, by their numbers."""
        return [
            Standing(each.partition, each.done, each.end, each.read_to)
            for _, each in sorted(self._by_number.items())
        ]

    def mark(self, number: int) -> tuple[int, int | None]:
        """Tell where a partition goes on, and the checksum of the record before."""
        reading = self._by_number[number]
        return reading.next, reading.mark

    @property
    def numbers(self) -> list[int]:
        """The numbers of the partitions that are read."""
        return list(self._by_number)

    def poll(self, wait: float = 0.0) -> int:
        """Take in what has come, waiting for so many seconds at most; tells how much that was.

        Raises ``LostRecordsError`` where records are gone, or others stand in their place.
        """
        if not self._readings:
            return 0
        came = 0
        for _ in range(_ROUNDS):
            messages = self._consumer.consume(_AT_ONCE, wait)
            wait = 0.0
            restarted = self._doubt() if self._in_doubt else frozenset()
            self._keep(messages, passed_over=restarted)
            self._pause_full()
            came += len(messages)
            if len(messages) < _AT_ONCE:
                break
        self._look()
        return came

    def take(self, number: int, most: int, most_bytes: int) -> Records | None:
        """Hand out what waits of a partition, up to bounds or a gap; None where nothing does."""
        reading = self._by_number[number]
        first = reading.backlog.first
        if first is None or reading.unproved_since is not None:
            return None
        values, last = reading.backlog.pop(reading.backlog.before_gap(most, most_bytes))
        self._took(reading, last + 1, values[-1])
        return Records(first, values)

    def take_again(self, number: int, first: int, last: int) -> Records | None:
        """Hand out a range that was taken before; None where not all of it has come yet.

        Raises ``LostRecordsError`` where it is not there any more as it was.
        """
        reading = self._by_number.get(number)
        if reading is None or reading.unproved_since is not None:
            return None
        backlog, count = reading.backlog, last - first + 1
        if backlog.first is not None and backlog.first != first:
            raise reading.lost(
                backlog.first,
                f"the records from {first} on of {reading.partition.source} are gone: the next that"
                f" is there is {backlog.first}",
            )
        if len(backlog) < count:
            return None
        values, ends_at = backlog.pop(count)
        if ends_at != last:
            raise reading.lost(
                reading.next,
                f"{reading.partition.source} held {count} records from {first} to {last}, and some"
                " of them are gone",
            )
        self._took(reading, last + 1, values[-1])
        return Records(first, values)

    def lost(self) -> list[LostRecordsError]:
        """Ask of which partitions records are gone: not raised, and as far as brokers answer."""
        found = []
        for reading in self._readings.values():
            low, high = self._ends(reading)
            if high < 0:
                break
            if (lost := _lost_outside(reading, low, high)) is not None:
                found.append(lost)
        return found

    def leap(self, number: int, offset: int) -> None:
        """Let a partition go on at an offset: what stood before was given up."""
        reading = self._by_number[number]
        if reading.next != offset or reading.mark is not None:
            reading.next, reading.mark = offset, None
            self._restart([reading])

    def _took(self, reading: Reading, offset: int, last: Value) -> None:
        reading.next = offset
        reading.mark = crc_of(last)
        while reading.times and reading.times[0][0] < offset:
            reading.read_to = reading.times.popleft()[1]
        backlog = reading.backlog
        is_low = len(backlog) < _MOST // 4 and backlog.size < _MOST_BYTES // 4
        if reading.is_paused and is_low:
            reading.is_paused = False
            self._consumer.resume([_place(reading)])

    def _doubt(self) -> frozenset[tuple[str, int]]:
        """Have the last records proved again: a broker was out of reach; gives which are.

        One that is waited for yet has its proof to come, and one that has just had it is not asked
        again at once: a broker that stays away is told of twice a second.
        """
        now = time.monotonic()
        proved = [each for each in self._readings.values() if each.unproved_since is None]
        doubtful = [each for each in proved if now - each.proved_at >= _SURE_S]
        self._in_doubt = len(doubtful) < len(proved)  # those are asked when that time is over
        self._restart(doubtful)
        return frozenset(each.key for each in doubtful)

    def _keep(self, messages: "list[Message]", passed_over: frozenset[tuple[str, int]]) -> None:
        """Put messages with what waits of their partitions, but for some, which are read anew."""
        from confluent_kafka import Message

        for key, some in _by_partition(messages):
            reading = self._readings.get(key)
            if reading is None or key in passed_over:
                continue
            if _is_end(some[-1]):
                reading.reached = _offset_of(some[-1])
                some = some[:-1]
            if reading.unproved_since is not None or any(map(Message.error, some)):
                for message in some:
                    self._keep_one(reading, message)
            else:
                self._keep_run(reading, some)

    def _keep_one(self, reading: Reading, message: "Message") -> None:
        """Take in what may be no record, or one that is to be proved."""
        error = message.error()
        if error is not None:
            self._meet(reading, error)
        elif reading.unproved_since is not None:
            self._prove(reading, _offset_of(message), message.value())
        else:
            self._keep_run(reading, [message])

    @staticmethod
    def _keep_run(reading: Reading, messages: "list[Message]") -> None:
        """Keep records of one partition, as far as they are not before what comes next."""
        from confluent_kafka import Message

        offsets = cast("list[int]", list(map(Message.offset, messages)))
        begin = bisect_left(offsets, reading.next)
        values = list(map(Message.value, messages[begin:]))
        if not values:
            return
        offsets = offsets[begin:]
        if offsets[-1] - offsets[0] == len(offsets) - 1:
            reading.backlog.add(Records(offsets[0], values))
        else:
            for offset, value in zip(offsets, values, strict=True):
                reading.backlog.add(Records(offset, [value]))
        kind, milliseconds = messages[-1].timestamp()
        if kind:
            reading.times.append((offsets[-1], milliseconds / 1000))

    def _prove(self, reading: Reading, offset: int, value: Value) -> None:
        """Hold the record before the one that is to come to what it was."""
        if offset < reading.next - 1:
            return
        if (offset, crc_of(value)) != (reading.next - 1, reading.mark):
            raise reading.lost(
                reading.next,
                f"offset {reading.next - 1} of {reading.partition.source} holds another record than"
                " the one that was read there: the brokers have lost records, and others stand in"
                " their place",
            )
        reading.unproved_since = None
        reading.proved_at = time.monotonic()

    def _meet(self, reading: Reading, error: "KafkaError") -> None:
        """Meet what the broker says of a partition instead of a record.

        Only that its offset is out of range says anything of the records; all else goes by.
        """
        from confluent_kafka import KafkaError

        if error.code() not in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            return
        low, high = self._ends(reading)
        if (lost := _lost_outside(reading, low, high)) is not None:
            raise lost
        if low == reading.next:
            reading.mark = None  # the last record that was read is gone, and none behind it
        self._restart([reading])

    def _ends(self, reading: Reading) -> tuple[int, int]:
        """Ask where a partition begins and ends; (-1, -1) where nobody answers."""
        from confluent_kafka import KafkaException

        try:
            ends = self._consumer.get_watermark_offsets(_place(reading), timeout=_ANSWER_S)
        except KafkaException:
            return -1, -1
        return ends or (-1, -1)

    def _look(self) -> None:
        """Look once a second where the partitions end, as the brokers have told by the way."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_S:
            return
        self._looked_at = now
        doubtful = []
        for reading in self._readings.values():
            ends = self._consumer.get_watermark_offsets(_place(reading), cached=True)
            reading.end = ends[1] if ends is not None and ends[1] >= 0 else -1
            if not 0 <= reading.end < reading.next:
                continue
            if reading.unproved_since is None:
                doubtful.append(reading)
            elif now - reading.unproved_since > _PROVED_S:
                raise _ends_early(reading, reading.end)
        self._restart([each for each in doubtful if each.mark is not None])

    def _pause_full(self) -> None:
        """Ask for no more of partitions of which enough waits."""
        full = [
            each
            for each in self._readings.values()
            if not each.is_paused and (len(each.backlog) > _MOST or each.backlog.size > _MOST_BYTES)
        ]
        for reading in full:
            reading.is_paused = True
        if full:
            self._consumer.pause([_place(each) for each in full])

    def _restart(self, readings: list[Reading]) -> None:
        """Read partitions anew from where they go on."""
        if readings:
            self._consumer.incremental_unassign([_place(each) for each in readings])
            self._assign(readings)

    def _assign(self, readings: list[Reading]) -> None:
        now = time.monotonic()
        places = [_place(each, each.begin(now)) for each in readings]
        if places:
            self._consumer.incremental_assign(places)

    def _hear(self, error: "KafkaError") -> None:
        from confluent_kafka import KafkaError

        if error.code() in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN):
            self._in_doubt = True


def _lost_outside(reading: Reading, low: int, high: int) -> LostRecordsError | None:
    """Tell what is lost where a partition goes on outside of what the broker has; None for none."""
    if low > reading.next:
        return reading.lost(
            low,
            f"the records of {reading.partition.source} from {reading.next} to {low - 1} are"
            f" gone: the topic keeps what comes from {low} on",
        )
    return _ends_early(reading, high) if 0 <= high < reading.next else None


def _ends_early(reading: Reading, high: int) -> LostRecordsError:
    return reading.lost(
        high,
        f"{reading.partition.source} ends at offset {high}, and was read up to {reading.next}:"
        " the brokers have lost records",
    )


def _by_partition(messages: "list[Message]") -> "list[tuple[_Key, list[Message]]]":
    """Cut messages where those of another partition begin.

    What each says of itself is mapped, not asked one by one, which took twice as long; and where
    all are of one partition, as they mostly are, nothing is grouped.
    """
    from confluent_kafka import Message

    topics, partitions = {*map(Message.topic, messages)}, {*map(Message.partition, messages)}
    if len(topics) == len(partitions) == 1:
        return [((topics.pop(), partitions.pop()), messages)]
    start, runs = 0, []
    for key, run in groupby(
        zip(map(Message.topic, messages), map(Message.partition, messages), strict=True)
    ):
        end = start + sum(1 for _ in run)
        runs.append((key, messages[start:end]))
        start = end
    return runs


def _is_end(message: "Message") -> bool:
    """Whether it only says that nothing comes behind it now."""
    from confluent_kafka import KafkaError

    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF


def _offset_of(message: "Message") -> int:
    offset = message.offset()
    assert offset is not None
    return offset


def _place(reading: Reading, offset: int | None = None) -> "TopicPartition":
    from confluent_kafka import TopicPartition

    if offset is None:
        return TopicPartition(*reading.key)
    return TopicPartition(*reading.key, offset)
