"""Steps under a stopwatch: the engine's shell around a step that adds what each batch took.

A timer is passed on, and is not measured: it is seldom there.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from bytewax.operators import StatefulBatchLogic
from typing_extensions import override

from dataflow.stopwatch import Stopwatch

V = TypeVar("V")
W = TypeVar("W")
S = TypeVar("S")


class TimedLogic(StatefulBatchLogic[V, W, S]):
    """Does what the logic in it does."""

    def __init__(self, logic: StatefulBatchLogic[V, W, S], step: str, stopwatch: Stopwatch) -> None:
        self._logic = logic
        self._step = step
        self._stopwatch = stopwatch

    @override
    def on_batch(self, values: list[V]) -> tuple[Iterable[W], bool]:
        began = time.perf_counter()
        emitted = self._logic.on_batch(values)
        self._stopwatch.stop(self._step, began)
        return emitted

    @override
    def notify_at(self) -> datetime | None:
        return self._logic.notify_at()

    @override
    def on_notify(self) -> tuple[Iterable[W], bool]:
        return self._logic.on_notify()

    @override
    def snapshot(self) -> S:
        began = time.perf_counter()
        snapshot = self._logic.snapshot()
        self._stopwatch.stop(self._step, began)
        return snapshot


def timed_map(
    take: Callable[[V], Iterable[W]], step: str, stopwatch: Stopwatch
) -> Callable[[V], list[W]]:
    """Measure a step without state, whose whole work is done when it gives what it makes."""

    def timed(value: V) -> list[W]:
        began = time.perf_counter()
        made = list(take(value))
        stopwatch.stop(step, began)
        return made

    return timed
