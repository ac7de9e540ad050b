"""static/elements/carts/cart_page.js: one cart, at its own address."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.frames import cart, changes, snapshot
from tests.browser.stage import Stage


def big(version: int = 1) -> dict[str, object]:
    """Make a cart of 1,300 orders, of which a frame holds the newest twenty."""
    return {**cart("whale", version, unpaid=list(range(1280, 1300))), "unpaid": 1300}


@pytest.mark.parametrize("user", ["a", "a/b", "ü ?#%", "<b>"])
def test_a_link_leads_to_its_cart(stage: Stage, user: str) -> None:
    """Any user id stands in the address, and the socket is asked for that cart."""
    stage.page.goto("about:blank")
    page = stage.open(first=snapshot([cart(user, 2, unpaid=[1])]))
    page.locator("[data-cart] a").click()
    expect(page).to_have_url(f"{stage.server.origin}/carts/{quote(user, safe='')}")
    page.locator("[data-connection=live]").wait_for()
    expect(page.get_by_role("heading", level=1)).to_have_text(user)
    stage.painted()
    assert stage.sockets[-1].url.endswith(f"&user={quote(user, safe='').replace('%20', '+')}")
    page.get_by_role("link", name="All carts").click()
    expect(page).to_have_url(f"{stage.server.origin}/")


def test_an_unknown_user_is_said_and_waited_for(stage: Stage) -> None:
    """The page of a user without a cart shows the cart with its first record."""
    page = stage.open("/carts/new", snapshot(window={"user": "new"}))
    words = page.get_by_text("No cart of that user yet")
    expect(words).to_be_visible()
    stage.play(changes([cart("new", 1, unpaid=[1])]))
    expect(page.locator('[data-cart="new"] [data-order="1"]')).to_be_visible()
    expect(words).to_be_hidden()


def test_all_orders_are_shown_on_demand_up_to_a_thousand(stage: Stage) -> None:
    """A thousand chips, the newest first, and how many more there are."""
    page = stage.open("/carts/whale", snapshot([big()], window={"user": "whale"}))
    whole = cart("whale", 1, unpaid=list(range(1300)))
    stage.answer(
        "/api/carts/whale", {k: v for k, v in whole.items() if k.endswith(("d", "s", "n"))}
    )
    expect(page.locator(".cart-more")).to_have_text("+ 1,280 more")
    page.get_by_role("button", name="Show all orders").click()
    chips = page.locator("[data-order]")
    expect(chips).to_have_count(1000)
    expect(chips.first).to_have_attribute("data-order", "1299")
    expect(page.locator(".cart-more")).to_have_text("+ 300 more")
    expect(page.get_by_role("button", name="Show all orders")).to_be_hidden()


def test_a_whole_cart_that_changes_is_read_again(stage: Stage) -> None:
    """Once all orders are shown, they follow what happens, at most every two seconds."""
    stage.page.clock.install()
    page = stage.open("/carts/whale", snapshot([big()], window={"user": "whale"}))
    stage.answer("/api/carts/whale", cart("whale", 1, unpaid=list(range(1300))))
    page.get_by_role("button", name="Show all orders").click()
    expect(page.locator("[data-order]")).to_have_count(1000)
    stage.answer("/api/carts/whale", cart("whale", 3, unpaid=list(range(1299)), paid=[1299]))
    stage.play(changes([{**big(2), "unpaid": 1300}]))
    stage.play(changes([{**big(3), "unpaid": 1299, "paid": 1}]))
    stage.painted()
    assert len(stage.calls) == 1
    page.clock.fast_forward(2_000)
    expect(page.locator("[data-cart]")).to_have_attribute("data-version", "3")
    assert len(stage.calls) == 2


def test_a_cart_that_cannot_be_read_whole_says_why(stage: Stage) -> None:
    """The server's sentence stands at the button."""
    page = stage.open("/carts/whale", snapshot([big()], window={"user": "whale"}))
    error = {"error": {"code": "not_found", "message": "There is no such cart."}}
    stage.answer("/api/carts/whale", error, status=404)
    page.get_by_role("button", name="Show all orders").click()
    expect(page.locator("cart-page").get_by_role("alert")).to_have_text("There is no such cart.")
    expect(page.locator("[data-order]")).to_have_count(20)
