"""The rules of a cart."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.cart import (
    NEWEST,
    Cart,
    Head,
    Order,
    Status,
    Summary,
    begin_at,
    decode_cart,
    encode_cart,
    encode_newest,
    head_of,
)
from dataflow.records import Event, OrderId
from dataflow.runs import code_of
from tests.kit.oracle import OracleCart
from tests.kit.streams import ORDER_IDS, events

of_one_user = st.lists(events(users=("a",)), max_size=60)


def take(cart: Cart, event: Event, place: int) -> Status | None:
    return cart.take(event.order_id, code_of(place, is_payment=event.is_payment))


def cart_of(stream: list[Event]) -> Cart:
    cart = Cart()
    for place, event in enumerate(stream, 1):
        take(cart, event, place)
    return cart


def lists(cart: Cart) -> tuple[list[OrderId], list[OrderId], list[OrderId]]:
    summary = cart.summary("a")
    return summary.paid_order_ids, summary.unpaid_order_ids, summary.waiting_payment_ids


def paid(first: int, last: int, is_early: bool = False) -> Cart:
    """Make a cart of one order, whose two records have these places."""
    code = (last << 22 | last - first) << 3 | is_early << 2 | 1
    return Cart(last, 0, 1, 0, 0, 0, {1: code})


UNPAID = Cart(5, 1, 0, 0, 5, 0, {1: 5 << 2})
WAITING = Cart(5, 0, 0, 1, 0, 5, {1: 5 << 2 | 2})
PAID = paid(5, 7)
PAID_EARLY = paid(5, 7, is_early=True)


@pytest.mark.parametrize(
    ("before", "is_payment", "place", "status", "after"),
    [
        (Cart(), False, 5, Status.UNPAID, UNPAID),
        (WAITING, False, 7, Status.PAID, PAID_EARLY),
        (UNPAID, False, 7, None, UNPAID),
        (PAID, False, 9, None, PAID),
        (UNPAID, True, 7, Status.PAID, PAID),
        (Cart(), True, 5, Status.WAITING, WAITING),
        (PAID_EARLY, True, 9, None, PAID_EARLY),
        (WAITING, True, 7, None, WAITING),
    ],
)
def test_an_event_does_what_the_table_says(
    before: Cart, is_payment: bool, place: int, status: Status | None, after: Cart
) -> None:
    """Every row of the contract's table, and every state that a row stands for."""
    cart = decode_cart(encode_cart(before))
    assert take(cart, Event("a", 1, is_payment), place) is status
    assert encode_cart(cart) == encode_cart(after)


@given(st.data())
def test_arrival_order_and_repeats_do_not_matter(data: st.DataObject) -> None:
    """Any permutation and any repetition of the same events ends in the same three sets."""
    stream = data.draw(of_one_user)
    repeats = data.draw(st.lists(st.sampled_from(stream), max_size=20)) if stream else []
    other = data.draw(st.permutations(stream + repeats))
    expected, got = cart_of(stream), cart_of(other)
    assert [set(ids) for ids in lists(got)] == [set(ids) for ids in lists(expected)]


@given(of_one_user)
def test_lists_keep_the_order_of_joining_them(stream: list[Event]) -> None:
    """Paid ids stand as they became paid, unpaid as they came; the version counts changes.

    And each order knows the two records that it is known by, the cart since when ids are open.
    """
    cart, oracle = Cart(), OracleCart()
    for place, event in enumerate(stream, 1):
        kind = "payment" if event.is_payment else "order"
        changed = oracle.take(kind, event.order_id, place)
        assert (take(cart, event, place) is not None) == changed
        expected = list(oracle.paid), list(oracle.unpaid), list(oracle.waiting)
        assert repr(lists(cart)) == repr(expected)
        assert cart.version == oracle.version
        assert [cart.paid, cart.unpaid, cart.waiting] == list(map(len, expected))
        assert cart.place == oracle.place
        cart.find_oldest()
        assert (cart.oldest_unpaid, cart.oldest_waiting) == oracle.oldest()
    since = cart.since()
    joined = [order.place for order in since]
    assert joined == sorted(set(joined)), "an id gets its status at a place of its own"
    for place in range(len(stream) + 1):
        assert cart.since(place) == [order for order in since if order.place > place]
    causes = {repr(order.order_id): (order.ordered, order.paid) for order in since}
    assert causes == {repr(each): places for each, places in oracle.causes().items()}
    assert all(cart.has(order.order_id, order.status) for order in since)
    assert not cart.has("nobody's", Status.PAID)


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
        take(cart, event, len(seen))
        if not event.is_payment:
            unpaid.append(order_id)
        else:
            unpaid.remove(order_id)
            paid.append(order_id)
        assert lists(cart) == (paid, unpaid, [])


