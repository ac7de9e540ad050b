"""The orders of carts, by pages and by their numbers: of small carts and of tall ones alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from itertools import product, repeat
from pathlib import Path
from typing import Any

import pytest

from dataflow.cart import Cart, Status, encode_cart
from dataflow.records import Event, OrderId
from dataflow.runs import code_of
from tests.kit.entries import chunk, placed
from tests.kit.streams import ORDER_IDS, line_of
from tests.kit.view_rows import PlayedFlow, catch_up
from web.view.cart_row import CartRow, row_of
from web.view.order_search import MOST, OrdersFound
from web.view.orders_asked import OrdersAsked
from web.view.reader import ViewReader
from web.view.view import View

USERS = ("small", "tall", "once tall", "ü/x")
MANY = 60


def stream() -> Iterator[Event]:
    """Give orders of every status to each user, to one of them many."""
    for user in USERS:
        for number, order_id in enumerate(ORDER_IDS):
            yield Event(user, order_id, number % 3 == 1)
            if number % 3 == 2:
                yield Event(user, order_id, True)
    for order in range(100, 100 + MANY):
        yield Event("tall", order, order % 2 == 0)
    for order in range(100, 130):
        yield Event("tall", f"{order}", True)
    for order in range(1000, 1021):
        yield Event("once tall", order, False)
    for order in range(1000, 1012):
        yield Event("once tall", order, True)


CHUNKS = [b"".join(map(line_of, [*stream()][at::2])) for at in range(2)]


@pytest.fixture(scope="module", params=["in the table", "in the log"])
def view(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[View, ViewReader]]:
    """A view whose carts are in the table or not, and a reader of it; nobody writes to it."""
    path = tmp_path_factory.mktemp("orders") / "view.db"
    first = chunk(1, None, "api", 1, CHUNKS[0])
    entries = placed([first, chunk(2, None, "api", first.lines + 1, CHUNKS[1])])
    with closing(View(path)) as view:
        view.commit(PlayedFlow(entries).run(3, repeat(9)))
        if request.param == "in the table":
            catch_up(view.carts)
        with closing(ViewReader(path)) as reader:
            yield view, reader


def row(view: View, user_id: str) -> CartRow | None:
    return view.carts.get(user_id)


@cache
def everything() -> dict[str, dict[tuple[type, OrderId], tuple[str, int, int]]]:
    """Give of each user and order its status and places, told by the stream alone."""
    places: dict[str, dict[tuple[type, OrderId], dict[bool, int]]] = {}
    for at, event in enumerate([*[*stream()][0::2], *[*stream()][1::2]], 1):
        known = places.setdefault(event.user_id, {}).setdefault(
            (type(event.order_id), event.order_id), {}
        )
        known.setdefault(event.is_payment, at)
    return {
        user: {
            (kind, order_id): (
                "paid" if len(known) == 2 else "waiting" if True in known else "unpaid",
                known.get(False, 0),
                known.get(True, 0),
            )
            for (kind, order_id), known in of_user.items()
        }
        for user, of_user in places.items()
    }


@pytest.mark.parametrize("user_id", USERS)
@pytest.mark.parametrize("status", [None, *Status])
def test_pages_visit_each_order_once_by_its_age(
    view: tuple[View, ViewReader], user_id: str, status: Status | None
) -> None:
    """With the records that ordered and paid it, whatever the page is narrowed to."""
    for search, is_newest_first in product(("", "1", "10", "-", "é", "nothing"), (True, False)):
        visit_each(view, user_id, OrdersAsked(4, status, is_newest_first, search))


def visit_each(view: tuple[View, ViewReader], user_id: str, first: OrdersAsked) -> None:
    """Turn all the pages from the first one on, and hold them to what the stream alone tells."""
    expected = sorted(
        (
            (ordered or paid, order_id, state, ordered, paid)
            for (_, order_id), (state, ordered, paid) in everything()[user_id].items()
            if first.status is None or state == first.status.name.lower()
            if str(order_id).startswith(first.search)
        ),
        key=lambda each: each[0],
        reverse=first.is_newest_first,
    )
    asked, items = first, list[dict[str, Any]]()
    while True:
        page = view[1].orders(user_id, row(view[0], user_id), asked)
        assert page is not None
        assert page.total == len(expected), first
        assert len(page.rows) <= 4, first
        items += [json.loads(each.json) for each in page.rows]
        if page.next is None:
            break
        asked = asked._replace(after=int(page.next))
    got = [
        (item["order_id"], item["status"], line_at(item["order"]), line_at(item["payment"]))
        for item in items
    ]
    assert repr(got) == repr([each[1:] for each in expected]), first
    for item in items:
        assert (item["ordered_at"] is None) == (item["order"] is None), first
        assert (item["paid_at"] is None) == (item["payment"] is None), first


@pytest.mark.parametrize("user_id", USERS)
@pytest.mark.parametrize("asked", [OrdersAsked(4), OrdersAsked(4, is_newest_first=False)])
def test_a_page_knows_where_it_stands_and_which_is_before_it(
    view: tuple[View, ViewReader], user_id: str, asked: OrdersAsked
) -> None:
    """The number of its first order, and the cursor by which one is led back; of one version."""
    cursors: list[str | None] = [None]
    first = 1
    states = [state for state, *_ in everything()[user_id].values()]
    while True:
        page = view[1].orders(user_id, row(view[0], user_id), asked)
        assert page is not None
        assert page.version == len(states) + states.count("paid")
        assert page.first == first
        assert page.back == (cursors[-2] if len(cursors) > 2 else None)
        if page.next is None:
            break
        first += len(page.rows)
        cursors.append(page.next)
        asked = asked._replace(after=int(page.next))


@pytest.mark.parametrize("user_id", USERS)
def test_orders_come_by_their_last_change(view: tuple[View, ViewReader], user_id: str) -> None:
    """The one that changed last first; the cursor leads to those that changed before."""
    places = {
        (kind, order_id): max(ordered, paid)
        for (kind, order_id), (_, ordered, paid) in everything()[user_id].items()
    }
    expected = sorted(places, key=lambda each: -places[each])
    asked, got = OrdersAsked(4, by_change=True), []
    while True:
        page = view[1].orders(user_id, row(view[0], user_id), asked)
        assert page is not None
        ids = [json.loads(each.json)["order_id"] for each in page.rows]
        got += [(type(order_id), order_id) for order_id in ids]
        if page.next is None:
            break
        asked = asked._replace(after=int(page.next))
    assert got == expected


def line_at(cause: dict[str, Any] | None) -> int:
    """Give the line of a record, which is its place, as there is one source."""
    if cause is None:
        return 0
    assert (cause["upload"], cause["source"]) == (None, "api")
    return int(cause["line"])


def test_of_nobody_there_is_no_page(view: tuple[View, ViewReader]) -> None:
    """An absent cart is not an empty one."""
    assert view[1].orders("nobody", None, OrdersAsked(5)) is None


@pytest.mark.parametrize(
    "text", [*sorted({str(each) for each in ORDER_IDS}), "100", "129", "1000", "1020"]
)
def test_an_order_is_found_by_its_text_in_every_cart_that_has_it(
    view: tuple[View, ViewReader], text: str
) -> None:
    """Number or string, in a small cart or a tall one, unpaid, paid or waiting."""
    found = view[1].with_order(text, view[0].carts.unmoved())
    expected = {
        (user, repr(order_id), status)
        for user, orders in everything().items()
        for (_, order_id), (status, _, _) in orders.items()
        if str(order_id) == text
    }
    assert {(each.user_id, repr(each.order_id), each.status) for each in found.items} == expected
    assert len(found.items) == len(expected)
    assert not found.more


@pytest.mark.parametrize("text", ["01", "+1", "1.0", "", "nothing", "x" * 300, "9" * 30])
def test_what_is_no_id_of_any_order_is_found_nowhere(
    view: tuple[View, ViewReader], text: str
) -> None:
    """Nothing is bent to something that there is."""
    assert view[1].with_order(text, view[0].carts.unmoved()) == OrdersFound([], False)


def test_of_very_many_carts_the_first_are_told(tmp_path: Path) -> None:
    """And that there are more."""
    data = b"".join(line_of(Event(f"user-{n}", 7, False)) for n in range(MOST + 1))
    with closing(View(tmp_path / "view.db")) as view:
        view.commit(PlayedFlow([chunk(1, None, "api", 1, data)]).run(2, repeat(9)))
        with closing(ViewReader(tmp_path / "view.db")) as reader:
            found = reader.with_order("7", view.carts.unmoved())
    assert len(found.items) == len({each.user_id for each in found.items}) == MOST
    assert found.more


@pytest.mark.parametrize("place", [1, 31, 32, 63, 64, 16_383, 16_384, 2**30])
@pytest.mark.parametrize("kind", ["order", "payment", "both", "late"])
def test_an_order_of_a_short_number_is_found_wherever_its_record_stands(
    place: int, kind: str, tmp_path: Path
) -> None:
    """Its code may be of any length; in carts that have it by chance alone it is not found."""
    cart = Cart()
    for is_payment in {"order": [False], "payment": [True]}.get(kind, [False, True]):
        far = 2**22 if kind == "late" and is_payment else is_payment
        assert cart.take(5, code_of(place + far, is_payment=is_payment)) is not None
    cart.find_oldest()
    row = row_of("a", (encode_cart(cart), 1, 0))
    with closing(View(tmp_path / "view.db")) as view:
        view.carts._db.execute("INSERT INTO carts VALUES (?,?,?,?,?,?,?,?,?,?)", row)
        with closing(ViewReader(tmp_path / "view.db")) as reader:
            for unmoved in ({}, {"a": (row.cart, 1, 0)}):
                assert [each.user_id for each in reader.with_order("5", unmoved).items] == ["a"]
                assert reader.with_order("6", unmoved).items == []
