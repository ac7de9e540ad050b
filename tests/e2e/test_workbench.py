"""Skipped records mended in the real page of the real program, one and many."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.kit.running import Cartwatch
from tests.kit.streams import record_text


def test_a_bad_line_is_corrected_in_the_browser_and_its_cart_is_paid(
    page: Page, cartwatch: Cartwatch
) -> None:
    """Found, seen with its column, asked about as it is typed, sent once, landed; live."""
    bad = record_text("zoe", "payment", 7).replace('"payment"', "payment")
    lines = [record_text("zoe", "order", 7), "FAIL HERE", bad]
    upload = cartwatch.upload("\n".join(lines).encode(), "day.jsonl")
    cartwatch.upload_in(upload, "done")
    page.goto(f"{cartwatch.url}/skipped?state=open")
    row = page.locator("[data-skipped]").first
    expect(row).to_contain_text("day.jsonl:3")
    row.click()
    column = bad.index("payment") + 1
    expect(page.locator(".record-caret")).to_contain_text(f"^ column {column}")
    field = page.get_by_label("Correction")
    expect(field).to_have_value(bad)
    field.fill("{}")
    expect(page.locator(".mend-outcome")).to_have_attribute("data-valid", "no")
    field.fill(record_text("zoe", "payment", 7))
    expect(page.locator(".mend-outcome")).to_have_text("valid → payment 7 for zoe")
    page.get_by_role("button", name="Resubmit", exact=True).click()
    expect(row).to_have_attribute("data-state", "landed")
    expect(row).to_contain_text("day.jsonl:3")
    expect(page.locator(".record-fate")).to_contain_text("it changed the cart of zoe")
    expect(page.locator("#state-open")).to_have_text("Open 1")
    expect(page.locator("#state-landed")).to_have_text("Landed 1")
    page.get_by_role("button", name="Resubmit", exact=True).click()
    expect(page.get_by_role("button", name="Send again on purpose")).to_be_visible()
    cart = cartwatch.get("/api/carts/zoe")
    assert (cart["paid_order_ids"], cart["unpaid_order_ids"]) == ([7], [])
    page.get_by_role("link", name="the cart of zoe").click()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")


def test_twenty_lines_are_mended_at_once(page: Page, cartwatch: Cartwatch) -> None:
    """Looked at first; each is sent once, and what stays bad is set aside."""
    lines = [record_text(f"u{number % 4}", "purchase", number) for number in range(20)]
    upload = cartwatch.upload("\n".join([*lines, "FAIL HERE"]).encode(), "day.jsonl")
    cartwatch.upload_in(upload, "done")
    page.goto(f"{cartwatch.url}/skipped?state=open&source=day.jsonl")
    page.get_by_label("Find", exact=True).fill("purchase")
    page.get_by_label("Replace").fill("order")
    page.get_by_role("button", name="Preview").click()
    words = page.locator(".bulk-words")
    expect(words).to_have_text("20 become valid · 1 stays bad (1 not JSON) · 0 were sent before")
    page.get_by_role("button", name="Resubmit 20").click()
    expect(words).to_have_text("20 records sent: 20 landed, 0 waiting.")
    expect(page.locator('[data-skipped][data-state="landed"]')).to_have_count(20)
    expect(page.locator("#state-landed")).to_have_text("Landed 20")
    stats = cartwatch.get("/api/stats")
    assert (stats["unpaid"], stats["duplicates"], stats["carts"]) == (20, 0, 4)
    page.get_by_role("checkbox", name="Choose day.jsonl:21").check()
    page.get_by_role("button", name="Set aside 1").click()
    expect(page.locator('[data-state="aside"]')).to_have_count(1)
    expect(page.locator("#state-open")).to_have_text("Open 0")


def test_records_that_come_in_appear_in_an_open_workbench(page: Page, cartwatch: Cartwatch) -> None:
    """By themselves, with their counts; where somebody works, behind a button."""
    page.goto(f"{cartwatch.url}/skipped")
    expect(page.get_by_text("Nothing was skipped.")).to_be_visible()
    cartwatch.call("POST", "/api/events", b"FAIL HERE\n")
    expect(page.locator("[data-skipped]")).to_have_count(1)
    expect(page.locator("#state-open")).to_have_text("Open 1")
    page.locator(".row-link").focus()
    cartwatch.call("POST", "/api/events", b"[]\n{}\n")
    expect(page.locator("[data-pending]")).to_have_text("2 new – show")
    expect(page.locator("[data-skipped]")).to_have_count(1)
    page.locator("[data-pending]").click()
    expect(page.locator("[data-skipped]")).to_have_count(3)
