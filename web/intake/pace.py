"""The pace of a replay: how many lines may go now. Pure; the clock is handed in.

A token bucket: lines become due at the rate, and what could not go for a while (the flow was
down, the machine slept) is not made up for in a burst beyond a tenth of a second's worth.
"""

from typing import Final

_BURST_S: Final = 0.1


class Pace:
    """Lines a second; ``None`` is as fast as possible. The first line is due at once."""

    def __init__(self, rate: float | None, now: float) -> None:
        self.rate = rate
        self._due = 1.0
        self._at = now

    def allowance(self, now: float) -> int | None:
        """Say how many lines may go at ``now`` (seconds of any steady clock); None: any number."""
        if self.rate is None:
            return None
        most = max(1.0, self.rate * _BURST_S)
        self._due = min(most, self._due + (now - self._at) * self.rate)
        self._at = now
        # A rounding error must not hold a line back for a further round.
        return int(self._due + 1e-9)

    def take(self, lines: int) -> None:
        """Count lines as gone."""
        self._due -= lines

    def wait(self) -> float:
        """Say how many seconds it is until the next line is due, after an allowance of none."""
        return 0.0 if self.rate is None else max(0.0, (1.0 - self._due) / self.rate)
