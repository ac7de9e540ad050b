"""The watch on the flow's progress, with the time in the test's hand."""

from __future__ import annotations

from web.flow.watchdog import RECOVERING_S, RUNNING_S, Watchdog


class Flow:
    """A flow and the clock beside it; ``look`` is one look of the watchdog."""

    def __init__(self, *, is_running: bool = True) -> None:
        self.now = 1_000.0
        self.execution = 1
        self.received = 0
        self.has_work = True
        self.is_running = is_running
        self._watchdog = Watchdog()
        assert not self.look()

    def look(self, after: float = 0.0) -> bool:
        self.now += after
        return self._watchdog.is_stuck(
            self.now,
            execution=self.execution,
            received=self.received,
            has_work=self.has_work,
            is_running=self.is_running,
        )


def test_a_running_flow_that_has_work_and_sends_nothing_is_stuck_after_10_s() -> None:
    """And not a moment before."""
    flow = Flow()
    assert not flow.look(after=RUNNING_S - 0.5)
    assert flow.look(after=0.5)
    assert flow.look(after=5)


def test_a_flow_that_restores_its_state_has_a_minute() -> None:
    """It sends nothing before all of it is there."""
    flow = Flow(is_running=False)
    assert not flow.look(after=RECOVERING_S - 1)
    assert flow.look(after=1)


def test_whatever_it_sends_is_a_sign_of_life() -> None:
    """However slow it is, as long as each step takes less than the time it has."""
    flow = Flow()
    for _ in range(5):
        assert not flow.look(after=RUNNING_S - 1)
        flow.received += 1
        assert not flow.look()
    assert flow.look(after=RUNNING_S)


def test_a_flow_without_work_is_never_stuck_and_its_time_begins_with_the_work() -> None:
    """A quiet night is no reason for a restart in the morning."""
    flow = Flow()
    flow.has_work = False
    assert not flow.look(after=8 * 3_600)
    flow.has_work = True
    assert not flow.look(after=RUNNING_S - 1)
    assert flow.look(after=RUNNING_S)


def test_a_new_execution_gets_all_of_the_time_anew() -> None:
    """Even one that has sent as much as the one before it: nothing."""
    flow = Flow()
    assert flow.look(after=RUNNING_S)
    flow.execution += 1
    assert not flow.look()
    assert not flow.look(after=RUNNING_S - 1)
    assert flow.look(after=1)
