"""The stopwatch of the flow, by a clock that the test holds."""

from collections.abc import Iterator
from unittest.mock import MagicMock, patch

import pytest

from dataflow.drawing import JOIN, PUBLISH, SNAPSHOT, STEPS
from dataflow.stopwatch import TOLD_EVERY_S, Stopwatch


@pytest.fixture
def clock() -> Iterator[MagicMock]:
    with patch("time.perf_counter", return_value=100.0) as clock:
        yield clock


def test_what_a_step_has_worked_is_summed(clock: MagicMock) -> None:
    """Every drawn step is told, also one that did nothing; what was told stays as it was."""
    watch = Stopwatch()
    clock.return_value = 102.5
    watch.stop(JOIN, 100.0)
    told = watch.tell()
    watch.stop(JOIN, 102.0)
    watch.stop(PUBLISH, 102.25)
    assert told.seconds == dict.fromkeys((*STEPS, SNAPSHOT), 0.0) | {JOIN: 2.5}
    assert watch.tell().seconds == dict.fromkeys((*STEPS, SNAPSHOT), 0.0) | {
        JOIN: 3.0,
        PUBLISH: 0.25,
    }


def test_it_is_told_now_and_then(clock: MagicMock) -> None:
    """Not with every batch, however small these are."""
    watch = Stopwatch()
    assert not watch.is_due
    clock.return_value += TOLD_EVERY_S
    assert watch.is_due
    watch.tell()
    assert not watch.is_due
