"""What the page weighs, where there are carts, files and skipped records."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.kit.running import Cartwatch, until

WEIGHT = """(suffix) => performance.getEntriesByType("resource")
  .filter(({ name }) => name.endsWith(suffix) && !name.endsWith("/visit.js"))
  .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)"""
KIB = 1024
#: The way to each view from the first screen.
WAYS = {
    "cart": '[data-cart="a"] .cart-user',
    "files": '[data-nav="files"]',
    "file": ".upload-name a",
    "skipped": '[data-nav="skipped"]',
    "completed": '[data-nav="completed"]',
    "flow": '[data-nav="flow"]',
    "recovery": "[data-flow]",
}


def weight(page: Page, suffix: str) -> int:
    """Give the bytes of all files of a kind that the page has asked for.

    What exchanges one view for another comes with the first exchange, and is of none of them.
    """
    page.wait_for_load_state("networkidle")
    return int(page.evaluate(WEIGHT, suffix))


def test_the_first_screen_and_every_view_are_light(browser: Browser, cartwatch: Cartwatch) -> None:
    """At most 60 KiB of script and 30 of style at first, and 12 of script more for a view."""
    cartwatch.upload_in(cartwatch.upload(cartwatch.call("GET", "/cart-join.json").body), "done")
    until(lambda: cartwatch.settled()["events_per_second"] == 0)
    for view, way in WAYS.items():
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(cartwatch.url)
            expect(page.locator("[data-connection=live]")).to_be_visible()
            first = weight(page, ".js")
            assert 0 < first <= 60 * KIB
            assert 0 < weight(page, ".css") <= 30 * KIB
            page.locator(way).first.click()
            expect(page.locator("#view")).to_have_attribute("data-view", view)
            assert weight(page, ".js") - first <= 12 * KIB, view
