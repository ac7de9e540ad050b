"""The rules of a cart: what an order and a payment do to it. Pure, and blind to arrival order.

An order that was paid before it came waits as a payment; a repeat changes nothing. So any
permutation and any repetition of the same events ends in the same three sets. Fed by the joiner.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Final, NamedTuple

import msgspec

from dataflow.records import OrderId
from dataflow.runs import PAYMENT

NEWEST: Final = 20
"""How many ids of each list a summary in a list of carts shows (contract, section 5)."""


class Status(IntEnum):
    """Where an order stands in its cart."""

    UNPAID = 0
    PAID = 1
    WAITING = 2


UNPAID, PAID, WAITING = Status
"""By these names, because looking one up in the class costs as much as changing a cart."""

_STATUS: Final = 3
_FAR: Final = 3
"""Stands in a code for an order that was paid, and too far from its first record for the code."""

_DISTANCE: Final = 22
_PLACE: Final = 39
"""Bits of the distance between the two records of a paid order, and of a place, in its code."""


class Summary(msgspec.Struct, frozen=True, gc=False):
    """What a cart looks like from outside; the ids of each list in the order they joined it."""

    user_id: str
    version: int
    paid_order_ids: list[OrderId]
    unpaid_order_ids: list[OrderId]
    waiting_payment_ids: list[OrderId]


class Head(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What an encoded cart begins with: what lists of carts are ordered and filtered by.

    ``place`` is that of the record that changed it last, ``oldest_unpaid`` and ``oldest_waiting``
    are those since when such an id is open; 0 for none.
    """

    place: int
    unpaid: int
    paid: int
    waiting: int
    oldest_unpaid: int
    oldest_waiting: int

    @property
    def version(self) -> int:
        """How often the cart has changed."""
        return self.unpaid + self.waiting + 2 * self.paid

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

    ``orders`` maps an id to a code: of an open one that of its event, in which the bits of a
    payment are those of ``WAITING``; of a paid one the place of the record that paid it, how far
    before it the other one stands, and whether that was the payment. Where that is too far for 64
    bits, ``far`` has the other place. The latest to change stands last. ``1`` and ``"1"`` are two
    ids. One map of one number each is a third of the memory that an event touches with one for
    each status.

    An oldest place is 0 where there is no such id, and until ``find_oldest`` where that was paid.
    """

    place: int = 0
    unpaid: int = 0
    paid: int = 0
    waiting: int = 0
    oldest_unpaid: int = 0
    oldest_waiting: int = 0
    orders: dict[OrderId, int] = {}
    far: dict[OrderId, int] | None = None

    def take(self, order_id: OrderId, code: int) -> Status | None:
        """Take an event of this code in; returns what became of its order, or None for a repeat.

        Whole in one method: for a million events, each call of another one costs a fiftieth more.
        """
        orders = self.orders
        known = orders.get(order_id)
        if known is None:
            orders[order_id] = code
            self.place = place = code >> 2
            if code & PAYMENT:
                self.waiting = waiting = self.waiting + 1
                if waiting == 1:
                    self.oldest_waiting = place
                return WAITING
            self.unpaid = unpaid = self.unpaid + 1
            if unpaid == 1:
                self.oldest_unpaid = place
            return UNPAID
        if (known ^ code) & _STATUS != PAYMENT:  # not an open one and what it is open for
            return None
        place, first = code >> 2, known >> 2
        if code & PAYMENT:
            self.unpaid -= 1
            if first == self.oldest_unpaid:
                self.oldest_unpaid = 0
        else:
            self.waiting -= 1
            if first == self.oldest_waiting:
                self.oldest_waiting = 0
        self.place = place
        self.paid += 1
        del orders[order_id]  # to stand last
        distance = place - first
        if distance >> _DISTANCE or place >> _PLACE:
            orders[order_id] = place << 2 | _FAR
            self.far = {**(self.far or {}), order_id: first << 1 | (not code & PAYMENT)}
        else:
            orders[order_id] = (place << _DISTANCE | distance) << 3 | (not code & PAYMENT) << 2 | 1
        return PAID

    @property
    def version(self) -> int:
        """How often the cart has changed."""
        return self.unpaid + self.waiting + 2 * self.paid

    def find_oldest(self) -> None:
        """Find the oldest open ids again where they have been paid: they stand in their order."""
        if self.unpaid and not self.oldest_unpaid:
            self.oldest_unpaid = self._oldest(UNPAID)
        if self.waiting and not self.oldest_waiting:
            self.oldest_waiting = self._oldest(WAITING)

    def _oldest(self, status: Status) -> int:
        for code in self.orders.values():
            if code & _STATUS == status:
                return code >> 2
        raise AssertionError(f"a cart counts an order that is {status.name} and has none")

    @property
    def is_tall(self) -> bool:
        """Whether some list is longer than a summary of the newest ids shows."""
        return self.paid > NEWEST or self.unpaid > NEWEST or self.waiting > NEWEST

    def has(self, order_id: OrderId, status: Status) -> bool:
        """Whether an order is in this status."""
        code = self.orders.get(order_id)
        return code is not None and _status(code) == status

    def since(self, place: int = 0) -> list[Order]:
        """Give the orders that changed after a place, the latest last."""
        changed = []
        for order_id, code in reversed(self.orders.items()):
            order = self._order(order_id, code)
            if order.place <= place:
                break
            changed.append(order)
        changed.reverse()
        return changed

    def _order(self, order_id: OrderId, code: int) -> Order:
        status = code & _STATUS
        if status == UNPAID:
            return Order(order_id, UNPAID, code >> 2, 0)
        if status == WAITING:
            return Order(order_id, WAITING, 0, code >> 2)
        if status == _FAR:
            first = 0 if self.far is None else self.far[order_id]
            last, first, is_early = code >> 2, first >> 1, first & 1
        else:
            last, is_early = code >> _DISTANCE + 3, code >> 2 & 1
            first = last - (code >> 3 & (1 << _DISTANCE) - 1)
        return Order(order_id, PAID, *((last, first) if is_early else (first, last)))

    def summary(self, user_id: str) -> Summary:
        """Show the cart."""
        lists: tuple[list[OrderId], ...] = ([], [], [])
        for order_id, code in self.orders.items():
            lists[code & 1 or code & 2].append(order_id)
        unpaid, paid, waiting = lists
        return Summary(user_id, self.version, paid, unpaid, waiting)


def _status(code: int) -> int:
    return code & 1 or code & 2


_encode = msgspec.msgpack.Encoder().encode
_cart = msgspec.msgpack.Decoder(Cart)
_head = msgspec.msgpack.Decoder(Head)


encode_cart: Final[Callable[[Cart], bytes]] = _encode
"""Encode a cart whole."""

decode_cart: Final[Callable[[bytes], Cart]] = _cart.decode
"""Decode an encoded cart; raises ``msgspec.DecodeError`` for anything else."""


def encode_newest(cart: Cart) -> bytes:
    """Encode a cart with its head, but of each status only the ids that got it last."""
    wanted = [min(NEWEST, count) for count in (cart.unpaid, cart.paid, cart.waiting)]
    newest = []
    for order_id, code in reversed(cart.orders.items()):
        status = _status(code)
        if wanted[status]:
            wanted[status] -= 1
            newest.append((order_id, code))
            if not any(wanted):
                break
    orders = dict(reversed(newest))
    far = cart.far and {each: first for each, first in cart.far.items() if each in orders}
    return _encode(msgspec.structs.replace(cart, orders=orders, far=far))


def begin_at(place: int) -> bytes:
    """Give what no encoded cart is less than that changed last at a place or later.

    Their order as bytes is that of these places: numbers are encoded from their highest byte on,
    a longer one behind a greater first byte.
    """
    return _encode(Cart())[:1] + _encode(place)


def head_of(data: bytes) -> Head:
    """Read how an encoded cart begins, and nothing behind that."""
    return _head.decode(data)
