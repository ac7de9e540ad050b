"""static/json.js: ids are exact."""

from tests.browser.stage import Stage

ROUND_TRIP = """async (text) => {
  const { parse, textOf } = await import("/static/json.js");
  return parse(text).map(textOf);
}"""


def test_integers_of_64_bits_come_back_digit_by_digit(stage: Stage) -> None:
    """No id is rounded to what a JavaScript number can hold, at either end of the range."""
    ids = ["9223372036854775807", "-9223372036854775808", "9007199254740993", "1"]
    assert stage.blank().evaluate(ROUND_TRIP, f"[{','.join(ids)}]") == ids


def test_a_number_and_a_string_of_its_digits_are_two_ids(stage: Stage) -> None:
    """`1` and `"1"` have different JSON texts, long ones too."""
    texts = ["1", '"1"', "9223372036854775807", '"9223372036854775807"']
    assert stage.blank().evaluate(ROUND_TRIP, f"[{','.join(texts)}]") == texts


def test_fractions_and_exponents_stay_numbers(stage: Stage) -> None:
    """Only integers become exact ones; a rate with many digits is still a number."""
    kinds = stage.blank().evaluate(
        """async () => {
          const { parse } = await import("/static/json.js");
          const values = parse("[0.12345678901234567, 1e300, 12345678901234567890]");
          return values.map((value) => typeof value);
        }"""
    )
    assert kinds == ["number", "number", "bigint"]


def test_a_string_of_digits_is_shown_in_quotes(stage: Stage) -> None:
    """What a person reads tells `1` from `"1"`; other strings are shown bare."""
    quoted = stage.blank().evaluate(
        """async () => {
          const { isQuoted } = await import("/static/json.js");
          return [1, "1", "-5", "ord-1", 9223372036854775807n].map(isQuoted);
        }"""
    )
    assert quoted == [False, True, True, False, False]
