"""How many events a second are accepted just now."""

import time
from collections import deque
from typing import Final

_OVER_S: Final = 3.0


class EventRate:
    """Accepted events a second, over the last few seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def sample(self, events: int) -> None:
        """Take the number of all events so far."""
        self._samples.append((time.monotonic(), events))

    def per_second(self) -> float:
        """Give the rate; 0 when nothing came lately."""
        since = time.monotonic() - _OVER_S
        while len(self._samples) > 1 and self._samples[1][0] <= since:
            self._samples.popleft()
        if len(self._samples) < 2:
            return 0.0
        return round((self._samples[-1][1] - self._samples[0][1]) / _OVER_S, 1)
