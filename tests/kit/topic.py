"""A topic of a test's broker, and a producer that waits until it is told that all is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dataflow.kafka_config import KafkaConfig
from dataflow.topics import EARLIEST, Topics
from tests.kit.broker import Broker

if TYPE_CHECKING:
    from confluent_kafka import Producer

QUICK = {"fetch.wait.max.ms": "5"}
"""Neither broker answers a fetch when records come: each does when it has waited for so long."""


class Topic:
    """A topic that is made when this is; what is sent has come when ``send`` returns."""

    def __init__(self, broker: Broker, name: str = "orders", partitions: int = 1) -> None:
        broker.create_topic(name, partitions)
        self.broker = broker
        self.name = name
        self._producer: Producer | None = None

    def send(self, values: Iterable[bytes | None], partition: int = 0) -> None:
        """Send records to a partition, and wait until the broker has them."""
        failed: list[object] = []
        producer = self._producing()
        for value in values:
            producer.produce(
                self.name,
                value,
                partition=partition,
                on_delivery=lambda error, _: failed.append(error) if error else None,
            )
        assert producer.flush(20) == 0
        assert not failed, failed

    def add_partitions(self, partitions: int) -> None:
        """Give it more partitions; so many in all."""
        self.broker.add_partitions(self.name, partitions)
        self._producer = None  # the old one would hear of them in its own time

    def _producing(self) -> Producer:
        from confluent_kafka import Producer

        if self._producer is None:
            self._producer = Producer(
                {"bootstrap.servers": self.broker.address, "linger.ms": 1, "log_level": 0}
            )
        return self._producer


def topics_of(*some: Topic, start: str = EARLIEST) -> Topics:
    """Give what reads these topics, all of one broker."""
    names = tuple(each.name for each in some)
    return Topics(some[0].broker.address, names, start, KafkaConfig(None, QUICK))


def config_file(folder: Path) -> Path:
    """Write the file that makes a client quick."""
    path = folder / "kafka.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in QUICK.items()))
    return path


def order(user: str, order_id: int | str, kind: str = "order") -> bytes:
    """Make a record."""
    shown = order_id if isinstance(order_id, int) else f'"{order_id}"'
    return f'{{"user_id": "{user}", "type": "{kind}", "order_id": {shown}}}'.encode()


def orders(numbers: Sequence[int], users: int = 10) -> list[bytes]:
    """Make an order for each number, spread over users."""
    return [order(f"user-{number % users}", number) for number in numbers]
