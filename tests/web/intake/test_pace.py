"""The pace of a replay, by a clock that the test holds."""

from hypothesis import given
from hypothesis import strategies as st

from web.intake.pace import Pace


def test_as_fast_as_possible_has_no_bound() -> None:
    """Without a rate any number of lines may go, and nothing waits."""
    pace = Pace(None, 0.0)
    assert pace.allowance(0.0) is None
    pace.take(1_000_000)
    assert pace.allowance(0.0) is None
    assert pace.wait() == 0.0


def test_the_first_line_is_due_at_once() -> None:
    """However slow the rate is."""
    pace = Pace(0.001, 5.0)
    assert pace.allowance(5.0) == 1
    pace.take(1)
    assert pace.allowance(5.0) == 0
    assert pace.wait() == 1_000.0


@given(
    st.sampled_from((0.5, 3.0, 50.0, 1_000.0, 1_000_000.0)),
    st.lists(st.floats(0.0, 3.0), min_size=1, max_size=30),
)
def test_never_more_lines_than_the_rate_gives(rate: float, pauses: list[float]) -> None:
    """One burst (a tenth of a second, at least a line) above the rate, and never more."""
    now = 100.0
    pace = Pace(rate, now)
    gone = 0
    for pause in pauses:
        now += pause
        allowed = pace.allowance(now)
        assert allowed is not None
        assert 0 <= allowed <= max(1.0, rate * 0.1)
        pace.take(allowed)
        gone += allowed
    assert gone <= max(1.0, rate * 0.1) + rate * (now - 100.0) + 1e-3


@given(st.sampled_from((0.5, 3.0, 50.0, 999.0)))
def test_who_waits_as_long_as_told_is_on_time(rate: float) -> None:
    """After ``wait()`` a line is due: the rate is kept, not only not exceeded."""
    now = 0.0
    pace = Pace(rate, now)
    for gone in range(200):
        allowed = pace.allowance(now)
        if not allowed:
            now += pace.wait()
            allowed = pace.allowance(now)
        assert allowed
        pace.take(1)
        assert now <= gone / rate + 1e-6


def test_time_that_was_lost_is_not_made_up_for() -> None:
    """After an hour of sleep a tenth of a second's worth goes, not an hour's."""
    pace = Pace(100.0, 0.0)
    pace.take(1)
    assert pace.allowance(3_600.0) == 10
