"""The rules of a cart: what an order and a payment do to it. Pure, and blind to arrival order.

An order that was paid before it came waits as a payment; a repeat changes nothing. So any
permutation and any repetition of the same events ends in the same three sets. Fed by the joiner.
"""

from enum import IntEnum
from itertools import islice
from typing import Final, NamedTuple

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


class Cart:
    """The orders of one user, each in exactly one of three lists.

    Each list maps an order id to the version of the cart at which it joined the list, and keeps
    the order of joining. ``1`` and ``"1"`` are two ids. ``version`` counts the changes; ``told``
    is the last version that others have heard of, kept by who tells them.
    """

    __slots__ = ("paid", "told", "unpaid", "version", "waiting")

    def __init__(
        self,
        version: int = 0,
        paid: dict[OrderId, int] | None = None,
        unpaid: dict[OrderId, int] | None = None,
        waiting: dict[OrderId, int] | None = None,
    ) -> None:
        self.version = self.told = version
        self.paid: dict[OrderId, int] = {} if paid is None else paid
        self.unpaid: dict[OrderId, int] = {} if unpaid is None else unpaid
        self.waiting: dict[OrderId, int] = {} if waiting is None else waiting

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


class Counts(NamedTuple):
    """How often a cart has changed, and how many ids each of its lists holds."""

    version: int
    unpaid: int
    paid: int
    waiting: int


class _AtRest(msgspec.Struct, array_like=True, gc=False):
    """A cart as it lies in a snapshot and in the view: plain, and versioned by who holds it.

    ``lengths`` are those of the whole lists (unpaid, paid, waiting) where these are cut.
    """

    version: int
    paid: dict[OrderId, int]
    unpaid: dict[OrderId, int]
    waiting: dict[OrderId, int]
    lengths: tuple[int, int, int] | None = None


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(_AtRest)


def encode_cart(cart: Cart) -> bytes:
    """Encode a cart; its lists keep their order."""
    return _encode((cart.version, cart.paid, cart.unpaid, cart.waiting))


def encode_newest(cart: Cart) -> bytes:
    """Encode a cart with the ids that joined each list last, and the lengths of the lists."""
    return _encode(
        (
            cart.version,
            _newest(cart.paid),
            _newest(cart.unpaid),
            _newest(cart.waiting),
            (len(cart.unpaid), len(cart.paid), len(cart.waiting)),
        )
    )


def decode_cart(data: bytes) -> Cart:
    """Decode an encoded cart; raises ``msgspec.DecodeError`` for anything else."""
    cart = _decoder.decode(data)
    return Cart(cart.version, cart.paid, cart.unpaid, cart.waiting)


def count_cart(data: bytes) -> Counts:
    """Count what an encoded cart holds, or held before it was cut to the newest ids."""
    cart = _decoder.decode(data)
    lengths = cart.lengths or (len(cart.unpaid), len(cart.paid), len(cart.waiting))
    return Counts(cart.version, *lengths)


def _newest(ids: dict[OrderId, int]) -> dict[OrderId, int]:
    if len(ids) <= NEWEST:
        return ids
    return dict(list(islice(reversed(ids.items()), NEWEST))[::-1])
