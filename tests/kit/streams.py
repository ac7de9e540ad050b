"""What the tests draw from: events, lines that are records or nearly so, and whole streams."""

import json

from hypothesis import settings
from hypothesis import strategies as st

from dataflow.records import Event, OrderId

slow_claim = settings(max_examples=30)
"""For a rule whose every draw runs an engine or writes files."""

ORDER_IDS: tuple[OrderId, ...] = (1, 2, 3, "1", "2", -1, 0, 2**63 - 1, -(2**63), "é", " ")


def events(
    users: tuple[str, ...] = ("a", "b", "7", "ü/x"), ids: tuple[OrderId, ...] = ORDER_IDS
) -> st.SearchStrategy[Event]:
    """Draw events that meet each other often."""
    return st.builds(Event, st.sampled_from(users), st.sampled_from(ids), st.booleans())


def record_text(user_id: str, kind: str, order_id: OrderId) -> str:
    """Write a record as a line of a file has it."""
    return json.dumps({"user_id": user_id, "type": kind, "order_id": order_id})


def line_of(event: Event) -> bytes:
    r"""Write an event as a line of the stream, with its ``\n``."""
    kind = "payment" if event.is_payment else "order"
    return record_text(event.user_id, kind, event.order_id).encode() + b"\n"


NUMBERS = (
    *("0", "-0", "1", "7", "-1", "01", "+1", "1.", ".5", "1.0", "1e2", "1e400", "-1e-400"),
    *("9223372036854775807", "9223372036854775808", "18446744073709551616"),
    *("-9223372036854775808", "-9223372036854775809"),
    *("1" * 256, "1" * 257, "-" + "1" * 255, "-" + "1" * 256, "1" * 5_000),
)
STRINGS = (
    *('"order"', '"payment"', '"Order"', '"a"', '"1"', '""', '" "', '"é"', '"\\u00e9"'),
    *('"\\u0000"', '"\\ud800"', '"\\udc00"', '"\\ud83d\\ude00"', '"\\ude00\\ud83d"'),
    *('"\\\\ud800"', '"\\\\\\ud800"', '"\\x"', '"\\u12"', '"\t"', '"a', "'a'"),
    *(f'"{"x" * 256}"', f'"{"x" * 257}"', f'"{"é" * 256}"', '"' + "\\ud83d\\ude00" * 256 + '"'),
)
VALUES = (
    *NUMBERS,
    *STRINGS,
    *("true", "false", "null", "tru", "NaN", "Infinity", "-Infinity"),
    *("[]", "{}", "[1]", "[1,]", '{"user_id":"a"}', "{1:2}"),
    *("[" * 50 + "]" * 50, "[" * 100_000, '{"a":' * 100_000),
    *("[" * deep + "]" * deep for deep in (511, 512, 980, 1_400)),  # and the record itself
    *('"' + "[" * 600 + '"', '"' + '[\\\\\\"' * 600 + '"'),
)
NAMES = ('"user_id"', '"type"', '"order_id"', '"other"', '"user\\u005fid"', '"\\ud800"', "user_id")

_good_members = st.tuples(
    st.sampled_from(('"user_id": "a"', '"user_id": 7', '"user_id": "é"')),
    st.sampled_from(('"type": "order"', '"type": "payment"')),
    st.sampled_from(('"order_id": 1', '"order_id": "1"', '"order_id": -5')),
)
_odd_members = st.lists(
    st.builds("{}: {}".format, st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=3
)
_spaces = st.sampled_from(("", " ", "\t", "\r", " \t ", "\x0b", "\ufeff", "\xa0"))


@st.composite
def near_records(draw: st.DrawFn) -> bytes:
    """Draw a line that is a record, or would be one but for a detail."""
    good, odd = draw(_good_members), draw(_odd_members)
    members = draw(st.permutations([*good, *odd]))
    if draw(st.booleans()):
        members = members[: draw(st.integers(0, len(members)))]
    text = draw(_spaces) + "{" + ", ".join(members) + "}" + draw(_spaces)
    return text.encode(errors="surrogatepass")


@st.composite
def damaged_records(draw: st.DrawFn) -> bytes:
    """Draw a line of which a part was lost, doubled or overwritten."""
    line = draw(near_records())[:400]
    start = draw(st.integers(0, len(line)))
    end = draw(st.integers(start, min(len(line), start + 12)))
    return line[:start] + draw(st.binary(max_size=4)) + line[end:]


lines = st.one_of(
    near_records(),
    damaged_records(),
    events().map(lambda event: line_of(event)[:-1]),
    st.sampled_from(VALUES).map(lambda value: value.encode()),
    st.sampled_from((b"", b" ", b"\t\r", b"FAIL HERE", b"\xff\xfe", b"\xef\xbb\xbf{}", b"\0")),
    st.binary(max_size=30),
    st.text(max_size=20).map(str.encode),
)


@st.composite
def sources(draw: st.DrawFn) -> bytes:
    r"""Draw a whole source: lines with ``\n`` or ``\r\n``, a byte-order mark or none."""
    drawn: list[bytes] = draw(st.lists(lines, max_size=12))
    parts = [b"\xef\xbb\xbf"] if draw(st.booleans()) else []
    for line in drawn:
        parts += [line, draw(st.sampled_from((b"\n", b"\r\n")))]
    ends_in_line = draw(st.booleans())
    return b"".join(parts[:-1] if ends_in_line else parts)
