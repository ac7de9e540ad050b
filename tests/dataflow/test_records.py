"""Parsing: total over every input, and by the letter of the contract."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.records import (
    BOM,
    MAX_DEPTH,
    MAX_LINE_BYTES,
    NOT_AN_OBJECT,
    REASONS,
    Event,
    Skipped,
    parse_line,
    parse_value,
)
from dataflow.runs import PAYMENT, Parsed, PlacedEvent, parse_lines, parse_values
from tests.kit.oracle import BLANK, Outcome, read_line, read_source
from tests.kit.streams import VALUES, lines, sources

GOOD = b'{"user_id": "a", "type": "order", "order_id": 1}'


def as_outcome(parsed: PlacedEvent | Event | Skipped | None) -> Outcome:
    """Give what the product read in the words of the oracle."""
    if parsed is None:
        return BLANK
    if isinstance(parsed, Skipped):
        return parsed.reason
    user_id, order_id, is_payment = parsed if isinstance(parsed, Event) else event_of(parsed)
    return user_id, "payment" if is_payment else "order", order_id


def events_of(parsed: Parsed) -> list[Event]:
    """Give the events of a chunk without their places."""
    return [event_of(placed) for placed in parsed.events]


def event_of(placed: PlacedEvent) -> Event:
    user_id, order_id, code = placed
    return Event(user_id, order_id, bool(code & PAYMENT))


def places_of(parsed: Parsed) -> list[int]:
    return [code >> 2 for *_, code in parsed.events]


def skip(line: bytes, number: int = 6) -> Skipped:
    outcome = parse_line(line, number)
    assert isinstance(outcome, Skipped)
    return outcome


def record(user_id: str = '"a"', kind: str = '"order"', order_id: str = "1") -> bytes:
    return f'{{"user_id": {user_id}, "type": {kind}, "order_id": {order_id}}}'.encode()


@given(sources())
def test_every_line_is_what_the_contract_says_it_is(data: bytes) -> None:
    """Each line of any source has the outcome of the rules, with its number, type and order."""
    expected = list(read_source(data))
    parsed = parse_lines(data.removeprefix(b"\xef\xbb\xbf"), 1, 1_001)
    places = [line + 1_000 for line, outcome in expected if isinstance(outcome, tuple)]
    assert places_of(parsed) == places
    events = [as_outcome(event) for event in parsed.events]
    assert [repr(event) for event in events] == [
        repr(e) for _, e in expected if isinstance(e, tuple)
    ]
    skipped = [(each.line, each.reason) for each in parsed.skipped]
    assert skipped == [(line, why) for line, why in expected if why in REASONS]
    assert parsed.blank == sum(outcome == BLANK for _, outcome in expected)


@given(lines.filter(lambda line: b"\n" not in line))
def test_a_line_means_the_same_alone_and_among_others(line: bytes) -> None:
    """What stands before or behind a line, bad bytes too, changes nothing about it."""
    alone = parse_line(line, 2)
    for before, after in ((GOOD, GOOD), (b"\xff", b"\xfe")):
        parsed = parse_lines(b"\n".join((before, line, after)), 1)
        among = [each for each in parsed.skipped if each.line == 2] or events_of(parsed)[:2][-1:]
        if isinstance(alone, Skipped):
            assert among == [alone]
        elif alone is None:
            assert parsed.blank == 1
        else:
            assert alone in events_of(parsed)


@pytest.mark.parametrize(
    "lines",
    [
        [b'{"user_id": "a", "type": "order",', b'"order_id": 1}', GOOD + GOOD],
        [b'{"user_id": "a}', b'{", "type": "order", "order_id": 1}', GOOD + GOOD],
        [b'{"user_id": "a", "x": [{}', b'{}], "type": "order", "order_id": 1}', GOOD + GOOD],
        [b'{"user_id": "a", "x": {}', b"{}", b"}" + GOOD],
        [b"", GOOD + GOOD],
        [GOOD + GOOD, b""],
        [GOOD + b" " + GOOD, b"{}"],
    ],
)
@pytest.mark.parametrize("around", [0, 1, 40, 64, 200])
def test_a_line_is_one_record_whatever_lines_are_read_at_once(
    lines: list[bytes], around: int
) -> None:
    """As many values as lines are not enough: none of these is taken for another one's."""
    everything = [GOOD] * around + lines + [GOOD] * around
    parsed = parse_lines(b"\n".join(everything) + b"\n", 1)
    alone = [parse_line(line, number) for number, line in enumerate(everything, 1)]
    assert parsed.skipped == [each for each in alone if isinstance(each, Skipped)]
    assert events_of(parsed) == [each for each in alone if isinstance(each, Event)]
    assert parsed.blank == alone.count(None)
    places = [at for at, each in enumerate(alone, 1) if isinstance(each, Event)]
    assert places_of(parsed) == places


