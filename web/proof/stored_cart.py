"""A cart as the view stores it, read by what its format says and nothing that wrote it. Pure."""

from typing import Final, NamedTuple

import msgspec

from dataflow.records import OrderId
from web.proof.facts import PAID, UNPAID, WAITING

MOST_WHOLE: Final = 20
"""A cart with more ids of one status than this is stored with the newest of them only."""

_DISTANCE: Final = 22
"""Bits of the distance between the two records of a paid order, in its code."""

_PAID_FAR: Final = 3
"""The status of a paid order whose records are too far apart for that."""

_Encoded = tuple[int, int, int, int, int, int, dict[int | str, int], dict[int | str, int] | None]
_decode = msgspec.msgpack.Decoder(_Encoded).decode


class Head(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a cart says of itself, before its orders: the oldest ids by their places, 0 for none."""

    place: int
    unpaid: int
    paid: int
    waiting: int
    oldest_unpaid: int
    oldest_waiting: int

    @property
    def version(self) -> int:
        """How often the cart has changed: once for an open order, twice for a paid one."""
        return self.unpaid + self.waiting + 2 * self.paid


_decode_head = msgspec.msgpack.Decoder(Head).decode

State = tuple[int, int, int]
"""Status of an order, and the places of its order and of its payment; 0 for none."""


class UnreadableCartError(Exception):
    """Bytes that are no cart."""


class StoredCart(NamedTuple):
    """The figures of a cart and the orders that are stored with it."""

    head: Head
    orders: dict[OrderId, State]

    @property
    def is_whole(self) -> bool:
        """Whether all of its orders are stored with it: else they are rows of their own."""
        return max(self.head.unpaid, self.head.paid, self.head.waiting) <= MOST_WHOLE


def read_head(data: bytes) -> Head:
    """Read how an encoded cart begins; raises ``UnreadableCartError`` for anything else."""
    try:
        return _decode_head(data)
    except msgspec.MsgspecError as error:
        raise UnreadableCartError(str(error)) from error


def read_cart(data: bytes) -> StoredCart:
    """Read an encoded cart; raises ``UnreadableCartError`` for anything else."""
    try:
        *head, codes, far = _decode(data)
        orders = {order_id: _state(order_id, code, far or {}) for order_id, code in codes.items()}
    except msgspec.MsgspecError as error:
        raise UnreadableCartError(str(error)) from error
    return StoredCart(Head(*head), orders)


def _state(order_id: OrderId, code: int, far: dict[OrderId, int]) -> State:
    """Read what a cart knows of an order."""
    status = code & 3
    if status == UNPAID:
        return UNPAID, code >> 2, 0
    if status == WAITING:
        return WAITING, 0, code >> 2
    if status == _PAID_FAR:
        if order_id not in far:
            raise UnreadableCartError(f"the paid order {order_id!r} lacks its first record")
        last, first, is_early = code >> 2, far[order_id] >> 1, far[order_id] & 1
    else:
        last, is_early = code >> _DISTANCE + 3, code >> 2 & 1
        first = last - (code >> 3) % (1 << _DISTANCE)
    return (PAID, last, first) if is_early else (PAID, first, last)
