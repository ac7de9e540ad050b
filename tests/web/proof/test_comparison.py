"""Carts, compared with their records: all that is right passes, and all that is not is named."""

from __future__ import annotations

from itertools import chain

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.cart import Cart, encode_cart, encode_newest
from dataflow.records import Event, OrderId
from dataflow.runs import code_of
from tests.kit.oracle import Oracle
from tests.kit.streams import events
from web.proof.comparison import compare_carts
from web.proof.facts import CART, COMPLETED, ORDER, PAYMENT, ROW, Copy, Fact
from web.proof.verdict import Verdict

PLAIN = [Event("a", 1, False), Event("a", 2, True), Event("a", 1, True), Event("a", 3, False)]
TALL = [Event("a", number, False) for number in range(30)]


def carts_of(some: list[Event]) -> tuple[dict[str, Cart], list[Fact]]:
    """Make the carts of events by the flow's rules, and what the feed holds of them."""
    carts: dict[str, Cart] = {}
    completed: list[Fact] = []
    for place, (user_id, order_id, is_payment) in enumerate(some, 1):
        cart = carts.setdefault(user_id, Cart())
        status = cart.take(order_id, code_of(place, is_payment=is_payment))
        if status == 1:
            completed.append((user_id, order_id, COMPLETED, place, None, 0))
        cart.find_oldest()
    return carts, completed


def records_of(some: list[Event]) -> list[Fact]:
    return [
        (user_id, order_id, PAYMENT if is_payment else ORDER, place, None, 0)
        for place, (user_id, order_id, is_payment) in enumerate(some, 1)
    ]


def stored(user_id: str, cart: Cart, changed: int = 1, copy: int = Copy.LOGGED) -> list[Fact]:
    """Store a cart as the view does."""
    data = encode_newest(cart) if cart.is_tall else encode_cart(cart)
    facts: list[Fact] = [(user_id, None, CART, -changed, data, copy)]
    return facts + [
        (user_id, each.order_id, ROW, each.ordered, each.paid << 2 | each.status, 0)
        for each in cart.since()
        if cart.is_tall
    ]


def judged(*facts: list[Fact]) -> Verdict:
    """Compare facts in any order: they are sorted as the spool does it."""

    def place_of(fact: Fact) -> tuple[object, ...]:
        user_id, order_id, kind, first, _, last = fact
        rank = (order_id is not None) + isinstance(order_id, str)
        return (user_id.encode(), rank, order_id if rank else 0, kind, first, last)

    verdict = Verdict()
    compare_carts(sorted(chain(*facts), key=place_of), verdict)
    return verdict


@given(st.lists(events()))
def test_what_the_flow_makes_of_any_records_is_what_the_records_say(some: list[Event]) -> None:
    """The rules of the flow, applied event by event, and those of the proof come to the same.

    And so does an oracle, to the last figure.
    """
    carts, completed = carts_of(some)
    verdict = judged(
        records_of(some), completed, *(stored(user_id, cart) for user_id, cart in carts.items())
    )
    assert (verdict.lost, verdict.twice, verdict.examples) == (0, 0, [])
    oracle = Oracle()
    for user_id, order_id, is_payment in some:
        oracle._take(user_id, "payment" if is_payment else "order", order_id)
    sets = [cart.sets() for cart in oracle.carts.values()]
    expected = (
        len(sets),
        *(sum(len(each[number]) for each in sets) for number in (1, 0, 2)),
        0,
        len(oracle.completed),
    )
    for side in (verdict.journal, verdict.view):
        assert msgspec.structs.astuple(side.figures()) == expected


def test_an_older_copy_of_a_cart_does_not_count() -> None:
    """The one that changed last does, and of two of the same the one in the table."""
    older, _ = carts_of(PLAIN[:2])
    newest, completed = carts_of(PLAIN)
    facts = stored("a", older["a"], 1, Copy.MISFIT) + stored("a", newest["a"], 2, Copy.FITTING)
    facts += stored("a", newest["a"], 2)
    verdict = judged(records_of(PLAIN), completed, facts)
    assert (verdict.lost, verdict.twice, verdict.view.carts) == (0, 0, 1)


@pytest.mark.parametrize("some", [PLAIN, TALL], ids=["whole", "tall"])
def test_an_order_that_was_taken_out_is_lost(some: list[Event]) -> None:
    """It is named, and its cart's figures, which are not those of its orders, do not count again.

    Whatever was done to them.
    """
    carts, completed = carts_of(some)
    cart = carts["a"]
    right = stored("a", cart)
    without_row = [each for each in right if each[1] != 3]
    del cart.orders[3]
    for facts in (stored("a", cart), without_row if cart.is_tall else stored("a", cart)):
        verdict = judged(records_of(some), completed, facts)
        place = some.index(Event("a", 3, False)) + 1
        assert (verdict.lost, verdict.twice) == (1, 0)
        assert verdict.examples == [
            f'order 3 of "a": unpaid (ordered by record {place}) by the journal,'
            " not there in the view"
        ]


