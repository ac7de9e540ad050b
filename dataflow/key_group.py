"""Key groups: the join of orders and payments, of some users at a time. Pure.

Users are spread over a fixed number of key groups by a stable hash, because the engine pays for
each key and item: what crosses it is one batch of events per group and chunk. Between two batches
a cart rests as bytes, unless it is a tall one: so a batch decodes into the memory that the batch
before has just left, which is in the processor's cache.

The snapshot of a group holds no carts: those that changed in an epoch go into a segment, which the
next step keeps. When the deltas have outgrown the base, the next segment is a new base.
"""

import zlib
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
from typing_extensions import override

from dataflow.cart import (
    NEWEST,
    PAID,
    UNPAID,
    WAITING,
    Cart,
    Order,
    Status,
    decode_cart,
    encode_cart,
    encode_newest,
)
from dataflow.messages import CartsChanged, Figures, Taken
from dataflow.records import OrderId
from dataflow.runs import PAYMENT, FlatEvents, in_turn, unpack_events

KEY_GROUPS: Final = 128
"""How many groups a new data folder gets; an old one keeps its number."""

MAX_TALL: Final = 512
"""Tall carts of one group that stay decoded between snapshots: what bounds their memory."""

MAX_SEGMENTS: Final = 32
"""How many segments a group may have: what bounds the keys of the engine."""

_PHASES: Final = 16
_FORMAT: Final = 6


def key_group(user_id: str, groups: int) -> int:
    """Give the key group of a user: the same in every process and for ever."""
    return zlib.crc32(user_id.encode()) % groups


class EventBatch(NamedTuple):
    """Events of one chunk whose users belong to one key group.

    Packed, where another process has sorted them: whoever joins them unpacks them.
    """

    group: int
    chunk: Taken
    events: FlatEvents | bytes
    is_last: bool = False

    @override
    def __reduce__(self) -> tuple[Callable[[bytes], "EventBatch"], tuple[bytes]]:
        """Tell how to pickle it, as the engine does on its way to another worker.

        MessagePack takes half of the time that each event would take otherwise.
        """
        return _unpacked, (_encode(tuple(self)),)


@dataclass(slots=True)
class Segment:
    """A segment on its way from the joiner to its step: empty, until the epoch ends.

    ``index`` counts from the base, which is 0. ``number`` tells it from those that had the index
    before: the events that the group had accepted when it was opened. Both steps have the key of
    the group, and so run in one process, and the engine ends an epoch for the joiner before it does
    for the next step: so the snapshot of the joiner sets ``carts``, and that of the next step finds
    them.
    """

    group: int
    index: int
    number: int
    carts: bytes | None = None


class _Head(msgspec.Struct, array_like=True, gc=False):
    """What every snapshot begins with, whatever its format."""

    format: int


class _Snapshot(_Head, array_like=True, gc=False):
    """A key group but for its carts; ``segments`` are the numbers of those that hold them."""

    group: int
    accepted: int
    figures: Figures
    totals: dict[str, tuple[int, int]]
    segments: list[int]


_TallOrder = tuple[str, OrderId, int, int, int, int]
"""An order of a tall cart: its user and what ``CartsChanged`` tells of it."""

_encode = msgspec.msgpack.Encoder().encode
_decode_head = msgspec.msgpack.Decoder(_Head).decode
_decode = msgspec.msgpack.Decoder(_Snapshot).decode
_decode_carts = msgspec.msgpack.Decoder(dict[str, bytes]).decode
_decode_batch = msgspec.msgpack.Decoder(tuple[int, Taken, FlatEvents | bytes, bool]).decode


def _unpacked(packed: bytes) -> EventBatch:
    return EventBatch(*_decode_batch(packed))


