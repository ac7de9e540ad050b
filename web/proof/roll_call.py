"""A roll call: what must be there, named in order, and what the view holds in the same. Pure."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T", bound=tuple[object, ...])


class RollCall(Generic[T]):
    """Compares two sequences of rows as the expected one comes.

    Every row begins with its place, each place stands once in a sequence, and in order.
    """

    def __init__(self, stored: Iterator[T], differ: Callable[[T | None, T | None], None]) -> None:
        """``differ`` is told of each difference: what is expected, and what is stored."""
        self._stored = stored
        self._differ = differ
        self.count = 0
        """How many stored rows were looked at: all of them, at the end."""
        self._next = self._read()

    def expect(self, expected: T) -> None:
        """Call the next that must be there."""
        self._pass_over(expected)
        if self._next is None or self._next[0] != expected[0]:
            self._differ(expected, None)
            return
        if self._next != expected:
            self._differ(expected, self._next)
        self._next = self._read()

    def end(self) -> None:
        """Be done: what is left is too much."""
        self._pass_over(None)

    def _pass_over(self, until: T | None) -> None:
        """Pass over what must not be there before the next that must."""
        while self._next is not None and (until is None or _place(self._next) < _place(until)):
            self._differ(None, self._next)
            self._next = self._read()

    def _read(self) -> T | None:
        row = next(self._stored, None)
        self.count += row is not None
        return row


def _place(row: tuple[object, ...]) -> int:
    place = row[0]
    assert isinstance(place, int)
    return place
