"""How many events a second pass just now: those that are accepted, or go through a step."""

import time
from collections import deque
from typing import Final

_OVER_S: Final = 3.0


class EventRate:
    """Events a second, over the last few seconds; older samples are not kept."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def sample(self, events: int) -> None:
        """Take the number of all events so far."""
        self._samples.append((time.monotonic(), events))
        self._forget()

    def per_second(self) -> float:
        """Give the rate; 0 when nothing came lately."""
        self._forget()
        if len(self._samples) < 2:
            return 0.0
        return round((self._samples[-1][1] - self._samples[0][1]) / _OVER_S, 1)

    def _forget(self) -> None:
        """Keep of what is too old the newest sample only: the rate counts from there."""
        since = time.monotonic() - _OVER_S
        while len(self._samples) > 1 and self._samples[1][0] <= since:
            self._samples.popleft()
