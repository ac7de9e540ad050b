"""Numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.numbers import decimal_number, whole_number

NOBODYS = (
    "",
    " ",
    "1_0",
    "٣",
    "１",
    "²",
    " 5",
    "5 ",
    "5\n",
    "+5",
    "0x5",
    "nan",
    "inf",
    "-inf",
    "--1",
)


@pytest.mark.parametrize("text", NOBODYS)
def test_what_nobody_means_is_no_number(text: str) -> None:
    """Although Python reads most of these."""
    assert whole_number(text) is None
    assert decimal_number(text) is None


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_a_whole_number_is_read_as_it_was_written(number: int) -> None:
    """Up to 18 digits, which fit everywhere."""
    assert whole_number(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_decimal_number_is_read_as_it_was_written(number: float) -> None:
    """With a point, an exponent, or neither."""
    assert decimal_number(repr(number)) == number


@pytest.mark.parametrize("text", ["1.5", "1e3", "1" * 19, "1" * 5_000])
def test_a_number_that_is_not_whole_or_too_long_is_no_whole_number(text: str) -> None:
    """However many digits: they are not even looked at."""
    assert whole_number(text) is None


def test_a_number_beyond_all_is_no_decimal_number() -> None:
    """It would be infinite."""
    assert decimal_number("1e999") is None
    assert decimal_number("9" * 400) is None
    assert decimal_number(".5") == decimal_number("5e-1") == 0.5


@given(st.text())
def test_any_text_is_a_number_or_none(text: str) -> None:
    """Never an error."""
    whole_number(text)
    decimal_number(text)
