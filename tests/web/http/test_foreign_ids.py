"""web/http/addresses.py, and all that an id goes through in the real program: it stays itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit.naughty import NAUGHTY, USER_IDS
from tests.kit.running import Cartwatch, until

PERSON = {"Accept": "text/html"}
MALFORMED = ("%ff", "%c0%af", "%E0%A4%A", "%ed%a0%80", "a%80")


def round_trip(cartwatch: Cartwatch, ids: Sequence[str]) -> None:
    """Order something for each user, and find each under its very id, everywhere."""
    records = [{"user_id": id_, "type": "order", "order_id": id_} for id_ in ids]
    answer = cartwatch.call("POST", "/api/events", "\n".join(map(json.dumps, records)))
    assert answer.status == 202
    cartwatch.settled()
    exported = {
        cart["user_id"]: cart
        for cart in map(
            json.loads, cartwatch.call("GET", "/api/carts.jsonl").body.split(b"\n")[:-1]
        )
    }
    for id_ in ids:
        encoded = quote(id_, safe="")
        assert exported[id_]["unpaid_order_ids"] == [id_]
        by_path = cartwatch.get(f"/api/carts/{encoded}")
        assert by_path["user_id"] == id_
        assert by_path["unpaid_order_ids"] == [id_]
        assert cartwatch.get(f"/api/cart?user_id={encoded}") == by_path
        found = cartwatch.get(f"/api/carts?search={encoded}&sort=user&limit=1")
        assert found["items"][0]["user_id"] == id_
        own = cartwatch.call("GET", f"/api/carts.jsonl?user={encoded}").body.split(b"\n")[:-1]
        assert [json.loads(line)["user_id"] for line in own] == [id_]


def test_every_naughty_id_has_a_cart_of_its_own(cartwatch: Cartwatch) -> None:
    """By its path, by the query, by a search and in the export; none answers for another."""
    round_trip(cartwatch, NAUGHTY)


@settings(max_examples=5)
@given(ids=st.lists(USER_IDS, min_size=10, max_size=30, unique=True))
def test_every_string_has_a_cart_of_its_own(cartwatch: Cartwatch, ids: list[str]) -> None:
    """As the naughty ones have."""
    round_trip(cartwatch, ids)


def test_a_line_feed_at_the_end_of_an_address_is_not_passed_over(cartwatch: Cartwatch) -> None:
    """`a` and `a` with a line feed are two users, and no other address ends in one."""
    cartwatch.call("POST", "/api/events", '{"user_id": "plain", "type": "order", "order_id": 1}')
    cartwatch.settled()
    assert cartwatch.call("GET", "/api/carts/plain").status == 200
    for path in ("/api/carts/plain%0A", "/api/carts%0A", "/livez%0A", "/%0A", "/cart%0A"):
        assert cartwatch.call("GET", path).status == 404
    assert cartwatch.call("POST", "/api/flow/restart%0A").status == 404


def test_a_slash_separates_and_an_encoded_one_belongs_to_the_id(cartwatch: Cartwatch) -> None:
    """So that what stands behind an id is never taken for a part of it."""
    event = '{"user_id": "slashed/orders", "type": "order", "order_id": 1}'
    cartwatch.call("POST", "/api/events", event)
    cartwatch.settled()
    assert cartwatch.get("/api/carts/slashed%2Forders")["user_id"] == "slashed/orders"
    separated = ("/api/carts/slashed/orders", "/carts/slashed/orders", "/carts/slashed/")
    for path in (*separated, "/api/carts/", "/carts/"):
        assert cartwatch.call("GET", path).status == 404


@pytest.mark.parametrize("segment", MALFORMED)
def test_an_address_that_is_not_utf_8_is_no_id(cartwatch: Cartwatch, segment: str) -> None:
    """In words, for a person on a page; no cart of another user is shown for it."""
    answer = cartwatch.call("GET", f"/carts/{segment}", headers=PERSON)
    assert answer.status == 400
    assert b"<main" in answer.body
    assert b"the address is no text" in answer.body
    assert cartwatch.call("GET", f"/api/carts/{segment}").status == 400
    assert cartwatch.call("GET", f"/api/cart?user_id={segment}").status == 400


@pytest.mark.parametrize("query", ["", "?user_id=", "?user=a", "?user_id=a&user_id=b"])
def test_a_cart_is_asked_for_by_one_id(cartwatch: Cartwatch, query: str) -> None:
    """None, an empty one and two are refused in words, on the page too."""
    assert cartwatch.call("GET", f"/api/cart{query}").json()["error"]["code"] == "bad_request"
    answer = cartwatch.call("GET", f"/cart{query}", headers=PERSON)
    assert answer.status == 400
    assert b"This page cannot be shown" in answer.body


@pytest.mark.parametrize("query", ["filter=zzz", "sort=zzz", "cursor=bad", f"search={'x' * 257}"])
def test_an_unknown_value_in_an_address_is_a_sentence_on_the_page(
    cartwatch: Cartwatch, query: str
) -> None:
    """Above the carts as they are without it, which are there all the same."""
    answer = cartwatch.call("GET", f"/?{query}", headers=PERSON)
    assert answer.status == 400
    assert b"<cart-list>" in answer.body
    refusal = cartwatch.call("GET", f"/api/carts?{query}").json()["error"]["message"]
    assert refusal.encode().replace(b"'", b"&#39;") in answer.body
    assert b"There is no page here" not in answer.body


def test_a_method_that_a_cart_does_not_have_is_named_so(cartwatch: Cartwatch) -> None:
    """A cart is read only: 405 with what is allowed, and `HEAD` as `GET`."""
    answer = cartwatch.call("DELETE", "/api/carts/a")
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]
    until(lambda: cartwatch.call("GET", "/readyz").status == 200)
    assert cartwatch.call("HEAD", "/api/cart?user_id=nobody-here").status == 404
