"""The join of orders and payments: the carts of a key group, and the engine's shell around them.

Users are spread over a fixed number of key groups by a stable hash, because the engine pays for
each key and item: what crosses it is one batch of events per group and chunk. A cart that was not
touched lately rests as bytes.

A snapshot holds only the carts that are newer than the base of the group: all of its carts as they
were once. The base is a message to the next step, whose snapshot it then is, so the engine writes
it again only when there is a newer one. What is newer is encoded once, at the end of its epoch.
"""

import zlib
from collections.abc import Iterable
from typing import Final, NamedTuple, NoReturn

import msgspec
from bytewax.operators import StatefulBatchLogic
from typing_extensions import override

from dataflow.cart import NEWEST, PAID, UNPAID, Cart, decode_cart, encode_cart, encode_newest
from dataflow.messages import CartsChanged, Figures, RecordsSkipped
from dataflow.records import AnyEvent, OrderId, Skipped

MAX_AWAKE: Final = 512
"""Carts of one group that stay decoded between snapshots: what bounds the memory they take."""

_FORMAT: Final = 4


def key_group(user_id: str, groups: int) -> int:
    """Give the key group of a user: the same in every process and for ever."""
    return zlib.crc32(user_id.encode()) % groups


class EventBatch(NamedTuple):
    """Events of one chunk whose users belong to one key group."""

    group: int
    upload: str
    events: list[AnyEvent]


class _Head(msgspec.Struct, array_like=True, gc=False):
    """What every snapshot begins with, whatever its format."""

    format: int


class _Snapshot(_Head, array_like=True, gc=False):
    """A key group but for its base; ``deltas`` are the carts that changed since that, by epoch.

    ``base`` is the count of events after which the base was made, 0 where there is none.
    """

    group: int
    accepted: int
    figures: Figures
    totals: dict[str, tuple[int, int]]
    base: int
    deltas: list[bytes]


class Base(NamedTuple):
    """All carts of a key group, encoded, as they were after it had ``accepted`` so many events."""

    group: int
    accepted: int
    carts: bytes


_Order = tuple[str, OrderId, int, int]
"""An order of a tall cart: its user, its id, its status, and the version at which it joined."""

_encode = msgspec.msgpack.Encoder().encode
_decode_head = msgspec.msgpack.Decoder(_Head).decode
_decode = msgspec.msgpack.Decoder(_Snapshot).decode
_decode_carts = msgspec.msgpack.Decoder(dict[str, bytes]).decode