@pytest.mark.parametrize("code", [9 << 2, 4 << 2 | 2])
def test_an_order_with_another_record_or_status_is_lost_and_too_much(code: int) -> None:
    """It is the right one that the view lacks, and a wrong one that it has."""
    carts, completed = carts_of(PLAIN)
    carts["a"].orders[3] = code
    verdict = judged(records_of(PLAIN), completed, stored("a", carts["a"]))
    assert (verdict.lost, verdict.twice) == (1, 1)


def test_an_order_that_nobody_ordered_is_too_much() -> None:
    """In a whole cart, in the rows of a tall one, and a cart of its own."""
    carts, completed = carts_of(PLAIN)
    carts["a"].orders["3"] = 4 << 2
    assert judged(records_of(PLAIN), completed, stored("a", carts["a"])).twice == 1
    carts, _ = carts_of(TALL)
    rows = [*stored("a", carts["a"]), ("a", "3", ROW, 3, 0, 0)]
    assert judged(records_of(TALL), rows).examples == [
        'order "3" of "a": not there by the journal, unpaid (ordered by record 3) in the view'
    ]
    verdict = judged(stored("b", carts_of([Event("b", 1, False)])[0]["b"]))
    assert (verdict.lost, verdict.twice, verdict.view.carts) == (0, 1, 1)
    verdict = judged(stored("b", Cart()))
    assert (verdict.lost, verdict.twice) == (0, 1)
    assert verdict.examples == ['the cart of "b" is not there by the journal, and is in the view']


def test_rows_of_a_cart_that_is_tall_no_more_do_not_count() -> None:
    """They are left behind, and nobody reads them."""
    carts, completed = carts_of(PLAIN)
    facts = [*stored("a", carts["a"]), *[("a", number, ROW, 1, 2 << 2, 0) for number in range(9)]]
    verdict = judged(records_of(PLAIN), completed, facts)
    assert (verdict.lost, verdict.twice) == (0, 0)


@pytest.mark.parametrize("seqs", [(), (3, 3), (2,), (3, 2)])
def test_a_completed_order_stands_there_once_with_its_seq(seqs: tuple[int, ...]) -> None:
    """Lost where the right one is not there; too much is each that is not the right one."""
    carts, _ = carts_of(PLAIN)
    feed: list[Fact] = [("a", 1, COMPLETED, seq, None, 0) for seq in seqs]
    verdict = judged(records_of(PLAIN), feed, stored("a", carts["a"]))
    assert verdict.lost == (3 not in seqs)
    assert verdict.twice == len(seqs) - (3 in seqs)
    (words,) = verdict.examples
    assert words.startswith('completed order 1 of "a": stands there once, as seq 3, by the journal')
    assert (verdict.journal.completed, verdict.view.completed) == (1, len(seqs))


@pytest.mark.parametrize("order_id", [2, 9])
def test_a_completed_order_that_was_never_paid_is_too_much(order_id: OrderId) -> None:
    """Be it waiting or unknown."""
    carts, completed = carts_of(PLAIN)
    feed = [*completed, ("a", order_id, COMPLETED, 2, None, 0)]
    verdict = judged(records_of(PLAIN), feed, stored("a", carts["a"]))
    assert (verdict.lost, verdict.twice) == (0, 1)


@pytest.mark.parametrize(
    "field", ["place", "unpaid", "paid", "waiting", "oldest_unpaid", "oldest_waiting"]
)
def test_a_cart_whose_figures_are_not_those_of_its_orders_is_named(field: str) -> None:
    """Each of its figures."""
    carts, completed = carts_of(PLAIN)
    setattr(carts["a"], field, 7)
    verdict = judged(records_of(PLAIN), completed, stored("a", carts["a"]))
    assert (verdict.lost, verdict.twice) == (1, 1)
    assert verdict.examples[0].startswith('the cart of "a" is another one in the view')


def test_a_cart_that_is_listed_as_another_is_named() -> None:
    """By the columns of its row, or by the newest orders of a tall one."""
    carts, completed = carts_of(PLAIN)
    facts = stored("a", carts["a"], copy=Copy.MISFIT)
    assert "is listed in the view" in judged(records_of(PLAIN), completed, facts).examples[0]
    carts, _ = carts_of(TALL)
    _, *rows = stored("a", carts["a"])
    carts["a"].orders[29] = 1 << 2
    listed, *_ = stored("a", carts["a"])
    verdict = judged(records_of(TALL), [listed, *rows])
    assert (verdict.lost, verdict.twice) == (1, 1)
    assert "is listed in the view" in verdict.examples[0]


def test_a_cart_that_cannot_be_read_is_named_and_its_orders_are_lost() -> None:
    """The proof goes on."""
    _, completed = carts_of(PLAIN)
    verdict = judged(records_of(PLAIN), completed, [("a", None, CART, -1, b"\xc1", Copy.LOGGED)])
    assert (verdict.lost, verdict.twice) == (3, 1)
    assert 'the cart of "a" cannot be read' in verdict.examples[0]


def test_of_many_differences_a_few_of_each_kind_are_told() -> None:
    """At most twenty in all, none of them crowded out by another kind."""
    some = [Event("a", number, kind) for number in range(50) for kind in (False, True)]
    verdict = judged(records_of(some))
    assert (verdict.lost, verdict.twice) == (100, 0)
    kinds = [words.split()[0] for words in verdict.examples]
    assert kinds == ["order"] * 4 + ["completed"] * 4
