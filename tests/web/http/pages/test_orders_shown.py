"""web/http/pages/orders_shown.py: which orders a page shows, and the addresses beside them."""

from __future__ import annotations

import pytest

from dataflow.cart import Status
from web.errors import APIError
from web.http.pages.orders_shown import OrdersShown, read_orders_shown


def test_what_is_the_default_is_left_out_of_the_address() -> None:
    """And a change of anything but the page begins at the first page."""
    shown = OrdersShown("a/b", show="paid", search="7 ", cursor="9")
    assert shown.path() == "/carts/a%2Fb?show=paid&search=7+&cursor=9"
    assert shown.path(show="all") == "/carts/a%2Fb?search=7+"
    assert shown.path(sort="oldest") == "/carts/a%2Fb?show=paid&search=7+&sort=oldest"
    assert shown.path(cursor=None) == "/carts/a%2Fb?show=paid&search=7+"
    assert OrdersShown("a").path() == "/carts/a"


def test_ids_that_browsers_rewrite_stand_in_the_query() -> None:
    """`.` and `..` are users, too."""
    shown = OrdersShown("..", show="open")
    assert shown.path() == "/cart?user_id=..&show=open"
    assert shown.place == "/cart"
    assert shown.export("csv") == "/api/cart/orders.csv?user_id=..&status=unpaid&sort=newest"
    assert shown.export("json") == "/api/cart?user_id=.."


def test_an_address_is_read_back() -> None:
    """With what is empty as if it were absent."""
    params = {"show": "waiting", "sort": "oldest", "search": "", "cursor": "12"}
    asked = read_orders_shown("a", params).asked()
    assert (asked.status, asked.is_newest_first, asked.after) == (Status.WAITING, False, 12)
    assert read_orders_shown("a", {}) == OrdersShown("a")


@pytest.mark.parametrize(
    ("name", "value"), [("show", "unpaid"), ("sort", "changed"), ("cursor", "x")]
)
def test_what_means_nothing_is_refused(name: str, value: str) -> None:
    """In a sentence."""
    with pytest.raises(APIError) as refused:
        read_orders_shown("a", {name: value})
    assert refused.value.status == 400
    assert value in refused.value.message
