"""Figures over time, as they are kept in memory: points at three distances, and marks. Pure.

What comes in is the newest sums, as often as anybody looks; what they have grown by belongs to the
second in which that was seen. The sums that were told once are remembered, also over a restart: so
a view that is made anew from the journal tells nothing a second time.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

from web.history.points import Point, Points, Stored

STEPS: Final = {"10m": 1, "1h": 6, "1d": 144}
"""Seconds between two points of a range: 600 points each."""

KILLED: Final = "killed"
STARTED: Final = "started"
RESET: Final = "reset"

MOST_MARKS: Final = 600
_MOST_WORDS: Final = 500
_LONGEST_STALL_S: Final = 10
"""After more seconds in which nobody looked, the machine slept or the server was stopped."""


class Sums(NamedTuple):
    """What a generation holds just now, and what waits and looks on."""

    generation: int
    events: int
    skipped: int
    completed: int
    lag: int = 0
    viewers: int = 0


class Mark(NamedTuple):
    """Something that happened at one moment, in seconds since 1970."""

    at: float
    kind: str
    words: str


class Past(NamedTuple):
    """What a file knows of before; ``alive_at`` is when its server was last seen, if it was killed.

    ``told`` are the sums up to which it tells.
    """

    points: list[Stored]
    marks: list[Mark]
    told: Sums | None
    alive_at: float | None

    @property
    def newest(self) -> float:
        """The time behind which all goes on."""
        ends = [each.step * each.number + 1.0 for each in self.points]
        return max([self.alive_at or 0.0, *ends, *(mark.at for mark in self.marks)])


NOTHING: Final = Past([], [], None, None)


class Timeline:
    """The figures of the last day, second by second where they are new."""

    def __init__(self) -> None:
        self._ranges = {name: Points(step) for name, step in STEPS.items()}
        self._marks: deque[Mark] = deque(maxlen=MOST_MARKS)
        self._unwritten: list[Mark] = []
        self._told: Sums | None = None
        self._second: int | None = None
        self._point = Point()

    @property
    def told(self) -> Sums | None:
        """The sums up to which it tells; None before anybody has looked."""
        return self._told

    def restore(self, past: Past, sums: Sums) -> None:
        """Begin where a file ends; ``sums`` are those of the start."""
        for step, number, point in past.points:
            self._of(step).restore(number, point)
        self._marks = deque(sorted([*past.marks, *self._marks]), MOST_MARKS)
        if past.alive_at is not None:
            self.mark(Mark(past.alive_at, KILLED, "The server was killed, and its flow with it."))
        if self._told is None:
            is_same = past.told is not None and past.told.generation == sums.generation
            self._told = _most(sums, past.told if is_same and past.told else sums)

    def look(self, now: float, sums: Sums, took: Iterable[tuple[float, int]] = ()) -> None:
        """See the newest sums; ``now`` is never before that of the last look.

        ``took`` holds in how many seconds how many records came to where they can be seen.
        """
        self._go_on_to(int(now), sums)
        told = self._told or _most(sums, sums)
        if told.generation != sums.generation:
            told = Sums(sums.generation, 0, 0, 0)
        self._told = newest = _most(sums, told)
        point = self._point
        point.events += newest.events - told.events
        point.skipped += newest.skipped - told.skipped
        point.completed += newest.completed - told.completed
        point.lag = max(point.lag, sums.lag)
        point.viewers = max(point.viewers, sums.viewers)
        if newest != told:  # else they were told before
            for seconds, records in took:
                point.delays.add(seconds, records)

    def end(self) -> None:
        """Close the second that goes on: nothing comes behind it."""
        if self._second is not None:
            self._close(self._second, self._point)
            self._point = Point()

    def mark(self, mark: Mark) -> None:
        """Note something that happened."""
        mark = mark._replace(words=mark.words[:_MOST_WORDS])
        self._marks = deque(sorted([*self._marks, mark]), MOST_MARKS)
        self._unwritten = [*self._unwritten, mark][-MOST_MARKS:]

    def until(self, name: str) -> tuple[int, list[Point | None], list[Mark]]:
        """Give the second at which a range begins, its points, and the marks in it.

        It ends with the last second that is over; the step around that may still go on.
        """
        begins, points = self._ranges[name].until((self._second or 0) - 1)
        return begins, points, [mark for mark in self._marks if mark.at >= begins]

    def take_unwritten(self) -> tuple[list[Stored], list[Mark]]:
        """Give what the file does not have, once."""
        marks, self._unwritten = self._unwritten, []
        points = [each for kept in self._ranges.values() for each in kept.take_unwritten()]
        return points, marks

    def give_back(self, points: Iterable[Stored], marks: list[Mark]) -> None:
        """Note that the file does not have these after all."""
        for step, number, _ in points:
            self._of(step).give_back(number)
        self._unwritten = [*marks, *self._unwritten][-MOST_MARKS:]

    def give_back_all(self) -> None:
        """Note that the file has nothing: it is a new one."""
        for kept in self._ranges.values():
            kept.give_back_all()
        self._unwritten = list(self._marks)

    def _of(self, step: int) -> Points:
        (found,) = (kept for kept in self._ranges.values() if kept.step == step)
        return found

    def _go_on_to(self, second: int, sums: Sums) -> None:
        if self._second == second:
            return
        if self._second is not None:
            self._close(self._second, self._point)
            if second - self._second <= _LONGEST_STALL_S:
                for between in range(self._second + 1, second):
                    self._close(between, Point(lag=sums.lag, viewers=sums.viewers))
        self._second, self._point = second, Point()

    def _close(self, second: int, point: Point) -> None:
        for kept in self._ranges.values():
            kept.add(second, point)


def _most(sums: Sums, told: Sums) -> Sums:
    """Give the sums that are told with these: none goes down."""
    return Sums(
        sums.generation,
        max(sums.events, told.events),
        max(sums.skipped, told.skipped),
        max(sums.completed, told.completed),
    )
