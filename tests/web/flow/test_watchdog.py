"""The watch on the flow's progress, with the time in the test's hand."""

from __future__ import annotations

from math import ceil

import pytest

from web.flow.state import Phase
from web.flow.watchdog import REPLAYING_S, RUNNING_S, START_S, Watchdog

EPOCH_S = 1.0


class Flow:
    """A flow and the clock beside it; ``look`` is one look of the watchdog."""

    def __init__(self, phase: Phase = Phase.UP, epoch_s: float = EPOCH_S) -> None:
        self.now = 1_000.0
        self.execution = 1
        self.received = 0
        self.has_work = True
        self.phase = phase
        self.store_bytes = 0
        self._watchdog = Watchdog(epoch_s)
        assert self.look() is None

    def look(self, after: float = 0.0) -> str | None:
        """Look once a second until ``after`` seconds have gone; gives what was said last."""
        why = None
        for _ in range(max(ceil(after), 1)):
            self.now += min(after, 1.0)
            why = self._watchdog.look(
                self.now,
                phase=self.phase,
                execution=self.execution,
                received=self.received,
                has_work=self.has_work,
                store_bytes=self.store_bytes,
            )
        return why


@pytest.mark.parametrize(
    ("phase", "limit"),
    [(Phase.UP, RUNNING_S), (Phase.REPLAYING, REPLAYING_S)],
    ids=["10-s-when-it-runs", "a-minute-when-it-replays"],
)
@pytest.mark.parametrize("epoch_s", [1, 60])
def test_a_flow_that_has_work_and_sends_nothing_is_given_up(
    phase: Phase, limit: float, epoch_s: float
) -> None:
    """Behind the time that it may take to end an epoch, and not a moment before."""
    flow = Flow(phase, epoch_s)
    assert flow.look(after=limit + epoch_s - 1) is None
    assert flow.look(after=1) == "it had work and did nothing"
    assert flow.look(after=1) is not None, "until it is another one"


def test_a_flow_that_never_reaches_the_server_is_given_up() -> None:
    """Whether there is work or not: it would restore for ever."""
    flow = Flow(Phase.STARTING)
    flow.has_work = False
    assert flow.look(after=START_S - 1) is None
    assert flow.look(after=1) == "it did not reach the server within 30 s"


def test_a_large_state_has_the_time_that_it_takes() -> None:
    """Else it could never be restored."""
    flow = Flow(Phase.STARTING)
    flow.store_bytes = 400_000_000
    assert flow.look(after=START_S + 99) is None
    assert flow.look(after=1) == "it did not reach the server within 130 s"


def test_whoever_replays_always_has_work() -> None:
    """The view has it all already, so no line waits; and yet it is to be read again."""
    flow = Flow(Phase.REPLAYING)
    flow.has_work = False
    assert flow.look(after=REPLAYING_S + EPOCH_S) is not None


def test_whatever_it_sends_is_a_sign_of_life() -> None:
    """However slow it is, as long as each step takes less than the time it has."""
    flow = Flow()
    for _ in range(5):
        assert flow.look(after=RUNNING_S) is None
        flow.received += 1
        assert flow.look() is None
    assert flow.look(after=RUNNING_S + EPOCH_S) is not None


def test_a_flow_without_work_is_never_stuck_and_its_time_begins_with_the_work() -> None:
    """A quiet night is no reason for a restart in the morning."""
    flow = Flow()
    flow.has_work = False
    assert flow.look(after=3_600) is None
    flow.has_work = True
    assert flow.look(after=RUNNING_S) is None
    assert flow.look(after=EPOCH_S) is not None


def test_while_nothing_is_asked_of_it_no_time_passes() -> None:
    """Its process is not there yet, or what it sent waits for a disk that is full."""
    flow = Flow(Phase.WAITING)
    assert flow.look(after=3_600) is None
    flow.phase = Phase.STARTING
    assert flow.look(after=START_S) is None
    assert flow.look(after=1) is not None


def test_a_new_execution_begins_anew() -> None:
    """It is not blamed for the one before."""
    flow = Flow()
    assert flow.look(after=RUNNING_S) is None
    flow.execution += 1
    assert flow.look(after=RUNNING_S) is None


def test_the_time_in_which_the_server_was_stopped_does_not_count() -> None:
    """Nor that of a machine that slept: what the flow sent meanwhile was not heard yet."""
    flow = Flow()
    flow.now += 3_600
    assert flow.look() is None
    assert flow.look(after=RUNNING_S - 2) is None
    assert flow.look(after=EPOCH_S) is not None
