"""What a topic holds in the end, read by a client that is none of the product's."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections import defaultdict
from typing import Final

from tests.kit.topic import Topic

_WITHIN_S: Final = 60.0

Values = dict[int, list[bytes]]
"""The values of each partition, by their offsets."""


def read_topic(topic: Topic) -> Values:
    """Read all of it: by ``kcat`` where that is installed, else by a consumer of a group."""
    kcat = shutil.which("kcat") or shutil.which("kafkacat")
    rows = _by_kcat(kcat, topic) if kcat is not None else _by_group(topic)
    values: Values = defaultdict(list)
    for partition, offset, value in sorted(rows):
        assert offset == len(values[partition]), (partition, offset, len(values[partition]))
        values[partition].append(value)
    return values


def _by_kcat(kcat: str, topic: Topic) -> list[tuple[int, int, bytes]]:
    command = [kcat, "-C", "-b", topic.broker.address, "-t", topic.name, "-o", "beginning", "-e"]
    told = subprocess.run(
        [*command, "-q", "-f", "%p %o %S %s\n"], capture_output=True, timeout=_WITHIN_S, check=True
    ).stdout
    rows = []
    at = 0
    while at < len(told):
        head = told[at : told.index(b" ", told.index(b" ", told.index(b" ", at) + 1) + 1)]
        partition, offset, size = map(int, head.split())
        start = at + len(head) + 1
        rows.append((partition, offset, told[start : start + size]))
        at = start + size + 1
    return rows


def _by_group(topic: Topic) -> list[tuple[int, int, bytes]]:
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer(
        {
            "bootstrap.servers": topic.broker.address,
            "group.id": "oracle",
            "auto.offset.reset": "earliest",
            "log_level": 0,
        }
    )
    rows: list[tuple[int, int, bytes]] = []
    try:
        partitions = (
            consumer.list_topics(topic.name, timeout=_WITHIN_S).topics[topic.name].partitions
        )
        places = [TopicPartition(topic.name, each) for each in partitions]
        ends = [consumer.get_watermark_offsets(each, timeout=_WITHIN_S) for each in places]
        held = sum(high - low for low, high in ends)
        consumer.subscribe([topic.name])
        end = time.monotonic() + _WITHIN_S
        while len(rows) < held:
            assert time.monotonic() < end, f"{len(rows)} of {held} records came"
            for message in consumer.consume(1000, 0.1):
                partition, offset = message.partition(), message.offset()
                if message.error() is None and partition is not None and offset is not None:
                    rows.append((partition, offset, message.value() or b""))
    finally:
        consumer.close()
    return rows
