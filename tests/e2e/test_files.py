"""Files in the real page of the real program: paused, stepped, checked, streamed."""

from __future__ import annotations

import re

from playwright.sync_api import FilePayload, Page, expect

from dataflow.sample import SAMPLE
from tests.kit.running import Cartwatch, until

CSV = b"user_id,type,order_id\n" + b"".join(b"u%d,order,%d\n" % (n, n) for n in range(12_000))
ORDERS = b"".join(
    b'{"user_id": "u%d", "type": "order", "order_id": %d}\n' % (n % 9, n) for n in range(200)
)


def test_a_csv_that_pauses_itself_is_seen_and_cancelled(page: Page, cartwatch: Cartwatch) -> None:
    """On a phone, in the view of carts: it says what it looks like, and leads to the file."""
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(cartwatch.url)
    file: FilePayload = {"name": "orders.csv", "mimeType": "text/csv", "buffer": CSV}
    page.get_by_label("Upload a JSONL file", exact=True).set_input_files(files=[file])
    notice = page.locator("trouble-notice")
    expect(notice).to_contain_text("it looks like CSV with a header")
    expect(notice).to_be_in_viewport()
    notice.get_by_role("link", name="orders.csv").click()
    expect(page.locator("main[data-view=file]")).to_be_visible()
    expect(page.locator("[data-skipped]").first).to_contain_text("orders.csv:1")
    page.get_by_role("button", name="Cancel orders.csv").click()
    expect(page.locator("[data-upload]")).to_have_attribute("data-state", "cancelled")
    expect(page.get_by_role("button", name="Replay orders.csv")).to_be_focused()
    expect(page.locator('[data-reason="invalid_json"]').first).to_contain_text("not JSON")
    expect(notice).to_be_hidden()


def test_a_file_is_paused_stepped_and_let_go_on(page: Page, cartwatch: Cartwatch) -> None:
    """Ten lines are ten lines, and the rest comes as fast as is chosen."""
    upload = cartwatch.upload(ORDERS, "orders.jsonl", rate=1)
    page.goto(f"{cartwatch.url}/files")
    row = page.locator(f'[data-upload="{upload}"]')
    row.get_by_role("button", name="Pause orders.jsonl").click()
    expect(row).to_have_attribute("data-state", "paused")
    before = cartwatch.upload_in(upload, "paused")["processed"]
    row.get_by_role("button", name="Step 10 lines of orders.jsonl").click()
    expect(row.locator(".upload-processed")).to_have_text(str(before + 10))
    assert cartwatch.get(f"/api/uploads/{upload}")["processed"] == before + 10
    row.get_by_role("radio", name="max").check()
    row.get_by_role("button", name="Go on with orders.jsonl").click()
    expect(row).to_have_attribute("data-state", "done")
    expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
    expect(row).to_contain_text("200 accepted")


def test_a_file_is_only_checked(page: Page, cartwatch: Cartwatch) -> None:
    """Its report is that of the flow's own rules, and nothing of it is kept."""
    page.goto(f"{cartwatch.url}/files")
    page.get_by_role("checkbox", name="only check").check()
    page.get_by_label("Upload a JSONL file", exact=True).set_input_files(SAMPLE)
    report = page.locator("[data-report]")
    expect(report).to_contain_text("8 lines")
    expect(report).to_contain_text("1 not JSON")
    expect(report).to_contain_text("2 users")
    assert cartwatch.get("/api/uploads")["total"] == 0
    report.get_by_role("button", name="Take in cart-join.json").click()
    expect(page.locator('[data-upload][data-state="done"]')).to_have_count(1)


def test_a_stream_is_begun_and_stopped(page: Page, cartwatch: Cartwatch) -> None:
    """While it runs the page counts its records; once it is stopped none comes any more."""
    page.goto(f"{cartwatch.url}/files")
    page.get_by_label("Records a second of the stream").fill("200")
    page.get_by_role("button", name="Stream 200/s").click()
    lines = page.locator(".stream-lines")
    expect(lines).to_have_text(re.compile(r"^\d\d+ records$"))
    assert cartwatch.get("/api/stream")["rate"] == 200
    page.get_by_role("button", name="Stop the stream").click()
    expect(page.get_by_role("button", name="Stream 200/s")).to_be_focused()
    assert cartwatch.get("/api/stream") is None
    until(lambda: cartwatch.get("/api/stats")["lag"] == 0)
