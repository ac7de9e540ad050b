"""Segments: the carts of a key group in its snapshots, in parts that are written once each.

The first segment of a group is its base, all of its carts as they were; each one behind it is a
delta, the carts that changed in one epoch. The engine writes the snapshot of a key whole, and only
in an epoch in which the key was awake: so the segments with one index have a step of their own,
where each is the snapshot of its group's key – which keeps it in the process of its group. Which
segments count, the snapshot of the group says.
"""

from collections.abc import Iterable
from typing import NoReturn

from bytewax.operators import StatefulBatchLogic
from typing_extensions import override

from dataflow.key_group import Segment

Segments = dict[int, dict[int, bytes]]
"""What this process restored, by key group and number, until the joiner takes it."""

Kept = tuple[int, int, int, bytes]
"""A segment as the engine keeps it: its key group, index and number, and its carts, encoded."""


class SegmentLogic(StatefulBatchLogic[Segment, NoReturn, Kept]):
    """Keeps the newest segment of one group and index, and gives it back at a start.

    The engine restores all state before it reads.
    """

    def __init__(self, snapshot: Kept | None, segments: Segments) -> None:
        if snapshot is not None:
            self._segment = Segment(*snapshot)
            group, _, number, carts = snapshot
            segments.setdefault(group, {})[number] = carts

    @override
    def on_batch(self, values: list[Segment]) -> tuple[Iterable[NoReturn], bool]:
        self._segment = values[-1]
        return (), self.RETAIN

    @override
    def snapshot(self) -> Kept:
        segment = self._segment
        if segment.carts is None:
            raise RuntimeError("the epoch of a segment ended before that of its key group")
        return segment.group, segment.index, segment.number, segment.carts
