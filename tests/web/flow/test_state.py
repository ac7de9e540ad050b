"""The states of the flow, by a clock that the test holds."""

import pytest

from web.flow.state import DOWN, FAILURES_UNTIL_DOWN, RECOVERING, RESTARTING, RUNNING, FlowState


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def flow(clock: Clock) -> FlowState:
    return FlowState(clock)


def run(flow: FlowState, execution: int = 1, target: int = 1) -> None:
    flow.begin(execution, target)
    assert flow.started(target)
    assert flow.state == RUNNING


def test_a_first_start_has_nothing_to_replay_and_runs_at_once(flow: FlowState) -> None:
    """``started`` alone tells that it is caught up: no record needs to come first."""
    assert flow.state == RESTARTING
    flow.begin(1, 1)
    assert flow.state == RECOVERING
    assert flow.started(1)
    assert (flow.state, flow.message) == (RUNNING, None)


def test_it_recovers_until_the_position_of_the_start_is_reached_and_durable(
    flow: FlowState,
) -> None:
    """Neither an earlier position nor a position without its barrier is enough."""
    flow.begin(2, 10)
    assert not flow.started(4)
    assert flow.message is not None
    assert not flow.reached(9, barrier=True)
    assert not flow.reached(10, barrier=False)
    assert flow.state == RECOVERING
    assert flow.reached(None, barrier=True)
    assert flow.state == RUNNING
    assert not flow.reached(11, barrier=True), "it is caught up once"


def test_the_time_of_a_state_is_that_of_the_move_into_it(flow: FlowState, clock: Clock) -> None:
    """A further message changes the sentence, not ``since``."""
    flow.begin(1, 5)
    since = flow.since
    clock.now += 60
    flow.started(2)
    assert flow.since == since
    flow.reached(5, barrier=True)
    assert flow.since == clock.now
    assert flow.describe() == {
        "state": "running",
        "since": "1970-01-01T00:17:40.000Z",
        "message": None,
    }


def test_a_crash_restarts_it_soon_and_repeated_crashes_call_it_down(
    flow: FlowState, clock: Clock
) -> None:
    """The pauses double up to 10 s; it is tried for ever, and says why."""
    pauses = []
    for execution in range(1, 12):
        flow.begin(execution, 5)
        pauses.append(flow.ended("exit status 1"))
        assert flow.state == (RESTARTING if execution < FAILURES_UNTIL_DOWN else DOWN)
        assert "exit status 1" in (flow.message or "")
    assert pauses[:4] == [0.1, 0.2, 0.4, 0.8]
    assert pauses[-1] == 10.0


def test_down_lasts_until_a_flow_really_starts(flow: FlowState) -> None:
    """A try is no recovery: the page goes on to say that it is down."""
    for execution in range(1, 4):
        flow.begin(execution, 5)
        flow.ended("exit status 1")
    flow.begin(4, 5)
    assert flow.state == DOWN
    flow.started(5)
    assert flow.state == RUNNING


def test_a_flow_that_ran_well_has_its_failures_forgiven(flow: FlowState, clock: Clock) -> None:
    """A crash after a steady run is the first one again; one right after a start is not."""
    flow.ended("x")
    flow.ended("x")
    run(flow)
    clock.now += 10
    assert flow.ended("killed by SIGKILL") == 0.1
    assert flow.state == RESTARTING
    run(flow, 2)
    clock.now += 9
    assert flow.ended("killed by SIGKILL") == 0.2


def test_a_restart_on_purpose_is_no_failure(flow: FlowState) -> None:
    """However often a person asks for it."""
    for execution in range(1, 6):
        run(flow, execution)
        flow.restart("asked for")
        assert (flow.state, flow.message) == (RESTARTING, "asked for")
