"""The points of one step."""

from web.history.points import POINTS, Point, Points


def events(points: Points, second: int) -> list[int | None]:
    return [None if each is None else each.events for each in points.until(second)[1]]


def test_a_step_sums_up_what_its_seconds_brought_and_keeps_the_highest() -> None:
    """Counts are summed; of what is not counted up, the most of any second stands."""
    points = Points(6)
    points.add(60, Point(events=1, skipped=2, completed=3, lag=7, viewers=1))
    points.add(65, Point(events=10, skipped=20, completed=30, lag=5, viewers=2))
    points.add(66, Point(events=100))
    begins, kept = points.until(66)
    assert begins == 66 - 6 * (POINTS - 1)
    assert len(kept) == POINTS
    *rest, last, newest = kept
    assert rest == [None] * (POINTS - 2)
    assert last is not None
    assert newest is not None
    assert (last.events, last.skipped, last.completed, last.lag, last.viewers) == (11, 22, 33, 7, 2)
    assert newest.events == 100


def test_no_more_than_the_newest_are_kept() -> None:
    """However long it runs, and also after a gap."""
    points = Points(1)
    for second in range(2 * POINTS):
        points.add(second, Point(events=second))
    assert events(points, 2 * POINTS - 1) == list(range(POINTS, 2 * POINTS))
    points.add(5 * POINTS, Point(events=1))
    assert events(points, 5 * POINTS) == [None] * (POINTS - 1) + [1]
    points.add(POINTS, Point(events=9))
    points.restore(2 * POINTS, Point(events=9))
    assert events(points, 5 * POINTS) == [None] * (POINTS - 1) + [1]
    assert len(points.take_unwritten()) <= POINTS


def test_what_is_unwritten_is_given_once_and_as_it_was() -> None:
    """A point that grows later is given again; one that was read is not."""
    points = Points(6)
    points.restore(9, Point(events=5))
    points.add(60, Point(events=1))
    (given,) = points.take_unwritten()
    assert points.take_unwritten() == []
    points.add(61, Point(events=1))
    assert (given.step, given.number, given.point.events) == (6, 10, 1)
    (again,) = points.take_unwritten()
    assert again.point.events == 2
    points.give_back(again.number)
    points.give_back(1)
    assert [each.number for each in points.take_unwritten()] == [10]
    points.give_back_all()
    assert [each.number for each in points.take_unwritten()] == [9, 10]


def test_a_point_that_both_file_and_memory_have_is_the_sum_of_both() -> None:
    """And is to be written: a file that could not be read at first comes late."""
    points = Points(144)
    points.add(144, Point(events=1))
    points.take_unwritten()
    points.restore(1, Point(events=2))
    (given,) = points.take_unwritten()
    assert given.point.events == 3
