"""The join of orders and payments: the carts of a key group, and the engine's shell around them.

Users are spread over a fixed number of key groups by a stable hash, because the engine pays for
each key and item: what crosses it is one batch of events per group and chunk. A cart that was not
touched lately rests as bytes, so that a snapshot encodes only what changed.
"""

import zlib
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec
from bytewax.operators import StatefulBatchLogic
from typing_extensions import override

from dataflow.cart import NEWEST, Cart, decode_cart, encode_cart
from dataflow.messages import CartChanged, CartsChanged, Figures, RecordsSkipped
from dataflow.records import AnyEvent, OrderId, Skipped

MAX_AWAKE: Final = 512
"""Carts of one group that stay decoded between snapshots: what bounds the memory they take."""

_FORMAT: Final = 1


def key_group(user_id: str, groups: int) -> int:
    """Give the key group of a user: the same in every process and for ever."""
    return zlib.crc32(user_id.encode()) % groups


class EventBatch(NamedTuple):
    """Events of one chunk whose users belong to one key group."""

    group: int
    upload: str
    events: list[AnyEvent]


class _Snapshot(msgspec.Struct, array_like=True, gc=False):
    format: int
    group: int
    accepted: int
    figures: Figures
    totals: dict[str, tuple[int, int]]
    carts: dict[str, bytes]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Snapshot).decode


class KeyGroup:
    """The carts of one key group and its running totals; pure.

    ``totals`` maps an upload to ``(accepted, duplicates)``: what this group took of it so far.
    """

    def __init__(self, snapshot: bytes | None = None) -> None:
        self.group = -1  # told by the first batch
        self.accepted = 0
        self.figures = Figures()
        self.totals: dict[str, tuple[int, int]] = {}
        self._at_rest: dict[str, bytes] = {}
        self._awake: dict[str, Cart] = {}
        self._dirty: set[str] = set()
        if snapshot is not None:
            state = _decode(snapshot)
            if state.format != _FORMAT:
                raise ValueError(f"a snapshot of format {state.format!r}, not {_FORMAT}")
            self.group, self.accepted, self.figures = state.group, state.accepted, state.figures
            self.totals, self._at_rest = state.totals, state.carts

    def join(self, batches: list[EventBatch]) -> CartsChanged:
        """Apply events in order; tells each cart that changed once, as it is at the end."""
        self.group = batches[0].group
        touched: dict[str, Cart] = {}
        before: list[_Before] = []
        totals: dict[str, tuple[int, int]] = {}
        for _, upload, events in batches:
            duplicates = 0
            for user_id, order_id, is_payment in events:
                cart = touched.get(user_id)
                if cart is None:
                    cart = touched[user_id] = self._awake.get(user_id) or self._wake(user_id)
                    before.append(
                        (cart.version, len(cart.unpaid), len(cart.paid), len(cart.waiting))
                    )
                status = cart.payment(order_id) if is_payment else cart.order(order_id)
                if status is None:
                    duplicates += 1
            accepted, repeats = self.totals.get(upload, (0, 0))
            totals[upload] = self.totals[upload] = (accepted + len(events), repeats + duplicates)
            self.accepted += len(events)
        changes = self._changes(touched, before)
        summed = [(upload, *sums) for upload, sums in totals.items()]
        return CartsChanged(self.group, self.accepted, self.figures, summed, changes)

    def _changes(self, touched: dict[str, Cart], before: list["_Before"]) -> list[CartChanged]:
        """Tell what changed in these carts, and bring the figures of the group up to date.

        One loop over local sums: a call and seven attributes for each cart would double its cost.
        """
        changes = []
        carts = unpaid_orders = paid_orders = waiting_orders = 0
        with_unpaid = with_paid = with_waiting = 0
        for (user_id, cart), (version, old_unpaid, old_paid, old_waiting) in zip(
            touched.items(), before, strict=True
        ):
            if cart.version == version:
                continue
            unpaid, paid, waiting = len(cart.unpaid), len(cart.paid), len(cart.waiting)
            carts += version == 0
            unpaid_orders += unpaid - old_unpaid
            paid_orders += paid - old_paid
            waiting_orders += waiting - old_waiting
            with_unpaid += (unpaid > 0) - (old_unpaid > 0)
            with_paid += (paid > 0) - (old_paid > 0)
            with_waiting += (waiting > 0) - (old_waiting > 0)
            completed = _since(cart.paid, version) if paid > old_paid else []
            if cart.is_tall:
                was_tall = old_unpaid > NEWEST or old_paid > NEWEST or old_waiting > NEWEST
                orders = _orders(cart, version if was_tall else 0)
                self._dirty.add(user_id)
                lists = encode_cart(cart.newest())
            else:
                # What the view is told is what the next snapshot holds: encoded once for both.
                orders = []
                lists = self._at_rest[user_id] = encode_cart(cart)
            changes.append(
                CartChanged(user_id, cart.version, unpaid, paid, waiting, lists, completed, orders)
            )
        old = self.figures
        self.figures = Figures(
            old.carts + carts,
            old.unpaid + unpaid_orders,
            old.paid + paid_orders,
            old.waiting + waiting_orders,
            old.with_unpaid + with_unpaid,
            old.with_paid + with_paid,
            old.with_waiting + with_waiting,
        )
        return changes

    def snapshot(self) -> bytes:
        """Encode the group as it is now: plain MessagePack, with a number for its format."""
        for user_id in self._dirty:
            self._at_rest[user_id] = encode_cart(self._awake[user_id])
        self._dirty.clear()
        if len(self._awake) > MAX_AWAKE:
            self._awake.clear()
        return _encode(
            _Snapshot(_FORMAT, self.group, self.accepted, self.figures, self.totals, self._at_rest)
        )

    def _wake(self, user_id: str) -> Cart:
        at_rest = self._at_rest.get(user_id)
        cart = self._awake[user_id] = Cart() if at_rest is None else decode_cart(at_rest)
        return cart