@given(st.binary(max_size=200), st.integers(1, 2**40))
def test_no_bytes_at_all_raise_or_get_lost(data: bytes, first_line: int) -> None:
    """Events, skipped and blank lines add up to the lines there are, whatever they hold."""
    parsed = parse_lines(data, first_line)
    lines_there = data.count(b"\n") + (data[-1:] not in (b"", b"\n"))
    assert len(parsed.events) + len(parsed.skipped) + parsed.blank == lines_there
    assert all(first_line <= each.line < first_line + lines_there for each in parsed.skipped)


@pytest.mark.parametrize("field", ["user_id", "kind", "order_id"])
@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_every_odd_value_in_every_field_is_judged_by_the_rules(field: str, value: str) -> None:
    """A value in a field is accepted, kept with its type, or refused, as the contract says."""
    line = record(**{field: value})
    assert repr(as_outcome(parse_line(line, 1))) == repr(read_line(line))
    assert repr([as_outcome(e) for e in parse_lines(line, 1)[0]]) == repr(
        [read_line(line)] if isinstance(read_line(line), tuple) else []
    )


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_an_odd_value_in_an_unused_field_counts_only_if_it_is_no_json(value: str) -> None:
    """A field that nobody reads may hold any number or text, but no lone surrogate and no NaN."""
    for line in (
        GOOD[:-1] + f', "other": {value}}}'.encode(),
        GOOD[:-1] + f', "other": {value}, "other": 1}}'.encode(),
    ):
        assert as_outcome(parse_line(line, 1)) == read_line(line)


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (record("7"), Event("7", 1, False)),
        (record("-0"), Event("0", 1, False)),
        (record("1" * 256), Event("1" * 256, 1, False)),
        (record('"é"'), Event("é", 1, False)),
        (record(order_id='"1"'), Event("a", "1", False)),
        (record(order_id=str(2**63 - 1)), Event("a", 2**63 - 1, False)),
        (record(order_id=str(-(2**63))), Event("a", -(2**63), False)),
        (record(kind='"payment"'), Event("a", 1, True)),
        (GOOD + b"\r", Event("a", 1, False)),
        (GOOD[:-1] + b', "user_id": "b"}', Event("b", 1, False)),
        (GOOD[:-1] + b', "other": ' + b"9" * 5_000 + b"}", Event("a", 1, False)),
        (GOOD[:-1] + b', "other": 1e999}', Event("a", 1, False)),
    ],
)
def test_a_record_becomes_an_event(line: bytes, event: Event) -> None:
    """Integers become text as user ids, order ids keep their type, the last repeated key counts."""
    for parsed in (parse_line(line, 1), *events_of(parse_lines(line, 1))):
        assert parsed == event
        assert isinstance(parsed, tuple)
        assert type(parsed[1]) is type(event.order_id)


@pytest.mark.parametrize(
    ("line", "reason", "message", "column"),
    [
        (b"FAIL HERE", "invalid_json", "is not JSON: expected a value at column 1", 1),
        (b'  {"a" 1}', "invalid_json", "is not JSON: expected a colon at column 8", 8),
        (b'{"\xc3\xa9": x}', "invalid_json", "is not JSON: expected a value at column 7", 7),
        (GOOD * 2, "invalid_json", "is not JSON: more text after the value at column 49", 49),
        (b'{"a": NaN}', "invalid_json", "is not JSON: NaN is not a JSON value at column 7", 7),
        (
            b'{"a": "\\ud83d\\ude00\\ud800"}',
            "invalid_json",
            "is not JSON: a lone surrogate in a string at column 20",
            20,
        ),
        (b"[" * 100_000, "invalid_json", "is not JSON: nested too deeply", None),
        (b"\xc3\xa9\xff", "invalid_utf8", "is not UTF-8: bad byte at column 2", 2),
        (b"x" * (MAX_LINE_BYTES + 1), "too_long", "is longer than 1 MiB", None),
        (b"[1]", "not_an_object", "is a list, not an object", None),
        (b"true", "not_an_object", "is true, not an object", None),
        (b'{"type": 1}', "missing_field", "lacks 'user_id' and 'order_id'", None),
        (
            record("null", "null", "null"),
            "invalid_user_id",
            "has a user_id that is null, not a string or an integer",
            None,
        ),
        (record('""'), "invalid_user_id", "has a user_id that is empty", None),
        (
            record("1" * 257),
            "invalid_user_id",
            "has a user_id that is longer than 256 characters",
            None,
        ),
        (
            record("1" * 5_000),
            "invalid_user_id",
            "has a user_id that is longer than 256 characters",
            None,
        ),
        (
            record(kind='"refund"', order_id="null"),
            "unknown_type",
            "has the type \"refund\", which is neither 'order' nor 'payment'",
            None,
        ),
        (
            record(kind="1" * 4_000),
            "unknown_type",
            "has the type \"a number\", which is neither 'order' nor 'payment'",
            None,
        ),
        (
            record(order_id=str(2**63)),
            "invalid_order_id",
            "has an order_id that is not a 64-bit integer",
            None,
        ),
        (
            record(order_id="1.0"),
            "invalid_order_id",
            "has an order_id that is a number, not a string or a 64-bit integer",
            None,
        ),
    ],
    ids=range(20),
)
def test_a_skipped_record_says_why_in_a_sentence(
    line: bytes, reason: str, message: str, column: int | None
) -> None:
    """The first reason that applies, its line and, where there is one, its column in characters."""
    skipped = skip(line, 6)
    assert (skipped.line, skipped.reason, skipped.column) == (6, reason, column)
    assert skipped.message == f"line 6 {message}"


