"""The rate of events that pages show."""

import time

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
