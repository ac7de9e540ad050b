"""The page of the API as a person finds and reads it: no script, at any width, in any theme."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.kit.running import Cartwatch

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LOADED = """() => performance.getEntriesByType("resource").map(({ name }) => name)"""


def test_it_is_found_in_the_menu(page: Page, cartwatch: Cartwatch) -> None:
    """The browser goes there by itself, and back again: it is no view of the dashboard."""
    page.goto(cartwatch.url)
    expect(page.locator("[data-connection=live]")).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="The API").click()
    expect(page.get_by_role("heading", name="The API", level=1)).to_be_visible()
    page.go_back()
    expect(page.locator("[data-connection=live]")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_read_at_any_width_without_script(
    browser: Browser, cartwatch: Cartwatch, width: int, theme: Literal["light", "dark"]
) -> None:
    """Nothing is wider than the page, nothing is loaded but our style, nothing is refused."""
    said: list[str] = []
    with browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=theme
    ) as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{cartwatch.url}/api/docs")
        assert page.evaluate(OVERFLOW) <= 0
        loaded = page.evaluate(LOADED)
        assert loaded
        assert all(name.startswith(f"{cartwatch.url}/static/") for name in loaded)
        assert not any(name.endswith(".js") for name in loaded)
    assert said == []


def test_a_link_leads_to_its_call_and_on_to_its_shapes(page: Page, cartwatch: Cartwatch) -> None:
    """Each has an address of its own, below the header."""
    page.goto(f"{cartwatch.url}/api/docs")
    calls = page.get_by_role("navigation", name="Calls")
    calls.get_by_role("link", name="GET /api/skipped", exact=True).click()
    expect(page.locator("#getSkipped .call-title")).to_be_in_viewport(ratio=1)
    page.locator("#getSkipped").get_by_role("link", name="SkippedRecord").click()
    expect(page.locator("#SkippedRecord .call-title")).to_be_in_viewport(ratio=1)
    expect(page).to_have_url(f"{cartwatch.url}/api/docs#SkippedRecord")
