"""The turnstile: so many at once, the others in their turns."""

from __future__ import annotations

from collections.abc import Callable

from web.http.turnstile import AT_ONCE, EVERY_S, Turnstile


class Later:
    """A clock that calls what it was given when it is told to."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []

    def __call__(self, seconds: float, call: Callable[[], None]) -> None:
        assert seconds == EVERY_S
        self.calls.append(call)

    def turn(self) -> None:
        calls, self.calls = self.calls, []
        for call in calls:
            call()


def test_who_comes_alone_goes_through_at_once() -> None:
    """As long as others do not come at the same moment."""
    later, through = Later(), list[int]()
    turnstile = Turnstile(later)
    for number in range(AT_ONCE):
        turnstile.enter(lambda number=number: through.append(number))  # type: ignore[misc]
    assert through == [*range(AT_ONCE)]
    assert turnstile.waiting == 0


def test_those_who_come_together_go_through_in_their_order_so_many_at_a_time() -> None:
    """And nothing is left to be called when all are through."""
    later, through = Later(), list[int]()
    turnstile = Turnstile(later)
    for number in range(3 * AT_ONCE):
        turnstile.enter(lambda number=number: through.append(number))  # type: ignore[misc]
    for turn in (1, 2, 3):
        assert through == [*range(turn * AT_ONCE)]
        assert turnstile.waiting == (3 - turn) * AT_ONCE
        later.turn()
    later.turn()
    assert through == [*range(3 * AT_ONCE)]
    assert later.calls == []
