"""Addresses that are no text, or ask for what there is not: each is answered in words."""

import pytest

from tests.kit.running import Answer, Cartwatch
from tests.web.http.test_api import refused

PERSON = {"Accept": "text/html,application/xhtml+xml"}
NO_UTF_8 = ("%ff", "%c0%af", "%ed%a0%80", "%f8%80%80%80%af", "a%e2%82")
PLACES = (
    "/carts/{}",
    "/api/carts/{}",
    "/api/carts?search={}",
    "/?search={}",
    "/{}",
    "/api/uploads/{}",
)


def get(cartwatch: Cartwatch, path: str, **headers: str) -> Answer:
    return cartwatch.call("GET", path, headers=headers)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("part", NO_UTF_8)
def test_what_is_no_utf_8_names_nothing(cartwatch: Cartwatch, place: str, part: str) -> None:
    """400, for a program and for a person: never the cart of a replacement character."""
    path = place.format(part)
    assert refused(get(cartwatch, path), 400) == "bad_request"
    assert cartwatch.call("HEAD", path).status == 400
    page = cartwatch.call("GET", path, headers=PERSON)
    assert page.status == 400
    assert b"the address is no text" in page.body


@pytest.mark.parametrize(
    "part", ["100%", "%", "%zz", "%4", "%00", "%25", "a%0Ab", "%F0%9F%98%80", "%2E"]
)
def test_any_other_text_is_an_id(cartwatch: Cartwatch, part: str) -> None:
    """Also one whose percent sign stands for itself; whether there is a cart of it or not."""
    assert get(cartwatch, f"/carts/{part}").status == 200
    assert refused(get(cartwatch, f"/api/carts/nobody{part}"), 404) == "not_found"
    assert get(cartwatch, f"/api/carts?search={part}").status == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("filter=zzz", "filter is one of all, unpaid, paid, waiting"),
        ("sort=zzz", "sort is one of recent, user, unpaid"),
        ("cursor=bad", "no cursor of a list with this sort"),
        ("sort=user&cursor=WzFd", "no cursor of a list with this sort"),
        ("search=" + "x" * 300, "search is longer than 256 characters"),
        ("filter=%3Cscript%3E", "filter is one of all, unpaid, paid, waiting"),
    ],
)
def test_a_bad_value_in_the_dashboards_address_is_a_sentence_on_it(
    cartwatch: Cartwatch, query: str, words: str
) -> None:
    """The dashboard is there, as it is at first; the same asked of the API is refused so."""
    page = cartwatch.call("GET", f"/?{query}", headers=PERSON)
    assert page.status == 400
    html = page.body.decode()
    assert "There is no page here" not in html
    assert "<cart-list>" in html
    shown = html.split('role="alert"><p class="error-words">')[1].split("</p>")[0]
    assert words in shown
    assert "<script>" not in shown
    answer = get(cartwatch, f"/api/carts?{query}")
    assert refused(answer, 400) == "bad_request"
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "query", ["filter=", "sort=&cursor=", "search=", "limit=zzz", "other=1", "&&=&"]
)
def test_what_says_nothing_is_no_bad_value(cartwatch: Cartwatch, query: str) -> None:
    """As a form sends it whose fields are empty, or a link with more than is asked for."""
    html = cartwatch.call("GET", f"/?{query}", headers=PERSON)
    assert html.status == 200
    assert '<p class="error" role="alert">' not in html.body.decode()
    assert get(cartwatch, f"/carts/a?{query}").status == 200
