"""The parameters of the API: one that nobody looks at is refused, never taken for heard."""

from __future__ import annotations

import json

import pytest

from tests.kit.running import Cartwatch, until


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/api/carts?bogus=1", "it takes search, filter, older, sort, limit, cursor"),
        ("/api/completed.csv?search=zoe", "it takes none"),
        ("/api/completed.jsonl?cursor=7", "it takes none"),
        ("/api/skipped.csv?limit=1", "it takes reason, source, upload, state, search"),
        ("/api/carts.jsonl?limit=1", "'limit' is no parameter of this call"),
        ("/api/stats?x=", "it takes none"),
        ("/api/skipped?source=", "source is empty"),
        ("/api/skipped.jsonl?upload=", "upload is empty"),
        ("/api/carts.jsonl?user=", "user is empty"),
        ("/api/carts.csv?user_id=a&sort=user", "user_id names one cart: sort cannot narrow"),
        ("/api/carts.csv?user=a&filter=paid&older=1", "filter, older cannot narrow"),
        ("/api/carts.csv?user=a&user_id=a", "user names one cart"),
        ("/api/carts?filter=unpaid&older=1e12", "over 0 and at most 10,000,000,000"),
        ("/api/carts?cursor=", "cursor is empty"),
        ("/api/skipped?cursor=", "cursor is empty"),
        ("/api/completed?cursor=", "cursor is empty"),
        ("/api/order", "order_id is the id of one order"),
        ("/api/order?order_id=", "order_id is empty"),
    ],
)
def test_what_a_call_does_not_know_or_says_nothing_is_refused(
    cartwatch: Cartwatch, address: str, words: str
) -> None:
    """400, naming what it knows; for HEAD, too."""
    answer = cartwatch.call("GET", address)
    assert (answer.status, answer.json()["error"]["code"]) == (400, "bad_request")
    assert words in answer.json()["error"]["message"]
    assert cartwatch.call("HEAD", address).status == 400


def test_one_cart_is_exported_by_either_name_of_its_user(cartwatch: Cartwatch) -> None:
    """Nobody's is 404, as the cart itself."""
    line = b'{"user_id": "one-cart", "type": "order", "order_id": ".."}'
    assert cartwatch.call("POST", "/api/events", line).status == 202
    until(lambda: cartwatch.call("GET", "/api/carts/one-cart").status == 200)
    for name in ("user", "user_id"):
        rows = cartwatch.call("GET", f"/api/carts.jsonl?{name}=one-cart").body.splitlines()
        assert [json.loads(row)["user_id"] for row in rows] == ["one-cart"]
        for form in ("jsonl", "csv"):
            assert cartwatch.call("GET", f"/api/carts.{form}?{name}=nobody").status == 404


def test_an_order_whose_id_clients_rewrite_is_found_by_a_parameter(cartwatch: Cartwatch) -> None:
    """As carts are."""
    line = b'{"user_id": "dots", "type": "order", "order_id": "."}'
    assert cartwatch.call("POST", "/api/events", line).status == 202
    until(lambda: cartwatch.call("GET", "/api/carts/dots").status == 200)
    found = cartwatch.get("/api/order?order_id=.")["items"]
    assert {"user_id": "dots", "order_id": ".", "status": "unpaid"} in found
    assert {each["order_id"] for each in found} == {"."}
