"""The flow drawn: what went through each step, from what was committed."""

from typing import Any
from unittest.mock import patch

from dataflow.drawing import DESERIALIZE, EDGES, JOIN, JOURNAL, PUBLISH, SKIP, SNAPSHOT, STEPS
from web.service.drawing import Drawing
from web.view.outcome import Outcome
from web.view.totals import SKIPPED_PART, Counts, Totals

NOTHING = Outcome({}, {}, {})


def totals_of(taken: int, accepted: int, duplicates: int, skipped: int, blank: int) -> Totals:
    totals = Totals()
    totals.put_taken(taken)
    totals.put_part("u", 0, Counts(accepted, duplicates))
    totals.put_part("u", SKIPPED_PART, Counts(0, 0, skipped, blank))
    return totals


def by_id(drawn: dict[str, Any], field: str) -> dict[str, Any]:
    return {step["id"]: step[field] for step in drawn["steps"]}


def test_every_record_is_followed_through_the_steps() -> None:
    """What went in and did not come out is a duplicate, a blank line, or on its way."""
    totals = totals_of(taken=100, accepted=70, duplicates=9, skipped=15, blank=5)
    drawn = Drawing().describe(totals, 1)
    went_in = {JOURNAL: 100, DESERIALIZE: 100, JOIN: 70, SKIP: 20, PUBLISH: 76}
    assert by_id(drawn, "in") == went_in
    came_out = {JOURNAL: 100, DESERIALIZE: 90, JOIN: 61, SKIP: 15, PUBLISH: 76}
    assert by_id(drawn, "out") == came_out
    assert drawn["edges"] == EDGES
    assert list(by_id(drawn, "id")) == list(STEPS)


def test_the_slowest_step_is_the_one_with_the_most_busy_seconds() -> None:
    """Since this start: those of the start before say nothing of it."""
    drawing, totals = Drawing(), totals_of(1, 1, 0, 0, 0)
    busy = {JOURNAL: 0.1, DESERIALIZE: 1.0, JOIN: 2.00000049, SKIP: 0.0, PUBLISH: 0.5}
    busy[SNAPSHOT] = 0.25
    drawing.committed(NOTHING._replace(busy={0: busy}), totals, 7)
    drawing.committed(NOTHING, totals, 7)
    drawn = drawing.describe(totals, 7)
    assert by_id(drawn, "busy_seconds") | {SNAPSHOT: 0.25} == busy | {JOIN: 2.0}
    assert drawn["slowest"] == JOIN
    assert (drawing.waited(7), drawing.waited(8)) == (0.25, 0.0)
    anew = drawing.describe(totals, 8)
    assert by_id(anew, "busy_seconds") == dict.fromkeys(STEPS, 0.0)
    assert anew["slowest"] is None


def test_what_workers_do_is_summed_up_and_what_they_wait_for_is_not() -> None:
    """They wait for the end of an epoch together, and work one beside the other."""
    drawing, totals = Drawing(), totals_of(1, 1, 0, 0, 0)
    first = dict.fromkeys(STEPS, 1.0) | {SNAPSHOT: 0.5}
    second = dict.fromkeys(STEPS, 0.0) | {JOIN: 1.5, PUBLISH: 0.5, SNAPSHOT: 0.75}
    drawing.committed(NOTHING._replace(busy={0: first}), totals, 7)
    drawing.committed(NOTHING._replace(busy={1: second}), totals, 7)
    busy = by_id(drawing.describe(totals, 7), "busy_seconds")
    assert busy == dict.fromkeys(STEPS, 1.0) | {JOIN: 2.5, PUBLISH: 1.5}
    assert drawing.waited(7) == 0.75


def test_where_no_record_was_read_none_is_the_slowest() -> None:
    """A start says a word to the hub, and waits for the answer."""
    drawing = Drawing()
    busy = dict.fromkeys(STEPS, 0.0) | {PUBLISH: 0.3, SNAPSHOT: 0.3}
    drawing.committed(NOTHING._replace(busy={0: busy}), Totals(), 1)
    assert drawing.describe(Totals(), 1)["slowest"] is None


def test_the_rate_of_a_step_is_that_of_what_goes_into_it() -> None:
    """Over the last three seconds."""
    drawing = Drawing()
    with patch("time.monotonic", return_value=10.0) as clock:
        drawing.committed(NOTHING, totals_of(0, 0, 0, 0, 0), 1)
        clock.return_value = 11.0
        totals = totals_of(300, 210, 30, 60, 30)
        drawing.committed(NOTHING, totals, 1)
        rates = by_id(drawing.describe(totals, 1), "per_second")
    assert rates == {JOURNAL: 100.0, DESERIALIZE: 100.0, JOIN: 70.0, SKIP: 30.0, PUBLISH: 80.0}
