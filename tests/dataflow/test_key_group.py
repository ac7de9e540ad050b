"""The join: whatever the batches, the snapshots and the repeats, the same carts and sums."""

import pickle
from collections.abc import Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.cart import NEWEST, Head, Status, head_of
from dataflow.key_group import MAX_SEGMENTS, EventBatch, KeyGroup, Segment, key_group
from dataflow.messages import Figures, Started
from dataflow.records import Event
from dataflow.segments import SegmentLogic
from tests.kit.entries import placed_events, taken
from tests.kit.kept_group import KeptGroup, Snapshots
from tests.kit.memory_view import MemoryView
from tests.kit.oracle import Oracle, OracleCart
from tests.kit.streams import events, line_of

GROUP = 3
Stream = list[tuple[str, Event]]

of_two_uploads = st.lists(st.tuples(st.sampled_from(("one", "two", "")), events()), max_size=60)


@st.composite
def tall(draw: st.DrawFn) -> Stream:
    """Draw a stream that makes a cart taller than its summary, in any order."""
    size = draw(st.integers(NEWEST, 2 * NEWEST + 5))
    pairs = [Event("tall", order_id, paid) for order_id in range(size) for paid in (False, True)]
    stream: list[Event] = draw(st.permutations(pairs))
    return [("one", event) for event in stream[: draw(st.integers(size, len(stream)))]]


streams = st.one_of(of_two_uploads, tall())


@st.composite
def many_tall(draw: st.DrawFn) -> Stream:
    """Draw three carts that grow tall, are paid from any end, and may fall below it again."""
    of_user: dict[str, list[Event]] = {}
    for user in ("a", "b", "c"):
        early = draw(st.booleans())
        size = draw(st.integers(NEWEST - 2, NEWEST + 8))
        opened = [Event(user, order_id, early) for order_id in range(size)]
        closed = [Event(user, order_id, not early) for order_id in range(size)]
        ends = draw(st.sampled_from(("oldest first", "newest first", "any")))
        if ends == "newest first":
            closed.reverse()
        elif ends == "any":
            closed = draw(st.permutations(closed))
        some = draw(st.integers(0, size))
        reopened = [Event(user, f"{order_id}", not early) for order_id in range(some)]
        of_user[user] = [*opened, *closed[:some], *reopened, *closed[some:]]
    turns = [user for user, each in of_user.items() for _ in each]
    draw(st.randoms(use_true_random=False)).shuffle(turns)
    begun = {user: iter(each) for user, each in of_user.items()}
    return [("one", next(begun[user])) for user in turns[: draw(st.integers(0, len(turns)))]]


def batches_of(stream: Stream, first: int = 1) -> list[EventBatch]:
    """Make runs of one upload into batches, as chunks are; the first event has this place."""
    batches: list[EventBatch] = []
    for upload, run in groupby(stream, itemgetter(0)):
        events = [event for _, event in run]
        chunk = taken(first, len(events), upload)
        batches.append(EventBatch(GROUP, chunk, placed_events(events, first)))
        first += len(events)
    return batches


def batch(first: int, *events: Event) -> EventBatch:
    """Make a chunk of some events, the first of which has this place."""
    return batches_of([("one", event) for event in events], first)[0]


def pieces(stream: Stream, cuts: Sequence[int]) -> list[Stream]:
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[start:end] for start, end in pairwise(places)]


def expect(view: MemoryView, stream: Stream) -> None:
    """Compare all that a view holds with what the rules say of the stream."""
    oracle = Oracle()
    counters: dict[str, list[int]] = {}
    for upload, event in stream:
        counts = oracle.feed(line_of(event))
        sums = counters.setdefault(upload, [0, 0])
        sums[0] += counts.accepted
        sums[1] += counts.duplicates
    assert repr(sorted(view.summaries().items())) == repr(
        sorted((user_id, cart.summary(user_id)) for user_id, cart in oracle.carts.items())
    )
    assert sorted(map(repr, view.completed)) == sorted(map(repr, oracle.completed))
    assert sorted(view.completed_places) == oracle.completed_places
    for user_id, cart in oracle.carts.items():
        expect_causes(view, user_id, cart)
    for upload, (accepted, duplicates) in counters.items():
        assert view.counts(upload) == (accepted, duplicates, 0, 0)
    carts = list(oracle.carts.values())
    if stream:
        assert view.figures() == Figures(
            len(carts),
            sum(len(cart.unpaid) for cart in carts),
            sum(len(cart.paid) for cart in carts),
            sum(len(cart.waiting) for cart in carts),
            sum(bool(cart.unpaid) for cart in carts),
            sum(bool(cart.paid) for cart in carts),
            sum(bool(cart.waiting) for cart in carts),
        )
        assert view.groups[GROUP][0] == len(stream)


