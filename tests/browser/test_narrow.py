"""The page at widths from a phone's to a desktop's: everything is found, and nothing overlaps."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.browser import bench
from tests.browser.flow_facts import flow_facts
from tests.browser.flow_view import answer
from tests.browser.frames import AT, STATS, Frame, cart, skipped, snapshot, upload
from tests.browser.stage import Stage

WIDTHS = (360, 400, 768, 1100)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: What a person reads or presses in the header, the bar of links and the toolbar.
CONTROLS = (
    ".brand-mark",
    "[data-connection]",
    "[data-flow]",
    ".menu-opener",
    ".nav-link",
    "#cart-search",
    ".segment",
    "[name=sort]",
)
CUT = "(words) => words.some((word) => word.scrollWidth > word.clientWidth)"
#: Of all that is laid out.
BOXES = """(all) => all.filter((each) => each.getClientRects().length > 0)
  .map((each) => each.getBoundingClientRect().toJSON())"""


def full(**parts: Any) -> Frame:
    """Make a page of fifty carts with large figures, uploads and skipped records."""
    carts = [cart(f"customer-{n:05}", unpaid=[n], paid=range(100, 108)) for n in range(50)]
    frame = snapshot(
        carts,
        following="n",
        uploads=[upload(f"u{n}", state="running") for n in range(20)],
        records=[skipped(n) for n in range(50)],
        stats={**STATS, "carts": 12_345, "skipped": 1_204},
        **parts,
    )
    frame["carts"]["total"] = 12_345
    frame["uploads"]["total"] = 31
    frame["skipped"]["total"] = 1_204
    return frame


def boxes(page: Page) -> list[tuple[str, FloatRect]]:
    return [
        (f"{selector} {place}", box)
        for selector in CONTROLS
        for place, box in enumerate(page.locator(selector).evaluate_all(BOXES))
    ]


def overlap(one: FloatRect, other: FloatRect) -> bool:
    """Tell whether two boxes share more than a rounding's width."""
    wide = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    high = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return wide > 0.5 and high > 0.5


def test_no_control_overlaps_another(stage: Stage) -> None:
    """Search, filter, sort, links and badges have room of their own, live and offline."""
    flow = {"state": "recovering", "since": AT, "message": "It restores.", "alarm": "they differ"}
    stage.page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    page = stage.open(first=full(flow=flow))
    assert_room_for_each(stage)
    stage.deaf = True
    stage.sockets[-1].close(code=1001, reason="")
    expect(page.locator("[data-connection=offline]")).to_be_visible()
    assert_room_for_each(stage)


def assert_room_for_each(stage: Stage) -> None:
    page = stage.page
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        stage.painted()
        found = boxes(page)
        assert len(found) >= 12, width
        for (name, one), (other_name, other) in combinations(found, 2):
            lies = f"at {width}, {name} {one} lies over {other_name} {other}"
            assert not overlap(one, other), lies
        for name, box in found:
            assert box["x"] >= 0, (name, width)
            assert box["x"] + box["width"] <= width, (name, width)
        assert not page.locator(".segment-word").evaluate_all(CUT), width
        assert page.evaluate(OVERFLOW) <= 0, width


@pytest.mark.parametrize("path", ["/", "/skipped", "/flow"])
def test_what_stands_at_the_bottom_lies_side_by_side(stage: Stage, path: str) -> None:
    """Tabs, the notice of a page that is behind, the stopwatch and what went wrong with a file."""
    facts = {"/": {}, "/skipped": bench.facts([]), "/flow": flow_facts()}[path]
    if path == "/flow":
        answer(stage, **facts)
    page = stage.open(path, snapshot(uploads=[upload("v", accepted=0)]), facts=facts)
    stage.deaf = True
    stage.sockets[-1].close(code=1001, reason="")
    expect(page.locator("live-notice")).to_be_visible()
    for width in (360, 800, 1100):
        page.set_viewport_size({"width": width, "height": 740})
        stage.painted()
        seen = [
            (name, box)
            for name in (".asof", ".trouble", ".nav", ".kill-dock")
            if page.locator(name).count() and (box := page.locator(name).bounding_box())
        ]
        assert len(seen) >= 2
        for (name, one), (other_name, other) in combinations(seen, 2):
            assert not overlap(one, other), f"{name} {one} lies over {other_name} {other}"
        page.get_by_role("button", name="Try now").click(trial=True)


def test_the_header_of_a_phone_is_one_line(stage: Stage) -> None:
    """Whatever the flow does: the word of the brand gives way where there is no room for it."""
    stage.page.set_viewport_size({"width": 360, "height": 740})
    page = stage.open(first=full())
    for state in ("running", "recovering", "restarting", "down"):
        stage.play(full(flow={"state": state, "since": AT, "message": "It restores."}))
        expect(page.locator("[data-flow]")).to_have_attribute("data-flow", state)
        stage.painted()
        middles = [
            box["y"] + box["height"] / 2
            for name in (".brand-mark", "[data-connection]", "[data-flow]")
            if (box := page.locator(name).bounding_box())
        ]
        assert len(middles) == 3
        assert max(middles) - min(middles) < 4
        header = page.locator(".header").bounding_box()
        assert header is not None
        assert abs(middles[0] - header["height"] / 2) < 4


def test_every_view_is_one_touch_away(stage: Stage) -> None:
    """At the bottom, within reach of a thumb, wherever one has scrolled to."""
    stage.page.set_viewport_size({"width": 360, "height": 740})
    page = stage.open(first=full())
    tabs = page.get_by_role("navigation", name="Views")
    page.mouse.wheel(0, 1_500)
    for name in ("Carts", "Skipped", "Files", "Flow"):
        link = tabs.get_by_role("link", name=name)
        expect(link).to_be_in_viewport(ratio=1)
        link.click(trial=True)
    tabs.get_by_role("button", name="More").click()
    expect(page.get_by_role("link", name="Completed orders").first).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0


def test_a_wide_page_shows_the_parts_side_by_side(stage: Stage) -> None:
    """Carts at the left, files and skipped records at the right."""
    page = stage.open(first=full())
    expect(page.locator("[data-upload]").first).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Skipped records")).to_be_attached()
    carts, rail = page.locator(".carts").bounding_box(), page.locator(".rail").bounding_box()
    assert carts is not None
    assert rail is not None
    assert carts["x"] + carts["width"] <= rail["x"]


def test_on_a_very_wide_page_all_ends_at_the_same_edges(stage: Stage) -> None:
    """Figures, what asks for attention, carts and rail."""
    stage.page.set_viewport_size({"width": 2_560, "height": 1_200})
    page = stage.open(first=full())
    edges = """(selectors) => selectors.map((selector) => {
      const { left, right } = document.querySelector(selector).getBoundingClientRect();
      return [Math.round(left), Math.round(right)];
    })"""
    board, strip, figures = page.evaluate(edges, [".board", ".attention", ".figures-row"])
    assert board == strip == figures


def test_nothing_is_cut_at_twice_the_size_of_text(stage: Stage) -> None:
    """Figures have the room that they need."""
    page = stage.open(first=full())
    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
    stage.painted()
    cut = "(all) => all.filter((each) => each.scrollWidth > each.clientWidth + 1).length"
    assert page.locator(".figure-value, .attention-item").evaluate_all(cut) == 0
    assert page.evaluate(OVERFLOW) <= 0
