"""static/keys.js and row_focus.js: all of the list by the keyboard, and one tab stop for it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.every_view import EVERY_VIEW
from tests.browser.frames import cart, snapshot
from tests.browser.stage import Stage

CARTS = [cart(user) for user in "abcd"]
#: Note which links are followed, and stay.
NOTE_FOLLOWED = """() => {
  window.followed = [];
  addEventListener("click", (event) => {
    followed.push(event.target.rel);
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
}"""
FOCUSED = "document.activeElement.closest('[data-cart]')?.dataset.cart"


def test_the_arrows_and_j_and_k_go_from_row_to_row(stage: Stage) -> None:
    """From wherever the focus is; at the ends they stay."""
    page = stage.open(first=snapshot(CARTS))
    seen = []
    for key in ("j", "j", "ArrowDown", "k", "ArrowUp", "k", "k"):
        page.keyboard.press(key)
        seen.append(page.evaluate(FOCUSED))
    assert seen == ["a", "b", "c", "b", "a", "a", "a"]


def test_a_list_is_one_tab_stop(stage: Stage) -> None:
    """However many rows it has: the one that was left is come back to."""
    page = stage.open(first=snapshot(CARTS))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) is None
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUSED) == "b"
    stops = "(rows) => rows.filter((each) => each.tabIndex === 0).length"
    assert page.locator(".carts-list :is(a, button)").evaluate_all(stops) == 1


def test_numbers_filter_and_brackets_turn_the_page(stage: Stage) -> None:
    """There and back again, with the range that is shown."""
    page = stage.open(first=snapshot(CARTS, following="second"))
    page.keyboard.press("2")
    expect(page).to_have_url(f"{stage.server.origin}/?filter=unpaid")
    page.keyboard.press("1")
    expect(page).to_have_url(f"{stage.server.origin}/")
    page.keyboard.press("]")
    expect(page).to_have_url(f"{stage.server.origin}/?cursor=second")
    stage.play(snapshot(CARTS[:2], window={"cursor": "second"}))
    expect(page.locator(".carts-range")).to_have_text("51–52 of")
    page.locator("[data-cart] .cart-user").first.click()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")
    stage.server.first = snapshot(CARTS[:2], window={"cursor": "second"})
    page.go_back()
    expect(page.locator("#view")).to_have_attribute("data-view", "carts")
    stage.play(stage.server.first)
    expect(page.locator(".carts-range")).to_have_text("51–52 of")
    page.keyboard.press("[")
    expect(page).to_have_url(f"{stage.server.origin}/")


def test_brackets_turn_the_page_of_every_view_that_has_pages(
    stage: Stage, subtests: pytest.Subtests
) -> None:
    """They follow the same links as a click, of whatever is listed."""
    stage.answer("/api/**", {"error": {"code": "x", "message": "Not now."}}, status=503)
    for view in EVERY_VIEW:
        with subtests.test(view.path):
            page = stage.open(view.path, view.first, facts=view.facts)
            page.evaluate(NOTE_FOLLOWED)
            for key, way in (("[", "prev"), ("]", "next")):
                links = page.locator(f'a[rel="{way}"]').filter(visible=True)
                page.keyboard.press(key)
                assert page.evaluate("followed.splice(0)") == [way] * min(1, links.count())
                for link in links.all():
                    expect(link).to_have_attribute("aria-keyshortcuts", key)


def test_keys_mean_nothing_while_somebody_types(stage: Stage) -> None:
    """They are letters there."""
    page = stage.open(first=snapshot(CARTS))
    page.keyboard.press("/")
    page.keyboard.type("jh2?g")
    expect(page.get_by_role("searchbox")).to_have_value("jh2?g")
    expect(page.get_by_role("button", name="Hold")).to_have_attribute("aria-pressed", "false")


def test_single_keys_can_be_switched_off(stage: Stage) -> None:
    """For who speaks to the page, or hits keys by chance; this browser remembers it."""
    page = stage.open(first=snapshot(CARTS))
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Single keys").click()
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    stage.open(first=snapshot(CARTS))
    page.keyboard.press("h")
    expect(page.get_by_role("button", name="Hold")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Single keys").click()
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    expect(page.get_by_role("button", name="Held")).to_be_visible()


def test_a_question_mark_tells_all_keys(stage: Stage) -> None:
    """And Escape leads back."""
    page = stage.open(first=snapshot(CARTS))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
