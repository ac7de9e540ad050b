"""The rate of events that pages show."""

import time
from unittest.mock import patch

from web.service.event_rate import EventRate


def test_the_rate_is_over_the_last_seconds() -> None:
    """And 0 before anything came."""
    rate = EventRate()
    assert rate.per_second() == 0.0
    rate.sample(0)
    assert rate.per_second() == 0.0
    began = time.monotonic()
    rate.sample(300)
    seen = rate.per_second()
    assert time.monotonic() - began > 3 or seen == 100.0


def test_what_is_too_old_is_not_kept_also_where_nobody_asks() -> None:
    """Memory is bounded by what came in a few seconds; quiet for so long, the rate is 0."""
    rate = EventRate()
    with patch("time.monotonic") as clock:
        for second in range(100):
            clock.return_value = second
            rate.sample(second * 300)
        assert len(rate._samples) <= 4
        assert rate.per_second() == 300.0
        clock.return_value = 200
        assert rate.per_second() == 0.0
