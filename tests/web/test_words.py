"""Numbers in sentences."""

import pytest

from web.words import count, moment, together


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 lines"), (1, "1 line"), (2, "2 lines"), (12_000, "12,000 lines")]
)
def test_one_is_told_apart_from_all_others(number: int, said: str) -> None:
    """And thousands are set apart."""
    assert count(number, "line") == said


def test_a_moment_in_a_sentence_is_of_utc() -> None:
    """To the second: a person reads it."""
    assert moment(1_767_225_599.987) == "2025-12-31 23:59:59 UTC"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ((None, None), None),
        ((None, "the disk is full", ""), "the disk is full"),
        (("the disk is full", None, "The flow is down."), "The disk is full. The flow is down."),
    ],
)
def test_what_several_say_is_said_of_all(told: tuple[str | None, ...], said: str | None) -> None:
    """Nobody's words hide another's; a single one's stay as they are."""
    assert together(*told) == said
