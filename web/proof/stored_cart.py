"""A cart as the view stores it, read by what its format says and nothing that wrote it. Pure."""

from typing import Final, NamedTuple

import msgspec

from dataflow.records import OrderId
from web.proof.facts import PAID, UNPAID, WAITING

MOST_WHOLE: Final = 20
"""A cart with more ids of one status than this is stored with the newest of them only."""

_Encoded = tuple[int, int, int, int, int, int, int, dict[int | str, int], list[int], int]
_decode = msgspec.msgpack.Decoder(_Encoded).decode


class Head(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a cart says of itself, before its orders: the oldest ids by their places, 0 for none."""

    version: int
    place: int
    unpaid: int
    paid: int
    waiting: int
    oldest_unpaid: int
    oldest_waiting: int


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
        *head, codes, firsts, _ = _decode(data)
        orders: dict[OrderId, State] = {}
        first_of_paid = iter(firsts)
        for order_id, code in codes.items():
            place, status = code >> 2, code & 3
            if status == UNPAID:
                orders[order_id] = UNPAID, place, 0
            elif status == WAITING:
                orders[order_id] = WAITING, 0, place
            elif status == PAID:
                first = next(first_of_paid)
                places = (place, first >> 1) if first & 1 else (first >> 1, place)
                orders[order_id] = PAID, *places
            else:
                raise UnreadableCartError(f"order {order_id!r} has the status {status}")
    except (msgspec.MsgspecError, StopIteration) as error:
        raise UnreadableCartError(str(error) or "paid orders lack their first records") from error
    return StoredCart(Head(*head), orders)
