"""The sums of what the flow has counted."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dataflow.messages import API, Figures
from web.view.totals import Counts, Totals

_parts = st.tuples(st.sampled_from((API, "one", "two")), st.integers(-1, 2), st.integers(0, 9))


@given(st.lists(_parts, max_size=40))
def test_counts_are_absolute_and_may_come_in_any_order_and_twice(
    told: list[tuple[str, int, int]],
) -> None:
    """Each part counts once, at its newest; the sums are those of the parts."""
    totals = Totals()
    newest: dict[tuple[str, int], int] = {}
    for upload, part, lines in [*told, *told[::-1]]:
        totals.put_part(upload, part, Counts(lines, lines // 2, lines * 2, lines * 3))
        newest[upload, part] = max(lines, newest.get((upload, part), 0))
    assert totals.all.accepted == sum(newest.values())
    assert totals.all.processed == 6 * sum(newest.values())
    for name in (API, "one", "two"):
        of_upload = [lines for (upload, _), lines in newest.items() if upload == name]
        counts = totals.of_upload(name)
        assert (counts.accepted, counts.skipped) == (sum(of_upload), 2 * sum(of_upload))
        assert counts.duplicates == sum(lines // 2 for lines in of_upload)
    assert totals.api == totals.of_upload(API)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=40))
def test_figures_are_the_sum_of_the_newest_of_each_key_group(told: list[tuple[int, int]]) -> None:
    """A message that is told again, or late, takes nothing back."""
    totals = Totals()
    newest: dict[int, int] = {}
    for group, accepted in [*told, *told[::-1]]:
        totals.put_group(group, accepted, Figures(*range(accepted, accepted + 7)))
        newest[group] = max(accepted, newest.get(group, 0))
    expected = [sum(at + field for at in newest.values()) for field in range(7)]
    assert list(msgspec.structs.astuple(totals.figures)) == expected


def test_the_last_place_that_was_read_only_grows() -> None:
    """A flow that recovers begins with what was read before."""
    totals = Totals()
    for place in (7, 3, 9, 0):
        totals.put_taken(place)
    assert totals.taken == 9


def test_an_upload_that_nobody_counted_has_counts_of_zero() -> None:
    """A page asks for uploads that the flow has not seen yet."""
    assert Totals().of_upload("unknown") == Counts()
