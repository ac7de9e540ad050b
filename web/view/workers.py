"""How far the workers of one execution of the flow are, as the view has heard of each. Pure."""

from typing import NamedTuple

from dataflow.messages import Barrier, Figures, Started, Taken


class Start(NamedTuple):
    """A start of the flow: where it went on, the carts that it restored, and its key groups.

    Each of these with the events that it has accepted, and its figures.
    """

    offset: int
    carts: int
    groups: list[tuple[int, int, Figures]]


class Workers:
    """What is true of all workers together: where they have started, what they have read and kept.

    Each tells of itself, in its own time: so of a position the least counts, and nothing is known
    of all before each has spoken.
    """

    def __init__(self, count: int = 1) -> None:
        self._count = count
        self._carts: dict[int, int] = {}
        self._groups: dict[int, tuple[int, Figures]] = {}
        self._taken: dict[int, int] = {}
        self._settled: dict[int, int] = {}

    def copy(self) -> "Workers":
        """Give one that knows the same, for a commit that may fail and be tried again."""
        copied = Workers(self._count)
        copied._carts = dict(self._carts)
        copied._groups = dict(self._groups)
        copied._taken = dict(self._taken)
        copied._settled = dict(self._settled)
        return copied

    def started(self, message: Started) -> Start | None:
        """Hear of the start of one; gives that of all when the last one is heard of.

        With what each key group has by then: one worker may be at work before another has spoken.
        """
        self._carts[message.worker] = message.carts
        self._taken.setdefault(message.worker, message.offset)
        for group, accepted, figures in message.groups:
            self.joined(group, accepted, figures)
        if len(self._carts) < self._count:
            return None
        groups = [(group, *told) for group, told in self._groups.items()]
        return Start(message.offset, sum(self._carts.values()), groups)

    def joined(self, group: int, accepted: int, figures: Figures) -> None:
        """Hear of a key group; what is older than what was heard changes nothing."""
        if self._groups.get(group, (-1,))[0] < accepted:
            self._groups[group] = accepted, figures

    def taken(self, message: Taken) -> int | None:
        """Hear of a chunk; gives the offset before which all workers have heard of each chunk."""
        self._taken[message.worker] = message.offset
        return self._least(self._taken)

    def settled(self, message: Barrier) -> int | None:
        """Hear of the end of an epoch; gives the offset before which nothing is left to come."""
        self._settled[message.worker] = self._taken.get(message.worker, 0)
        return self._least(self._settled)

    def _least(self, offsets: dict[int, int]) -> int | None:
        return min(offsets.values()) if len(offsets) == self._count else None
