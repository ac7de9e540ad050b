"""The rules of a cart: what an order and a payment do to it. Pure, and blind to arrival order.

An order that was paid before it came waits as a payment; a repeat changes nothing. So any
permutation and any repetition of the same events ends in the same three sets. Fed by the joiner.
"""

from enum import IntEnum
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


class Head(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What an encoded cart begins with: what lists of carts are ordered and filtered by.

    ``version`` counts its changes, ``place`` is that of the record that changed it last, and
    ``oldest_unpaid`` and ``oldest_waiting`` are those since when such an id is open; 0 for none.
    """

    version: int
    place: int
    unpaid: int
    paid: int
    waiting: int
    oldest_unpaid: int
    oldest_waiting: int

    @property
    def is_tall(self) -> bool:
        """Whether some list is longer than a summary of the newest ids shows."""
        return max(self.unpaid, self.paid, self.waiting) > NEWEST


class Order(NamedTuple):
    """An order of a cart: the places of the two records that it is known by; 0 for none yet."""

    order_id: OrderId
    status: Status
    ordered: int
    paid: int

    @property
    def place(self) -> int:
        """The place at which it got its status."""
        return max(self.ordered, self.paid)


class Cart(msgspec.Struct, array_like=True, gc=False):
    """The orders of one user, each unpaid, paid or waiting, and how many are what.

    ``orders`` maps an id to the place of the record that gave it its status, and the status in the
    last two bits; the latest stands last. ``1`` and ``"1"`` are two ids. ``firsts`` holds of each
    paid one, in the same order, the place of the record that came first, and in the last bit
    whether that was the payment. ``told`` is the last place that others have heard of, kept by who
    tells them. One map is a third of the memory that an event touches with one for each status.

    An oldest place is 0 where there is no such id, and until ``find_oldest`` where that was paid.
    """

    version: int = 0
    place: int = 0
    unpaid: int = 0
    paid: int = 0
    waiting: int = 0
    oldest_unpaid: int = 0
    oldest_waiting: int = 0
    orders: dict[OrderId, int] = {}
    firsts: list[int] = []
    told: int = 0

    def order(self, order_id: OrderId, place: int) -> Status | None:
        """Take an order in; returns what it became, or None for a repeat."""
        known = self.orders.get(order_id)
        if known is None:
            self.version += 1
            self.place = place
            self.unpaid += 1
            if self.unpaid == 1:
                self.oldest_unpaid = place
            self.orders[order_id] = place << 2 | _UNPAID
            return UNPAID
        if known & _STATUS != _WAITING:
            return None
        self.waiting -= 1
        if known >> 2 == self.oldest_waiting:
            self.oldest_waiting = 0
        return self._pay(order_id, place, known >> 1 | 1)

    def payment(self, order_id: OrderId, place: int) -> Status | None:
        """Take a payment in; returns what its order became, or None for a repeat."""
        known = self.orders.get(order_id)
        if known is None:
            self.version += 1
            self.place = place
            self.waiting += 1
            if self.waiting == 1:
                self.oldest_waiting = place
            self.orders[order_id] = place << 2 | _WAITING
            return WAITING
        if known & _STATUS != _UNPAID:
            return None
        self.unpaid -= 1
        if known >> 2 == self.oldest_unpaid:
            self.oldest_unpaid = 0
        return self._pay(order_id, place, known >> 1)

    def _pay(self, order_id: OrderId, place: int, first: int) -> Status:
        self.version += 1
        self.place = place
        self.paid += 1
        del self.orders[order_id]  # to stand last
        self.orders[order_id] = place << 2 | _PAID
        self.firsts.append(first)
        return PAID

    def find_oldest(self) -> None:
        """Find the oldest open ids again where they have been paid: they stand in their order."""
        if self.unpaid and not self.oldest_unpaid:
            self.oldest_unpaid = self._oldest(_UNPAID)
        if self.waiting and not self.oldest_waiting:
            self.oldest_waiting = self._oldest(_WAITING)

    def _oldest(self, status: int) -> int:
        return next(code for code in self.orders.values() if code & _STATUS == status) >> 2

    @property
    def is_tall(self) -> bool:
        """Whether some list is longer than a summary of the newest ids shows."""
        return self.paid > NEWEST or self.unpaid > NEWEST or self.waiting > NEWEST

    def has(self, order_id: OrderId, status: Status) -> bool:
        """Whether an order is in this status."""
        code = self.orders.get(order_id)
        return code is not None and code & _STATUS == status

    def since(self, place: int = 0) -> list[Order]:
        """Give the orders that changed after a place, the latest last."""
        changed = []
        firsts = reversed(self.firsts)
        for order_id, code in reversed(self.orders.items()):
            at = code >> 2
            if at <= place:
                break
            status = Status(code & _STATUS)
            if status is PAID:
                first = next(firsts)
                places = (at, first >> 1) if first & 1 else (first >> 1, at)
            else:
                places = (at, 0) if status is UNPAID else (0, at)
            changed.append(Order(order_id, status, *places))
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
_head = msgspec.msgpack.Decoder(Head)


def encode_cart(cart: Cart) -> bytes:
    """Encode a cart whole."""
    return _encode(cart)


def encode_newest(cart: Cart) -> bytes:
    """Encode a cart with its head, but of each status only the ids that got it last."""
    wanted = [min(NEWEST, count) for count in (cart.unpaid, cart.paid, cart.waiting)]
    firsts = cart.firsts[-NEWEST:]
    newest = []
    for order_id, code in reversed(cart.orders.items()):
        if wanted[code & _STATUS]:
            wanted[code & _STATUS] -= 1
            newest.append((order_id, code))
            if not any(wanted):
                break
    orders = dict(reversed(newest))
    return _encode(msgspec.structs.replace(cart, orders=orders, firsts=firsts))


def decode_cart(data: bytes) -> Cart:
    """Decode an encoded cart; raises ``msgspec.DecodeError`` for anything else."""
    return _cart.decode(data)


def head_of(data: bytes) -> Head:
    """Read how an encoded cart begins, and nothing behind that."""
    return _head.decode(data)
