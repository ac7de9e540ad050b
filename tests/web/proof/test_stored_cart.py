"""A stored cart, read anew: the same orders that were written, or a refusal."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.cart import Cart, encode_cart, encode_newest
from dataflow.records import Event
from dataflow.runs import code_of
from tests.kit.streams import events
from web.proof.stored_cart import MOST_WHOLE, UnreadableCartError, read_cart, read_head

CART = (9, 0, 1, 0, 0, 0, {"x": 9 << 2 | 3}, {"x": 5 << 1})


def cart_of(some: list[Event]) -> Cart:
    cart = Cart()
    for place, event in enumerate(some, 1):
        cart.take(event.order_id, code_of(place, is_payment=event.is_payment))
    cart.find_oldest()
    return cart


@given(st.lists(events(("a",))))
def test_a_whole_cart_is_read_as_it_was_written(some: list[Event]) -> None:
    """Its figures, and of every order the status and the two records that it is known by."""
    cart = cart_of(some)
    stored = read_cart(encode_cart(cart))
    assert stored.is_whole
    assert stored.orders == {
        each.order_id: (each.status, each.ordered, each.paid) for each in cart.since()
    }
    assert msgspec.structs.asdict(stored.head).items() <= msgspec.structs.asdict(cart).items()


def test_a_tall_cart_is_read_with_its_newest_orders() -> None:
    """It says by its figures that there are others."""
    some = [Event("a", number // 2, bool(number % 2)) for number in range(4 * MOST_WHOLE)]
    stored = read_cart(encode_newest(cart_of(some)))
    assert not stored.is_whole
    assert stored.orders == {
        number: (1, 2 * number + 1, 2 * number + 2) for number in range(MOST_WHOLE, 2 * MOST_WHOLE)
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc0",
        msgspec.msgpack.encode(CART[:-1]),
        msgspec.msgpack.encode((*CART[:7], None)),
        msgspec.msgpack.encode((*CART[:7], {"y": 5 << 1})),
        msgspec.msgpack.encode((*CART[:6], {1.5: 9 << 2}, None)),
    ],
)
def test_what_is_no_cart_is_refused(data: bytes) -> None:
    """Too short, of another kind, with an id that is none, paid without a first record."""
    with pytest.raises(UnreadableCartError):
        read_cart(data)


@pytest.mark.parametrize("distance", [1, 2**22 - 1, 2**22, 2**40])
@pytest.mark.parametrize("is_early", [False, True])
def test_both_places_are_read_however_far_apart_they_are(distance: int, is_early: bool) -> None:
    """In the code of the order, or beside it."""
    cart = Cart()
    for place, is_payment in ((7, is_early), (7 + distance, not is_early)):
        cart.take("x", code_of(place, is_payment=is_payment))
    places = (7 + distance, 7) if is_early else (7, 7 + distance)
    assert read_cart(encode_cart(cart)).orders == {"x": (1, *places)}


def test_the_head_of_a_cart_is_read_alone() -> None:
    """Whatever stands behind it."""
    cart = cart_of([Event("a", 1, False)])
    assert read_head(encode_cart(cart)) == read_cart(encode_cart(cart)).head
    with pytest.raises(UnreadableCartError):
        read_head(b"")
