"""The workbench as a piece of craft: accessible, light, gone when it is left."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.bench import facts, landed, record
from tests.browser.stage import Stage
from tests.browser.test_leaks import NOTE, OF_THE_PAGE
from web.http import assets
from web.settings import asset_folder

RECORDS = [record(3, raw="long " * 100), landed(2), record(1, reason="unknown_type", source="b")]
FOUND = {
    "matching": 3,
    "valid": 2,
    "still_bad": {"unknown_type": 1},
    "sent_before": 0,
    "to_send": 2,
    "until": 3,
    "cut": 0,
    "examples": [{"id": 3, "raw": "x " * 90, "corrected": "y", "outcome": "valid"}],
}


def violations(page: Page) -> list[tuple[str, str]]:
    """Name what breaks a rule of accessibility within the view, and which."""
    asked = {"resultTypes": ["violations"]}
    found = Axe().run(page, context="#view", options=asked).response["violations"]
    return [(each["id"], node["html"]) for each in found for node in each["nodes"]]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_no_state_breaks_a_rule(stage: Stage, theme: Literal["light", "dark"], width: int) -> None:
    """The list, many at once, a record with a bad correction, one sent before, and nothing."""
    page = stage.page
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 800})
    stage.open("/skipped", facts=facts(RECORDS, asked={"source": "b", "search": "x"}))
    assert violations(page) == []
    stage.answer("/api/skipped/resubmit", FOUND)
    page.locator(".row-check").first.check()
    page.get_by_label("Find", exact=True).fill("x")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".bulk-table tbody tr")).to_have_count(1)
    page.get_by_text("Download", exact=True).click()
    assert violations(page) == []
    stage.open("/skipped?id=2", facts=facts(RECORDS, landed(2)))
    bad = {"valid": False, "reason": "invalid_json", "message": "line 1 is bad", "column": 1}
    stage.answer("/api/check", bad)
    words = {"error": {"code": "sent_before", "message": "it was sent before"}}
    stage.answer("/api/skipped/2/resubmit?force=false", words, status=409)
    page.get_by_label("Correction").fill("{")
    expect(page.locator(".mend-outcome")).to_be_visible()
    page.get_by_role("button", name="Resubmit", exact=True).click()
    expect(page.get_by_role("button", name="Send again on purpose")).to_be_visible()
    assert violations(page) == []
    stage.open("/skipped", facts={**facts([]), "refused": "no such state"})
    assert violations(page) == []


def test_what_is_left_listens_to_nothing(stage: Stage) -> None:
    """Also what is loaded for many at once, and for single keys."""
    stage.page.add_init_script(NOTE)
    page = stage.open("/skipped", facts=facts(RECORDS))
    page.locator(".row-check").first.check()
    expect(page.get_by_role("radio", name="1 chosen")).to_be_checked()
    page.evaluate("getSelection().selectAllChildren(document.body)")  # what copies comes by it
    stage.painted()
    page.evaluate(
        """() => {
          const all = [...document.body.querySelectorAll("*")];
          for (const each of all.reverse()) if (each.tagName.includes("-")) each.remove();
        }"""
    )
    left = page.evaluate(
        """() => noted
          .filter(({ target, signal }) => !signal?.aborted && !(target instanceof AbortSignal)
            && (target === window || target === document || !(target instanceof Node))
            && !("readyState" in target && "url" in target))
          .map(({ type }) => type).sort()"""
    )
    assert left == OF_THE_PAGE
    page.keyboard.press("j")


def test_it_is_light() -> None:
    """At most 12 KB of script beyond the first screen; what is for many comes when it is used."""
    installed = assets.installed()
    first = set(installed.reached_from("main.js", "views/carts.js"))
    more = set(installed.reached_from("views/skipped.js")) - first
    weights = {name: len(assets.shortened(asset_folder("static") / name)) for name in more}
    assert "elements/bench/bulk.js" not in more
    assert sum(weights.values()) <= 12 * 1024, weights


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_off_where_text_is_twice_as_large(stage: Stage, width: int) -> None:
    """A row grows with its text, and has a second line where there is no room beside it."""
    stage.page.set_viewport_size({"width": width, "height": 800})
    page = stage.open("/skipped", facts=facts(RECORDS))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    for part in (".row-line", ".row-reason", ".row-raw"):
        box = page.locator(f'[data-skipped="3"] {part}').bounding_box()
        row = page.locator('[data-skipped="3"]').bounding_box()
        assert box is not None
        assert row is not None
        assert box["width"] > 10
        assert row["y"] <= box["y"]
        assert box["y"] + box["height"] <= row["y"] + row["height"]
    wide = "bench => bench.scrollWidth - bench.clientWidth"
    assert page.locator(".bench").evaluate(wide) <= 0
