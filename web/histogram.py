"""Times counted by classes, from the beginning of this process on: what a scrape asks for. Pure."""

from bisect import bisect_left
from itertools import accumulate
from typing import Final

BOUNDS_S: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)
"""Upper bounds of the classes, in seconds; the last class has none."""


class Histogram:
    """How often something has taken how long."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self.sum = 0.0

    def add(self, seconds: float, times: int = 1) -> None:
        """Count it; less than nothing was not measured, as a clock was set back."""
        if seconds >= 0:
            self._counts[bisect_left(BOUNDS_S, seconds)] += times
            self.sum += seconds * times

    def up_to(self) -> list[int]:
        """Count what took no longer than each bound; the last of them is all of it."""
        return list(accumulate(self._counts))
