"""static/elements/skipped/skipped_list.js: what could not be read, and why."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Route, expect

from tests.browser.frames import Frame, changes, skipped, snapshot
from tests.browser.stage import Stage

HOSTILE = "</pre><script>alert(1)</script>\u202e<img src=x onerror=alert(2)>"


def part(records: list[Frame], order: list[int] | None = None, **more: Any) -> Frame:
    """Make the skipped part of a change."""
    ids = [record["id"] for record in records] if order is None else order
    return {"items": records, "order": ids, "total": len(ids), "by_reason": {}, **more}


def test_a_record_says_where_why_and_what(stage: Stage) -> None:
    """The source, the line, the reason, a sentence and the raw text, rendered there or here."""
    page = stage.open(first=snapshot(records=[skipped(1)]))
    other = skipped(2, source="api", line=44, reason="unknown_type", message="m2", raw='{"a": 1}')
    stage.play(changes(skipped=part([other], [2, 1], by_reason={"unknown_type": 9, "x": 1200})))
    for record_id, words in (
        (1, ["cart-join.json", "line 6", "invalid_json", "FAIL HERE"]),
        (2, ["api", "line 44", "unknown_type", "m2", '{"a": 1}']),
    ):
        for text in words:
            expect(page.locator(f'[data-skipped="{record_id}"]')).to_contain_text(text)
    expect(page.locator(".reasons")).to_have_text("1,200 x, 9 unknown_type")


def test_hostile_records_stay_text(stage: Stage) -> None:
    """Whatever the input holds, it is shown and never run."""
    page = stage.open(first=snapshot(records=[skipped(1, raw=HOSTILE, source=HOSTILE)]))
    stage.play(
        changes(skipped=part([skipped(2, raw=HOSTILE, message=HOSTILE, reason=HOSTILE)], [2, 1]))
    )
    for raw in page.locator(".skipped-raw").all():
        expect(raw).to_have_text(HOSTILE)
    expect(page.locator("[data-skipped]")).to_have_count(2)
    assert page.locator("main script, main img").count() == 0


def test_a_cut_record_says_so(stage: Stage) -> None:
    """What is shown is the beginning only."""
    page = stage.open(first=snapshot(records=[skipped(1, raw_cut=True), skipped(2)]))
    expect(page.locator('[data-skipped="1"] .skipped-cut')).to_be_visible()
    expect(page.locator('[data-skipped="2"] .skipped-cut')).to_be_hidden()


def test_older_records_are_shown_on_demand_and_bounded(stage: Stage) -> None:
    """Page by page, each record once and newest first, up to 500; then there is the download."""
    newest = [skipped(n) for n in range(1200, 1150, -1)]
    first = snapshot(records=newest)
    first["skipped"]["total"] = 1200

    def older(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        start = int(asked["cursor"][0]) if "cursor" in asked else 1201
        items = [skipped(n) for n in range(start - 1, start - 51, -1)]
        route.fulfill(json={"items": items, "next": str(start - 50), "total": 1200})

    page = stage.open(first=first)
    page.route("**/api/skipped*", older)
    records = page.locator("[data-skipped]")
    button = page.get_by_role("button", name="Show older")
    for count in range(100, 501, 50):
        button.click()
        expect(records).to_have_count(count)
    expect(button).to_be_hidden()
    expect(page.get_by_text("The newest 500 are shown.")).to_be_visible()
    order = [record["id"] for record in (skipped(1201), *newest[:-1])]
    stage.play(changes(skipped=part([skipped(1201)], order, total=1201)))
    expect(records.first).to_have_attribute("data-skipped", "1201")
    ids = records.evaluate_all("(rows) => rows.map((row) => Number(row.dataset.skipped))")
    assert ids == list(range(1201, 701, -1))


def test_a_failed_page_is_explained_at_the_list(stage: Stage) -> None:
    """The server's sentence stands where older records were asked for."""
    first = snapshot(records=[skipped(1)])
    first["skipped"]["total"] = 9
    page = stage.open(first=first)
    error = {"error": {"code": "busy", "message": "Try again in a second."}}
    stage.answer("/api/skipped", error, status=503)
    page.get_by_role("button", name="Show older").click()
    expect(page.locator("skipped-list").get_by_role("alert")).to_have_text("Try again in a second.")


def test_skipped_records_are_announced_politely(stage: Stage) -> None:
    """One sentence for a burst, and none for what was there when the page was opened."""
    stage.page.clock.install()
    page = stage.open(first=snapshot(records=[skipped(1)]))
    announcer = page.locator("polite-announcer")
    for n in (2, 3, 4):
        order = list(range(n, 0, -1))
        stage.play(changes(skipped=part([skipped(n, message=f"line {n} is bad")], order)))
    stage.painted()
    expect(announcer).to_have_text("")
    page.clock.fast_forward(3_000)
    expect(announcer).to_have_text(
        "4 skipped records. The newest, in cart-join.json: line 4 is bad."
    )
