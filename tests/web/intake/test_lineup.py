"""A line-up: uploads in the order in which they were made."""

from hypothesis import given
from hypothesis import strategies as st

from dataflow.upload import Upload
from tests.kit.uploads import UPLOAD
from web.intake.lineup import Lineup


def made(number: int) -> Upload:
    return UPLOAD._replace(created=number, id=f"u{number}")


@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 12)), max_size=40),
    most=st.integers(-2, 9),
)
def test_it_holds_each_once_in_their_order(steps: list[tuple[bool, int]], most: int) -> None:
    """However often and in whatever order they come and go; nobody is named where none is asked."""
    lineup = Lineup()
    numbers: set[int] = set()
    for comes, number in steps:
        if comes:
            lineup.add(made(number))
            numbers.add(number)
        else:
            lineup.discard(made(number))
            numbers.discard(number)
        assert len(lineup) == len(numbers)
    names = [f"u{number}" for number in sorted(numbers)]
    bound = max(0, most)
    assert lineup.oldest(most) == names[:bound]
    assert lineup.newest(most) == names[::-1][:bound]
    for number in range(14):
        assert lineup.before(made(number)) == len([each for each in numbers if each < number])
