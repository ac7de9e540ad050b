"""Numbers in sentences."""

import pytest

from web.words import count


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 lines"), (1, "1 line"), (2, "2 lines"), (12_000, "12,000 lines")]
)
def test_one_is_told_apart_from_all_others(number: int, said: str) -> None:
    """And thousands are set apart."""
    assert count(number, "line") == said
