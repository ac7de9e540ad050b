"""A watch on the brokers: whether they answer, whose they are, and which partitions a topic has.

Beside the reader, in a thread of its own: to ask blocks for as long as the brokers are down. It
tells what it finds, and changes nothing.
"""

import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from dataflow.parent import end_at_once
from dataflow.topics import LATEST, Topics, make_consumer

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

EVERY_S: Final = 1.0
_ANSWER_S: Final = 5.0
_NO_ID: Final = "AAAAAAAAAAAAAAAAAAAAAA"
"""What a broker says that gives topics no ids."""


class NoAnswerError(Exception):
    """The brokers do not tell what they were asked for; the message is what was said instead."""


class Found(NamedTuple):
    """A partition that is not being read yet, and where it would begin."""

    topic: str
    partition: int
    first: int


class Down(NamedTuple):
    """Since when the brokers do not answer, in seconds since 1970, and what was said."""

    since: float
    why: str


class Look(NamedTuple):
    """What one look at the brokers has found.

    ``troubles`` holds, by topic, why it cannot be read; ``ids`` what the broker calls the others.
    """

    cluster: str | None
    found: tuple[Found, ...]
    troubles: Mapping[str, str]
    ids: Mapping[str, str]


class Watch:
    """Looks once a second, from ``begin`` on; what it has found is there for another thread."""

    def __init__(self, topics: Topics, known: Collection[tuple[str, int]]) -> None:
        """Prepare; raises ``KafkaConfigError`` where no client can be made.

        ``known`` are the partitions that have a beginning already.
        """
        self._topics: Final = topics
        self._known = frozenset(known)  # replaced, never changed: two threads look at it
        self._client: Final = make_consumer(topics)
        self._admin: Final = _admin(topics)
        self._compacted: dict[str, bool] = {}
        self._ids: dict[str, str] = {}
        self._looks: list[Look] = []
        self.down: Down | None = None

    def begin(self) -> None:
        """Look from now on, for as long as the process lives."""
        threading.Thread(target=self._run, name="kafka watch", daemon=True).start()

    def take(self) -> Look | None:
        """Give what was found since this was asked the last time; None where nothing was."""
        return self._looks.pop() if self._looks else None

    def _run(self) -> None:
        try:
            while True:
                self.look()
                time.sleep(EVERY_S)
        except Exception as error:
            end_at_once(f"The watch on the brokers has failed: {error!r}.")

    def look(self) -> None:
        """Look once; what cannot be asked now is asked for again by the next look."""
        from confluent_kafka import KafkaException

        try:
            look = self._look()
        except KafkaException as error:
            if self.down is None:
                self.down = Down(time.time(), self._topics.config.said(error))
            return
        self.down = None
        self._looks = [look]

    def _look(self) -> Look:
        cluster: str | None = None
        troubles: dict[str, str] = {}
        found: list[Found] = []
        for name in self._topics.names:
            told = self._client.list_topics(name, timeout=_ANSWER_S)
            cluster = told.cluster_id or cluster
            topic = told.topics[name]
            if topic.error is not None:
                troubles[name] = f"the topic {name!r} cannot be read: {topic.error.str()}"
            elif self._is_compacted(name):
                troubles[name] = (
                    f"the topic {name!r} is compacted (cleanup.policy=compact): its records go"
                    " one by one, and what was read could not be read again; use one that is not"
                )
            else:
                found += self._begin_where(name, sorted(topic.partitions))
        return Look(cluster, tuple(found), troubles, dict(self._ids))

    def _begin_where(self, topic: str, partitions: list[int]) -> Iterator[Found]:
        """Ask where those partitions begin that were never read.

        One that is added to a topic has nothing yet that is older than the reading of that.
        """
        from confluent_kafka import TopicPartition

        is_new = all(known != topic for known, _ in self._known)
        at_end = is_new and self._topics.start == LATEST
        for partition in partitions:
            if (topic, partition) not in self._known:
                asked = TopicPartition(topic, partition)
                low, high = self._client.get_watermark_offsets(asked, timeout=_ANSWER_S)
                yield Found(topic, partition, high if at_end else low)

    def has_begun(self, topic: str, partition: int) -> None:
        """Hear that a partition is being read by now."""
        self._known |= {(topic, partition)}

    def _is_compacted(self, topic: str) -> bool:
        """Ask once for a topic's policy, and its id; a broker that tells neither is believed."""
        if topic not in self._compacted:
            self._compacted[topic] = "compact" in self._policy(topic)
            if (topic_id := self._topic_id(topic)) not in ("", _NO_ID):
                self._ids[topic] = topic_id
        return self._compacted[topic]

    def _policy(self, topic: str) -> str:
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its __all__ lacks them
            ConfigResource,
            ResourceType,
        )

        asked = ConfigResource(ResourceType.TOPIC, topic)
        try:
            told = self._admin.describe_configs([asked], request_timeout=_ANSWER_S)
            entry = told[asked].result(_ANSWER_S).get("cleanup.policy")
        except (KafkaException, TimeoutError):
            return ""
        return "" if entry is None else str(entry.value)

    def _topic_id(self, topic: str) -> str:
        from confluent_kafka import KafkaException, TopicCollection

        try:
            told = self._admin.describe_topics(TopicCollection([topic]), request_timeout=_ANSWER_S)
            return str(told[topic].result(_ANSWER_S).topic_id)
        except (KafkaException, TimeoutError):
            return ""


def ends_of(
    topics: Topics, partitions: Iterable[tuple[str, int]]
) -> tuple[str | None, dict[tuple[str, int], tuple[int, int]]]:
    """Ask whose the brokers are, and where each partition begins and ends.

    One that is not there holds nothing. Raises ``KafkaConfigError`` where no client can be made,
    and ``NoAnswerError`` where nobody answers.
    """
    from confluent_kafka import KafkaException, TopicPartition

    client = make_consumer(topics)
    try:
        found = client.list_topics(timeout=_ANSWER_S)
        there = {(name, each) for name, topic in found.topics.items() for each in topic.partitions}
        ends = {
            each: client.get_watermark_offsets(TopicPartition(*each), timeout=_ANSWER_S)
            if each in there
            else (0, 0)
            for each in partitions
        }
    except KafkaException as error:
        raise NoAnswerError(topics.config.said(error)) from error
    finally:
        client.close()
    return found.cluster_id or None, ends


def _admin(topics: Topics) -> "AdminClient":
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    try:
        return AdminClient({**topics.config.settings(topics.servers, {"log_level": 0})})
    except (KafkaException, ValueError) as error:
        raise topics.config.refused(error) from None
