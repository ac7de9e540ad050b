"""The flow: how the steps hang together, and the tutorial's console form of it.

    journal ─▶ deserialize ─▶ join carts ────▶ publish
                   │             └───────────▶ keep segments (a step for each index)
                   ├────────▶ count skipped ──▶ publish
                   └────────▶ (taken) ────────▶ publish

Several workers may run it together: the first one reads and parses, each joins the key groups that
the engine gives it and publishes what it has made, by a partition of the sink that is its own.

The ids of the steps are frozen: recovery finds state by them. Those that a person is shown stand
in ``dataflow.drawing``.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NoReturn, TypeGuard, cast

import bytewax.operators as op
import msgspec
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.operators import KeyedStream
from bytewax.outputs import Sink

from dataflow.cart import Cart, Summary, decode_cart, encode_cart
from dataflow.drawing import DESERIALIZE, JOIN, JOURNAL, PUBLISH, SKIP
from dataflow.file_kind import hint_of_array, hint_of_lost_newlines
from dataflow.file_source import Line, LineFileSource
from dataflow.journal import Entry
from dataflow.journal_errors import ChangedError
from dataflow.key_group import KEY_GROUPS, MAX_SEGMENTS, EventBatch, Segment, key_group
from dataflow.messages import (
    API,
    CartsChanged,
    Message,
    RecordsSkipped,
    Started,
    Taken,
    TopicsRead,
)
from dataflow.records import Event, Skipped, parse_line
from dataflow.runs import code_of
from dataflow.sample import SAMPLE
from dataflow.segments import Kept, SegmentLogic
from dataflow.sorted_chunk import Read, SortedChunk, end_changed, sort_chunk
from dataflow.steps import JoinLogic, Restored, SkipLogic, SkippedBatch
from dataflow.stopwatch import Stopwatch
from dataflow.timed import TimedLogic, timed_map
from dataflow.workers import part_of

_SKIP_KEYS: Final = 16

_Item = tuple[str, EventBatch] | tuple[str, SkippedBatch] | tuple[str, Started | Taken | TopicsRead]


def deserialize(read: Read, groups: int, workers: int = 1) -> Iterator[_Item]:
    """Turn a chunk into one batch of events per key group, one of skipped lines, and its places.

    The last chunk of an upload that had others before goes to every group, so that each forgets it.
    Every worker hears of the start, and of each chunk: so each has an end of every epoch in which
    something was read.
    """
    if isinstance(read, TopicsRead):
        yield part_of(0), read
        return
    if isinstance(read, Started):
        for worker in range(workers):
            yield part_of(worker), Started(read.offset, read.groups, worker)
        return
    chunk = read if isinstance(read, SortedChunk) else sort_chunk(read, groups)
    entry, by_group, skipped, blank, lines = chunk
    try:
        entry.refuse_change(lines)
    except ChangedError as error:
        end_changed(error)
    upload = API if entry.upload is None else entry.upload
    ends_all = entry.is_last and entry.first_line > 1
    taken = Taken(
        entry.end or entry.offset + 1,
        entry.place,
        entry.lines,
        upload,
        entry.source,
        entry.first_line,
        entry.at,
        journal=entry.offset + 1 if entry.end else 0,
    )
    for group, batch in enumerate(by_group):
        if batch or ends_all:
            yield f"{group:04}", EventBatch(group, taken, batch, entry.is_last)
    if skipped or blank or ends_all:
        if skipped and (hint := _hint(entry, skipped[0])) is not None:
            message = f"{skipped[0].message}; {hint}"
            skipped[0] = msgspec.structs.replace(skipped[0], message=message)
        part = key_group(upload, _SKIP_KEYS)
        yield f"{part:02}", SkippedBatch(part, taken, skipped, blank, entry.is_last)
    for worker in range(workers):
        yield part_of(worker), msgspec.structs.replace(taken, worker=worker)


def _hint(entry: Entry, first: Skipped) -> str | None:
    """Say more about the first skipped line of a chunk, where all of what came in is mistaken."""
    if entry.values is not None:
        return None  # each is a record by itself, and says what is to be said of it
    if entry.upload is None:
        return hint_of_lost_newlines(entry.data)
    return hint_of_array(first.line, entry.data)


def build_flow(
    source: Source[Read],
    sink: Sink[tuple[str, Message]],
    *,
    groups: int = KEY_GROUPS,
    restored: Restored | None = None,
    stopwatch: Stopwatch | None = None,
    worker: int = 0,
    workers: int = 1,
) -> Dataflow:
    """Build the flow of the dashboard between any source of chunks and any sink of messages.

    ``groups`` must stay what it was when the recovery store was made. ``restored`` is told what
    comes back of each key group, ``stopwatch`` how long the steps work; source and sink tell it
    of themselves. ``worker`` of ``workers`` is the process that this runs in.
    """
    to_restore = restored or Restored()
    watch = stopwatch or Stopwatch()

    def parse(read: Read) -> Iterator[_Item]:
        return deserialize(read, groups, workers)

    def join(snapshot: bytes | None) -> TimedLogic[EventBatch, CartsChanged | Segment, bytes]:
        return TimedLogic(JoinLogic(snapshot, to_restore), JOIN, watch)

    def skip(snapshot: bytes | None) -> TimedLogic[SkippedBatch, RecordsSkipped, bytes]:
        return TimedLogic(SkipLogic(snapshot), SKIP, watch)

    def keep(snapshot: Kept | None) -> SegmentLogic:
        return SegmentLogic(snapshot, to_restore.segments)

    def place(item: tuple[str, Message]) -> tuple[str, Message]:
        return here, item[1]

    here = part_of(worker)
    flow = Dataflow("cartwatch")
    chunks = op.input(JOURNAL, flow, source)
    items = op.flat_map(DESERIALIZE, chunks, timed_map(parse, DESERIALIZE, watch))
    events = op.branch("events", items, _is_events)
    others = op.branch("skipped_lines", events.falses, _is_skipped)
    joined = op.branch("segments", op.stateful_batch(JOIN, events.trues, join), _is_segment)
    nothing = _keep(joined.trues, keep)
    carts = joined.falses
    skipped = op.stateful_batch(SKIP, others.trues, skip)
    made: KeyedStream[Message] = op.merge("made", *nothing, carts, skipped)
    placed = op.map("place", made, place)
    marks = cast("KeyedStream[Message]", others.falses)  # what is neither: Started, Taken, …
    messages: KeyedStream[Message] = op.merge("messages", placed, marks)
    op.output(PUBLISH, messages, sink)
    return flow


def _keep(
    segments: KeyedStream[Segment], keep: Callable[[Kept | None], SegmentLogic]
) -> list[KeyedStream[NoReturn]]:
    """Make the steps that keep segments, one for each index; nothing comes out of them."""
    nothing = []
    for index in range(MAX_SEGMENTS):
        of_index = op.branch(f"segments_{index:02}", segments, partial(_has_index, index))
        nothing.append(op.stateful_batch(f"keep_segments_{index:02}", of_index.trues, keep))
        segments = of_index.falses
    return nothing


def _has_index(index: int, item: tuple[str, Segment]) -> bool:
    return item[1].index == index


def _is_events(item: _Item) -> TypeGuard[tuple[str, EventBatch]]:
    return isinstance(item[1], EventBatch)


def _is_segment(item: tuple[str, CartsChanged | Segment]) -> TypeGuard[tuple[str, Segment]]:
    return isinstance(item[1], Segment)


def _is_skipped(item: _Item) -> TypeGuard[tuple[str, SkippedBatch]]:
    return isinstance(item[1], SkippedBatch)


def console_flow(path: str | Path = SAMPLE) -> Dataflow:
    """Build the tutorial's flow: a file in, and a summary on stdout for every accepted event."""
    flow = Dataflow("cart_join")
    lines = op.input("lines", flow, LineFileSource(path))
    events = op.filter_map("deserialize", lines, _read_or_report)
    keyed = op.key_on("user", events, lambda event: event.user_id)
    summaries = op.stateful_map("join_carts", keyed, _join_one)
    op.output("print", op.map("format", summaries, _final_summary), StdOutSink())
    return flow


def _read_or_report(line: Line) -> Event | None:
    outcome = parse_line(line.data, line.number)
    if isinstance(outcome, Skipped):
        print(f"Skipping invalid data: {outcome.raw}")
        return None
    return outcome


def _join_one(state: bytes | None, event: Event) -> tuple[bytes, Summary]:
    cart = Cart() if state is None else decode_cart(state)
    cart.take(event.order_id, code_of(cart.place + 1, is_payment=event.is_payment))
    return encode_cart(cart), cart.summary(event.user_id)


def _final_summary(item: tuple[str, Summary]) -> str:
    user_id, cart = item
    lists = {"paid_order_ids": cart.paid_order_ids, "unpaid_order_ids": cart.unpaid_order_ids}
    return f"Final summary for user {user_id}: {lists}"


flow = console_flow()
"""What ``python -m bytewax.run dataflow.flow:flow`` runs: the tutorial, on the packaged sample."""
