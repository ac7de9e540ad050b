"""web/http/pages/: one cart and the fulfilment feed, as the server renders them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.kit.running import Answer, Cartwatch

PERSON = {"Accept": "text/html"}
MANY = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server with a cart of many orders, each of which is paid at once."""
    with Cartwatch(tmp_path_factory.mktemp("pages") / "data") as server:
        records = [
            json.dumps({"user_id": "tall", "type": kind, "order_id": n})
            for n in range(MANY)
            for kind in ("order", "payment")
        ]
        server.upload_in(server.upload("\n".join(records).encode()), "done")
        yield server


def ids(page: Answer, hook: str) -> list[str]:
    assert page.status == 200, page
    body = page.body.decode().partition("<template")[0]
    return re.findall(rf'{hook}="([^"]+)"', body)


def links(page: Answer, name: str) -> str:
    found = re.search(rf'<a[^>]* data-page="{name}"[^>]*>', page.body.decode())
    assert found is not None
    assert "aria-disabled" not in found[0]
    href = re.search(r'href="([^"]+)"', found[0])
    assert href is not None
    return href[1].replace("&amp;", "&")


def test_orders_are_paged_to_and_fro_without_script(server: Cartwatch) -> None:
    """Forward to the last one, and back over the same pages to the first."""
    path, seen = "/carts/tall?show=paid", []
    for place in range(3):
        page = server.call("GET", path, headers=PERSON)
        seen.append(ids(page, "data-order"))
        if place < 2:
            path = links(page, "next")
    assert [int(order) for orders in seen for order in orders] == [*range(MANY - 1, -1, -1)]
    for orders in (seen[1], seen[0]):
        page = server.call("GET", links(page, "back"), headers=PERSON)
        assert ids(page, "data-order") == orders


def test_the_feed_begins_at_its_newest_page(server: Cartwatch) -> None:
    """From there back to the oldest, and forward from that; nothing is left out."""
    feed = [str(item["seq"]) for item in server.get("/api/completed?limit=500")["items"]]
    page = server.call("GET", "/completed", headers=PERSON)
    seen = ids(page, "data-completed")
    assert seen == feed[-50:]
    for end in (-50, -100):
        page = server.call("GET", links(page, "back"), headers=PERSON)
        some = ids(page, "data-completed")
        assert some == (feed[end - 50 : end] if end == -50 else feed[:50])
    oldest = server.call("GET", "/completed?cursor=0", headers=PERSON)
    follow = server.call("GET", links(oldest, "next"), headers=PERSON)
    both = ids(oldest, "data-completed") + ids(follow, "data-completed")
    assert both == feed[:100]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/carts/tall?show=some", "show is one of"),
        ("/carts/tall?sort=best", "sort is one of"),
        ("/carts/tall?cursor=x", "is no cursor of this list"),
        ("/completed?cursor=-1", "is no cursor of this list"),
    ],
)
def test_what_an_address_cannot_mean_is_said_on_the_page(
    server: Cartwatch, path: str, words: str
) -> None:
    """Status 400, and what would be there without it."""
    page = server.call("GET", path, headers=PERSON)
    assert page.status == 400
    assert words in page.body.decode()
    assert "<tr" in page.body.decode()


def test_a_user_without_a_cart_has_a_page(server: Cartwatch) -> None:
    """Which says so: the cart may come."""
    page = server.call("GET", "/carts/nobody", headers=PERSON)
    assert page.status == 200
    assert "No cart of that user yet" in page.body.decode()
    assert "data-cart=" not in page.body.decode()


def test_the_answer_of_orders_says_where_its_page_stands(server: Cartwatch) -> None:
    """Of which version of the cart it is, which number its first order has, what comes before."""
    first = server.get("/api/carts/tall/orders")
    assert (first["version"], first["first"], first["back"]) == (2 * MANY, 1, None)
    second = server.get(f"/api/carts/tall/orders?cursor={first['next']}")
    assert (second["first"], second["back"]) == (51, None)
    third = server.get(f"/api/carts/tall/orders?cursor={second['next']}")
    assert (third["first"], third["back"]) == (101, first["next"])
    last = server.get("/api/carts/tall/orders?sort=changed&limit=2")["items"]
    assert [item["order_id"] for item in last] == [MANY - 1, MANY - 2]


def test_a_cart_beside_the_list_is_there_without_script(server: Cartwatch) -> None:
    """Its counts and its orders, and what it leads to; of a user without a cart it says so."""
    page = server.call("GET", "/?cart=tall", headers=PERSON)
    panel = page.body.decode().partition('<cart-panel class="beside"')[2].partition("</cart-panel>")
    assert "hidden" not in panel[0].partition(">")[0]
    assert re.findall(r'data-order="([^"]+)"', panel[0].partition("<template")[0])[0] == "119"
    assert 'href="/carts/tall?show=paid"' in panel[0]
    assert "styles/cart.css" in page.body.decode()
    nobody = server.call("GET", "/?cart=nobody", headers=PERSON).body.decode()
    assert '<cart-detail class="one" data-user="nobody"' in nobody
    assert "<cart-detail" not in server.call("GET", "/", headers=PERSON).body.decode()