class KeyGroup:
    """The carts of one key group and its running totals; pure.

    ``totals`` maps an upload to ``(accepted, duplicates)``: what this group took of it so far.
    """

    def __init__(self, snapshot: bytes | None = None) -> None:
        self.group = -1  # told by the first batch
        self.accepted = 0
        self._figures: tuple[int, ...] = (0,) * 7
        self.totals: dict[str, tuple[int, int]] = {}
        self._at_rest: dict[str, bytes] = {}
        self._fresh: dict[str, bytes] = {}
        self._deltas: list[bytes] = []
        self._base = self._base_size = self._rewritten = 0
        self._awake: dict[str, Cart] = {}
        self._dirty: set[str] = set()
        self._tall: set[str] = set()
        if snapshot is not None:
            head = _decode_head(snapshot)
            if head.format != _FORMAT:
                raise ValueError(f"a snapshot of format {head.format!r}, not {_FORMAT}")
            state = _decode(snapshot)
            self.group, self.accepted = state.group, state.accepted
            self._figures = msgspec.structs.astuple(state.figures)
            self.totals, self._base, self._deltas = state.totals, state.base, state.deltas

    def restore(self, base: Base | None) -> None:
        """Take the carts of the snapshot in, before the first batch; refuses another's base."""
        _, accepted, carts = base or Base(self.group, 0, _encode({}))
        if accepted != self._base:
            raise ValueError(f"key group {self.group} is without its base {self._base}")
        self._base_size = len(carts)
        for part in (carts, *self._deltas):
            self._at_rest |= _decode_carts(part)

    def next_base(self) -> Base | None:
        """Give a new base where the next snapshot is to stand on one, before its first batch.

        That is when older deltas, written anew by every snapshot, have cost as much as it does.
        """
        if self._rewritten <= self._base_size:
            return None
        carts = _encode(self._at_rest)
        self._base, self._base_size = self.accepted, len(carts)
        self._rewritten, self._deltas = 0, []
        return Base(self.group, self.accepted, carts)

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
        touched: list[tuple[str, Cart]] = []
        completed: list[tuple[str, OrderId, int]] = []
        totals: dict[str, tuple[int, int]] = {}
        for _, upload, events in batches:
            duplicates = 0
            for user_id, order_id, is_payment in events:
                cart = self._awake.get(user_id) or self._wake(user_id)
                version = cart.version
                status = cart.payment(order_id) if is_payment else cart.order(order_id)
                if status is None:
                    duplicates += 1
                    continue
                if cart.told == version:
                    touched.append((user_id, cart))
                    carts += version == 0
                if status is UNPAID:
                    unpaid += 1
                    with_unpaid += cart.unpaid == 1
                elif status is PAID:
                    completed.append((user_id, order_id, version + 1))
                    paid += 1
                    with_paid += cart.paid == 1
                    if is_payment:
                        unpaid -= 1
                        with_unpaid -= not cart.unpaid
                    else:
                        waiting -= 1
                        with_waiting -= not cart.waiting
                else:
                    waiting += 1
                    with_waiting += cart.waiting == 1
            accepted, repeats = self.totals.get(upload, (0, 0))
            totals[upload] = self.totals[upload] = (accepted + len(events), repeats + duplicates)
            self.accepted += len(events)
        self._figures = carts, unpaid, paid, waiting, with_unpaid, with_paid, with_waiting
        summed = [(upload, *sums) for upload, sums in totals.items()]
        changed, orders = self._tell(touched)
        return CartsChanged(
            self.group, begin, self.accepted, self.figures, summed, changed, completed, orders
        )

    def _tell(self, touched: list[tuple[str, Cart]]) -> tuple[dict[str, bytes], list[_Order]]:
        """Encode the carts that have changed since they were told last; of tall ones, their orders.

        What the view is told is what the next snapshot holds, encoded once for both – but for tall
        carts, of which the view is told the end and the snapshot holds the whole.
        """
        carts: dict[str, bytes] = {}
        orders: list[_Order] = []
        tall: dict[str, bytes] = {}
        for user_id, cart in touched:
            told, cart.told = cart.told, cart.version
            if cart.version > NEWEST and cart.is_tall:
                since = told if user_id in self._tall else 0
                orders += [(user_id, *order) for order in cart.since(since)]
                tall[user_id] = encode_newest(cart)
            else:
                carts[user_id] = encode_cart(cart)
        self._fresh |= carts
        if tall or self._tall:
            self._tall = (self._tall - carts.keys()) | tall.keys()
            self._dirty = (self._dirty - carts.keys()) | tall.keys()
            carts |= tall
        return carts, orders

    def snapshot(self) -> bytes:
        """Encode what is newer than the base: plain MessagePack, with a number for its format."""
        for user_id in self._dirty:
            self._fresh[user_id] = encode_cart(self._awake[user_id])
        self._dirty.clear()
        self._at_rest |= self._fresh
        if len(self._awake) > MAX_AWAKE:
            self._awake.clear()
        if 2 * len(self._fresh) > len(self._at_rest):
            self._deltas = [_encode(self._at_rest)]
        elif self._fresh:
            self._rewritten += sum(map(len, self._deltas))
            self._deltas.append(_encode(self._fresh))
        self._fresh = {}
        return _encode(
            _Snapshot(
                _FORMAT,
                self.group,
                self.accepted,
                self.figures,
                self.totals,
                self._base,
                self._deltas,
            )
        )

    def _wake(self, user_id: str) -> Cart:
        at_rest = self._at_rest.get(user_id)
        cart = self._awake[user_id] = Cart() if at_rest is None else decode_cart(at_rest)
        if cart.version > NEWEST and cart.is_tall:
            self._tall.add(user_id)
        return cart


Bases = dict[int, Base]
"""The bases that this process restored, by key group, until the joiner takes them."""


class JoinLogic(StatefulBatchLogic[EventBatch, CartsChanged | Base, bytes]):
    """The engine's view of a key group: one message per batch, and now and then a base before."""

    def __init__(self, group: KeyGroup, bases: Bases) -> None:
        self._group = group
        self._bases = bases
        self._is_restored = False

    @override
    def on_batch(self, values: list[EventBatch]) -> tuple[Iterable[CartsChanged | Base], bool]:
        if not self._is_restored:
            self._group.restore(self._bases.pop(values[0].group, None))
            self._is_restored = True
        next_base = self._group.next_base()
        message = self._group.join(values)
        return (message,) if next_base is None else (next_base, message), self.RETAIN

    @override
    def snapshot(self) -> bytes:
        return self._group.snapshot()


class BaseLogic(StatefulBatchLogic[Base, NoReturn, tuple[int, int, bytes] | None]):
    """Keeps the newest base of a key group, and gives it back to the joiner at a start.

    The joiner and this step run in one process. The engine restores all state before it reads.
    """

    def __init__(self, snapshot: tuple[int, int, bytes] | None, bases: Bases) -> None:
        self._base = snapshot
        if snapshot is not None:
            base = Base(*snapshot)
            bases[base.group] = base

    @override
    def on_batch(self, values: list[Base]) -> tuple[Iterable[NoReturn], bool]:
        group, accepted, carts = values[-1]
        self._base = group, accepted, carts
        return (), self.RETAIN

    @override
    def snapshot(self) -> tuple[int, int, bytes] | None:
        return self._base


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
