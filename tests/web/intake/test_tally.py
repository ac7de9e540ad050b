"""What would come of a file: the very lines, reasons and numbers of the flow."""

from collections import Counter
from itertools import chain
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.records import MAX_LINE_BYTES
from dataflow.runs import PAYMENT, parse_lines
from tests.kit.oracle import Oracle
from tests.kit.streams import sources
from tests.web.intake.test_content import cut, places
from web.intake import tally
from web.intake.tally import MOST_EXAMPLES, Outcome, Tally

ORDER = b'{"user_id": "%b", "type": "order", "order_id": 1}\n'


def outcome_of(*pieces: bytes) -> Outcome:
    counting = Tally()
    for piece in pieces:
        counting.feed(piece)
    return counting.outcome()


@given(sources(), places)
def test_wherever_it_is_cut_all_of_it_is_counted_as_the_flow_does(
    data: bytes, at: list[int]
) -> None:
    """Held to the oracle, which was written apart, and to the words of the flow."""
    oracle = Oracle()
    counters = oracle.feed(data, "f", 1)
    parsed = parse_lines(data.removeprefix(b"\xef\xbb\xbf"), 1)
    told = outcome_of(*cut(data, at))
    assert (told.lines, told.accepted) == (counters.processed, counters.accepted)
    assert (told.skipped, told.blank) == (counters.skipped, counters.blank)
    assert told.by_reason == Counter(reason for _, _, reason in oracle.skipped)
    assert told.users == len(oracle.carts)
    assert told.orders == sum(not code & PAYMENT for *_, code in parsed.events)
    assert told.payments == told.accepted - told.orders
    first = [msgspec.structs.asdict(record) for record in parsed.skipped[:MOST_EXAMPLES]]
    for example, record in zip(told.examples, first, strict=True):
        message = example.message
        assert message.removesuffix("; the file looks like a JSON array: write one record a line")
        assert message.startswith(record.pop("message"))
        assert {name: getattr(example, name) for name in record} == record


def test_only_the_first_twenty_are_told_and_all_are_counted() -> None:
    """In the order of their lines, over as many pieces as there are."""
    told = outcome_of(*(b"bad %d\n" % number for number in range(50)))
    assert [example.line for example in told.examples] == list(range(1, 21))
    assert told.examples[4].raw == "bad 4"
    assert (told.skipped, told.by_reason) == (50, {"invalid_json": 50})


def test_a_file_that_is_an_array_is_told_in_the_first_example() -> None:
    """As the flow tells it in the first skipped record."""
    told = outcome_of(b"[\n", ORDER % b"a")
    assert told.examples[0].message.endswith("JSON array: write one record a line")


@pytest.mark.parametrize("size", [MAX_LINE_BYTES - 60, MAX_LINE_BYTES, 9 * MAX_LINE_BYTES])
def test_a_long_line_takes_bounded_memory_and_is_too_long_where_the_flow_says_so(size: int) -> None:
    """However it comes; the lines behind it are what they are."""
    line = b'{"user_id":"a","type":"order","order_id":1,"x":"' + b"x" * size + b'"}'
    counting = Tally()
    for start in range(0, len(line), 60_000):
        counting.feed(line[start : start + 60_000])
        assert sum(map(len, counting._rest)) <= 2 * MAX_LINE_BYTES
    counting.feed(b"\r\n" + ORDER % b"b" + b"\nlast")
    told = counting.outcome()
    is_long = len(line) > MAX_LINE_BYTES
    assert (told.lines, told.accepted, told.blank) == (4, 2 - is_long, 1)
    assert told.by_reason.get("too_long", 0) == is_long
    assert told.examples[-1].line == 4


def test_users_are_told_apart_up_to_a_million_and_then_not_known() -> None:
    """Long ids by a digest, which takes no more memory than a short id does."""
    names = [b"%b%d" % (b"x" * length, number) for length in (0, 200) for number in range(50)]
    lines = [ORDER % name for name in names]
    for most, users in ((100, 100), (99, None)):
        with patch.object(tally, "MOST_USERS", most):
            assert outcome_of(*chain(lines, lines)).users == users


@given(st.lists(st.text(min_size=1, max_size=40), max_size=30))
def test_different_users_are_never_taken_for_one(users: list[str]) -> None:
    """Whatever their ids are made of."""
    good = [msgspec.json.encode({"user_id": u, "type": "order", "order_id": 1}) for u in users]
    assert outcome_of(b"\n".join(good)).users == len(set(users))
