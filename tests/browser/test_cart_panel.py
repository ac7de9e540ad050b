"""static/elements/carts/cart_panel.js: one cart beside the list of all."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.frames import cart, orders_page, snapshot
from tests.browser.stage import Stage
from web.http.pages.orders_shown import OrdersShown

FACTS = {"orders": orders_page([])}


def test_enter_shows_a_cart_beside_the_list_and_escape_closes_it(stage: Stage) -> None:
    """The list stays, the focus in it, and the address says which cart it is."""
    page = stage.open(first=snapshot([cart("a"), cart("b", unpaid=[1])]), facts=FACTS)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    panel = page.locator("cart-panel")
    expect(panel.get_by_role("heading", name="b", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{stage.server.origin}/?cart=b")
    assert page.evaluate("document.activeElement.closest('[data-cart]').dataset.cart") == "b"
    stage.painted()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page).to_have_url(f"{stage.server.origin}/")


def test_a_link_opens_it_and_closing_it_leaves_the_focus_in_the_list(stage: Stage) -> None:
    """A control that is gone hands the focus on."""
    page = stage.open("/?cart=b", snapshot([cart("a"), cart("b", unpaid=[1])]), facts=FACTS)
    expect(page.locator("cart-panel").get_by_role("heading", name="b", exact=True)).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("cart-panel")).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('.carts-list') !== null")


def test_escape_leads_back_to_the_row_of_the_cart_that_was_open(stage: Stage) -> None:
    """Whatever was used in the panel; where that row is gone, to another."""
    page = stage.open(first=snapshot([cart("a"), cart('b"]')]), facts=FACTS)
    page.locator("[data-cart] .cart-share").last.click()
    panel = page.locator("cart-panel")
    panel.get_by_role("button", name="Copy").click()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('[data-cart]').dataset.cart") == 'b"]'
    stage.open("/?cart=c", snapshot([cart("a"), cart("b")]), facts=FACTS)
    panel.get_by_role("button", name="Copy").click()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('[data-cart]').dataset.cart") == "a"


def test_one_that_the_server_rendered_is_not_asked_for_again(stage: Stage) -> None:
    """It goes on from what stands there."""
    shown = OrdersShown("b")
    first = snapshot([cart("a"), cart("b", 1, unpaid=[1])])
    beside = {"cart": first["carts"]["items"][1], "wanted": "b", "shown": shown, **FACTS}
    asked: list[str] = []
    stage.page.on("request", lambda request: asked.append(request.url))
    page = stage.open("/?cart=b", first, facts={"beside": beside})
    panel = page.locator("cart-panel")
    expect(panel.get_by_role("button", name="Pin b above")).to_be_visible()
    panel.get_by_role("button", name="Pin b above").click()
    expect(panel.get_by_role("button", name="Pin b above")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert [url for url in asked if "/carts/" in url and "/static/" not in url] == []
    panel.get_by_text("Export", exact=True).click()
    page.keyboard.press("Escape")
    expect(panel.get_by_text("Orders shown, as CSV")).to_be_hidden()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_cart_that_cannot_be_read_says_why(stage: Stage) -> None:
    """In the panel, and not in the place of the list."""
    stage.refuses = True
    page = stage.open(first=snapshot([cart("a")]))
    page.route("**/carts/a", lambda route: route.abort())
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("cart-panel").get_by_role("alert")).to_be_visible()
    expect(page.locator('[data-cart="a"]')).to_be_visible()


def test_the_back_button_takes_it_away(stage: Stage) -> None:
    """As it does a page, on a phone above all."""
    page = stage.open(first=snapshot([cart("a"), cart("b")]), facts=FACTS)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("cart-panel").get_by_role("heading", name="a", exact=True)).to_be_visible()
    page.go_back()
    expect(page.locator("cart-panel")).to_be_hidden()
    page.go_forward()
    expect(page.locator("cart-panel").get_by_role("heading", name="a", exact=True)).to_be_visible()


def test_it_stays_while_the_list_is_narrowed_and_can_be_closed(stage: Stage) -> None:
    """The address says both."""
    page = stage.open(first=snapshot([cart("a"), cart("b")]), facts=FACTS)
    page.locator('[data-cart="b"] .cart-share').click()
    expect(page.locator("cart-panel").get_by_role("heading", name="b", exact=True)).to_be_visible()
    page.keyboard.press("2")
    expect(page).to_have_url(f"{stage.server.origin}/?filter=unpaid&cart=b")
    page.get_by_role("button", name="Menu").click()
    page.keyboard.press("Escape")
    expect(page.locator("cart-panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("cart-panel")).to_be_hidden()
    expect(page).to_have_url(f"{stage.server.origin}/?filter=unpaid")
