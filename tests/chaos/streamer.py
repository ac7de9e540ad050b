"""Who lets streams run while the program is killed, which ends them, and ends some by hand.

Their records are drawn by the program itself, so the journal says what they are; what is held here
is that every line that was told is there, and that no order ever came twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final

from tests.chaos.causes import read_journal
from tests.chaos.experiment import Experiment
from tests.chaos.program import GoneError
from tests.kit.oracle import Oracle

SOURCE: Final = "stream"
_ASKED: Final = json.dumps({"rate": 40, "users": 12, "bad": 0.1}).encode()


class Streamer:
    """Begins a stream wherever none runs, and remembers the most lines that were told of each."""

    def __init__(self, experiment: Experiment, seed: int) -> None:
        self._experiment = experiment
        self._random = Random(f"streamer {seed}")
        self._told: dict[str, int] = {}

    @property
    def streams(self) -> int:
        """The streams that there were."""
        return len(self._told)

    def stream(self) -> None:
        """Let streams run as long as there are kills."""
        while self._experiment.progress < 1:
            self._ask("POST")
            self._experiment.pause(self._random.random() / 2)
            self._ask("GET")
            if self._random.random() < 0.2:
                self._ask("DELETE")
        answer = self._experiment.ask("DELETE", "/api/stream")
        assert answer.status in (200, 404), answer

    def differences(self) -> Iterator[str]:
        """Hold the journal to what was told."""
        oracle = Oracle()
        chunks = read_journal(self._experiment.program.data)
        data = b"".join(chunk.data for chunk in chunks if chunk.source == SOURCE)
        counters = oracle.feed(data, SOURCE)
        if counters.processed < sum(self._told.values()):
            yield f"streams: {self._told} were told, and {counters.processed} lines are there"
        if counters.duplicates:
            yield f"streams: {counters.duplicates} records came twice"

    def _ask(self, method: str) -> None:
        """Ask once: whoever is dead, or dies of it, has no stream."""
        body = _ASKED if method == "POST" else None
        try:
            answer = self._experiment.program.call(method, "/api/stream", body)
        except GoneError as gone:
            self._experiment.lost_answers += gone.asked and method != "GET"
            self._experiment.pause(0.05)
            return
        assert answer.status in (200, 201, 404, 409), answer
        stream: dict[str, Any] | None = answer.json()
        if answer.status < 300 and stream is not None:
            began = stream["started_at"]
            self._told[began] = max(stream["lines"], self._told.get(began, 0))
