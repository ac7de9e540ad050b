"""Carts and completed orders, compared: what the records of each order make, and what is stored.

An order is known by its first order and its first payment, whichever came first: both make it
paid, one of them unpaid or waiting. From that follows all that a cart tells of itself. Pure.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from dataflow.records import OrderId
from web.proof.facts import ORDER, PAYMENT, ROW, UNPAID, WAITING, Copy, Fact, status_of
from web.proof.gone import GonePlaces
from web.proof.stored_cart import Head, State, StoredCart, UnreadableCartError, read_cart
from web.proof.verdict import Verdict, quoted

_USER: Final = itemgetter(0)
_ORDER_ID: Final = itemgetter(1)
_STATUS: Final = ("unpaid", "paid", "waiting", "of no known status")


def compare_carts(facts: Iterable[Fact], verdict: Verdict, gone: GonePlaces | None = None) -> None:
    """Compare carts whose facts are sorted, one order after the other: also tall ones.

    What ``gone`` records did cannot be told: an order that has one for a cause is passed over, and
    so is what its cart says of all of its orders together.
    """
    for user_id, of_user in groupby(facts, _USER):
        _CartComparison(user_id, verdict, gone or GonePlaces()).compare(of_user)


class _CartComparison:
    """One cart: what it should be grows with each of its orders."""

    def __init__(self, user_id: str, verdict: Verdict, gone: GonePlaces) -> None:
        self._user_id = user_id
        self._verdict = verdict
        self._gone = gone
        self._lacks_records = False
        self._cart: StoredCart | None = None
        self._is_there = False
        self._is_sound = True
        self._orders_differ = False
        self._place = 0
        self._counts = [0, 0, 0]
        self._oldest = [0, 0, 0]

    def compare(self, facts: Iterator[Fact]) -> None:
        for order_id, of_order in groupby(facts, _ORDER_ID):
            if order_id is None:
                self._take_cart(next(of_order))
            else:
                self._take_order(order_id, of_order)
        self._compare_rest()

    def _take_cart(self, fact: Fact) -> None:
        """Take the newest of the cart's copies."""
        _, _, _, _, data, copy = fact
        assert isinstance(data, bytes)
        self._is_there = True
        self._verdict.view.carts += 1
        self._is_sound = copy != Copy.MISFIT
        try:
            self._cart = read_cart(data)
        except UnreadableCartError as error:
            self._is_sound = False
            self._differ("cannot be read in the view", twice=1, why=str(error))

    def _take_order(self, order_id: OrderId, facts: Iterator[Fact]) -> None:
        ordered = paid = 0
        stored: State | None = None
        seqs: list[int] = []
        for _, _, kind, first, second, _ in facts:
            if kind == ORDER:
                ordered = ordered or first
            elif kind == PAYMENT:
                paid = paid or first
            elif kind == ROW:
                assert isinstance(second, int)
                stored = second & 3, first, second >> 2
            else:
                seqs.append(first)
        expected = self._expect(ordered, paid) if ordered or paid else None
        stored = self._stored(order_id, stored)
        if stored is not None and stored[0] <= WAITING:
            self._verdict.view.orders[stored[0]] += 1
        if self._gone.hold_any((*(stored or ())[1:], *seqs)):
            self._lacks_records = True
            self._verdict.view.completed += len(seqs)
            return
        if stored != expected:
            self._differ_in_order(order_id, expected, stored)
        self._compare_completed(order_id, max(ordered, paid) if ordered and paid else 0, seqs)

    def _expect(self, ordered: int, paid: int) -> State:
        status = status_of(ordered, paid)
        self._verdict.journal.orders[status] += 1
        self._counts[status] += 1
        self._place = max(self._place, ordered, paid)
        place = ordered or paid
        if not self._oldest[status] or place < self._oldest[status]:
            self._oldest[status] = place
        return status, ordered, paid

    def _stored(self, order_id: OrderId, row: State | None) -> State | None:
        """Give the order as the view has it: in its cart, or beside a cart that is not whole."""
        if self._cart is None:
            return None
        with_cart = self._cart.orders.pop(order_id, None)
        if self._cart.is_whole:
            return with_cart
        self._is_sound &= with_cart in (None, row)
        return row

    def _compare_completed(self, order_id: OrderId, expected: int, seqs: list[int]) -> None:
        verdict = self._verdict
        verdict.journal.completed += expected > 0
        verdict.view.completed += len(seqs)
        if seqs == ([expected] if expected else []):
            return
        is_there = expected in seqs
        right = f"stands there once, as seq {expected}," if expected else "is not there"
        got = ", ".join(map(str, seqs[:3])) + (" …" if len(seqs) > 3 else "")
        often = "once" if len(seqs) == 1 else f"{len(seqs)} times"
        found = f"{often}, as seq {got}" if seqs else "not there"
        verdict.differ(
            "completed",
            f"completed order {quoted(order_id)} of {quoted(self._user_id)}: {right} by the"
            f" journal, and is {found} in the view",
            lost=expected > 0 and not is_there,
            twice=len(seqs) - is_there,
        )

    def _compare_rest(self) -> None:
        """Compare what is left when all orders are through: the cart itself."""
        is_expected = self._place > 0
        self._verdict.journal.carts += is_expected
        if self._cart is not None and self._cart.is_whole:
            for order_id, stored in self._cart.orders.items():
                self._verdict.view.orders[stored[0]] += 1
                if self._gone.hold_any(stored[1:]):
                    self._lacks_records = True
                else:
                    self._differ_in_order(order_id, None, stored)
        elif self._cart is not None:
            self._is_sound &= not self._cart.orders
        if self._cart is None or self._orders_differ or self._lacks_records:
            return
        if not is_expected:
            self._differ("is not there by the journal, and is in the view", twice=1)
        elif self._cart.head != self._head():
            why = f"{_shown(self._head())} by the journal, {_shown(self._cart.head)} in the view"
            self._differ("is another one in the view", lost=1, twice=1, why=why)
        elif not self._is_sound:
            self._differ("is listed in the view as another one than it is", lost=1, twice=1)

    def _head(self) -> Head:
        unpaid, paid, waiting = self._counts
        oldest = self._oldest
        return Head(self._place, unpaid, paid, waiting, oldest[UNPAID], oldest[WAITING])

    def _differ_in_order(
        self, order_id: OrderId, expected: State | None, stored: State | None
    ) -> None:
        self._orders_differ = True
        self._verdict.differ(
            "order",
            f"order {quoted(order_id)} of {quoted(self._user_id)}: {_told(expected)} by the"
            f" journal, {_told(stored)} in the view",
            lost=expected is not None,
            twice=stored is not None,
        )

    def _differ(self, what: str, *, lost: int = 0, twice: int = 0, why: str = "") -> None:
        words = f"the cart of {quoted(self._user_id)} {what}" + (f": {why}" if why else "")
        self._verdict.differ("cart", words, lost=lost, twice=twice)


def _told(state: State | None) -> str:
    if state is None:
        return "not there"
    status, ordered, paid = state
    records = [f"ordered by record {ordered}"] * (ordered > 0)
    records += [f"paid by record {paid}"] * (paid > 0)
    return f"{_STATUS[status]} ({' and '.join(records) or 'no record'})"


def _shown(head: Head) -> str:
    return (
        f"version {head.version} of record {head.place} with {head.paid} paid, {head.unpaid} unpaid"
        f"{_since(head.oldest_unpaid)}, {head.waiting} waiting{_since(head.oldest_waiting)}"
    )


def _since(place: int) -> str:
    return f" since record {place}" if place else ""
