"""Steps under a stopwatch do what they do without it."""

import time
from collections.abc import Iterator

from dataflow.drawing import DESERIALIZE, SKIP
from dataflow.records import INVALID_JSON, Skipped
from dataflow.steps import SkipLogic, SkippedBatch
from dataflow.stopwatch import Stopwatch
from dataflow.timed import TimedLogic, timed_map
from tests.kit.entries import taken

BATCH = SkippedBatch(0, taken(1, 1), [Skipped(1, INVALID_JSON, "is not JSON", None, "x", False)], 0)


def test_a_step_with_state_gives_and_keeps_what_it_would_have() -> None:
    """And what a batch and a snapshot took is counted for it alone."""
    watch = Stopwatch()
    bare, timed = SkipLogic(None), TimedLogic(SkipLogic(None), SKIP, watch)
    assert timed.on_batch([BATCH]) == bare.on_batch([BATCH])
    after_batch = watch.tell().seconds
    assert after_batch[SKIP] > 0
    assert timed.snapshot() == bare.snapshot()
    assert watch.tell().seconds[SKIP] > after_batch[SKIP]
    assert [step for step, seconds in after_batch.items() if seconds] == [SKIP]


def test_a_step_without_state_is_measured_to_the_end_of_its_work() -> None:
    """Also where it makes its items one by one."""
    watch = Stopwatch()
    ended: list[float] = []

    def parts(text: str) -> Iterator[str]:
        yield from text
        ended.append(time.perf_counter())

    began = time.perf_counter()
    assert timed_map(parts, DESERIALIZE, watch)("abc") == ["a", "b", "c"]
    assert 0 < watch.tell().seconds[DESERIALIZE] <= time.perf_counter() - began
    assert len(ended) == 1
