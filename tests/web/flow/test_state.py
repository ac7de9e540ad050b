"""The states of the flow, by a clock that the test holds."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.kit.clock import Clock
from web.flow.state import (
    DOWN,
    FAILURES_UNTIL_DOWN,
    MOVES,
    RECOVERING,
    RESTARTING,
    RUNNING,
    Event,
    FlowMoveError,
    FlowState,
    Phase,
)


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


def test_it_recovers_until_all_that_the_view_had_is_reached(flow: FlowState) -> None:
    """A position may overtake the events before it: each key group is waited for, too.

    And not for the end of an epoch, which may last a minute.
    """
    flow.begin(2, 10, {1: 5, 2: 7, 3: 0})
    assert not flow.started(4, [(1, 5), (2, 3)])
    assert flow.message is not None
    assert not flow.reached(9, [(2, 6)])
    assert not flow.reached(10)
    assert not flow.reached(None, [(2, 6), (3, 2)])
    assert flow.state == RECOVERING
    assert flow.reached(None, [(2, 8)])
    assert flow.state == RUNNING
    assert not flow.reached(11, settled=11), "it is caught up once"


def test_of_several_workers_one_may_have_been_ahead_of_the_position(flow: FlowState) -> None:
    """So a state that is at the position has still to read what the view has of that one."""
    flow.begin(2, 10, {1: 5, 2: 7})
    assert not flow.started(10, [(1, 5), (2, 6)])
    assert flow.state == RECOVERING
    assert flow.reached(None, [(2, 8)])
    assert flow.state == RUNNING


def test_the_end_of_an_epoch_behind_the_position_is_enough(flow: FlowState) -> None:
    """Where a key group never gets there, the comparison says so, and nobody waits for ever."""
    flow.begin(2, 10, {1: 5})
    assert not flow.started(4)
    assert not flow.reached(9, settled=9)
    assert not flow.reached(10)
    assert flow.reached(None, settled=10)
    assert flow.state == RUNNING


def test_it_recovers_until_the_view_lacks_nothing_before_its_position(flow: FlowState) -> None:
    """A crash may come between a position and its records: skipped lines are waited for, too."""
    flow.begin(2, 10, {1: 5}, 80)
    assert not flow.started(4, [(1, 5)])
    assert not flow.reached(10, complete=70)
    assert not flow.reached(11)
    assert flow.reached(None, complete=80)
    assert flow.state == RUNNING


def test_the_time_of_a_state_is_that_of_the_move_into_it(flow: FlowState, clock: Clock) -> None:
    """A further message changes the sentence, not ``since``."""
    flow.begin(1, 5)
    since = flow.since
    clock.now += 60
    flow.started(2)
    assert flow.since == since
    flow.reached(5, settled=5)
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


def test_starting_over_from_down_is_a_first_start(flow: FlowState) -> None:
    """What could not be started was another store: its failures are forgotten."""
    for execution in range(1, 6):
        flow.begin(execution, 5)
        flow.ended("exit status 1")
    assert flow.state == DOWN
    flow.start_over("Everything is being started over.")
    assert (flow.state, flow.message) == (RESTARTING, "Everything is being started over.")
    flow.begin(6, 1)
    assert flow.state == RECOVERING
    assert flow.started(1)
    assert flow.state == RUNNING
    assert flow.ended("x") == 0.1


def test_the_last_words_of_a_flow_that_has_ended_change_nothing(flow: FlowState) -> None:
    """What it had sent may be committed after its end; the next start is not confused by that."""
    for execution in range(1, 4):
        flow.begin(execution, 1)
        flow.ended("exit status 1")
    assert not flow.started(1)
    assert not flow.reached(7, settled=7)
    assert flow.state == DOWN
    flow.begin(4, 1)
    assert flow.started(1)


def test_what_is_told_a_second_time_changes_nothing(flow: FlowState) -> None:
    """Where what follows from it could not be written down, it comes again."""
    flow.begin(1, 5)
    assert not flow.started(2)
    assert not flow.started(2)
    assert flow.reached(5, settled=5)
    assert not flow.started(2)
    assert flow.state == RUNNING


def test_who_restarts_a_flow_that_is_down_is_told_again_by_what(flow: FlowState) -> None:
    """It had begun to recover, which it does not any more."""
    for execution in range(1, 4):
        flow.begin(execution, 5)
        flow.ended("exit status 1")
    flow.begin(4, 5)
    flow.started(2)
    assert flow.state == RECOVERING
    flow.restart("The flow was killed and is being started again.")
    assert flow.state == DOWN
    assert flow.message == "The flow could not be started 3 times (exit status 1)."
    flow.begin(5, 5)
    assert flow.started(5)
    assert flow.message is None


def test_every_phase_knows_every_event(flow: FlowState) -> None:
    """What is not in the table is refused: a second start beside a first one, and nothing else."""
    refused = {(phase, event) for phase in Phase for event in Event if event not in MOVES[phase]}
    assert refused == {(phase, Event.BEGUN) for phase in Phase if phase is not Phase.WAITING}
    flow.begin(1, 5)
    with pytest.raises(FlowMoveError, match="a start was written down, and the one before is not"):
        flow.begin(2, 5)
    assert (flow.execution, flow.state) == (1, RECOVERING)


TARGET = 10
GROUPS = {1: 3, 2: 4}


class AnyWalk(RuleBasedStateMachine):
    """The flow, moved by whatever comes, beside what it is said to be in words."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.flow = FlowState(self.clock)
        self.execution = 0
        self.lives = self.is_heard = self.is_up = False
        self.tries = 0
        self.position = 0
        self.groups: dict[int, int] = {}
        self.state, self.since = RESTARTING, self.clock.now

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def begin(self) -> None:
        if self.lives:
            with pytest.raises(FlowMoveError):
                self.flow.begin(self.execution + 1, TARGET, GROUPS)
            return
        self.execution += 1
        self.flow.begin(self.execution, TARGET, GROUPS)
        self.lives, self.is_heard, self.is_up = True, False, False
        self.position, self.groups = 0, {}

    @rule(
        offset=st.integers(1, TARGET), groups=st.dictionaries(st.integers(1, 2), st.integers(0, 5))
    )
    def start(self, offset: int, groups: dict[int, int]) -> None:
        told = self.flow.started(offset, groups.items())
        news = self.lives and not self.is_heard
        if news:
            self.is_heard, self.position, self.groups = True, offset, groups
            is_whole = all(groups.get(group, 0) >= of for group, of in GROUPS.items())
            self.is_up = offset == TARGET and is_whole
        assert told == (news and self.is_up)

    @rule(
        position=st.none() | st.integers(1, TARGET + 3),
        groups=st.dictionaries(st.integers(1, 2), st.integers(0, 5)),
        settled=st.none() | st.integers(1, TARGET + 3),
    )
    def tell(
        self, position: int | None, groups: dict[int, int], settled: int | None = None
    ) -> None:
        told = self.flow.reached(position, groups.items(), settled=settled)
        news = self.lives and self.is_heard and not self.is_up
        if news:
            self.position = self.position if position is None else position
            for group, events in groups.items():
                self.groups[group] = max(events, self.groups.get(group, 0))
            is_whole = all(self.groups.get(group, 0) >= of for group, of in GROUPS.items())
            is_settled = settled is not None and settled >= TARGET
            self.is_up = self.position >= TARGET and (is_settled or is_whole)
        assert told == (news and self.is_up)

    @rule()
    def end(self) -> None:
        pause = self.flow.ended("it ended")
        self.tries = 0 if self.is_up else self.tries + 1
        self.lives = self.is_heard = self.is_up = False
        assert 0.1 <= pause <= 10

    @rule()
    def restart(self) -> None:
        self.tries = 0 if self.is_up else self.tries
        self.flow.restart("a restart")
        self.lives = self.is_heard = self.is_up = False

    @rule()
    def start_over(self) -> None:
        self.flow.start_over("all of it")
        self.lives = self.is_heard = self.is_up = False
        self.tries = 0

    @rule()
    def come_up(self) -> None:
        """From wherever it is: what is started and reaches what the view has is running."""
        if not self.lives:
            self.begin()
        self.start(TARGET, {})
        self.tell(TARGET, GROUPS)
        assert self.flow.state == RUNNING

    @invariant()
    def is_what_it_is_said_to_be(self) -> None:
        if self.lives and self.is_up:
            state = RUNNING
        elif self.lives and self.is_heard:
            state = RECOVERING
        elif self.tries >= FAILURES_UNTIL_DOWN:
            state = DOWN
        else:
            state = RECOVERING if self.lives else RESTARTING
        if state != self.state:
            self.state, self.since = state, self.clock.now
        assert (self.flow.state, self.flow.since) == (self.state, self.since)
        assert (self.flow.message is None) == (state == RUNNING)
        assert state != DOWN or "could not be started" in (self.flow.message or "")


AnyWalk.TestCase.settings = settings(max_examples=75, stateful_step_count=40)
test_whatever_comes_every_state_has_an_exit = AnyWalk.TestCase
