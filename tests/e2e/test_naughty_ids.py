"""Users with odd ids in the real program: each has a row, a link and a page of its own."""

from __future__ import annotations

import json
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.kit.naughty import NAUGHTY
from tests.kit.running import Cartwatch

FIRST_IS = "id => document.querySelector('[data-cart]')?.dataset.cart === id"
"""Once the script has painted: HTML itself holds no NUL."""

CLICKED = (" ", "\u200b", ".", "..", "%2e", "a\n", "a\r", "\0", "a/../b", "a/", "100%", "\\", "#")
ROWS = """() => [...document.querySelectorAll("[data-cart]")].map((row) => {
  const chips = [...row.querySelectorAll("[data-order]")];
  return [row.dataset.cart, chips.map((chip) => chip.dataset.order)];
})"""


def post(cartwatch: Cartwatch, kind: str) -> None:
    """Order something for each, or pay it."""
    records = [json.dumps({"user_id": id_, "type": kind, "order_id": id_}) for id_ in NAUGHTY]
    assert cartwatch.call("POST", "/api/events", "\n".join(records)).status == 202
    cartwatch.settled()


def test_every_naughty_user_is_on_the_page_and_changes_there(
    page: Page, cartwatch: Cartwatch
) -> None:
    """As the server writes the row, and as the page changes it."""
    post(cartwatch, "order")
    wanted = {id_: [json.dumps(id_, ensure_ascii=False)] for id_ in NAUGHTY}
    found: dict[str, list[str]] = {}
    page.goto(cartwatch.url)
    while True:
        expect(page.locator("[data-connection=live]")).to_be_visible()
        expect(page.locator("cart-list")).to_have_attribute("aria-busy", "false")
        found |= dict(page.evaluate(ROWS))
        onward = page.get_by_role("link", name="Next page")
        if onward.get_attribute("aria-disabled") == "true":
            break
        page.goto(cartwatch.url + str(onward.get_attribute("href")))
    assert found == wanted
    page.goto(cartwatch.url)
    expect(page.locator("[data-connection=live]")).to_be_visible()
    post(cartwatch, "payment")
    expect(page.locator(".chip[data-status=unpaid]")).to_have_count(0)
    assert {id_: wanted[id_] for id_, _ in page.evaluate(ROWS)} == dict(page.evaluate(ROWS))


def test_the_link_of_a_naughty_user_leads_to_its_page(page: Page, cartwatch: Cartwatch) -> None:
    """A blank one can be clicked, and dots are not taken out of its address."""
    records = [json.dumps({"user_id": id_, "type": "order", "order_id": 1}) for id_ in CLICKED]
    assert cartwatch.call("POST", "/api/events", "\n".join(records)).status == 202
    cartwatch.settled()
    for id_ in CLICKED:
        page.goto(f"{cartwatch.url}/?sort=user&search={quote(id_, safe='')}")
        expect(page.locator("[data-connection=live]")).to_be_visible()
        page.wait_for_function(FIRST_IS, arg=id_)
        row = page.locator("[data-cart]").first
        row.locator(".cart-user").click()
        expect(page.locator("cart-detail")).to_be_visible()
        expect(page.locator("[data-connection=live]")).to_be_visible()
        page.wait_for_function(FIRST_IS, arg=id_)
