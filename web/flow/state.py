"""What the flow is doing, as everybody is told: its states and the moves between them. Pure.

restarting ─▶ recovering ─▶ running
    ▲  ▲──────────┴────────────┘ (its process ended)
    └▶ down (it ended again and again; still tried)
"""

import time
from collections.abc import Callable
from typing import Any, Final

from web.times import rfc3339

RUNNING: Final = "running"
RECOVERING: Final = "recovering"
RESTARTING: Final = "restarting"
DOWN: Final = "down"

FAILURES_UNTIL_DOWN: Final = 3
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 10.0
_STEADY_S: Final = 10.0


class FlowState:
    """The state of the flow, since when, and a sentence where there is something to say.

    ``recovering`` lasts until the position that the view had at the start is reached again.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._target = 0
        self._position = 0
        self._failures = 0  # in a row, without a steady run between: lengthens the pause
        self._never_up = 0  # in a row, without catching up: is what being down means
        self.execution = 0
        self.state = RESTARTING
        self.since = now()
        self.message: str | None = "The flow is being started."

    @property
    def target(self) -> int:
        """The offset at which this execution is caught up."""
        return self._target

    def begin(self, execution: int, target: int) -> None:
        """Note that a process is being started; it is caught up at the offset ``target``."""
        self.execution, self._target, self._position = execution, target, 0
        if self._never_up < FAILURES_UNTIL_DOWN:
            self._move(RECOVERING, "The flow restores its state.")

    def started(self, offset: int) -> bool:
        """Note that the flow goes on at this offset; tells whether it is caught up at once."""
        self._position = offset
        if self.state in (RUNNING, DOWN):
            self._move(RECOVERING, None)
        if offset < self._target:
            self.message = "The flow reads again what came after its last snapshot."
        return self._arrive(barrier=offset >= self._target)

    def reached(self, position: int | None, *, barrier: bool) -> bool:
        """Note what the view has committed; tells whether the flow is caught up by that."""
        if position is not None:
            self._position = position
        return self._arrive(barrier=barrier)

    def ended(self, why: str) -> float:
        """Note that the process ended by itself; gives the seconds until the next start."""
        came_up = self.state == RUNNING
        is_steady = came_up and self._now() - self.since >= _STEADY_S
        self._failures = 1 if is_steady else self._failures + 1
        self._never_up = 0 if came_up else self._never_up + 1
        if self._never_up >= FAILURES_UNTIL_DOWN:
            self._move(DOWN, f"The flow could not be started {self._never_up} times ({why}).")
        else:
            self._move(RESTARTING, f"The flow ended ({why}) and is being started again.")
        return min(_FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 10), _LONGEST_PAUSE_S)

    def restart(self, why: str) -> None:
        """Note that the process is ended on purpose, to be started again at once."""
        self._move(RESTARTING, why)

    def describe(self) -> dict[str, Any]:
        """Give the state as frames and API show it, but for what is wrong with the data."""
        return {
            "state": self.state,
            "since": rfc3339(self.since),
            "message": self.message,
        }

    def _arrive(self, *, barrier: bool) -> bool:
        if self.state != RECOVERING or not barrier or self._position < max(self._target, 1):
            return False
        self._move(RUNNING, None)
        return True

    def _move(self, state: str, message: str | None) -> None:
        if state != self.state:
            self.since = self._now()
        self.state, self.message = state, message
