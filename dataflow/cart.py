"""The rules of a cart: what an order and a payment do to it. Pure, and blind to arrival order.

An order that was paid before it came waits as a payment; a repeat changes nothing. So any
permutation and any repetition of the same events ends in the same three sets. Fed by the joiner.
"""

from enum import IntEnum
from itertools import islice
from typing import Final

import msgspec

from dataflow.records import OrderId

NEWEST: Final = 20
"""How many ids of each list a summary in a list of carts shows (contract, section 5)."""


class Status(IntEnum):
    """Where an order stands in its cart."""

    UNPAID = 0
    PAID = 1
    WAITING = 2


class Summary(msgspec.Struct, frozen=True, gc=False):
    """What a cart looks like from outside; the ids of each list in the order they joined it."""

    user_id: str
    version: int
    paid_order_ids: list[OrderId]
    unpaid_order_ids: list[OrderId]
    waiting_payment_ids: list[OrderId]


Lengths = tuple[int, int, int]
"""How many orders of a cart are unpaid, paid and waiting."""


class Counts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What an encoded cart begins with: how often it has changed, and what its lists hold."""

    version: int
    lengths: Lengths


class Cart(msgspec.Struct, array_like=True, gc=False):
    """The orders of one user, each in exactly one of three lists.

    Each list maps an order id to the version of the cart at which it joined the list, and keeps
    the order of joining. ``1`` and ``"1"`` are two ids. ``version`` counts the changes; ``told``
    is the last version that others have heard of, kept by who tells them. ``lengths`` are those
    of the lists when it was encoded last. It is made straight from its encoded form: what a
    translation would add is a third of what it costs to wake a cart.
    """

    version: int = 0
    lengths: Lengths = (0, 0, 0)
    unpaid: dict[OrderId, int] = {}
    paid: dict[OrderId, int] = {}
    waiting: dict[OrderId, int] = {}
    told: int = 0

    def order(self, order_id: OrderId) -> Status | None:
        """Take an order in; returns what it became, or None for a repeat."""
        if order_id in self.unpaid or order_id in self.paid:
            return None
        self.version += 1
        if order_id in self.waiting:
            del self.waiting[order_id]
            self.paid[order_id] = self.version
            return Status.PAID
        self.unpaid[order_id] = self.version
        return Status.UNPAID

    def payment(self, order_id: OrderId) -> Status | None:
        """Take a payment in; returns what its order became, or None for a repeat."""
        if order_id in self.unpaid:
            self.version += 1
            del self.unpaid[order_id]
            self.paid[order_id] = self.version
            return Status.PAID
        if order_id in self.paid or order_id in self.waiting:
            return None
        self.version += 1
        self.waiting[order_id] = self.version
        return Status.WAITING

    @property
    def is_tall(self) -> bool:
        """Whether some list is longer than a summary of the newest ids shows."""
        return len(self.paid) > NEWEST or len(self.unpaid) > NEWEST or len(self.waiting) > NEWEST

    def summary(self, user_id: str) -> Summary:
        """Show the cart."""
        return Summary(
            user_id, self.version, list(self.paid), list(self.unpaid), list(self.waiting)
        )


_encode = msgspec.msgpack.Encoder().encode
_cart = msgspec.msgpack.Decoder(Cart)
_counts = msgspec.msgpack.Decoder(Counts)


def encode_cart(cart: Cart) -> bytes:
    """Encode a cart; its lists keep their order."""
    cart.lengths = len(cart.unpaid), len(cart.paid), len(cart.waiting)
    return _encode(cart)


def encode_newest(cart: Cart) -> bytes:
    """Encode a cart with the ids that joined each list last, and the lengths of the whole lists."""
    lengths = len(cart.unpaid), len(cart.paid), len(cart.waiting)
    unpaid, paid, waiting = _newest(cart.unpaid), _newest(cart.paid), _newest(cart.waiting)
    return _encode(Cart(cart.version, lengths, unpaid, paid, waiting, cart.told))


def decode_cart(data: bytes) -> Cart:
    """Decode an encoded cart; raises ``msgspec.DecodeError`` for anything else."""
    return _cart.decode(data)


def count_cart(data: bytes) -> Counts:
    """Read how an encoded cart begins, and nothing behind that."""
    return _counts.decode(data)


def _newest(ids: dict[OrderId, int]) -> dict[OrderId, int]:
    if len(ids) <= NEWEST:
        return ids
    return dict(list(islice(reversed(ids.items()), NEWEST))[::-1])
