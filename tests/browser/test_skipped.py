"""static/elements/skipped/: the newest records that could not be read, beside the carts."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.frames import Frame, changes, skipped, snapshot
from tests.browser.stage import Stage
from web.http.foreign import visible
from web.http.pages.filters import cut_raw

HOSTILE = "</pre><script>alert(1)</script>\u202e<img src=x onerror=alert(2)>"


def part(records: list[Frame], order: list[int] | None = None, **more: Any) -> Frame:
    """Make the skipped part of a change."""
    ids = [record["id"] for record in records] if order is None else order
    return {"items": records, "order": ids, "total": len(ids), "by_reason": {}, **more}


def test_a_record_says_where_why_and_what(stage: Stage) -> None:
    """The source, the line, the reason in words and the raw text, rendered there or here."""
    page = stage.open(first=snapshot(records=[skipped(1)]))
    other = skipped(2, source="api", line=44, reason="unknown_type", raw='{"a": 1}')
    by_reason = {"unknown_type": 9, "invalid_json": 1200}
    stage.play(changes(skipped=part([other], [2, 1], by_reason=by_reason)))
    for record_id, words in (
        (1, ["cart-join.json:6", "not JSON", "FAIL HERE"]),
        (2, ["api:44", "unknown type", '{"a": 1}']),
    ):
        row = page.locator(f'[data-skipped="{record_id}"]')
        for text in words:
            expect(row).to_contain_text(text)
        expect(row.get_by_role("link")).to_have_attribute("href", f"/skipped?id={record_id}")
    expect(page.locator('[data-skipped="2"]')).to_have_attribute("data-reason", "unknown_type")
    expect(page.locator(".skipped-reason").first).to_have_attribute("title", "unknown_type")
    expect(page.locator(".reasons")).to_have_text("1,200 not JSON, 9 unknown type")


def test_hostile_records_stay_text(stage: Stage) -> None:
    """Whatever the input holds, it is shown and never run."""
    page = stage.open(first=snapshot(records=[skipped(1, raw=HOSTILE, source=HOSTILE)]))
    stage.play(
        changes(skipped=part([skipped(2, raw=HOSTILE, message=HOSTILE, reason=HOSTILE)], [2, 1]))
    )
    expect(page.locator("[data-skipped]")).to_have_count(2)
    for raw in page.locator(".skipped-raw").all():
        expect(raw).to_have_text(visible(HOSTILE))
    assert page.locator("main script, main img").count() == 0


def test_a_long_text_is_cut_to_its_row(stage: Stage) -> None:
    """Alike by the server and by the script; the workbench has all of it."""
    long = "x" * 4_000
    page = stage.open(first=snapshot(records=[skipped(1, raw=long)]))
    expect(page.locator(".skipped-raw")).to_have_text(cut_raw(long))
    stage.play(changes(skipped=part([skipped(2, raw=long)], [2, 1])))
    expect(page.locator('[data-skipped="2"] .skipped-raw')).to_have_text(cut_raw(long))


def test_the_rest_is_one_link_away(stage: Stage) -> None:
    """The newest stand beside the carts, and how many there are in all."""
    first = snapshot(records=[skipped(n) for n in range(5, 0, -1)])
    first["skipped"]["total"] = 1_200
    page = stage.open(first=first)
    expect(page.get_by_role("link", name="All 1,200 skipped records")).to_be_visible()
    stage.play(changes(skipped=part([], [5, 4], total=2)))
    expect(page.locator('[data-more="skipped"]')).to_be_hidden()
