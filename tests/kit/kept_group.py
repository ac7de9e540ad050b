"""A key group in the two steps that keep it, without the engine around them."""

from typing import NamedTuple

from dataflow.key_group import EventBatch, Segment
from dataflow.messages import CartsChanged
from dataflow.segments import Kept, SegmentLogic
from dataflow.steps import JoinLogic, Restored


class Snapshots(NamedTuple):
    """What both steps hold at the end of an epoch: the segments by their index."""

    group: bytes | None = None
    segments: tuple[Kept, ...] = ()


class KeptGroup:
    """A key group, restored from its snapshots, and its segments in the next step."""

    def __init__(self, snapshots: Snapshots | None = None) -> None:
        kept = snapshots or Snapshots()
        self.restored = Restored()
        self._joiner = JoinLogic(kept.group, self.restored)
        self._keepers = [SegmentLogic(each, self.restored.segments) for each in kept.segments]

    def join(self, batches: list[EventBatch]) -> CartsChanged:
        """Apply events; gives the message of the group, and hands its segment on."""
        (message,) = self.take(batches)
        return message

    def take(self, batches: list[EventBatch]) -> list[CartsChanged]:
        """Take batches that may hold no event: then there is no message."""
        given, discard = self._joiner.on_batch(batches)
        assert not discard
        messages = [each for each in given if isinstance(each, CartsChanged)]
        opened = [each for each in given if isinstance(each, Segment)]
        for segment in opened:
            if segment.index == len(self._keepers):
                self._keepers.append(SegmentLogic(None, {}))
            nothing, discard = self._keepers[segment.index].on_batch([segment])
            assert (list(nothing), discard) == ([], False)
        return messages

    def snapshot(self) -> Snapshots:
        """End the epoch."""
        group = self._joiner.snapshot()
        return Snapshots(group, tuple(keeper.snapshot() for keeper in self._keepers))
