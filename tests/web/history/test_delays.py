"""How long records took, by classes of length."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.history.delays import Delays

TOOK = st.lists(st.tuples(st.floats(0.0001, 1e6), st.integers(1, 50)), min_size=1)


def counted(took: list[tuple[float, int]]) -> Delays:
    delays = Delays()
    for seconds, records in took:
        delays.add(seconds, records)
    return delays


@given(TOOK, st.sampled_from([0.01, 0.5, 0.99, 1.0]))
def test_a_quantile_is_off_by_a_twentieth_at_most(
    took: list[tuple[float, int]], share: float
) -> None:
    """Of what the same share of all records took, each of them counted."""
    every = sorted(seconds for seconds, records in took for _ in range(records))
    exact = 1000 * every[max(0, -int(-share * len(every) // 1) - 1)]
    shown = counted(took).quantile_ms(share)
    assert shown is not None
    assert exact / 1.05 - 0.01 <= shown <= exact * 1.05 + 0.01


@given(TOOK, TOOK)
def test_two_seconds_put_together_are_as_if_counted_in_one(
    one: list[tuple[float, int]], other: list[tuple[float, int]]
) -> None:
    """So a point of two minutes is no mean of means."""
    merged = counted(one)
    merged.merge(counted(other))
    assert merged.encode() == counted(one + other).encode()


def test_nothing_measured_is_no_zero() -> None:
    """Nor is what a clock says that was set back meanwhile."""
    delays = counted([(-3600.0, 5), (1.0, 0)])
    assert delays.quantile_ms(0.5) is None


def test_a_delay_may_be_of_any_length() -> None:
    """No time at all, and a century, are of the first and the last class."""
    delays = counted([(0.0, 1), (3e9, 1)])
    assert delays.quantile_ms(0.5) == 0.1
    assert delays.quantile_ms(1.0) == pytest.approx(3.78e9, rel=0.01)


@given(TOOK)
def test_they_are_read_as_they_were_written(took: list[tuple[float, int]]) -> None:
    """The same quantiles again."""
    delays = counted(took)
    assert Delays.decode(delays.encode()).quantile_ms(0.5) == delays.quantile_ms(0.5)


@pytest.mark.parametrize("counts", [{256: 1}, {-1: 1}, {1: 0}, {1: "x"}, [1]])
def test_what_was_never_written_is_refused(counts: object) -> None:
    """A damaged file is found when it is read, not when a page asks."""
    with pytest.raises(msgspec.DecodeError):
        Delays.decode(msgspec.msgpack.encode(counts))