def expect_causes(view: MemoryView, user_id: str, cart: OracleCart) -> None:
    """Compare the places that a view knows of a cart and its orders."""
    head = head_of(view.carts[user_id])
    assert (head.version, head.place) == (cart.version, cart.place)
    assert (head.oldest_unpaid, head.oldest_waiting) == cart.oldest()
    orders = view.orders_of(user_id)
    causes = {repr(each.order_id): (each.ordered, each.paid) for each in orders}
    assert causes == {repr(each): places for each, places in cart.causes().items()}


@given(streams, st.lists(st.integers(0, 200), max_size=8), st.sets(st.integers(0, 8)))
def test_batches_and_restores_change_nothing(
    stream: Stream, cuts: list[int], restores: set[int]
) -> None:
    """Cut into any batches, restored from a snapshot between any two, it ends in the same state.

    And the messages, each applied once, rebuild the exact whole carts, figures and totals.
    """
    group, view, place = KeptGroup(), MemoryView(), 1
    for number, piece in enumerate(pieces(stream, cuts)):
        if number in restores:
            group = KeptGroup(group.snapshot())
        view.apply(group.join(batches_of(piece, place)))
        place += len(piece)
    expect(view, stream)
    assert KeptGroup(group.snapshot()).snapshot() == group.snapshot()


@given(
    many_tall(),
    st.lists(st.integers(0, 200), min_size=4, max_size=16),
    st.lists(st.sampled_from(("go on", "snapshot", "restore")), min_size=17, max_size=17),
    st.integers(0, 3),
)
def test_tall_carts_know_their_causes_and_oldest_at_every_moment(
    stream: Stream, cuts: list[int], deeds: list[str], most: int
) -> None:
    """Whichever end is paid first, whether they rest meanwhile, and wherever they come back."""
    group, view, oracle, place = KeptGroup(), MemoryView(), Oracle(), 1
    with patch("dataflow.key_group.MAX_TALL", most):
        for piece, deed in zip(pieces(stream, cuts), deeds, strict=False):
            view.apply(group.join(batches_of(piece, place)))
            place += len(piece)
            oracle.feed(b"".join(line_of(event) for _, event in piece))
            for user_id, cart in oracle.carts.items():
                expect_causes(view, user_id, cart)
            if deed != "go on":
                kept = group.snapshot()
                group = KeptGroup(kept) if deed == "restore" else group
    expect(view, stream)


@given(streams, st.lists(st.integers(0, 200), max_size=5), st.data())
def test_a_replay_in_other_batches_converges(
    stream: Stream, cuts: list[int], data: st.DataObject
) -> None:
    """After a crash the stream goes on from an older snapshot, cut elsewhere: the view is right.

    No cart goes back to an older version, and each order completes once.
    """
    group, view = KeptGroup(), MemoryView()
    snapshots = [(0, group.snapshot())]
    done = 0
    for piece in pieces(stream, cuts)[: data.draw(st.integers(0, 6))]:
        view.apply(group.join(batches_of(piece, done + 1)))
        done += len(piece)
        snapshots.append((done, group.snapshot()))
    resume_at, snapshot = data.draw(st.sampled_from(snapshots))
    group = KeptGroup(snapshot)
    for piece in pieces(stream[resume_at:], data.draw(st.lists(st.integers(0, 200), max_size=5))):
        before = view.versions()
        if piece:
            view.apply(group.join(batches_of(piece, resume_at + 1)))
            resume_at += len(piece)
        after = view.versions()
        assert all(after[user_id] >= was for user_id, was in before.items())
    expect(view, stream)


@given(of_two_uploads)
def test_a_message_tells_each_changed_cart_once(stream: Stream) -> None:
    """One change per touched cart and batch, and none for a cart that only saw repeats."""
    if not stream:
        return
    group = KeyGroup()
    first = group.join(batches_of(stream))
    assert first.carts.keys() == {event.user_id for _, event in stream}
    assert (first.begin, first.accepted) == (0, len(stream))
    again = group.join(batches_of(stream))
    assert again.carts == {}
    assert again.figures == first.figures
    assert (again.begin, again.accepted) == (len(stream), 2 * len(stream))


def test_a_message_tells_what_changed_and_no_more() -> None:
    """What an order became is told once, so that a tall cart costs no more than a small one."""
    group = KeyGroup()
    orders = [Event("a", order_id, False) for order_id in range(NEWEST + 5)]
    group.join([batch(1, *orders, Event("a", 7, True))])
    message = group.join([batch(101, Event("a", 3, True), Event("a", 9, True))])
    version = len(orders) + 3
    assert head_of(message.carts["a"]) == Head(102, NEWEST + 2, 3, 0, 1, 0)
    assert head_of(message.carts["a"]).version == version
    assert message.completed == [("a", 3, 101), ("a", 9, 102)]
    assert message.orders == [
        ("a", 3, Status.PAID, 101, 4, 101),
        ("a", 9, Status.PAID, 102, 10, 102),
    ]


