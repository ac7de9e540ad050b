"""The steps that keep state: what is skipped is summed, and what is over is forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.flow import deserialize
from dataflow.key_group import EventBatch
from dataflow.messages import CartsChanged, RecordsSkipped
from dataflow.records import INVALID_JSON, Event, Skipped
from dataflow.segments import SegmentLogic
from dataflow.steps import JoinLogic, Restored, SkipLogic, SkippedBatch
from tests.kit.entries import chunk, placed_events, taken
from tests.kit.kept_group import KeptGroup
from tests.kit.memory_view import MemoryView


def event_batch(place: int, event: Event) -> EventBatch:
    """Make a chunk of one event that has this place, of the group 3."""
    return EventBatch(3, taken(place, 1, "one"), placed_events([event], place))


@given(
    st.lists(
        st.tuples(st.sampled_from(("one", "two")), st.integers(0, 3), st.integers(0, 3)), max_size=9
    ),
    st.integers(0, 9),
)
def test_skipped_and_blank_lines_are_summed_over_restores(
    chunks: list[tuple[str, int, int]], restore_at: int
) -> None:
    """Each message carries its records and the sums of its upload so far."""
    logic = SkipLogic(None)
    view = MemoryView()
    counted = 0
    line = 1
    for number, (upload, skipped, blank) in enumerate(chunks):
        if number == restore_at:
            logic = SkipLogic(logic.snapshot())
        records = [
            Skipped(line + at, INVALID_JSON, "is not JSON", None, "x", False)
            for at in range(skipped)
        ]
        line += skipped
        counted += skipped + blank
        chunk_of = taken(100, skipped + blank, upload)
        batch = SkippedBatch(7, chunk_of, records, blank)
        messages, _ = logic.on_batch([batch])
        for message in messages:
            assert isinstance(message, RecordsSkipped)
            assert message.records == records
            assert (message.part, message.counted) == (7, counted)
            assert message.chunk == chunk_of
            view.apply(message)
    for name in ("one", "two"):
        of_upload = [chunk for chunk in chunks if chunk[0] == name]
        expected = sum(chunk[1] for chunk in of_upload), sum(chunk[2] for chunk in of_upload)
        assert view.counts(name)[2:] == expected
    assert len(view.skipped) == sum(chunk[1] for chunk in chunks)


def test_events_that_come_before_the_carts_of_their_group_wait_for_them() -> None:
    """A worker that was held up meets both at once; in their order, and before the epoch ends."""
    group = KeptGroup()
    group.join([event_batch(1, Event("a", 1, False))])
    kept = group.snapshot()
    restored = Restored()
    logic = JoinLogic(kept.group, restored)
    assert logic.notify_at() is None
    for place, paid in ((2, True), (3, True)):
        assert logic.on_batch([event_batch(place, Event("a", 1, paid))]) == ((), False)
        assert logic.notify_at() is not None
    assert logic.on_notify() == ((), False)
    with pytest.raises(RuntimeError, match="ended before its start"):
        logic.snapshot()
    for segment in kept.segments:
        SegmentLogic(segment, restored.segments)
    (message, _), _ = logic.on_notify()
    assert isinstance(message, CartsChanged)
    assert (message.accepted, message.figures.paid, message.totals) == (3, 1, [("one", 3, 1)])
    assert logic.notify_at() is None
    assert logic.snapshot()


def test_snapshots_hold_nothing_of_uploads_that_are_over() -> None:
    """However many there were, of one chunk or of many, good lines and bad ones in any of them."""
    lines = [b'{"user_id": "a", "type": "order", "order_id": 1}\n', b"FAIL\n", b"\n"]
    joins: dict[str, JoinLogic] = {}
    skips: dict[str, SkipLogic] = {}
    sizes = []
    offset = 0
    for number in range(30):
        order = lines[number % 3 :] + lines[: number % 3]
        chunks = order if number % 2 else [b"".join(order)]
        line = 1
        for data in chunks:
            offset += 1
            is_last = data is chunks[-1]
            entry = chunk(offset, f"u{number}", "f.jsonl", line, data, is_last=is_last)
            line += data.count(b"\n")
            for key, item in deserialize(entry, 4):
                if isinstance(item, EventBatch):
                    logic = joins.setdefault(key, JoinLogic(None, Restored()))
                    told, _ = logic.on_batch([item])
                    assert bool(list(told)) == bool(item.events)
                elif isinstance(item, SkippedBatch):
                    skip = skips.setdefault(key, SkipLogic(None))
                    said, _ = skip.on_batch([item])
                    assert bool(list(said)) == bool(item.records or item.blank)
        snapshots = [logic.snapshot() for logic in joins.values()]
        snapshots += [logic.snapshot() for logic in skips.values()]
        sizes.append(sum(map(len, snapshots)))
    assert sizes[-1] - sizes[5] < 60, sizes  # but for a skip key and a group more
