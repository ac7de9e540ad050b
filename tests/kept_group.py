"""A key group in the two steps that keep it, without the engine around them."""

from typing import NamedTuple

from dataflow.joiner import Base, BaseLogic, Bases, EventBatch, JoinLogic, KeyGroup
from dataflow.messages import CartsChanged


class Snapshots(NamedTuple):
    """What both steps hold at the end of an epoch; nothing in the second before it has a base."""

    group: bytes | None = None
    base: tuple[int, int, bytes] | None = None


class KeptGroup:
    """A key group, restored from its snapshots, and the base of it in the next step."""

    def __init__(self, snapshots: Snapshots | None = None) -> None:
        self._kept = snapshots or Snapshots()
        bases: Bases = {}
        self._base = BaseLogic(self._kept.base, bases)
        self.group = KeyGroup(self._kept.group)
        self._joiner = JoinLogic(self.group, bases)

    def join(self, batches: list[EventBatch]) -> CartsChanged:
        """Apply events; gives the message of the group, and hands its base on."""
        given, discard = self._joiner.on_batch(batches)
        assert not discard
        *new_base, message = given
        for base in new_base:
            assert isinstance(base, Base)
            nothing, discard = self._base.on_batch([base])
            assert (list(nothing), discard) == ([], False)
            self._kept = self._kept._replace(base=self._base.snapshot())
        assert isinstance(message, CartsChanged)
        return message

    def snapshot(self) -> Snapshots:
        """End the epoch."""
        self._kept = self._kept._replace(group=self._joiner.snapshot())
        return self._kept
