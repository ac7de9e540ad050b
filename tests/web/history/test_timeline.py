"""Figures over time, as they are kept in memory."""

from web.history.points import Point, Stored
from web.history.timeline import (
    KILLED,
    MOST_MARKS,
    NOTHING,
    RESET,
    STARTED,
    STEPS,
    Mark,
    Past,
    Sums,
    Timeline,
)


def seen(events: int, generation: int = 1, **more: int) -> Sums:
    return Sums(generation, events, skipped=more.pop("skipped", 0), completed=0, **more)


def begun(events: int = 0, past: Past = NOTHING) -> Timeline:
    timeline = Timeline()
    timeline.restore(past, seen(events))
    return timeline


def shown(timeline: Timeline, name: str = "10m", last: int = 4) -> list[int | None]:
    """Give the events of the last points."""
    return [None if each is None else each.events for each in timeline.until(name)[1][-last:]]


def test_what_the_sums_have_grown_by_is_of_the_second_in_which_it_is_seen() -> None:
    """What was there at the start is of before."""
    timeline = begun(100)
    timeline.look(50.1, seen(101))
    timeline.look(50.9, seen(103))
    timeline.look(51.0, seen(103))
    timeline.look(51.5, seen(110))
    assert shown(timeline) == [None, None, None, 3]
    timeline.look(52.0, seen(110))
    assert shown(timeline) == [None, None, 3, 7]


def test_the_same_events_are_in_every_range() -> None:
    """In seconds, in steps of six, and of 144; the last step may still go on."""
    timeline = begun()
    for second in range(300):
        timeline.look(second, seen(10 * second))
    for name, step in STEPS.items():
        assert sum(each or 0 for each in shown(timeline, name, 600)) == 2980, step


def test_seconds_in_which_nobody_came_to_look_are_quiet_and_long_ones_are_off() -> None:
    """A busy server misses a second; one that was stopped, or slept, measured nothing."""
    timeline = begun()
    timeline.look(10.0, seen(1))
    timeline.look(12.9, seen(2, lag=4))
    assert shown(timeline) == [None, None, 1, 0]
    timeline.look(60.0, seen(3))
    timeline.look(61.0, seen(3))
    assert shown(timeline) == [None, None, None, 1]
    before = timeline.until("10m")[1][-49]
    assert before is not None
    assert (before.events, before.lag) == (1, 4)


def test_of_lag_and_viewers_the_highest_stands() -> None:
    """Within a second, too."""
    timeline = begun()
    for number, (lag, viewers) in enumerate([(5, 1), (9, 0), (2, 3), (0, 0)]):
        timeline.look(10 + number / 10, seen(0, lag=lag, viewers=viewers))
    timeline.look(11.0, seen(0))
    (point,) = timeline.until("10m")[1][-1:]
    assert point is not None
    assert (point.lag, point.viewers) == (9, 3)


def test_a_new_generation_begins_at_nothing() -> None:
    """A reset takes no event back, and what comes after it counts from the first on."""
    timeline = begun()
    timeline.look(10.0, seen(1000))
    timeline.look(11.0, seen(3, generation=2))
    timeline.look(12.0, seen(3, generation=2))
    assert shown(timeline) == [None, None, 1000, 3]
    assert timeline.told == Sums(2, 3, 0, 0)


def test_what_was_told_once_is_not_told_again() -> None:
    """A view that is made anew from the journal: neither its events nor how long they took."""
    past = Past([], [], Sums(1, 100, 10, 0), None)
    timeline = begun(0, past)
    timeline.look(10.0, seen(60), [(86_400.0, 60)])
    timeline.look(10.1, seen(100, skipped=10), [(86_400.0, 50)])
    timeline.look(11.0, seen(104, skipped=10), [(0.1, 4)])
    timeline.look(12.0, seen(104, skipped=10))
    assert shown(timeline, last=2) == [0, 4]
    *_, last = timeline.until("10m")[1]
    assert last is not None
    assert last.delays.quantile_ms(1.0) is not None
    assert (last.delays.quantile_ms(1.0) or 0) < 110


def test_what_was_told_of_another_generation_says_nothing() -> None:
    """A reset may have been the last that a killed server did."""
    timeline = begun(5, Past([], [], Sums(7, 100, 0, 0), None))
    timeline.look(10.0, seen(6))
    timeline.look(11.0, seen(6))
    assert shown(timeline, last=1) == [1]


def test_a_range_has_the_marks_that_lie_in_it() -> None:
    """In the order of time; one of a killed server stands where it was last seen."""
    point = Stored(1, 1000, Point(events=4))
    past = Past([point], [Mark(900.0, RESET, "r")], None, 1000.5)
    timeline = begun(0, past)
    timeline.mark(Mark(1700.0, STARTED, "s"))
    timeline.look(1700.0, seen(0))
    timeline.look(1701.0, seen(0))
    assert [mark.kind for mark in timeline.until("1h")[2]] == [RESET, KILLED, STARTED]
    assert [mark.kind for mark in timeline.until("10m")[2]] == [STARTED]
    assert past.newest == 1001.0
    points, marks = timeline.take_unwritten()
    assert [mark.kind for mark in marks] == [KILLED, STARTED]
    assert [(each.step, each.number) for each in points] == [(1, 1700), (6, 283), (144, 11)]


def test_marks_are_bounded_and_so_are_their_words() -> None:
    """A flow that ends all the time takes no more room for it."""
    timeline = begun()
    for number in range(MOST_MARKS + 5):
        timeline.mark(Mark(number, KILLED, "w" * 9999))
    timeline.look(1.0, seen(0))
    kept = timeline.until("1d")[2]
    assert (len(kept), kept[0].at) == (MOST_MARKS, 5)
    assert {len(mark.words) for mark in kept} == {500}
    points, marks = timeline.take_unwritten()
    assert len(marks) == MOST_MARKS
    timeline.give_back(points, marks)
    assert timeline.take_unwritten()[1] == marks


def test_the_second_that_goes_on_is_closed_at_the_end() -> None:
    """A stop loses nothing."""
    timeline = begun()
    timeline.look(10.4, seen(3))
    timeline.end()
    assert [each.point.events for each in timeline.take_unwritten()[0]] == [3, 3, 3]
