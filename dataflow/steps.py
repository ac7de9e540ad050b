"""The steps that keep state: the engine's shell around key groups, and around what is skipped.

The engine restores the state of all steps, in any order, before it reads: so what a key group
needs of another step waits in ``Restored`` until the first reading.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from bytewax.operators import StatefulBatchLogic
from typing_extensions import override

from dataflow.key_group import EventBatch, KeyGroup, Segment
from dataflow.messages import CartsChanged, Figures, RecordsSkipped, Taken
from dataflow.records import Skipped
from dataflow.segments import Segments


class Restored:
    """What the engine restores: key groups and segments, until the former have the latter.

    ``groups`` holds ``(group, accepted, figures)`` of each, as ``Started`` tells it.
    """

    def __init__(self) -> None:
        self.groups: list[tuple[int, int, Figures]] = []
        self.segments: Segments = {}
        self._waiting: list[KeyGroup] = []

    def make(self, snapshot: bytes | None) -> KeyGroup:
        """Make a key group, from its snapshot where it has one."""
        group = KeyGroup(snapshot)
        if snapshot is not None:
            self.groups.append((group.group, group.accepted, group.figures))
            self._waiting.append(group)
        return group

    def finish(self) -> None:
        """Give each key group its carts: to be called when the engine reads, as often as it may.

        It restores the state of all steps before that. Raises what ``KeyGroup.restore`` raises.
        """
        while self._waiting:
            group = self._waiting.pop()
            group.restore(self.segments.pop(group.group, {}))


class JoinLogic(StatefulBatchLogic[EventBatch, CartsChanged | Segment, bytes]):
    """The engine's view of a key group: one message per batch, and one segment per epoch."""

    def __init__(self, snapshot: bytes | None, restored: Restored) -> None:
        self._group = restored.make(snapshot)
        self._restored = restored

    @override
    def on_batch(self, values: list[EventBatch]) -> tuple[Iterable[CartsChanged | Segment], bool]:
        self._restored.finish()
        message = self._group.join(values)
        if message.accepted == message.begin:
            return (), self.RETAIN
        segment = self._group.open_segment() if message.carts else None
        return (message,) if segment is None else (message, segment), self.RETAIN

    @override
    def snapshot(self) -> bytes:
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
