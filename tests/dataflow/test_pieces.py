"""Pieces of a batch: whatever is split at one end is the same when it is whole at the other."""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.pieces import (
    LAST_PIECE,
    MAX_MESSAGE_BYTES,
    MORE_PIECES,
    Assembly,
    PieceError,
    split_batch,
)


@given(st.lists(st.binary(max_size=40)), st.integers(1, 12))
def test_batches_come_out_as_they_went_in(batches: list[bytes], most: int) -> None:
    """One behind the other, of any size, and none of their messages is longer than allowed."""
    assembly = Assembly()
    received = []
    with patch("dataflow.pieces._MOST", most):
        for batch in batches:
            messages = list(split_batch(batch))
            assert all(1 <= len(message) <= most + 1 for message in messages)
            *others, last = [assembly.take(message) for message in messages]
            assert others == [None] * len(others)
            received.append(last)
    assert received == batches
    assert assembly.statistics() == {"pieces": 0, "bytes": 0}


@pytest.mark.parametrize("beyond", [-1, 0, 1, MAX_MESSAGE_BYTES])
def test_a_message_is_never_longer_than_its_bound(beyond: int) -> None:
    """A batch that just fits stays whole."""
    batch = b"x" * (MAX_MESSAGE_BYTES - 1 + beyond)
    messages = list(split_batch(batch))
    assert [len(message) for message in messages[:-1]] == [MAX_MESSAGE_BYTES] * (len(messages) - 1)
    assert len(messages) == {-1: 1, 0: 1, 1: 2}.get(beyond, 3)
    assert b"".join(message[1:] for message in messages) == batch


@pytest.mark.parametrize("message", [b"", b"\2", b"x", b"\0" * (MAX_MESSAGE_BYTES + 1)])
def test_what_no_batch_was_split_into_is_refused(message: bytes) -> None:
    """The sentence says what a message is."""
    with pytest.raises(PieceError, match="a message is 1 to 1048576 bytes"):
        Assembly().take(message)


@given(st.lists(st.binary(min_size=1, max_size=9)))
def test_no_more_is_kept_than_allowed(pieces: list[bytes]) -> None:
    """A batch without an end is refused at its bound."""
    assembly = Assembly(most=20)
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > 20:
            with pytest.raises(PieceError, match="a batch is at most 20 bytes"):
                assembly.take(MORE_PIECES + piece)
            return
        assert assembly.take(MORE_PIECES + piece) is None
        assert assembly.statistics()["bytes"] == size
    assert assembly.take(LAST_PIECE) == b"".join(pieces)
