"""The page at widths from a phone's to a desktop's: everything is found, and nothing overlaps."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.browser.frames import AT, STATS, Frame, cart, changes, skipped, snapshot, upload
from tests.browser.stage import Stage

WIDTHS = (360, 400, 768, 1100)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: What a person reads or presses in the header, the bar of links and the toolbar.
CONTROLS = (
    ".brand-mark",
    "[data-connection]",
    "[data-flow]",
    ".menu-opener",
    ".jump",
    "#carts-title",
    "#carts .panel-count",
    "[name=search]",
    ".segment",
    "[name=sort]",
)
CUT = "word => word.scrollWidth > word.clientWidth"


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
    found = []
    for selector in CONTROLS:
        for place, element in enumerate(page.locator(selector).all()):
            box = element.bounding_box()
            if box is not None:
                found.append((f"{selector} {place}", box))
    return found


def overlap(one: FloatRect, other: FloatRect) -> bool:
    """Tell whether two boxes share more than a rounding's width."""
    wide = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    high = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return wide > 0.5 and high > 0.5


@pytest.mark.parametrize("heard", [True, False], ids=["live", "offline"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_control_overlaps_another(stage: Stage, width: int, heard: bool) -> None:
    """Search, filter, sort, links and badges have room of their own, in every state of the page."""
    flow = {"state": "recovering", "since": AT, "message": "It restores.", "alarm": "they differ"}
    stage.page.set_viewport_size({"width": width, "height": 800})
    page = stage.open(first=full(flow=flow))
    if not heard:
        stage.deaf = True
        stage.sockets[-1].close(code=1001, reason="")
        expect(page.locator("[data-connection=offline]")).to_be_visible()
        stage.painted()
    found = boxes(page)
    assert len(found) >= 12
    for (name, one), (other_name, other) in combinations(found, 2):
        assert not overlap(one, other), f"{name} {one} lies over {other_name} {other}"
    for name, box in found:
        assert box["x"] >= 0, name
        assert box["x"] + box["width"] <= width, name
    assert not any(word.evaluate(CUT) for word in page.locator(".segment-word").all())
    assert page.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("path", ["/", "/carts/a"])
def test_each_part_of_a_narrow_page_is_one_touch_away(stage: Stage, path: str) -> None:
    """From anywhere in the carts a link, with a count, leads to uploads and skipped records."""
    stage.page.set_viewport_size({"width": 360, "height": 740})
    page = stage.open(path, full())
    jumps = page.get_by_role("navigation", name="Parts of the page")
    expect(jumps.get_by_role("link", name="Uploads 31")).to_be_visible()
    page.mouse.wheel(0, 1_500)
    for name, title in (("Skipped", "Skipped records"), ("Uploads", "Uploads")):
        link = jumps.get_by_role("link", name=name)
        expect(link).to_be_in_viewport(ratio=1)
        link.click()
        heading = page.get_by_role("heading", name=title)
        expect(heading).to_be_in_viewport(ratio=1)
        top, bar = heading.bounding_box(), jumps.bounding_box()
        assert top is not None
        assert bar is not None
        assert bar["y"] + bar["height"] <= top["y"] < 240, f"{title} is not below the bar"
    page.get_by_label("Upload a JSONL file").set_input_files([])
    jumps.get_by_role("link", name="Cart").click()
    expect(page.locator("#carts").get_by_role("heading")).to_be_in_viewport()
    assert page.evaluate(OVERFLOW) <= 0


def test_the_counts_of_the_links_are_live(stage: Stage) -> None:
    """What arrives is counted where it is seen from everywhere."""
    stage.page.set_viewport_size({"width": 360, "height": 740})
    page = stage.open()
    expect(page.locator(".jump")).to_have_text(["Carts 0", "Uploads 0", "Skipped 0"])
    stage.play(
        changes(
            [cart("a")],
            uploads={"items": [upload("u1")], "order": ["u1"], "total": 1},
            skipped={"items": [skipped(9)], "order": ["9"], "total": 1_204, "by_reason": {}},
        )
    )
    expect(page.locator(".jump")).to_have_text(["Carts 1", "Uploads 1", "Skipped 1,204"])


def test_a_jump_asks_the_server_for_nothing(stage: Stage) -> None:
    """A place in the page is no other window: the search stays, back goes back to where one was."""
    stage.page.set_viewport_size({"width": 360, "height": 740})
    page = stage.open("/?search=a", full(window={"search": "a"}))
    said = len(stage.said)
    page.get_by_role("link", name="Skipped", exact=False).first.click()
    expect(page).to_have_url(f"{stage.server.origin}/?search=a#skipped")
    page.go_back()
    expect(page).to_have_url(f"{stage.server.origin}/?search=a")
    expect(page.get_by_role("searchbox")).to_have_value("a")
    stage.painted()
    assert len(stage.said) == said


def test_a_wide_page_shows_the_parts_side_by_side(stage: Stage) -> None:
    """Where all parts are in sight, no bar of links takes their room."""
    page = stage.open(first=full())
    expect(page.get_by_role("navigation", name="Parts of the page")).to_be_hidden()
    expect(page.locator("[data-upload]").first).to_be_in_viewport()
    expect(page.locator("[data-skipped]").first).to_be_in_viewport()
