"""The rules of a cart: what an order and a payment do to it. Pure, and blind to arrival order.

An order that was paid before it came waits as a payment; a repeat changes nothing. So any
permutation and any repetition of the same events ends in the same three sets. Fed by the joiner.
"""

from enum import IntEnum
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


UNPAID, PAID, WAITING = Status
"""By these names, because looking one up in the class costs as much as changing a cart."""

_UNPAID, _PAID, _WAITING = map(int, Status)
_STATUS: Final = 3


class Summary(msgspec.Struct, frozen=True, gc=False):
    """What a cart looks like from outside; the ids of each list in the order they joined it."""

    user_id: str
    version: int
    paid_order_ids: list[OrderId]
    unpaid_order_ids: list[OrderId]
    waiting_payment_ids: list[OrderId]


class Counts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What an encoded cart begins with: how often it has changed, and its orders by status."""

    version: int
    unpaid: int
    paid: int
    waiting: int


class Cart(msgspec.Struct, array_like=True, gc=False):
    """The orders of one user, each unpaid, paid or waiting, and how many are what.

    ``orders`` maps an id to the version of the cart at which it got its status, and the status in
    the last two bits; the latest stands last. ``1`` and ``"1"`` are two ids. ``version`` counts
    the changes; ``told`` is the last version that others have heard of, kept by who tells them.
    One map is a third of the memory that an event touches with one for each status.
    """

    version: int = 0
    unpaid: int = 0
    paid: int = 0
    waiting: int = 0
    orders: dict[OrderId, int] = {}
    told: int = 0

    def order(self, order_id: OrderId) -> Status | None:
        """Take an order in; returns what it became, or None for a repeat."""
        known = self.orders.get(order_id)
        if known is None:
            self.version = version = self.version + 1
            self.unpaid += 1
            self.orders[order_id] = version << 2 | _UNPAID
            return UNPAID
        if known & _STATUS != _WAITING:
            return None
        self.waiting -= 1
        return self._pay(order_id)

    def payment(self, order_id: OrderId) -> Status | None:
        """Take a payment in; returns what its order became, or None for a repeat."""
        known = self.orders.get(order_id)
        if known is None:
            self.version = version = self.version + 1
            self.waiting += 1
            self.orders[order_id] = version << 2 | _WAITING
            return WAITING
        if known & _STATUS != _UNPAID:
            return None
        self.unpaid -= 1
        return self._pay(order_id)

    def _pay(self, order_id: OrderId) -> Status:
        self.version = version = self.version + 1
        self.paid += 1
        del self.orders[order_id]  # to stand last
        self.orders[order_id] = version << 2 | _PAID
        return PAID

    @property
    def is_tall(self) -> bool:
        """Whether some list is longer than a summary of the newest ids shows."""
        return self.paid > NEWEST or self.unpaid > NEWEST or self.waiting > NEWEST

    def since(self, version: int) -> list[tuple[OrderId, Status, int]]:
        """Give the orders that changed after a version: id, status, version; the latest last."""
        changed = []
        for order_id, code in reversed(self.orders.items()):
            if code >> 2 <= version:
                break
            changed.append((order_id, Status(code & _STATUS), code >> 2))
        changed.reverse()
        return changed

    def summary(self, user_id: str) -> Summary:
        """Show the cart."""
        lists: tuple[list[OrderId], ...] = ([], [], [])
        for order_id, code in self.orders.items():
            lists[code & _STATUS].append(order_id)
        return Summary(user_id, self.version, lists[_PAID], lists[_UNPAID], lists[_WAITING])


_encode = msgspec.msgpack.Encoder().encode
_cart = msgspec.msgpack.Decoder(Cart)
_counts = msgspec.msgpack.Decoder(Counts)


def encode_cart(cart: Cart) -> bytes:
    """Encode a cart whole."""
    return _encode(cart)


def encode_newest(cart: Cart) -> bytes:
    """Encode a cart with its counts, but of each status only the ids that got it last."""
    wanted = [min(NEWEST, count) for count in (cart.unpaid, cart.paid, cart.waiting)]
    newest = []
    for order_id, code in reversed(cart.orders.items()):
        if wanted[code & _STATUS]:
            wanted[code & _STATUS] -= 1
            newest.append((order_id, code))
            if not any(wanted):
                break
    orders = dict(reversed(newest))
    return _encode(Cart(cart.version, cart.unpaid, cart.paid, cart.waiting, orders, cart.told))


def decode_cart(data: bytes) -> Cart:
    """Decode an encoded cart; raises ``msgspec.DecodeError`` for anything else."""
    return _cart.decode(data)


def count_cart(data: bytes) -> Counts:
    """Read how an encoded cart begins, and nothing behind that."""
    return _counts.decode(data)