def test_what_a_message_says_does_not_change_later() -> None:
    """The figures of a message are those of its moment, not those of the running group."""
    group = KeyGroup()
    first = group.join([batch(1, Event("a", 1, False))])
    group.join([batch(2, Event("b", 1, False))])
    assert first.figures == Figures(carts=1, unpaid=1, with_unpaid=1)


def test_a_cart_that_rests_is_woken_as_it_was() -> None:
    """Small ones rest between batches, and tall ones behind a snapshot where they are too many."""
    group, view = KeptGroup(), MemoryView()
    users = [f"user-{number}" for number in range(30)]
    stream = [("one", Event(user, order, False)) for order in range(NEWEST + 9) for user in users]
    stream += [("one", Event(user, order, True)) for order in range(NEWEST) for user in users[:9]]
    with patch("dataflow.key_group.MAX_TALL", 20):
        for start in range(0, len(stream), 100):
            view.apply(group.join(batches_of(stream[start : start + 100], start + 1)))
            group.snapshot()
    expect(view, stream)
    restored = KeptGroup(group.snapshot())
    assert restored.join(batches_of(stream)).carts == {}


def test_a_snapshot_costs_what_has_changed_not_what_there_is() -> None:
    """Most carts rest: over many epochs little more is written than a few times all of them.

    And what comes back, from the base and the deltas, is every cart as it was.
    """
    group, view = KeptGroup(), MemoryView()
    users = [f"user-{number}" for number in range(1_000)]
    stream = [("one", Event(user, 1, False)) for user in users]
    view.apply(group.join(batches_of(stream)))
    before = group.snapshot()
    whole = written = len(before.segments[0][3])
    for epoch in range(200):
        piece = [("one", Event(user, 1, True)) for user in users[5 * epoch : 5 * epoch + 5]]
        view.apply(group.join(batches_of(piece, len(stream) + 1)))
        stream += piece
        kept = group.snapshot()
        new = [segment for segment in kept.segments if segment not in before.segments]
        written += len(kept.group or b"") + sum(len(carts) for *_, carts in new)
        before = kept
    assert len(before.segments) == MAX_SEGMENTS
    assert written < 10 * whole
    restored = KeptGroup(before)
    assert restored.join(batches_of(stream)).carts == {}
    expect(view, stream)


def test_the_segments_of_another_snapshot_are_refused() -> None:
    """A group that is not told all of its carts is an error, never a smaller group."""
    group = KeptGroup()
    for epoch in range(3):
        users = ["a"] if epoch else [f"user-{number}" for number in range(10)]
        group.join(batches_of([("one", Event(user, epoch, False)) for user in users]))
        kept = group.snapshot()
    *others, (of_group, index, number, carts) = kept.segments
    for segments in ((), tuple(others), (*others, (of_group, index, number - 1, carts))):
        with pytest.raises(ValueError, match=f"without its segment {number if segments else 10}"):
            KeptGroup(Snapshots(kept.group, segments)).restored.started(Started(1, []))


@given(of_two_uploads)
def test_a_batch_goes_to_another_worker_as_it_is(stream: Stream) -> None:
    """Ids keep their types, and places their values, whatever they are."""
    for each in batches_of(stream):
        again = pickle.loads(pickle.dumps(each))
        assert type(again) is EventBatch
        assert repr(again) == repr(each)


def test_an_epoch_that_changes_no_cart_opens_no_segment() -> None:
    """The same file once more: what it repeats is counted, and nothing is written anew."""
    group = KeptGroup()
    stream: Stream = [("one", Event("a", 1, False))]
    group.join(batches_of(stream))
    before = group.snapshot()
    group.join(batches_of(stream))
    after = group.snapshot()
    assert after.segments == before.segments
    assert KeptGroup(after).join(batches_of(stream)).begin == 2


def test_a_segment_whose_epoch_ends_before_its_group_is_an_error() -> None:
    """Should the engine ever end epochs in another order, it fails instead of losing carts."""
    keeper = SegmentLogic(None, {})
    keeper.on_batch([Segment(GROUP, 0, 1)])
    with pytest.raises(RuntimeError, match="before that of its key group"):
        keeper.snapshot()


def test_a_snapshot_of_another_format_is_refused() -> None:
    """State that this version cannot read is an error, never an empty group."""
    for other in ([1, 0, 0, [0] * 7, {}, {}], [5, 0, 0, [0] * 7, {}, []], [7]):
        with pytest.raises(ValueError, match=f"format {other[0]}"):
            KeyGroup(msgspec.msgpack.encode(other))
    with pytest.raises(msgspec.DecodeError):
        KeyGroup(b"\x00")


def test_the_group_of_a_user_never_changes() -> None:
    """A stable hash, spelt out: another one would send users to empty state after an update."""
    users = ("", "a", "user-000123", "ü/x", "7")
    assert [key_group(user, 256) for user in users] == [0, 67, 214, 227, 130]
    assert all(0 <= key_group(str(number), 7) < 7 for number in range(100))