_Before = tuple[int, int, int, int]
"""A cart's version and its counts of unpaid, paid and waiting ids before a batch."""


def _orders(cart: Cart, version: int) -> list[tuple[OrderId, int, int]]:
    """Give the orders of a cart that changed after ``version``, with their status."""
    return [
        (order_id, status, at)
        for status, ids in enumerate((cart.unpaid, cart.paid, cart.waiting))
        for order_id, at in _since(ids, version)
    ]


def _since(ids: dict[OrderId, int], version: int) -> list[tuple[OrderId, int]]:
    """Give what joined a list after ``version``, in order: the end of the list."""
    joined = []
    for item in reversed(ids.items()):
        if item[1] <= version:
            break
        joined.append(item)
    joined.reverse()
    return joined


class JoinLogic(StatefulBatchLogic[EventBatch, CartsChanged, bytes]):
    """The engine's view of a key group: one message per batch, state as bytes."""

    def __init__(self, group: KeyGroup) -> None:
        self._group = group

    @override
    def on_batch(self, values: list[EventBatch]) -> tuple[Iterable[CartsChanged], bool]:
        return (self._group.join(values),), self.RETAIN

    @override
    def snapshot(self) -> bytes:
        return self._group.snapshot()


class SkippedBatch(NamedTuple):
    """The lines of one chunk that are no events."""

    upload: str
    source: str
    records: list[Skipped]
    blank: int


class SkipLogic(StatefulBatchLogic[SkippedBatch, RecordsSkipped, bytes]):
    """Counts what is skipped and blank per upload; the records themselves pass through."""

    def __init__(self, snapshot: bytes | None) -> None:
        self._totals: dict[str, tuple[int, int]] = {}
        if snapshot is not None:
            self._totals = msgspec.msgpack.decode(snapshot, type=dict[str, tuple[int, int]])

    @override
    def on_batch(self, values: list[SkippedBatch]) -> tuple[Iterable[RecordsSkipped], bool]:
        messages = []
        for upload, source, records, blank in values:
            skipped, blanks = self._totals.get(upload, (0, 0))
            sums = self._totals[upload] = (skipped + len(records), blanks + blank)
            messages.append(RecordsSkipped(upload, source, *sums, records))
        return messages, self.RETAIN

    @override
    def snapshot(self) -> bytes:
        return _encode(self._totals)
