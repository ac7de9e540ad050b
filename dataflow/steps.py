"""The steps that keep state: the engine's shell around key groups, and around what is skipped.

The engine restores the state of all steps, in any order, before it reads: so what a key group
needs of another step waits in ``Restored`` until the worker says that it has started.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from bytewax.operators import StatefulBatchLogic
from typing_extensions import override

from dataflow.key_group import EventBatch, KeyGroup, Segment
from dataflow.messages import CartsChanged, Figures, RecordsSkipped, Started, Taken
from dataflow.records import Skipped
from dataflow.segments import Segments


class Restored:
    """What the engine restores in a worker: key groups, and segments until the former have them.

    ``groups`` holds ``(group, accepted, figures)`` of each, as ``Started`` tells it.
    """

    def __init__(self) -> None:
        self.groups: list[tuple[int, int, Figures]] = []
        self.segments: Segments = {}
        self._waiting: dict[int, KeyGroup] = {}

    def make(self, snapshot: bytes | None) -> KeyGroup:
        """Make a key group, from its snapshot where it has one."""
        group = KeyGroup(snapshot)
        if snapshot is not None:
            self.groups.append((group.group, group.accepted, group.figures))
            self._waiting[group.group] = group
        return group

    def started(self, started: Started) -> Started:
        """Give each key group its carts, and tell what was restored here.

        To be called behind the steps, in the order of the engine's work: all that they restore is
        there then. Raises what ``KeyGroup.restore`` raises.
        """
        while self._waiting:
            number, group = self._waiting.popitem()
            group.restore(self.segments.pop(number, {}))
        return msgspec.structs.replace(started, groups=self.groups)

    def is_ready(self, group: KeyGroup) -> bool:
        """Whether a key group has its carts; it gets them now where they are there."""
        if group.group not in self._waiting:
            return True
        if not group.is_whole(self.segments.get(group.group, ())):
            return False
        del self._waiting[group.group]
        group.restore(self.segments.pop(group.group, {}))
        return True


class JoinLogic(StatefulBatchLogic[EventBatch, CartsChanged | Segment, bytes]):
    """The engine's view of a key group: one message per batch, and one segment per epoch."""

    def __init__(self, snapshot: bytes | None, restored: Restored) -> None:
        self._group = restored.make(snapshot)
        self._restored = restored
        self._early: list[EventBatch] = []

    @override
    def on_batch(self, values: list[EventBatch]) -> tuple[Iterable[CartsChanged | Segment], bool]:
        self._early += values
        return self._join()

    @override
    def notify_at(self) -> datetime | None:
        return datetime.now(UTC) if self._early else None

    @override
    def on_notify(self) -> tuple[Iterable[CartsChanged | Segment], bool]:
        return self._join()

    def _join(self) -> tuple[Iterable[CartsChanged | Segment], bool]:
        # A worker that was held up may meet events before the steps behind this one have restored.
        if not self._restored.is_ready(self._group):
            return (), self.RETAIN
        batches, self._early = self._early, []
        message = self._group.join(batches)
        if message.accepted == message.begin:
            return (), self.RETAIN
        segment = self._group.open_segment() if message.carts else None
        return (message,) if segment is None else (message, segment), self.RETAIN

    @override
    def snapshot(self) -> bytes:
        if self._early:
            raise RuntimeError(f"an epoch of key group {self._group.group} ended before its start")
        return self._group.snapshot()


class SkippedBatch(NamedTuple):
    """The lines of one chunk that are no events, for one part of the step that counts them."""

    part: int
    chunk: Taken
    records: list[Skipped]
    blank: int
    is_last: bool = False


class _SkipState(msgspec.Struct, array_like=True):
    """What a part has ever counted, and what of it is of each upload: skipped and blank lines."""

    counted: int = 0
    totals: dict[str, tuple[int, int]] = {}


class SkipLogic(StatefulBatchLogic[SkippedBatch, RecordsSkipped, bytes]):
    """Counts what is skipped and blank per upload; the records themselves pass through."""

    def __init__(self, snapshot: bytes | None) -> None:
        self._state = _SkipState()
        if snapshot is not None:
            self._state = msgspec.msgpack.decode(snapshot, type=_SkipState)

    @override
    def on_batch(self, values: list[SkippedBatch]) -> tuple[Iterable[RecordsSkipped], bool]:
        messages = []
        state = self._state
        for part, chunk, records, blank, is_last in values:
            upload = chunk.upload
            if records or blank:
                state.counted += len(records) + blank
                skipped, blanks = state.totals.get(upload, (0, 0))
                sums = state.totals[upload] = (skipped + len(records), blanks + blank)
                messages.append(RecordsSkipped(chunk, *sums, records, part, state.counted))
            if is_last:
                state.totals.pop(upload, None)
        return messages, self.RETAIN

    @override
    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(self._state)
