"""The clock of what goes on: it never runs back, whatever the machine's does. Pure."""

import time
from collections.abc import Callable


class OnwardClock:
    """Seconds since 1970; behind a clock that was set back they just go on."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._last = 0.0
        self._looked_at = steady()

    def now(self) -> float:
        """Give the time: never one before that of the last call, or before one that it heard."""
        looked_at = self._steady()
        wall = self._wall()
        if wall < self._last:
            wall = self._last + looked_at - self._looked_at
        self._last, self._looked_at = wall, looked_at
        return wall

    def heard(self, at: float) -> None:
        """Go on behind a time that something is known of."""
        self._last = max(self.now(), at)
