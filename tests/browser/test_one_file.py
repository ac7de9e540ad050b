"""static/views/file.js: one file, its facts, and what was skipped of it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.frames import Frame, changes, skipped, snapshot, upload
from tests.browser.stage import Stage

HALF = upload(
    "u1", state="running", lines=100, processed=50, accepted=50, skipped=0, finished_at=None
)


def opened(stage: Stage, shown: Frame, uploads: list[Frame], **facts: Any) -> Page:
    stage.answer("/api/skipped?*", {"items": [], "by_reason": {"invalid_json": 3}})
    facts = {"upload": shown, "records": [], "by_reason": {}, **facts}
    return stage.open("/files/u1", snapshot(uploads=uploads), facts=facts)


def test_its_facts_follow_what_is_heard(stage: Stage) -> None:
    """Counts, its end, and the reasons, which are read once more when something was skipped."""
    page = opened(stage, HALF, [HALF])
    expect(page.get_by_role("heading", level=1)).to_have_text("orders.jsonl")
    expect(page.locator('[data-fact="finished"]')).to_be_hidden()
    expect(page.locator('[data-fact="accepted"]')).to_have_text("50")
    done = upload("u1", lines=100, processed=100, accepted=97, skipped=3)
    stage.play(changes(uploads={"items": [done], "order": ["u1"], "total": 1}))
    expect(page.locator('[data-fact="accepted"]')).to_have_text("97")
    expect(page.locator('[data-fact="finished"]')).to_be_visible()
    reason = page.locator('[data-reason="invalid_json"] a')
    expect(reason).to_have_text("3 not JSON")
    expect(reason).to_have_attribute("href", "/skipped?upload=u1&reason=invalid_json")


def test_a_file_that_the_frames_do_not_tell_of_is_read(stage: Stage) -> None:
    """Once a second for as long as it runs."""
    stage.answer("/api/uploads/u1", {**HALF, "processed": 75})
    page = opened(stage, HALF, [])
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "75")
    stage.answer("/api/uploads/u1", upload("u1", lines=100, processed=100, accepted=100))
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
    expect(page.locator("[data-upload=u1]")).to_have_attribute("data-state", "done")


def test_its_first_skipped_records_are_there_without_a_script(stage: Stage) -> None:
    """With the reasons in words, and the code in the title."""
    stage.answer("/api/uploads/u1", HALF)
    facts = {"records": [skipped(1), skipped(2, line=7)], "by_reason": {"not_an_object": 2}}
    stage.silent = True
    facts = {"upload": HALF, **facts}
    page = stage.open("/files/u1", snapshot(uploads=[HALF]), live=False, facts=facts)
    expect(page.locator("[data-skipped]")).to_have_count(2)
    expect(page.locator("[data-skipped='1']")).to_contain_text("cart-join.json:6")
    reason = page.locator('.file-reasons [data-reason="not_an_object"]')
    expect(reason).to_have_text("2 not an object")


def test_starting_over_asks_for_it_anew(stage: Stage) -> None:
    """What is shown of a file that is gone would be a lie: the server says what there is now."""
    stage.answer("/api/uploads/u1", HALF)
    page = opened(stage, HALF, [HALF])
    with page.expect_request("**/files/u1"):
        stage.play(snapshot(generation="second"))


def test_it_fits_a_phone(stage: Stage) -> None:
    """However long its name and its lines."""
    stage.page.set_viewport_size({"width": 360, "height": 740})
    long = "x" * 256
    shown = {**HALF, "name": long, "looks_like": long}
    page = opened(
        stage, shown, [shown], records=[skipped(1, source=long, raw=long * 4)], by_reason={}
    )
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(over) <= 0
