"""An upload's life as a walk: whatever happens in whatever order, held to a model."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dataflow.times import rfc3339_or_none
from dataflow.upload import Changes, Upload
from tests.kit.uploads import UPLOAD
from web.errors import APIError
from web.intake.description import describe
from web.intake.upload_states import (
    ASKED,
    MOVES,
    Event,
    State,
    changes_asked,
    lines_asked,
    moved,
    state_of,
    told,
)
from web.view.totals import Counts

LINES = 20_000
STEPS = st.sampled_from([1, 4_999, 5_000, 10_000, LINES])
ENDS = {"done", "cancelled", "failed"}


def changed(upload: Upload, changes: Changes) -> Upload:
    """Give a row with some of its columns changed, as the journal does."""
    return Upload._make(changes.get(name, value) for name, value in upload._asdict().items())


class Life(RuleBasedStateMachine):
    """An upload, and what a person knows of it who has watched everything."""

    def __init__(self) -> None:
        super().__init__()
        self.upload = UPLOAD
        self.counts = Counts()
        self.has_turn = False
        self.paused = self.cancelled = self.let_go_on = False
        self.released_at_pause = 0
        self.paused_at: float | None = None
        self.end: str | None = None
        self.at_end: Upload | None = None
        self.clock = 1.0

    @property
    def is_drained(self) -> bool:
        return self.counts.processed >= self.upload.released_lines

    @rule(has_turn=st.booleans())
    def turn(self, has_turn: bool) -> None:
        self.has_turn = has_turn

    @precondition(lambda self: self.upload.state == "running" and self.has_turn)
    @rule(lines=STEPS)
    def release(self, lines: int) -> None:
        released = min(LINES, self.upload.released_lines + lines)
        self.upload = self.upload._replace(released_lines=released)

    @rule(lines=st.sampled_from([1, 4_999, 10_000]))
    def step(self, lines: int) -> None:
        if not self.paused or self.cancelled or self.end is not None:
            with pytest.raises(APIError) as refused:
                lines_asked(self.upload, {"lines": lines})
            assert (refused.value.status, refused.value.code) == (409, "not_paused")
            return
        before = self.upload.released_lines
        released = before + lines_asked(self.upload, {"lines": lines})
        assert released == min(LINES, before + lines)
        self.upload = self.upload._replace(released_lines=released)

    @rule(lines=STEPS, good=st.booleans())
    def process(self, lines: int, good: bool) -> None:
        lines = min(lines, self.upload.released_lines - self.counts.processed)
        self.counts.add(Counts(accepted=lines) if good else Counts(skipped=lines))

    @rule()
    def hear(self) -> None:
        """Let the upload know what the view holds; twice is as good as once."""
        for _ in range(2):
            heard = told(self.upload, self.counts)
            if heard is not None:
                event, why = heard
                self.clock += 1
                changes = moved(self.upload, event, now=self.clock, why=why)
                self.upload = changed(self.upload, changes)
        if self.end is not None:
            return
        if self.cancelled:
            self.end = "cancelled" if self.is_drained else None
        elif self.counts.processed == LINES:
            self.end = "done"
        elif not self.paused and not self.let_go_on:
            bad = 2 * self.counts.skipped > self.counts.processed >= 10_000
            self._pause(bad)

    def _pause(self, paused: bool) -> None:
        """Know whether it is paused now, and since when."""
        if paused and not self.paused:
            self.released_at_pause, self.paused_at = self.upload.released_lines, self.clock
        self.paused = paused

    @precondition(lambda self: self.upload.state in ("running", "paused"))
    @rule()
    def lose_the_file(self) -> None:
        self.clock += 1
        changes = moved(self.upload, Event.UNREADABLE, now=self.clock, why="it is gone")
        self.upload = changed(self.upload, changes)
        self.end = "failed"

    @rule(word=st.sampled_from(sorted(ASKED)), rate=st.none() | st.sampled_from([7.5, 50]))
    def ask(self, word: str, rate: float | None) -> None:
        asked: dict[str, object] = {"state": word} | ({} if rate is None else {"rate": rate})
        over = self.end is not None or self.cancelled
        may = not over or (self.end is None and word == "cancelled" and rate is None)
        if not may:
            with pytest.raises(APIError) as refused:
                changes_asked(self.upload, asked, self.clock)
            assert (refused.value.status, refused.value.code) == (409, "ended")
            return
        self.clock += 1
        changes = changes_asked(self.upload, asked, self.clock)
        was_paused_by_itself = self.paused and self.upload.paused_because != "paused by hand"
        self.upload = changed(self.upload, changes)
        self.let_go_on |= word == "running" and was_paused_by_itself
        self.cancelled |= word == "cancelled"
        self._pause(word == "paused")

    @invariant()
    def lines_add_up(self) -> None:
        assert self.counts.processed <= self.upload.released_lines <= LINES

    @invariant()
    def it_is_shown_as_it_is(self) -> None:
        shown = describe(self.upload, self.counts, has_turn=self.has_turn)
        expected = self.end
        if expected is None:
            is_waiting = self.upload.released_lines < LINES and not self.has_turn
            is_draining = self.counts.processed < self.released_at_pause
            if self.cancelled or (self.paused and is_draining):
                expected = "running"
            elif self.paused:
                expected = "paused"
            else:
                expected = "queued" if is_waiting else "running"
        assert shown["state"] == expected
        assert (shown["finished_at"] is not None) == (shown["state"] in ENDS)
        assert ("paused_because" in shown) == (expected == "paused")
        since = None if expected != "paused" else rfc3339_or_none(self.paused_at)
        assert shown["paused_at"] == since

    @invariant()
    def what_has_ended_never_moves(self) -> None:
        if self.at_end is not None:
            assert self.upload == self.at_end
        elif self.end is not None:
            self.at_end = self.upload


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40)


def test_every_state_is_in_the_table_and_can_be_left_for_an_end() -> None:
    """But for the ends, which nothing moves."""
    assert set(MOVES) == set(State)
    ends = {state for state in State if not MOVES[state]}
    assert ends == {State.CANCELLED, State.DONE, State.FAILED}
    for state in set(State) - ends:
        reached, seen = [state], set[State]()
        while reached:
            here = reached.pop()
            if here not in seen:
                seen.add(here)
                reached += MOVES[here].values()
        assert seen & ends


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_what_the_table_does_not_name_changes_nothing(state: State, event: Event) -> None:
    """And what it does name leads to where it says; where that is an end, at its time."""
    word = "cancelled" if state is State.CANCELLING else state.value
    ended = None if MOVES[state] else 5.0
    upload = UPLOAD._replace(state=word, finished_at=ended)
    assert state_of(upload) is state
    target = MOVES[state].get(event, state)
    changes = moved(upload, event, now=7.0, why="why")
    assert (changes == {}) == (target is state)
    after = changed(upload, changes)
    assert state_of(after) is target
    assert after.finished_at == (ended if MOVES[target] or target is state else 7.0)
