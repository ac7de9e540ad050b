"""What the flow is doing, as everybody is told: its phases, and the moves between them. Pure.

    waiting ─▶ starting ─▶ replaying ─▶ up
       ▲───────────┴────────────┴───────┘ (its process ended, by itself or on purpose)

What is *told* follows from the phase: ``running``, ``recovering``, ``restarting``, and ``down``
where a flow has ended again and again without coming up. Being down is no phase of its own: it
is tried still, and whatever comes up leads out of it.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from dataflow.times import rfc3339

RUNNING: Final = "running"
RECOVERING: Final = "recovering"
RESTARTING: Final = "restarting"
DOWN: Final = "down"
STATES: Final = (RUNNING, RECOVERING, RESTARTING, DOWN)

FAILURES_UNTIL_DOWN: Final = 3
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 10.0
_STEADY_S: Final = 10.0


class Phase(Enum):
    """Where an execution of the flow stands."""

    WAITING = "there is none"
    STARTING = "it is being started, and has not been heard of"
    REPLAYING = "it is heard of, and reads again what the view has"
    UP = "it has caught up"


class Event(Enum):
    """What moves the flow from one phase to another."""

    BEGUN = "a start was written down"
    STARTED = "the flow has said where it goes on"
    CAUGHT_UP = "the flow has told all that the view had"
    ENDED = "its process ended, or could not be started"
    RESTARTED = "its process was ended on purpose"
    STARTED_OVER = "its data were replaced"


class FlowMoveError(Exception):
    """A move that the flow cannot make in its phase; the message names both."""


_ENDS: Final = {
    Event.ENDED: Phase.WAITING,
    Event.RESTARTED: Phase.WAITING,
    Event.STARTED_OVER: Phase.WAITING,
}
# Late: the last words of a process that has ended by now, or words that are told a second time
# because what followed from them could not be written down.
_LATE: Final = dict.fromkeys((Event.STARTED, Event.CAUGHT_UP))

MOVES: Final[Mapping[Phase, Mapping[Event, Phase | None]]] = MappingProxyType(
    {
        Phase.WAITING: {**_LATE, **_ENDS, Event.BEGUN: Phase.STARTING},
        Phase.STARTING: {**_LATE, **_ENDS, Event.STARTED: Phase.REPLAYING},
        Phase.REPLAYING: {**_LATE, **_ENDS, Event.CAUGHT_UP: Phase.UP},
        Phase.UP: {**_LATE, **_ENDS},
    }
)
"""Every event in every phase: what it leads to. None: it changes nothing. Not there: refused."""


class FlowState:
    """The state of the flow, since when, and a sentence where there is something to say.

    ``recovering`` lasts until all that the view had at the start is reached again, or had before
    it was made anew, and the view lacks nothing before it.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._target = 0
        self._position = 0
        self._short: dict[int, int] = {}
        self._missing = 0
        self._failures = 0  # in a row, without a steady run between: lengthens the pause
        self._never_up = 0  # in a row, without catching up: is what being down means
        self._down_by = ""  # the sentence that is told while it is down
        self.phase = Phase.WAITING
        self.execution = 0
        self.state = RESTARTING
        self.since = now()
        self.message: str | None = "The flow is being started."

    @property
    def target(self) -> int:
        """The offset at which this execution is caught up."""
        return self._target

    def begin(
        self,
        execution: int,
        target: int,
        accepted: Mapping[int, int] = MappingProxyType({}),
        missing: int = 0,
    ) -> None:
        """Note that a process is being started, and what it has to reach to be caught up.

        That is the offset ``target``, and of each key group the events in ``accepted``. Where the
        view lacks something, ``missing`` is the place of the last record that it knows of. Raises
        ``FlowMoveError`` where the execution before has not ended.
        """
        self._move(Event.BEGUN)
        self.execution, self._target, self._position = execution, target, 0
        self._short = {group: events for group, events in accepted.items() if events}
        self._missing = missing
        self._tell("The flow restores its state.")

    def started(self, offset: int, accepted: Iterable[tuple[int, int]] = ()) -> bool:
        """Note that the flow goes on at this offset, and the events that each key group has.

        Tells whether it is caught up at once.
        """
        if not self._move(Event.STARTED):
            return False
        self._tell("The flow reads again what came after its last snapshot.")
        self._hear(offset, accepted)
        return self._arrive(is_complete=offset >= self._target and not self._short)

    def reached(
        self,
        position: int | None,
        accepted: Iterable[tuple[int, int]] = (),
        complete: int | None = None,
        settled: int | None = None,
    ) -> bool:
        """Note what the view has committed; tells whether the flow is caught up by that.

        A position may overtake the records before it: so each key group is waited for, and that
        the view is ``complete`` up to the place where it was not. Of what lies before the offset
        ``settled`` there is nothing left to wait for.
        """
        if self.phase is not Phase.REPLAYING:
            return False
        self._hear(position, accepted)
        if complete is not None and complete >= self._missing:
            self._missing = 0
        is_settled = settled is not None and settled >= self._target
        return self._arrive(is_complete=is_settled or not (self._short or self._missing))

    def ended(self, why: str) -> float:
        """Note that the process ended by itself; gives the seconds until the next start."""
        came_up = self.phase is Phase.UP
        is_steady = came_up and self._now() - self.since >= _STEADY_S
        self._failures = 1 if is_steady else self._failures + 1
        self._never_up = 0 if came_up else self._never_up + 1
        self._move(Event.ENDED)
        self._down_by = f"The flow could not be started {self._never_up} times ({why})."
        self._tell(f"The flow ended ({why}) and is being started again.")
        return min(_FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 10), _LONGEST_PAUSE_S)

    def refused(self, why: str) -> None:
        """Note that the process has said why it cannot go on: it is down until somebody acts."""
        self._never_up = max(self._never_up, FAILURES_UNTIL_DOWN)
        self._down_by = why
        self._move(Event.ENDED)
        self._tell(why)

    def restart(self, why: str) -> None:
        """Note that the process is ended on purpose, to be started again at once."""
        self._move(Event.RESTARTED)
        self._tell(why)

    def start_over(self, why: str) -> None:
        """Note that the data are replaced: what failed before says nothing of them."""
        self._failures = self._never_up = 0
        self._move(Event.STARTED_OVER)
        self._tell(why)

    def describe(self) -> dict[str, Any]:
        """Give the state as frames and API show it, but for what is wrong with the data."""
        return {"state": self.state, "since": rfc3339(self.since), "message": self.message}

    def _hear(self, position: int | None, accepted: Iterable[tuple[int, int]]) -> None:
        if position is not None:
            self._position = position
        for group, events in accepted:
            if events >= self._short.get(group, 0):
                self._short.pop(group, None)

    def _arrive(self, *, is_complete: bool) -> bool:
        if not is_complete or self._position < max(self._target, 1):
            return False
        self._never_up = 0
        self._move(Event.CAUGHT_UP)
        self.message = None
        return True

    def _move(self, event: Event) -> bool:
        """Make a move; tells whether it changed anything. Raises ``FlowMoveError``."""
        moves = MOVES[self.phase]
        if event not in moves:
            raise FlowMoveError(
                f"{event.value}, and the one before is not over: {self.phase.value}"
            )
        phase = moves[event]
        if phase is None:
            return False
        self.phase = phase
        state = self._state()
        if state != self.state:
            self.state, self.since = state, self._now()
        return True

    def _state(self) -> str:
        if self.phase is Phase.UP:
            return RUNNING
        if self.phase is Phase.REPLAYING:
            return RECOVERING
        if self._never_up >= FAILURES_UNTIL_DOWN:
            return DOWN
        return RECOVERING if self.phase is Phase.STARTING else RESTARTING

    def _tell(self, message: str) -> None:
        """Say something new; a flow that is down is tried still, and what it is down by counts."""
        self.message = self._down_by if self.state == DOWN else message
