"""The rules of a cart."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.cart import (
    NEWEST,
    Cart,
    Counts,
    Status,
    Summary,
    count_cart,
    decode_cart,
    encode_cart,
    encode_newest,
)
from dataflow.records import Event, OrderId
from tests.kit.oracle import OracleCart
from tests.kit.streams import ORDER_IDS, claim, events

of_one_user = st.lists(events(users=("a",)), max_size=60)


def take(cart: Cart, event: Event) -> Status | None:
    return cart.payment(event.order_id) if event.is_payment else cart.order(event.order_id)


def cart_of(stream: list[Event]) -> Cart:
    cart = Cart()
    for event in stream:
        take(cart, event)
    return cart


def lists(cart: Cart) -> tuple[list[OrderId], list[OrderId], list[OrderId]]:
    summary = cart.summary("a")
    return summary.paid_order_ids, summary.unpaid_order_ids, summary.waiting_payment_ids


def one(status: Status, version: int) -> Cart:
    """Make a cart of one order, which got its status at the last change."""
    cart = Cart(version, orders={1: version << 2 | status})
    setattr(cart, status.name.lower(), 1)
    return cart


@pytest.mark.parametrize(
    ("before", "is_payment", "status", "after"),
    [
        (Cart(), False, Status.UNPAID, one(Status.UNPAID, 1)),
        (one(Status.WAITING, 1), False, Status.PAID, one(Status.PAID, 2)),
        (one(Status.UNPAID, 1), False, None, one(Status.UNPAID, 1)),
        (one(Status.PAID, 2), False, None, one(Status.PAID, 2)),
        (one(Status.UNPAID, 1), True, Status.PAID, one(Status.PAID, 2)),
        (Cart(), True, Status.WAITING, one(Status.WAITING, 1)),
        (one(Status.PAID, 2), True, None, one(Status.PAID, 2)),
        (one(Status.WAITING, 1), True, None, one(Status.WAITING, 1)),
    ],
)
def test_an_event_does_what_the_table_says(
    before: Cart, is_payment: bool, status: Status | None, after: Cart
) -> None:
    """Every row of the contract's table, and every state that a row stands for."""
    assert take(before, Event("a", 1, is_payment)) is status
    assert encode_cart(before) == encode_cart(after)


@claim
@given(st.data())
def test_arrival_order_and_repeats_do_not_matter(data: st.DataObject) -> None:
    """Any permutation and any repetition of the same events ends in the same three sets."""
    stream = data.draw(of_one_user)
    repeats = data.draw(st.lists(st.sampled_from(stream), max_size=20)) if stream else []
    other = data.draw(st.permutations(stream + repeats))
    expected, got = cart_of(stream), cart_of(other)
    assert [set(ids) for ids in lists(got)] == [set(ids) for ids in lists(expected)]


@claim
@given(of_one_user)
def test_lists_keep_the_order_of_joining_them(stream: list[Event]) -> None:
    """Paid ids stand as they became paid, unpaid as they came; the version counts changes."""
    cart, oracle = Cart(), OracleCart()
    for event in stream:
        changed = oracle.take("payment" if event.is_payment else "order", event.order_id)
        assert (take(cart, event) is not None) == changed
        expected = list(oracle.paid), list(oracle.unpaid), list(oracle.waiting)
        assert repr(lists(cart)) == repr(expected)
        assert cart.version == oracle.version
        assert [cart.paid, cart.unpaid, cart.waiting] == list(map(len, expected))
    since = cart.since(0)
    joined = [version for _, _, version in since]
    assert joined == sorted(set(joined)), "an id gets its status at a version of its own"
    for version in range(cart.version + 1):
        assert cart.since(version) == [each for each in since if each[2] > version]


@claim
@given(st.lists(events(users=("a",)), max_size=60))
def test_where_payments_follow_their_orders_it_is_the_tutorial_to_the_letter(
    drawn: list[Event],
) -> None:
    """With no early payment and no repeat, the lists are those of the tutorial's own code."""
    seen: set[tuple[OrderId, bool]] = set()
    unpaid: list[OrderId] = []
    paid: list[OrderId] = []
    cart = Cart()
    for event in drawn:
        order_id = event.order_id
        early = event.is_payment and (order_id, False) not in seen
        if early or (order_id, event.is_payment) in seen:
            continue
        seen.add((order_id, event.is_payment))
        take(cart, event)
        if not event.is_payment:
            unpaid.append(order_id)
        else:
            unpaid.remove(order_id)
            paid.append(order_id)
        assert lists(cart) == (paid, unpaid, [])


@claim
@given(of_one_user)
def test_a_cart_at_rest_is_the_same_cart(stream: list[Event]) -> None:
    """Encoding keeps every id with its type, the order of the lists, and the version."""
    cart = cart_of(stream)
    again = decode_cart(encode_cart(cart))
    assert repr(lists(again)) == repr(lists(cart))
    assert encode_cart(again) == encode_cart(cart)
    for event in stream:
        assert take(again, event) is take(cart, event)
    assert again.summary("a") == cart.summary("a")


def test_what_is_no_cart_is_refused() -> None:
    """A damaged snapshot is an error, never an empty cart."""
    with pytest.raises(msgspec.DecodeError):
        decode_cart(b"\x92\x01\x80")
    with pytest.raises(msgspec.DecodeError):
        count_cart(b"\x93\x01\x80\x80")


def test_a_summary_shows_the_newest_ids_in_their_order() -> None:
    """Of each list the latest to join, oldest first; the cart itself stays whole."""
    cart = Cart()
    for order_id in range(30):
        cart.order(order_id)
    cart.payment(3)
    cart.payment("early")
    newest = encode_newest(cart)
    assert decode_cart(newest).summary("a") == Summary("a", 32, [3], list(range(10, 30)), ["early"])
    assert count_cart(newest) == count_cart(encode_cart(cart)) == Counts(32, 29, 1, 1)
    assert len(cart.summary("a").unpaid_order_ids) == 29


@pytest.mark.parametrize("is_payment", [False, True])
def test_a_cart_is_tall_when_its_summary_cannot_hold_it(is_payment: bool) -> None:
    """Tall begins with the first id that a summary of the newest ids leaves out."""
    cart = Cart()
    for order_id in range(NEWEST):
        take(cart, Event("a", order_id, is_payment))
    assert not cart.is_tall
    take(cart, Event("a", NEWEST, is_payment))
    assert cart.is_tall


def test_an_id_keeps_its_type() -> None:
    """``1`` and ``"1"`` are two orders, and so is every other id of the tests."""
    cart = cart_of([Event("a", order_id, False) for order_id in ORDER_IDS])
    assert cart.unpaid == len(cart.orders) == len(ORDER_IDS)
