"""The recovery panel of the real program: a real kill, watched from the page."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from dataflow.sample import SAMPLE
from tests.kit.running import Cartwatch


def test_a_restart_is_watched_from_the_panel(page: Page, cartwatch: Cartwatch) -> None:
    """Killed from the page, the flow comes back: a second start, why the first ended, figures."""
    cartwatch.settled()
    page.goto(cartwatch.url)
    page.get_by_label("Upload a JSONL file").set_input_files(SAMPLE)
    expect(page.locator('[data-upload][data-state="done"]')).to_have_count(1)
    first = cartwatch.flow_pid()
    page.locator("[data-flow]").click()
    panel = page.get_by_role("dialog", name="Recovery")
    starts = panel.locator("[data-start]")
    expect(starts).to_have_count(1)
    expect(starts).to_contain_text("Reason: the server was started")
    expect(starts).to_contain_text("caught up in")

    panel.get_by_role("button", name="Restart the flow").click()
    expect(starts).to_have_count(2, timeout=20_000)
    newest, oldest = starts.nth(0), starts.nth(1)
    expect(oldest.locator(".start-end")).to_contain_text("a person restarted it")
    expect(newest).to_have_attribute("data-phase", "running", timeout=20_000)
    expect(newest).to_contain_text("Reason: a person restarted it")
    told = cartwatch.get("/api/recovery")["history"][0]
    restored = {0: "nothing to restore", 2: "2 carts restored"}
    expect(newest).to_contain_text(restored[told["carts_restored"]])
    expect(newest).to_contain_text(f"{told['records_replayed']} record")
    expect(newest).to_contain_text("caught up in")
    assert cartwatch.flow_pid() != first

    expect(page.locator("[data-flow]")).to_have_attribute("data-flow", "running")
    expect(panel.get_by_text("The flow is running")).to_be_visible()
    expect(panel.get_by_text("State and view agree", exact=True)).to_be_visible()
    for side in ("flow", "view"):
        for column, value in {"carts": "2", "unpaid": "1", "paid": "3", "waiting": "0"}.items():
            cell = panel.locator(f'[data-side="{side}"] [data-figure="{column}"]')
            expect(cell).to_have_text(value)
    expect(panel.locator('[data-side="completed"] [data-figure="paid"]')).to_have_text("3")
    expect(page.locator("alarm-notice")).to_be_hidden()
