"""The clock that never runs back."""

from web.history.clock import OnwardClock


class Hands:
    """A wall clock that can be set, and time that passes."""

    def __init__(self) -> None:
        self.wall = 1000.0
        self.steady = 5.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def clock(self) -> OnwardClock:
        return OnwardClock(lambda: self.wall, lambda: self.steady)


def test_it_shows_the_time_of_the_machine() -> None:
    """Also after it was set forward."""
    hands = Hands()
    clock = hands.clock()
    assert clock.now() == 1000.0
    hands.pass_by(2)
    hands.wall += 3600
    assert clock.now() == 4602.0


def test_behind_a_clock_that_was_set_back_it_goes_on() -> None:
    """Second by second, until the machine's has come after."""
    hands = Hands()
    clock = hands.clock()
    clock.now()
    hands.wall -= 3600
    hands.pass_by(1)
    assert clock.now() == 1001.0
    hands.pass_by(1)
    assert clock.now() == 1002.0
    hands.wall += 3600
    assert clock.now() == 1002.0
    hands.pass_by(1)
    assert clock.now() == 1003.0


def test_it_goes_on_behind_what_is_known_of_a_start_before() -> None:
    """Whose clock was ahead."""
    hands = Hands()
    clock = hands.clock()
    clock.heard(5000.0)
    hands.pass_by(1)
    assert clock.now() == 5001.0
    clock.heard(1.0)
    assert clock.now() == 5001.0
