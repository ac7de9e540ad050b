"""A server that reads topics of a test's broker."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dataflow.times import rfc3339
from tests.kit.running import Cartwatch, until
from tests.kit.topic import Topic, config_file, orders

_SNAPSHOTS_S = 3.0
"""Within so long there are several, where there is anything to be kept."""


def reading(data: Path, *topics: Topic, options: tuple[str, ...] = ()) -> Cartwatch:
    """Start a server that reads these topics, all of one broker."""
    names = [f"--topic={each.name}" for each in topics]
    return Cartwatch(data, *brokers(data, topics[0]), *names, *options)


def brokers(data: Path, topic: Topic) -> tuple[str, ...]:
    """Give the options that name the brokers of a topic."""
    return (f"--kafka={topic.broker.address}", f"--kafka-config={config_file(data.parent)}")


def stats_when(
    server: Cartwatch, is_so: Callable[[dict[str, Any]], bool], within: float = 30.0
) -> dict[str, Any]:
    """Wait until the figures are so; gives them."""

    def look() -> dict[str, Any] | None:
        stats: dict[str, Any] = server.get("/api/stats")
        return stats if is_so(stats) else None

    return until(look, within)


def events(server: Cartwatch, count: int) -> dict[str, Any]:
    """Wait until so many records were accepted and nothing waits; gives the figures."""
    return stats_when(server, lambda stats: stats["events"] == count and not stats["lag"])


def kafka_in(server: Cartwatch, state: str, within: float = 30.0) -> dict[str, Any]:
    """Wait until the reading of topics is in a state; gives how it stands."""

    def look() -> dict[str, Any] | None:
        told: dict[str, Any] = server.get("/api/kafka")
        return told if told["state"] == state else None

    return until(look, within)


def as_shown(loss: dict[str, Any]) -> dict[str, Any]:
    """Give of a loss what a decision about it names."""
    return {name: loss[name] for name in ("topic", "partition", "next", "go_on_at")}


def kept(server: Cartwatch) -> None:
    """Wait until all that was taken by now is in a snapshot: where nothing comes, none is told."""
    now = time.time()

    def look() -> bool:
        taken_at = server.get("/api/recovery")["snapshot"]["taken_at"] or ""
        return taken_at > rfc3339(now) or time.time() - now > _SNAPSHOTS_S

    until(look)


def read_once(data: Path, topic: Topic, values: Sequence[bytes]) -> None:
    """Let a server read these records, keep them in a snapshot, and end."""
    with reading(data, topic) as server:
        topic.send(values)
        events(server, len(values))
        kept(server)
        server.stop()


def read_with_a_gap(data: Path, topic: Topic) -> None:
    """Let five records be read; of five more, the three that come next go before they are."""
    read_once(data, topic, orders(range(5)))
    topic.send(orders(range(5, 10)))
    topic.broker.delete_before(topic.name, 0, 8)
