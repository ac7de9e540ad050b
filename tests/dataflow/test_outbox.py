"""The outbox of the sink: what was sent and is not yet durable at the hub."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.outbox import Outbox


def drained(outbox: Outbox) -> list[bytes]:
    sent = []
    while (batch := outbox.next_unsent()) is not None:
        sent.append(batch)
    return sent


def test_batches_are_sent_in_order_and_kept_until_acknowledged() -> None:
    """Sending forgets nothing; an acknowledgement forgets what it covers, and no more."""
    outbox = Outbox()
    for batch in (b"a", b"b", b"c"):
        outbox.add(batch)
    assert drained(outbox) == [b"a", b"b", b"c"]
    assert outbox.next_unsent() is None
    outbox.acknowledge(2)
    assert outbox.statistics() == {"batches": 1, "bytes": 1, "added": 3}
    assert not outbox.is_empty
    outbox.acknowledge(3)
    assert outbox.is_empty


def test_an_outbox_is_full_at_its_bound() -> None:
    """One batch beyond the bound is taken, so that a large one always goes; then it is full."""
    outbox = Outbox(most_bytes=10)
    outbox.add(b"x" * 9)
    assert not outbox.is_full
    outbox.add(b"x" * 100)
    assert outbox.is_full
    drained(outbox)
    outbox.acknowledge(1)
    assert outbox.is_full
    outbox.acknowledge(2)
    assert not outbox.is_full


def test_an_old_acknowledgement_changes_nothing() -> None:
    """Acknowledgements may come late or twice."""
    outbox = Outbox()
    outbox.add(b"a")
    outbox.add(b"b")
    drained(outbox)
    outbox.acknowledge(1)
    outbox.acknowledge(1)
    outbox.acknowledge(0)
    assert outbox.statistics()["batches"] == 1


@pytest.mark.parametrize("received", [0, 4])
def test_a_hub_that_cannot_be_this_one_is_refused(received: int) -> None:
    """It forgot what it acknowledged, or claims what was never sent: only a restart helps."""
    outbox = Outbox()
    for batch in (b"a", b"b", b"c"):
        outbox.add(batch)
    drained(outbox)
    outbox.acknowledge(1)
    with pytest.raises(
        ValueError, match=f"received batch {received}, and this outbox holds 2 to 3"
    ):
        outbox.reconnected(received)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_whatever_breaks_the_hub_receives_every_batch_once_and_in_order(
    rounds: list[tuple[int, int, int]],
) -> None:
    """Each round adds batches, loses what a broken connection had in flight, and reconnects."""
    outbox = Outbox()
    received: list[bytes] = []
    added = 0
    for adds, arrive, acknowledged in rounds:
        for _ in range(adds):
            added += 1
            outbox.add(b"%d" % added)
        received += drained(outbox)[:arrive]
        outbox.acknowledge(min(acknowledged, len(received)))
        outbox.reconnected(len(received))
    received += drained(outbox)
    assert received == [b"%d" % number for number in range(1, added + 1)]
    outbox.acknowledge(added)
    assert outbox.is_empty