@given(of_one_user)
def test_a_cart_at_rest_is_the_same_cart(stream: list[Event]) -> None:
    """Encoding keeps every id with its type, the order of the lists, and the version."""
    cart = cart_of(stream)
    again = decode_cart(encode_cart(cart))
    assert repr(lists(again)) == repr(lists(cart))
    assert encode_cart(again) == encode_cart(cart)
    for place, event in enumerate(stream, len(stream) + 1):
        assert take(again, event, place) is take(cart, event, place)
    assert again.summary("a") == cart.summary("a")


@pytest.mark.parametrize("first", [1, 2**22 - 1, 2**22, 2**39 - 1, 2**39, 2**61])
@pytest.mark.parametrize("distance", [1, 2**22 - 1, 2**22, 2**40])
@pytest.mark.parametrize("is_early", [False, True])
def test_the_places_of_an_order_are_kept_however_far_apart(
    first: int, distance: int, is_early: bool
) -> None:
    """In a number of 64 bits as far as they fit, and beside it where they do not."""
    cart = Cart()
    take(cart, Event("a", 1, is_early), first)
    take(cart, Event("a", 2, is_early), first + 1)
    take(cart, Event("a", 1, not is_early), first + distance + 1)
    at_rest = decode_cart(encode_cart(cart))
    places = (first, first + distance + 1)
    ordered, paid_at = places[::-1] if is_early else places
    for each in (cart, at_rest, decode_cart(encode_newest(cart))):
        assert each.since()[-1] == Order(1, Status.PAID, ordered, paid_at)
        assert each.has(1, Status.PAID)
        assert each.place == first + distance + 1
        assert take(each, Event("a", 1, is_early), first + distance + 2) is None
        assert take(each, Event("a", 1, not is_early), first + distance + 3) is None


def test_what_is_no_cart_is_refused() -> None:
    """A damaged snapshot is an error, never an empty cart."""
    with pytest.raises(msgspec.DecodeError):
        decode_cart(b"\x92\x01\x80")
    with pytest.raises(msgspec.DecodeError):
        head_of(b"\x93\x01\x80\x80")


def test_a_summary_shows_the_newest_ids_in_their_order() -> None:
    """Of each list the latest to join, oldest first; the cart itself stays whole."""
    cart = Cart()
    for order_id in range(30):
        cart.take(order_id, code_of(order_id + 1, is_payment=False))
    cart.take(3, code_of(50, is_payment=True))
    cart.take("early", code_of(51, is_payment=True))
    newest = encode_newest(cart)
    assert decode_cart(newest).summary("a") == Summary("a", 32, [3], list(range(10, 30)), ["early"])
    assert head_of(newest) == head_of(encode_cart(cart)) == Head(51, 29, 1, 1, 1, 51)
    assert head_of(newest).is_tall
    assert head_of(newest).version == 32
    assert decode_cart(newest).since(49) == [
        Order(3, Status.PAID, 4, 50),
        Order("early", Status.WAITING, 0, 51),
    ]
    assert len(cart.summary("a").unpaid_order_ids) == 29


@pytest.mark.parametrize("is_payment", [False, True])
def test_a_cart_is_tall_when_its_summary_cannot_hold_it(is_payment: bool) -> None:
    """Tall begins with the first id that a summary of the newest ids leaves out."""
    cart = Cart()
    for order_id in range(NEWEST):
        take(cart, Event("a", order_id, is_payment), order_id + 1)
    assert not cart.is_tall
    assert not head_of(encode_cart(cart)).is_tall
    take(cart, Event("a", NEWEST, is_payment), NEWEST + 1)
    assert cart.is_tall
    assert head_of(encode_cart(cart)).is_tall


def test_an_id_keeps_its_type() -> None:
    """``1`` and ``"1"`` are two orders, and so is every other id of the tests."""
    cart = cart_of([Event("a", order_id, False) for order_id in ORDER_IDS])
    assert cart.unpaid == len(cart.orders) == len(ORDER_IDS)


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_encoded_carts_stand_in_the_order_of_the_records_that_changed_them_last(
    one: int, other: int
) -> None:
    """As bytes, so that the newest are found without decoding any."""
    first, second = encode_cart(Cart(one, 1)), encode_cart(Cart(other, 1))
    assert (first < second) == (one < other or (one == other and first < second))
    assert (first >= begin_at(other)) == (one >= other)
