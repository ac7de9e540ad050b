"""The recovery page of the real program: a real kill, watched from it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from dataflow.sample import SAMPLE
from tests.kit.running import Cartwatch


def test_a_restart_is_watched_from_the_page(page: Page, cartwatch: Cartwatch) -> None:
    """Killed from the page, the flow comes back: a second start, why the first ended, figures."""
    cartwatch.settled()
    cartwatch.upload_in(cartwatch.upload(SAMPLE.read_bytes(), SAMPLE.name), "done")
    page.goto(cartwatch.url)
    first = cartwatch.flow_pid()
    page.locator("[data-flow]").click()
    starts = page.locator("[data-start]")
    expect(starts).to_have_count(1)
    expect(starts).to_contain_text("the server was started")

    page.get_by_role("button", name="Restart the flow").click()
    expect(starts).to_have_count(2)
    newest, oldest = starts.nth(0), starts.nth(1)
    expect(oldest).to_contain_text("ended: a person killed it")
    expect(newest).to_have_attribute("data-phase", "running")
    expect(newest).to_contain_text("a person killed it")
    told = cartwatch.get("/api/recovery")["history"][0]
    restored = {0: "nothing to restore", 2: "2 carts"}
    expect(newest).to_contain_text(restored[told["carts_restored"]])
    expect(newest).to_contain_text(f"{told['records_replayed']} replayed · {told['seconds']:.2f} s")
    assert cartwatch.flow_pid() != first

    expect(page.locator("[data-flow]")).to_have_attribute("data-flow", "running")
    expect(page.get_by_text("The flow is running")).to_be_visible()
    expect(page.get_by_text("State and view agree", exact=True)).to_be_visible()
    for side in ("flow", "view"):
        for column, value in {"carts": "2", "unpaid": "1", "paid": "3", "waiting": "0"}.items():
            cell = page.locator(f'[data-side="{side}"] [data-figure="{column}"]')
            expect(cell).to_have_text(value)
    expect(page.locator('[data-side="completed"] [data-figure="paid"]')).to_have_text("3")
    expect(page.locator("alarm-notice")).to_be_hidden()
