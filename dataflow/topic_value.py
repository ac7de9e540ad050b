"""One record's value, read from its topic once more: a topic keeps what it has for a while."""

import time
from typing import TYPE_CHECKING, Final

from dataflow.kafka_watch import NoAnswerError
from dataflow.topics import Topics, make_consumer

if TYPE_CHECKING:
    from confluent_kafka import Consumer

_ANSWER_S: Final = 5.0


class GoneError(Exception):
    """The record is not in its topic any more; the message says what is."""


def read_value(topics: Topics, topic: str, partition: int, offset: int) -> bytes | None:
    """Read the value of the record at an offset; None of one without a value (a tombstone).

    Raises ``GoneError`` where the record is gone, ``NoAnswerError`` where nobody answers in five
    seconds, and ``KafkaConfigError`` where no client can be made.
    """
    from confluent_kafka import KafkaException

    consumer = make_consumer(topics, {"queued.max.messages.kbytes": 1_024})
    try:
        return _read(consumer, topic, partition, offset)
    except KafkaException as error:
        raise NoAnswerError(topics.config.said(error)) from error
    finally:
        consumer.close()


def _read(consumer: "Consumer", topic: str, partition: int, offset: int) -> bytes | None:
    from confluent_kafka import TopicPartition

    place = TopicPartition(topic, partition, offset)
    low, high = consumer.get_watermark_offsets(place, timeout=_ANSWER_S)
    if not low <= offset < high:
        raise GoneError(f"{topic}/{partition} holds the offsets {low} to {high - 1}")
    consumer.assign([place])
    end = time.monotonic() + _ANSWER_S
    while (left := end - time.monotonic()) > 0:
        for message in consumer.consume(1, left):
            found = message.offset()
            if message.error() is not None or found is None:
                continue
            if found != offset:
                raise GoneError(f"the next record that {topic}/{partition} holds is {found}")
            return message.value()
    raise NoAnswerError("no record came within five seconds")