@pytest.mark.parametrize("line", VALUES, ids=range(len(VALUES)))
def test_a_sentence_stays_short(line: str) -> None:
    """However long the value, what a person reads of it is one short line of plain text."""
    for bad in (line.encode(), record(line), record(kind=line), record(order_id=line)):
        outcome = parse_line(bad, 1)
        if isinstance(outcome, Skipped):
            assert len(outcome.message) < 160
            assert outcome.message.encode()


def test_a_line_of_one_mebibyte_is_a_record_and_one_byte_more_is_not() -> None:
    """The bound counts the bytes of the line, not those of its end."""
    exact = GOOD[:-1] + b" " * (MAX_LINE_BYTES - len(GOOD)) + b"}"
    assert len(exact) == MAX_LINE_BYTES
    for end in (b"", b"\n", b"\r\n"):
        assert events_of(parse_lines(exact + end, 1)) == [Event("a", 1, False)]
        (too_long,) = parse_lines(b" " + exact + end, 1).skipped
        assert too_long.reason == "too_long"


@pytest.mark.parametrize("frames", [0, 300])
@pytest.mark.parametrize(
    ("levels", "opening", "closing"),
    [(1, "[", "]"), (1, '{"[": ', "}"), (2, '[{"b": "\\\\\\"[[", "c": ', "}]")],
)
@pytest.mark.parametrize("deep", [399, MAX_DEPTH - 1, MAX_DEPTH + 1, 901, 981, 991, 1_491, 3_001])
def test_how_deep_a_record_may_be_is_the_same_wherever_it_is_read(
    levels: int, opening: str, closing: str, deep: int, frames: int
) -> None:
    """Whatever is left of the stack: what one took and another one did not, would be lost."""
    inner = opening * (deep // levels) + "1" + closing * (deep // levels)
    line = f'{{"user_id": "a", "type": "order", "order_id": 1, "a": {inner}}}'.encode()
    several = b"\n".join([GOOD, line, GOOD])

    def read(left: int) -> list[int]:
        if left:
            return read(left - 1)
        parts = [
            parse_lines(line, 1),
            parse_lines(several, 1),
            parse_lines(b"FAIL HERE\n" + several, 1),
            *parse_values([line], 1, 1),
            *parse_values([GOOD, b"FAIL HERE", line], 1, 1),
        ]
        alone = [parse_line(line, 1), parse_value(line, 1)]
        return [len(part.skipped) for part in parts] + [isinstance(it, Skipped) for it in alone]

    is_skipped = deep // levels * levels + 1 > MAX_DEPTH
    assert (read_line(line) == "invalid_json") is is_skipped
    assert read(frames) == [is_skipped + bad for bad in (0, 0, 1, 0, 1, 0, 0)]


def test_the_raw_text_is_cut_at_4_kib_between_characters() -> None:
    """Half a character at the cut is left out; a bad byte before it is shown as a mark."""
    whole = skip(b"x" * 4096)
    assert (whole.raw, whole.raw_cut) == ("x" * 4096, False)
    cut = skip(b"x" * 4095 + "é".encode() + b"y")
    assert (cut.raw, cut.raw_cut) == ("x" * 4095, True)
    half = skip(b"x" * 4095 + b"\xc3")
    assert (half.raw, half.raw_cut) == ("x" * 4095 + "�", False)
    bad = skip(b"\xff" + b"x" * 5000)
    assert (bad.raw, bad.raw_cut) == ("�" + "x" * 4095, True)


def test_blank_lines_keep_their_numbers() -> None:
    """Spaces, tabs and carriage returns are passed over, and counted in the numbers."""
    parsed = parse_lines(b"\n \t \n\r\n" + GOOD + b"\r\nbad\n\nbad", 10)
    assert events_of(parsed) == [Event("a", 1, False)]
    assert [each.line for each in parsed.skipped] == [14, 16]
    assert parsed.blank == 4


def test_one_line_is_one_record() -> None:
    """An object over two lines is two skipped records; two objects on a line are one."""
    parsed = parse_lines(b'{"user_id": "a",\n"type": "order", "order_id": 1}\n' + GOOD + GOOD, 1)
    assert not parsed.events
    assert [each.line for each in parsed.skipped] == [1, 2, 3]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (BOM + GOOD, 1),
        (b" \t" + BOM + GOOD, 3),
        (BOM, 1),
        (GOOD + BOM + GOOD, 49),
        (GOOD + b" " + BOM, 50),
        (b'{"\xc3\xa9": ' + BOM + b"1}", 7),
    ],
)
def test_a_byte_order_mark_inside_a_file_says_that_two_were_put_together(
    line: bytes, column: int
) -> None:
    """With its column, wherever it stands between two values: behind a newline or without one."""
    why = f"a byte-order mark at column {column}: two files were put together"
    skipped = skip(line, 9)
    assert (skipped.reason, skipped.column) == ("invalid_json", column)
    assert skipped.message == f"line 9 is not JSON: {why}"


