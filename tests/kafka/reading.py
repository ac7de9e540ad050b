"""A server that reads topics of a test's broker."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.kit.running import Cartwatch, until
from tests.kit.topic import Topic, config_file


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


def kept(data: Path) -> None:
    """Wait until all that was taken of topics is in a snapshot: its checksums are gone then."""

    def look() -> bool:
        [path] = data.glob("generation-*/order.db")
        with closing(sqlite3.connect(path)) as db:
            (left,) = db.execute("SELECT count(*) FROM taken WHERE crc IS NOT NULL").fetchone()
        return bool(left == 0)

    until(look)
