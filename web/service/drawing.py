"""The flow drawn: what went into each step and came out of it, how fast, and which is the slowest.

The sums are durable: they are counted from what the flow has told and the view has committed.
Rates and times are of this process of the server and this start of the flow; the times of its
workers are summed up. Pure.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from dataflow.drawing import DESERIALIZE, EDGES, JOIN, JOURNAL, PUBLISH, SKIP, SNAPSHOT, STEPS
from web.service.event_rate import EventRate
from web.view.outcome import Outcome
from web.view.totals import Totals


class Passed(NamedTuple):
    """The records that went into a step since the reset, and those that came out of it."""

    taken: int
    given: int


def passed(totals: Totals) -> dict[str, Passed]:
    """Count the records of every step.

    A blank line ends where lines are skipped, a duplicate where carts are joined: neither has an
    effect to publish. What is read and not counted further on is on its way.
    """
    counts = totals.all
    read = max(totals.taken, counts.processed)
    changed = counts.accepted - counts.duplicates
    effects = changed + counts.skipped
    return {
        JOURNAL: Passed(read, read),
        DESERIALIZE: Passed(read, counts.processed),
        JOIN: Passed(counts.accepted, changed),
        SKIP: Passed(counts.skipped + counts.blank, counts.skipped),
        PUBLISH: Passed(effects, effects),
    }


class Drawing:
    """Follows what the view commits, of one generation."""

    def __init__(self) -> None:
        self._rates: Final = {step: EventRate() for step in STEPS}
        self._busy: dict[int, Mapping[str, float]] = {}
        self._execution = 0

    def committed(self, outcome: Outcome, totals: Totals, execution: int) -> None:
        """Take what a commit has changed; ``totals`` know of it, ``execution`` has sent it."""
        for step, records in passed(totals).items():
            self._rates[step].sample(records.taken)
        if execution != self._execution:
            self._busy, self._execution = {}, execution
        self._busy |= outcome.busy

    def waited(self, execution: int) -> float:
        """Give how long this start of the flow has waited for the ends of its epochs.

        Its workers wait at the same time: so it is that of the one which has waited for longest.
        """
        return max((seconds[SNAPSHOT] for seconds in self._of(execution)), default=0.0)

    def _times(self, execution: int) -> dict[str, float]:
        """Sum up how long each step has worked, in all workers."""
        workers = self._of(execution)
        return {step: sum(seconds[step] for seconds in workers) for step in STEPS if workers}

    def _of(self, execution: int) -> list[Mapping[str, float]]:
        return list(self._busy.values()) if execution == self._execution else []

    def describe(self, totals: Totals, execution: int) -> dict[str, Any]:
        """Give it as it is answered, with the times of this start of the flow."""
        busy = self._times(execution)
        steps = [
            {
                "id": step,
                "in": records.taken,
                "out": records.given,
                "per_second": self._rates[step].per_second(),
                "busy_seconds": round(busy.get(step, 0.0), 6),
            }
            for step, records in passed(totals).items()
        ]
        # Each start says a word to the hub; where no record was read there is nothing to compare.
        slowest = max(STEPS, key=lambda step: busy[step]) if busy.get(JOURNAL) else None
        return {"steps": steps, "edges": EDGES, "slowest": slowest}
