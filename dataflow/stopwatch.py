"""How long each step of the flow was at work in this process: measured a batch, never a record.

What it costs is a look at the clock before and behind each batch: under load a thousandth of the
work. Pure.
"""

import time
from typing import Final

from dataflow.drawing import SNAPSHOT, STEPS
from dataflow.messages import Busy

TOLD_EVERY_S: Final = 0.2
"""How often it is told with what is sent, at the most; the end of an epoch tells it always."""


class Stopwatch:
    """The seconds of every drawn step, and of the ends of epochs, since this process began."""

    def __init__(self) -> None:
        self._seconds = dict.fromkeys((*STEPS, SNAPSHOT), 0.0)
        self._told_at = time.perf_counter()

    def stop(self, step: str, began: float) -> None:
        """Count what a step has worked since ``began``, a time of ``time.perf_counter``."""
        self.add(step, time.perf_counter() - began)

    def add(self, step: str, seconds: float) -> None:
        """Count what was worked for a step elsewhere."""
        self._seconds[step] += seconds

    @property
    def is_due(self) -> bool:
        """Whether it was not told for so long that it is to be told now."""
        return time.perf_counter() - self._told_at >= TOLD_EVERY_S

    def tell(self, worker: int = 0) -> Busy:
        """Give what was measured so far, in this process, which is that worker."""
        self._told_at = time.perf_counter()
        return Busy(dict(self._seconds), worker)
