"""A view's feed to publish, and an outlet that keeps what it is given in memory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dataflow.messages import Taken
from tests.kit.running import until
from web.data.paths import GenerationFacts, Paths
from web.settings import CompletedTopic
from web.topic.kept_position import KeptPositions
from web.topic.outlet import Message, OutletError
from web.topic.publication import EXACTLY_ONCE
from web.topic.resuming import BEGIN, Position, Resumed
from web.view import completed, places
from web.view.completed import append_completed

TARGET = CompletedTopic("127.0.0.1:9", "done")


class View:
    """The file of a view, as much of it as the feed needs; more completes as the test wants it."""

    def __init__(self, folder: Path, number: int = 1) -> None:
        self.paths = Paths(folder, GenerationFacts(1, number, 4))
        folder.mkdir(exist_ok=True)
        self._db = sqlite3.connect(self.paths.view, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(completed.SCHEMA + places.SCHEMA)
        places.append_places(self._db, [Taken(2, 1, 10_000, "", "api", 1, 1.0)])

    def complete(self, *seqs: int, until: int | None = None) -> None:
        """Let orders complete at these places; the feed ends at the last, or at ``until``."""
        self._db.execute("BEGIN")
        append_completed(self._db, [(f"user-{seq}", seq, seq) for seq in seqs])
        places.write_complete(self._db, max(seqs) if until is None else until)
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()


class Topic:
    """A broker that is a list: what was published, where it goes on, and how often it fails."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.position = Position(0, BEGIN)
        self.mode = EXACTLY_ONCE
        self.because: str | None = None
        self.refuses = ""
        self.opened = 0
        self.closed = 0

    def open(
        self,
        _target: CompletedTopic,
        _kept: KeptPositions,
        _generation: str,
        _is_ending: Callable[[], bool],
        _waits: Callable[[str], None],
    ) -> _Outlet:
        if self.refuses:
            raise OutletError(self.refuses)
        self.opened += 1
        return _Outlet(self)

    def values(self) -> list[dict[str, Any]]:
        """Give the values that it has."""
        return [json.loads(message.value) for message in self.messages]

    def has(self, *seqs: int) -> None:
        """Wait until it has orders of exactly these places."""
        until(lambda: len(self.messages) >= len(seqs))
        assert [value["seq"] for value in self.values()] == list(seqs)


class _Outlet:
    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self.mode, self.because = topic.mode, topic.because
        self.resumed = Resumed(topic.position)

    def publish(self, messages: Sequence[Message], position: Position) -> None:
        if self._topic.refuses:
            raise OutletError(self._topic.refuses)
        self._topic.messages += messages
        self._topic.position = position

    def attend(self) -> None:
        pass

    def close(self) -> None:
        self._topic.closed += 1
