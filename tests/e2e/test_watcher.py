"""The day of somebody who watches orders and payments: what waits too long is found and mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.kit.running import Cartwatch, until
from tests.kit.streams import record_text

OVERDUE = "1"


@pytest.fixture
def cartwatch(tmp_path: Path) -> Iterator[Cartwatch]:
    """A server for which an order is overdue soon."""
    with Cartwatch(tmp_path / "data", "--overdue", OVERDUE) as running:
        yield running


def test_an_overdue_order_is_found_its_bad_line_corrected_and_its_cart_paid(
    page: Page, cartwatch: Cartwatch
) -> None:
    """From the strip to the cart, its cause, the file, the bad line beside it, and back: paid."""
    bad = record_text("zoe", "payment", 71).replace('"payment"', "payment")
    day = [
        record_text("zoe", "order", 70),
        record_text("zoe", "payment", 70),
        record_text("zoe", "order", 71),
        bad,
    ]
    cartwatch.upload_in(cartwatch.upload("\n".join(day).encode(), "day.jsonl"), "done")
    until(lambda: cartwatch.get("/api/attention")["unpaid"]["carts"] == 1 or None)

    # What waits for somebody stands on top, with its age, and leads to it.
    page.goto(cartwatch.url)
    strip = page.get_by_role("region", name="Needs attention")
    overdue = strip.locator('[data-attention="unpaid"]')
    expect(overdue).to_have_attribute("data-value", "1")
    overdue.click()
    rows = page.locator(".carts-list > [data-cart]")
    expect(rows).to_have_count(1)
    rows.first.locator(".cart-user").focus()
    page.keyboard.press("o")

    # The order, since when it is open, and the line that made it.
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")
    order = page.locator('[data-order="71"]')
    expect(order).to_have_attribute("data-status", "unpaid")
    expect(order).to_contain_text("day.jsonl:3")

    # Its payment was skipped: the line behind it.
    page.locator('[data-nav="skipped"]').click()
    record = page.locator("[data-skipped]").first
    expect(record).to_contain_text("day.jsonl:4")
    record.click()
    field = page.get_by_label("Correction")
    expect(field).to_have_value(bad)
    field.fill(record_text("zoe", "payment", 71))
    expect(page.locator(".mend-outcome")).to_have_text("valid → payment 71 for zoe")
    page.keyboard.press("Control+Enter")
    expect(record).to_have_attribute("data-state", "landed")

    # It is paid, by the line that was corrected, and nothing waits any more.
    page.get_by_role("link", name="the cart of zoe").click()
    page.locator('[data-show="paid"]').click()
    paid = page.locator('[data-order="71"]')
    expect(paid).to_have_attribute("data-status", "paid")
    paid.locator(".record-cause", has_text="resubmit").click()
    expect(page.locator(".record")).to_contain_text("day.jsonl, line 4")
    page.locator('[data-nav="carts"]').click()
    for waiting in ("unpaid", "skipped"):
        expect(strip.locator(f'[data-attention="{waiting}"]')).to_have_attribute("data-value", "0")
    assert cartwatch.get("/api/stats")["paid"] == 2
