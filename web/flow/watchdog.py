"""A watch on the flow's progress: a process that lives but does nothing is as bad as a dead one.

There is work when lines were released and are not in the view, and nothing waits to be committed.
Then the flow must send something: within seconds when it runs, and within a minute while it
restores its state. Time is read from a steady clock, which nobody sets back. Pure.
"""

from typing import Final

RUNNING_S: Final = 10.0
RECOVERING_S: Final = 60.0


class Watchdog:
    """Since when the flow has had work and sent nothing."""

    def __init__(self) -> None:
        self._seen = (-1, -1)
        self._since = 0.0

    def is_stuck(
        self, now: float, *, execution: int, received: int, has_work: bool, is_running: bool
    ) -> bool:
        """Look at the flow; ``received`` counts what this execution has sent."""
        if not has_work or self._seen != (execution, received):
            self._seen, self._since = (execution, received), now
            return False
        return now - self._since >= (RUNNING_S if is_running else RECOVERING_S)
