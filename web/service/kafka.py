"""How topics are read, as everybody is told: how far each partition is, what is lost, who is away.

What the flow tells stands beside what the order log keeps: so a partition is known, and what is
lost of it, also while there is no flow.
"""

import logging
import time
from typing import Any, Final

import msgspec

from dataflow.kafka_config import KafkaConfigError
from dataflow.kafka_watch import NoAnswerError
from dataflow.messages import PartitionRead, TopicsRead
from dataflow.order_log import Loss, OrderLog
from dataflow.times import rfc3339, rfc3339_or_none
from dataflow.topic_value import GoneError, read_value
from dataflow.topics import Topics
from web.errors import APIError
from web.words import moment, sentence

OFF: Final = "off"
CONNECTING: Final = "connecting"
READING: Final = "reading"
DOWN: Final = "down"
STOPPED: Final = "stopped"
STATES: Final = (OFF, CONNECTING, READING, DOWN, STOPPED)
"""Nothing is asked for; nobody has answered yet; it is read; nobody answers; something is lost."""


_log = logging.getLogger(__name__)


class Kafka:
    """The topics of one generation."""

    def __init__(self, topics: Topics | None, log: OrderLog | None) -> None:
        self._topics: Final = topics
        self._log: Final = log
        self._told: TopicsRead | None = None
        self._said: str | None = None
        self._left: list[str] = self._find_left()

    def told(self, topics: TopicsRead | None) -> None:
        """Hear the newest word of the flow, where there is one."""
        if topics is not None:
            self._told = topics
            self._left = self._find_left()
            self._say(self._trouble())

    @property
    def is_known(self) -> bool:
        """Whether this folder reads topics, or has done so."""
        return self._log is not None

    @property
    def lag(self) -> int:
        """Count the records that wait in the topics, as far as that is known."""
        return 0 if self._told is None else sum(each.lag or 0 for each in self._told.partitions)

    @property
    def down_since(self) -> float | None:
        """Since when the brokers do not answer, in seconds since 1970; None where they do."""
        return None if self._told is None or self._topics is None else self._told.down_since

    def message(self) -> str | None:
        """Say what a person should know of it while all else goes on; None where that is nothing.

        What is lost is not said here: the flow is down by it, and says so.
        """
        if self._topics is None:
            left = ", ".join(self._left)
            return f"Topics of this folder are not read, without --kafka: {left}." if left else None
        if (trouble := self._trouble()) is not None:
            return trouble
        left = ", ".join(self._left)
        return f"Topics of this folder are not read, without --topic: {left}." if left else None

    def describe(self) -> dict[str, Any]:
        """Give the answer of ``GET /api/kafka``: what is not known yet is null."""
        now = time.time()
        lost = [] if self._log is None else self._log.losses()
        return {
            "state": self._state(lost),
            "brokers": None if self._topics is None else self._topics.servers,
            "start": None if self._topics is None else self._topics.start,
            "cluster": None if self._log is None else self._log.origin().cluster,
            "down_since": rfc3339_or_none(self.down_since),
            # What the flow told last is of before, where it is stopped by what is lost.
            "message": None if lost else self.message(),
            "partitions": [_described(each, now) for each in self.partitions()],
            "not_read": self._left,
            "lost": [self._described_loss(each) for each in lost],
        }

    def partitions(self) -> list[PartitionRead]:
        """Tell how far each partition is, those of a topic one behind the other.

        While no broker answers nobody knows where they end.
        """
        read = {(each.topic, each.partition): each for each in self._kept()}
        if self._told is not None:
            read |= {(each.topic, each.partition): each for each in self._told.partitions}
        partitions = [read[key] for key in sorted(read)]
        if self.down_since is None:
            return partitions
        return [msgspec.structs.replace(each, end=-1) for each in partitions]

    def read_value(self, source: str, offset: int) -> bytes | None:
        """Read a record once more, as it came; in any thread. Raises ``APIError`` where it cannot.

        Its partition is named as the source of its causes is.
        """
        topic, _, partition = source.rpartition("/")
        if self._topics is None:
            raise APIError(
                503,
                "kafka_off",
                f"this record came from {source}: start the server with --kafka to read it there",
            )
        try:
            return read_value(self._topics, topic, int(partition), offset)
        except GoneError as error:
            raise APIError(
                410, "gone", f"offset {offset} of {source} is gone: {error}; what is shown is kept"
            ) from error
        except (NoAnswerError, KafkaConfigError) as error:
            raise APIError(
                503, "no_broker", f"offset {offset} of {source} cannot be read now: {error}"
            ) from error

    def accept_loss(
        self, topic: str, partition: int, next_offset: int, go_on_at: int | None
    ) -> bool:
        """Give up what is lost, as it was shown: durable; tells whether nothing else is lost.

        Raises ``APIError`` for anything else.
        """
        for loss in [] if self._log is None else self._log.losses():
            assert self._log is not None
            known = self._log.partition(loss.number)
            if (known.topic, known.partition) != (topic, partition):
                continue
            if loss.go_on_at is None:
                raise APIError(
                    409,
                    "records_are_shown",
                    "the view has these records, and the flow's state has not: they cannot be given"
                    " up alone. Stop the server: cartwatch rebuild makes both anew where the topics"
                    " hold the records still, and says so where they do not; then what is left is"
                    " to start over",
                )
            if go_on_at is not None and self._log.leap(
                loss.number, next_offset, go_on_at, time.time()
            ):
                return not self._log.losses()
        raise APIError(
            409,
            "not_as_shown",
            f"nothing of {topic}/{partition} is lost from {next_offset} to before {go_on_at}: ask"
            " GET /api/kafka what is",
        )

    def _trouble(self) -> str | None:
        """Say what is in the way of reading, where anything is."""
        if self._topics is None or self._told is None:
            return None
        if self.down_since is not None:
            return (
                f"The brokers of Kafka ({self._topics.servers}) have not answered since"
                f" {moment(self.down_since)}; all else goes on."
            )
        return sentence(self._told.troubles[0]) if self._told.troubles else None

    def _say(self, trouble: str | None) -> None:
        """Say it on the terminal, where it is news."""
        if trouble is not None and trouble != self._said:
            _log.warning("%s", trouble)
        elif trouble is None and self._said is not None:
            _log.warning("The topics of Kafka are read again.")
        self._said = trouble

    def _state(self, lost: list[Loss]) -> str:
        if lost:
            return STOPPED
        if self._topics is None:
            return OFF
        if self._told is None:
            return CONNECTING
        if self.down_since is not None:
            return DOWN
        return READING if self._told.partitions else CONNECTING

    def _kept(self) -> list[PartitionRead]:
        """Tell how far each partition is by the order log: of those that are to be read."""
        if self._log is None or self._topics is None:
            return []
        kept = []
        for each in self._log.partitions():
            if each.topic in self._topics.names:
                last = self._log.last_of(each.number)
                read_to = each.first if last is None else last.last + 1
                kept.append(PartitionRead(each.topic, each.partition, read_to, -1, 0.0))
        return kept

    def _find_left(self) -> list[str]:
        """Name the topics that were read once, and are not asked for now."""
        asked = () if self._topics is None else self._topics.names
        known = [] if self._log is None else self._log.partitions()
        return sorted({each.topic for each in known}.difference(asked))

    def _described_loss(self, loss: Loss) -> dict[str, Any]:
        assert self._log is not None
        known = self._log.partition(loss.number)
        return {
            "topic": known.topic,
            "partition": known.partition,
            "next": loss.next,
            "go_on_at": loss.go_on_at,
            "reason": loss.reason,
            "at": rfc3339(loss.at),
        }


def lag_seconds(partition: PartitionRead, now: float) -> float | None:
    """Tell how old the newest record is that was read, where others wait; 0 where none does.

    None where that is not known.
    """
    if partition.lag is None:
        return None
    if not partition.lag:
        return 0.0
    return max(0.0, now - partition.read_to) if partition.read_to else None


def _described(partition: PartitionRead, now: float) -> dict[str, Any]:
    seconds = lag_seconds(partition, now)
    return {
        "topic": partition.topic,
        "partition": partition.partition,
        "next": partition.next,
        "end": partition.end if partition.end >= 0 else None,
        "lag": partition.lag,
        "lag_seconds": None if seconds is None else round(seconds, 3),
    }