def test_a_byte_order_mark_in_a_string_is_text() -> None:
    """An id may hold one: it is only no space between values."""
    assert parse_line(record('"\ufeff"'), 1) == Event("\ufeff", 1, False)


def test_a_value_of_a_topic_is_one_record_over_any_lines() -> None:
    """A producer may indent its JSON; a line of a file may not."""
    value = b'{\n  "user_id": "a",\n  "type": "order",\n  "order_id": 1\n}\n'
    assert parse_value(value, 7) == Event("a", 1, False)


def test_a_tombstone_is_skipped_in_words() -> None:
    """A record without a value is told by its offset."""
    skipped = parse_value(None, 118)
    assert isinstance(skipped, Skipped)
    assert skipped.reason == NOT_AN_OBJECT
    assert skipped.message == "offset 118 has no value (a tombstone)"


@pytest.mark.parametrize("behind", [b'{"user_id": "a"}', b"\x02\x10avro"])
def test_what_a_schema_registry_puts_before_a_record_is_named(behind: bytes) -> None:
    """Five bytes before it are no mistake of the record's: the sentence says what to do."""
    skipped = parse_value(b"\0\0\0\0\x07" + behind, 3)
    assert isinstance(skipped, Skipped)
    assert skipped.message.startswith("offset 3 is not JSON")
    assert "Confluent wire format" in skipped.message


def test_a_byte_order_mark_before_a_value_is_of_no_file() -> None:
    """What a producer writes before a record comes of no two files."""
    skipped = parse_value(BOM + GOOD, 3)
    assert isinstance(skipped, Skipped)
    assert skipped.message == "offset 3 is not JSON: a byte-order mark at column 1"


def test_an_offset_is_called_one() -> None:
    """No line of a topic has a number."""
    skipped = parse_value(b"FAIL HERE", 6)
    assert isinstance(skipped, Skipped)
    assert skipped.message == "offset 6 is not JSON: expected a value at column 1"
    for blank in (b"", b" ", b" \t\r\n", b"\n\n"):
        assert parse_value(blank, 6) is None


@given(st.lists(st.none() | lines, max_size=300), st.integers(0, 10**6))
def test_values_are_read_together_as_each_by_itself(values: list[bytes | None], first: int) -> None:
    """The quick way and the careful one agree, and places follow offsets."""
    runs = list(parse_values(values, first, 11))
    alone = [parse_value(value, first + at) for at, value in enumerate(values)]
    events = [event_of(each) for run in runs for each in run.events]
    assert events == [each for each in alone if isinstance(each, Event)]
    assert [each for run in runs for each in run.skipped] == [
        each for each in alone if isinstance(each, Skipped)
    ]
    assert sum(run.blank for run in runs) == alone.count(None)
    places = [code >> 2 for run in runs for *_, code in run.events]
    assert places == [at for at, each in enumerate(alone, 11) if isinstance(each, Event)]
