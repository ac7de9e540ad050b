"""Times as the outside reads them."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from dataflow.times import rfc3339, rfc3339_or_none


@given(st.floats(0, 4e9))
def test_a_time_is_rfc_3339_in_utc_and_reads_back(seconds: float) -> None:
    """To the millisecond, with a ``Z``, always equally long: so that texts sort as times do."""
    text = rfc3339(seconds)
    assert text.endswith("Z")
    assert len(text) == len("2026-01-31T12:00:00.000Z")
    assert abs(datetime.fromisoformat(text).timestamp() - seconds) < 0.002


def test_a_time_that_has_not_come_is_null() -> None:
    """And the epoch itself is a time."""
    assert rfc3339_or_none(None) is None
    assert rfc3339_or_none(0.0) == "1970-01-01T00:00:00.000Z"
