"""static/screen.js: how long a record takes to the screen, by the carts that changed meanwhile."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.frames import Frame, cart, changes, snapshot
from tests.browser.stage import Stage

FIGURE = ".figure-screen"
OLD = "2026-03-01T11:40:00Z"
MANY = [f"user-{number}" for number in range(6)]


def carts(version: int, updated_at: str, **more: int) -> list[Frame]:
    """Make six carts that last changed then; ``was`` is the version that each had before."""
    return [{**cart(user, version), "updated_at": updated_at, **more} for user in MANY]


def figures(**stats: int) -> Frame:
    """Make a change of nothing but figures, ten seconds after the snapshot."""
    return {
        "type": "changes",
        "at": "2026-03-01T12:00:10Z",
        "stats": {**snapshot()["stats"], **stats},
    }


def test_carts_that_changed_since_the_page_is_live_are_measured(stage: Stage) -> None:
    """From their acceptance to the frame by the server's clock, and behind it by the browser's."""
    page = stage.open(first=snapshot(carts(1, OLD)))
    expect(page.locator(FIGURE)).to_have_text("–")
    stage.play(changes(carts(2, "2026-03-01T12:00:00.980Z", was=1), at="2026-03-01T12:00:01Z"))
    stage.painted()
    stage.play(figures(carts=3))
    expect(page.locator(FIGURE)).to_have_text(re.compile(r"^p50 [\d,]+ ms$"))
    shown = page.locator(FIGURE).inner_text()
    assert 20 <= int(re.sub(r"\D", "", shown.removeprefix("p50"))) < 5_000, shown


def test_what_a_snapshot_brings_is_no_delay_whatever_comes_with_it(stage: Stage) -> None:
    """Not when a change of something else comes before it is painted, nor in another view."""
    page = stage.open(first=snapshot(carts(1, OLD)))
    stage.play(snapshot(carts(2, OLD)))
    stage.play(figures(carts=3))
    stage.painted()
    page.locator('[data-cart="user-0"] .cart-user').click()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")
    stage.play(changes(carts(3, OLD)))
    page.go_back()
    expect(page.locator("#view")).to_have_attribute("data-view", "carts")
    stage.play(figures(carts=4))
    expect(page.locator("[data-stat=carts]")).to_have_attribute("data-value", "4")
    stage.painted()
    expect(page.locator(FIGURE)).to_have_text("–")


@pytest.mark.parametrize(
    "window",
    [{"filter": "unpaid"}, {"sort": "user"}, {"cursor": "c"}, {"filter": "unpaid", "older": "60"}],
)
def test_a_cart_that_comes_as_another_leaves_is_no_delay(
    stage: Stage, window: dict[str, Any]
) -> None:
    """It changed whenever it did: what brought it here is that of another one."""
    query = "&".join(f"{name}={value}" for name, value in window.items())
    page = stage.open(f"/?{query}", first=snapshot([], window=window))
    came = carts(1, "2026-03-01T12:00:02Z")
    stage.play(changes(came, at="2026-03-01T12:09:00Z"))
    expect(page.locator("[data-cart]")).to_have_count(len(came))
    stage.play(figures(carts=3))
    expect(page.locator("[data-stat=carts]")).to_have_attribute("data-value", "3")
    expect(page.locator(FIGURE)).to_have_text("–")
