"""A roll call: each row that must be there, and each that must not, is told once."""

from hypothesis import given
from hypothesis import strategies as st

from web.proof.roll_call import RollCall

Row = tuple[int, str]
rows = st.dictionaries(st.integers(1, 9), st.sampled_from("xy")).map(lambda of: sorted(of.items()))


@given(rows, rows)
def test_every_difference_is_told_and_nothing_else(expected: list[Row], stored: list[Row]) -> None:
    """What is missing, what is too much, and what is another one under the same number."""
    told: list[tuple[Row | None, Row | None]] = []
    roll_call = RollCall(iter(stored), lambda *differing: told.append(differing))
    for row in expected:
        roll_call.expect(row)
    roll_call.end()

    right, found = dict(expected), dict(stored)
    assert {each for pair in told for each in pair if each} == {*expected} ^ {*stored}
    assert len(told) == sum(right.get(each) != found.get(each) for each in {*right, *found})
    assert roll_call.count == len(stored)