class _Tall:
    """A tall cart, and its open orders in their order: so the oldest one is found at once."""

    def __init__(self, cart: Cart) -> None:
        self.cart = cart
        self._open: dict[Status, deque[tuple[int, OrderId]]] = {UNPAID: deque(), WAITING: deque()}
        self._known = 0
        self.told(cart.since())

    def told(self, changed: list[Order]) -> None:
        """Take what has changed since the last time, and find the oldest."""
        self._add(changed)
        cart = self.cart
        cart.oldest_unpaid = self._oldest(UNPAID) if cart.unpaid else 0
        cart.oldest_waiting = self._oldest(WAITING) if cart.waiting else 0

    def _add(self, orders: list[Order]) -> None:
        for order in orders:
            if order.place > self._known and order.status is not PAID:
                self._open[order.status].append((order.place, order.order_id))
        self._known = self.cart.place

    def _oldest(self, status: Status) -> int:
        """Pass over what is open no more, each once; there is one that is."""
        waiting = self._open[status]
        while not self.cart.has(waiting[0][1], status):
            waiting.popleft()
        return waiting[0][0]


class KeyGroup:
    """The carts of one key group and its running totals.

    ``totals`` maps an upload to ``(accepted, duplicates)``: what this group took of it so far.
    With its last chunk it is forgotten: a snapshot costs the same after any number of uploads.
    """

    def __init__(self, snapshot: bytes | None = None) -> None:
        self.group = -1  # told by the first batch
        self.accepted = 0
        self._figures: tuple[int, ...] = (0,) * 7
        self.totals: dict[str, tuple[int, int]] = {}
        self._at_rest: dict[str, bytes] = {}
        self._fresh: dict[str, bytes] = {}
        self._segment: Segment | None = None
        self._segments: list[int] = []
        self._base_bytes = self._delta_bytes = 0
        self._tall: dict[str, _Tall] = {}
        self._dirty: set[str] = set()
        if snapshot is not None:
            head = _decode_head(snapshot)
            if head.format != _FORMAT:
                raise ValueError(f"a snapshot of format {head.format!r}, not {_FORMAT}")
            state = _decode(snapshot)
            self.group, self.accepted = state.group, state.accepted
            self._figures = msgspec.structs.astuple(state.figures)
            self.totals, self._segments = state.totals, state.segments

    def is_whole(self, segments: Collection[int]) -> bool:
        """Whether these are all the segments that hold the carts of the snapshot."""
        return all(number in segments for number in self._segments)

    def restore(self, segments: dict[int, bytes]) -> None:
        """Take the carts of the snapshot in, before the first batch; refuses to be without any."""
        for index, number in enumerate(self._segments):
            if number not in segments:
                raise ValueError(f"key group {self.group} is without its segment {number}")
            carts = segments[number]
            self._at_rest |= _decode_carts(carts)
            self._count_bytes(index, carts)

    def open_segment(self) -> Segment | None:
        """Give the segment for the carts that change in this epoch; None where there is one.

        It is a new base where the deltas have become too many, or one to three times as large as
        the base: of which, the groups differ in, so that not all make a base in the same epoch.
        """
        if self._segment is not None:
            return None
        most_bytes = self._base_bytes * (1 + self.group % _PHASES * 2 / _PHASES)
        if self._delta_bytes >= most_bytes or len(self._segments) == MAX_SEGMENTS:
            self._segments = []
        self._segment = Segment(self.group, len(self._segments), self.accepted)
        self._segments.append(self.accepted)
        return self._segment

    @property
    def figures(self) -> Figures:
        """The whole of the group as it is now."""
        return Figures(*self._figures)

    def join(self, batches: list[EventBatch]) -> CartsChanged:
        """Apply events in order; tells each cart that changed once, as it is at the end.

        The figures are kept in local sums: attributes of the group would cost a tenth more.
        """
        self.group = batches[0].group
        begin = self.accepted
        carts, unpaid, paid, waiting, with_unpaid, with_paid, with_waiting = self._figures
        awake: dict[str, Cart] = {}
        touched: list[tuple[str, Cart, int]] = []
        first = batches[0].chunk.place
        completed: list[tuple[str, OrderId, int]] = []
        totals: dict[str, tuple[int, int]] = {}
        for batch in batches:
            upload, duplicates = batch.chunk.upload, 0
            events = unpack_events(batch.events)
            for user_id, order_id, code in in_turn(events):
                cart = awake.get(user_id)
                if cart is None:
                    cart = awake[user_id] = self._wake(user_id)
                told = cart.place
                status = cart.take(order_id, code)
                if status is None:
                    duplicates += 1
                    continue
                if told < first:  # it has not changed before, in these batches
                    touched.append((user_id, cart, told))
                    carts += not told
                if status is UNPAID:
                    unpaid += 1
                    with_unpaid += cart.unpaid == 1
                elif status is PAID:
                    completed.append((user_id, order_id, cart.place))
                    paid += 1
                    with_paid += cart.paid == 1
                    if code & PAYMENT:
                        unpaid -= 1
                        with_unpaid -= not cart.unpaid
                    else:
                        waiting -= 1
                        with_waiting -= not cart.waiting
                else:
                    waiting += 1
                    with_waiting += cart.waiting == 1
            accepted, repeats = self.totals.get(upload, (0, 0))
            size = len(events) // 3
            if size:
                sums = accepted + size, repeats + duplicates
                totals[upload] = self.totals[upload] = sums
            if batch.is_last:
                self.totals.pop(upload, None)
            self.accepted += size
        self._figures = carts, unpaid, paid, waiting, with_unpaid, with_paid, with_waiting
        summed = [(upload, *sums) for upload, sums in totals.items()]
        changed, orders = self._tell(touched)
        return CartsChanged(
            self.group,
            begin,
            self.accepted,
            self.figures,
            summed,
            changed,
            completed,
            orders,
            [batch.chunk for batch in batches if batch.events],
        )

    def _tell(
        self, touched: list[tuple[str, Cart, int]]
    ) -> tuple[dict[str, bytes], list[_TallOrder]]:
        """Encode the carts that have changed since they were told last; of tall ones, their orders.

        Each comes with the place up to which it was told. What the view is told is what the next
        snapshot holds, encoded once for both – but for tall carts, of which the view is told the
        end and the snapshot holds the whole.
        """
        carts: dict[str, bytes] = {}
        orders: list[_TallOrder] = []
        tall: dict[str, bytes] = {}
        for user_id, cart, told in touched:
            if len(cart.orders) > NEWEST and cart.is_tall:
                tall[user_id], changed = self._tell_tall(user_id, cart, told)
                orders += changed
            else:
                if (cart.unpaid and not cart.oldest_unpaid) or (
                    cart.waiting and not cart.oldest_waiting
                ):
                    cart.find_oldest()
                carts[user_id] = encode_cart(cart)
        self._at_rest |= carts
        self._fresh |= carts
        if self._tall:
            for user_id in self._tall.keys() & carts.keys():
                del self._tall[user_id]
            self._dirty = (self._dirty - carts.keys()) | tall.keys()
            carts |= tall
        return carts, orders

    def _tell_tall(self, user_id: str, cart: Cart, told: int) -> tuple[bytes, Iterator[_TallOrder]]:
        """Encode the end of a tall cart, and give its orders that are not told yet."""
        known = self._tall.get(user_id)
        changed = cart.since(told if known else 0)
        if known is None:
            known = self._tall[user_id] = _Tall(cart)
        known.told(changed)
        rows = ((user_id, o.order_id, o.status, o.place, o.ordered, o.paid) for o in changed)
        return encode_newest(cart), rows

    def snapshot(self) -> bytes:
        """End the epoch: fill its segment, and encode the rest, with a number for the format."""
        for user_id in self._dirty:
            self._fresh[user_id] = self._at_rest[user_id] = encode_cart(self._tall[user_id].cart)
        self._dirty.clear()
        if len(self._tall) > MAX_TALL:
            self._tall.clear()
        if self._segment is not None:
            index = self._segment.index
            self._segment.carts = _encode(self._fresh if index else self._at_rest)
            self._count_bytes(index, self._segment.carts)
            self._segment = None
        self._fresh = {}
        return _encode(
            _Snapshot(_FORMAT, self.group, self.accepted, self.figures, self.totals, self._segments)
        )

    def _count_bytes(self, index: int, carts: bytes) -> None:
        if index:
            self._delta_bytes += len(carts)
        else:
            self._base_bytes, self._delta_bytes = len(carts), 0

    def _wake(self, user_id: str) -> Cart:
        tall = self._tall.get(user_id)
        if tall is not None:
            return tall.cart
        at_rest = self._at_rest.get(user_id)
        cart = Cart() if at_rest is None else decode_cart(at_rest)
        if len(cart.orders) > NEWEST and cart.is_tall:
            self._tall[user_id] = _Tall(cart)
        return cart
