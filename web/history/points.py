"""Points of a series at one distance, the newest 600 of them. Pure."""

from typing import Final, NamedTuple

import msgspec

from web.history.delays import Delays

POINTS: Final = 600


class Point(msgspec.Struct):
    """What one step brought, and the most that there was in it of what is not counted up."""

    events: int = 0
    skipped: int = 0
    completed: int = 0
    lag: int = 0
    viewers: int = 0
    delays: Delays = msgspec.field(default_factory=Delays)

    def add(self, other: "Point") -> None:
        """Take in what another part of the same step brought."""
        self.events += other.events
        self.skipped += other.skipped
        self.completed += other.completed
        self.lag = max(self.lag, other.lag)
        self.viewers = max(self.viewers, other.viewers)
        self.delays.merge(other.delays)


class Stored(NamedTuple):
    """A point as the file has it: the seconds of its step, its number, and what it holds.

    A point of the number 7 begins seven steps after 1970.
    """

    step: int
    number: int
    point: Point


class Points:
    """The points of one step; one that is missing is of a time in which nobody measured.

    Each has its slot in a ring: one of a later time takes the place of one that is too old.
    """

    def __init__(self, step: int) -> None:
        """``step`` is in seconds."""
        self.step: Final = step
        self._ring: list[tuple[int, Point] | None] = [None] * POINTS
        self._unwritten: set[int] = set()

    def add(self, second: int, point: Point) -> None:
        """Take in what a second brought."""
        number = second // self.step
        if self._take_in(number, point):
            self._unwritten.add(number)

    def restore(self, number: int, point: Point) -> None:
        """Take in a point of the file, which is written anew only where there is more of it."""
        is_whole = self._at(number) is None
        if self._take_in(number, point) and not is_whole:
            self._unwritten.add(number)

    def until(self, second: int) -> tuple[int, list[Point | None]]:
        """Give the second that the oldest point begins at, and all of them up to a second's."""
        last = second // self.step
        first = last - POINTS + 1
        return first * self.step, [self._at(number) for number in range(first, last + 1)]

    def take_unwritten(self) -> list[Stored]:
        """Give what the file does not have, once; what comes in later changes none of it."""
        taken = []
        for number in sorted(self._unwritten):
            if (known := self._at(number)) is not None:
                point = Point()
                point.add(known)
                taken.append(Stored(self.step, number, point))
        self._unwritten.clear()
        return taken

    def give_back(self, number: int) -> None:
        """Note that the file does not have a point after all."""
        if self._at(number) is not None:
            self._unwritten.add(number)

    def give_back_all(self) -> None:
        """Note that the file has none: it is a new one."""
        self._unwritten.update(slot[0] for slot in self._ring if slot is not None)

    def _at(self, number: int) -> Point | None:
        slot = self._ring[number % POINTS]
        return slot[1] if slot is not None and slot[0] == number else None

    def _take_in(self, number: int, point: Point) -> bool:
        """Add to the point of a number; False where that is too old to be kept."""
        slot = self._ring[number % POINTS]
        if slot is None or slot[0] < number:
            if slot is not None:
                self._unwritten.discard(slot[0])
            slot = self._ring[number % POINTS] = (number, Point())
        if slot[0] > number:
            return False
        slot[1].add(point)
        return True
