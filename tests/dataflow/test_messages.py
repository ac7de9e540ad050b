"""The messages of the flow on the wire."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.messages import (
    Answer,
    Barrier,
    Busy,
    CartsChanged,
    Committed,
    Figures,
    Message,
    RecordsSkipped,
    Started,
    Taken,
    Welcome,
    decode_answer,
    decode_messages,
    encode_answer,
    encode_message,
    join_messages,
)
from dataflow.records import REASONS, OrderId, Skipped
from tests.kit.streams import ORDER_IDS

counts = st.integers(0, 2**40)
ids: st.SearchStrategy[OrderId] = st.sampled_from(ORDER_IDS)
figures = st.builds(Figures, *[counts] * 7)
users = st.text(max_size=5)
records = st.builds(
    Skipped,
    counts,
    st.sampled_from(REASONS),
    st.text(max_size=9),
    st.none() | counts,
    st.text(max_size=9),
    st.booleans(),
)
chunks = st.builds(
    Taken, counts, counts, counts, st.text(), st.text(), counts, st.floats(allow_nan=False)
)
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(
        CartsChanged,
        st.integers(0, 255),
        counts,
        counts,
        figures,
        st.lists(st.tuples(users, counts, counts), max_size=3),
        st.dictionaries(users, st.binary(max_size=20), max_size=3),
        st.lists(st.tuples(users, ids, counts), max_size=4),
        st.lists(st.tuples(users, ids, st.integers(0, 2), counts, counts, counts), max_size=4),
        st.lists(chunks, max_size=3),
    ),
    st.builds(
        RecordsSkipped, chunks, counts, counts, st.lists(records, max_size=3), counts, counts
    ),
    st.builds(Started, counts, st.lists(st.tuples(counts, counts, figures), max_size=3)),
    chunks,
    st.just(Barrier()),
    st.builds(Busy, st.dictionaries(st.text(), st.floats(allow_nan=False), max_size=3)),
)


@given(st.lists(messages, max_size=6))
def test_a_batch_says_at_the_far_end_what_was_put_in(sent: list[Message]) -> None:
    """Every message of any batch arrives in order, and each id with its type."""
    got = decode_messages(join_messages([encode_message(message) for message in sent]))
    assert repr(got) == repr(sent)
    assert got == sent


@given(st.one_of(st.builds(Welcome, counts), st.builds(Committed, counts)))
def test_an_answer_arrives_as_it_was_given(answer: Answer) -> None:
    """What the hub says reaches the sink unchanged."""
    assert decode_answer(encode_answer(answer)) == answer


def test_the_tags_on_the_wire_are_frozen() -> None:
    """A flow started elsewhere, by another version, still means the same by a number."""
    sent: list[Message] = [
        CartsChanged(0, 0, 1, Figures(), [], {}, [], [], []),
        RecordsSkipped(Taken(1, 1, 1, "", "api", 1, 0.0), 0, 0, [], 0, 0),
        Started(1, []),
        Taken(1, 1, 1, "", "api", 1, 0.0),
        Barrier(),
    ]
    assert [msgspec.msgpack.decode(encode_message(message))[0] for message in sent] == [
        1,
        2,
        3,
        4,
        5,
    ]
    answers: list[Answer] = [Welcome(0), Committed(0)]
    assert [msgspec.msgpack.decode(encode_answer(answer))[0] for answer in answers] == [1, 2]


@given(st.binary(max_size=40))
def test_anything_else_is_refused(data: bytes) -> None:
    """Bytes that are no messages raise ``DecodeError``, and nothing worse."""
    for decode in (decode_messages, decode_answer):
        try:
            decode(data)
        except msgspec.DecodeError:
            continue


@pytest.mark.parametrize(
    "data", [b"", b"\x90\x90", b"\x91\x91\x09", b"\xdd\xff\xff\xff\xff", b"\xc0"]
)
def test_a_broken_batch_is_refused(data: bytes) -> None:
    """Cut, overlong or of an unknown kind: never half a batch."""
    with pytest.raises(msgspec.DecodeError):
        decode_messages(data)
