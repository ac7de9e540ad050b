"""Hostile input through the real page: a clear answer each, and the stream goes on."""

from __future__ import annotations

import json
import random
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from tests.kit.running import Cartwatch

MIB = 1024 * 1024
GOOD = b'{"user_id": "good", "type": "order", "order_id": %d}\n'


def choose(page: Page, file: FilePayload | Path) -> None:
    page.get_by_label("Upload a JSONL file").set_input_files(file)


def test_a_binary_file_is_skipped_line_by_line(page: Page, cartwatch: Cartwatch) -> None:
    """Random bytes end as skipped records, and a good record behind them goes through."""
    page.goto(cartwatch.url)
    noise = random.Random(4).randbytes(200_000)
    choose(page, {"name": "noise.bin", "mimeType": "application/octet-stream", "buffer": noise})
    expect(page.locator('[data-upload][data-state="done"]')).to_have_count(1)
    expect(page.locator("[data-skipped]").first).to_contain_text("noise.bin")
    assert set(cartwatch.get("/api/skipped")["by_reason"]) <= {"invalid_utf8", "invalid_json"}
    cartwatch.call("POST", "/api/events", GOOD % 1)
    expect(page.locator('[data-cart="good"]')).to_be_visible()


def test_an_empty_file_is_refused_in_words(page: Page, cartwatch: Cartwatch) -> None:
    """The page says that the file is empty, where the person acted; nothing is taken in."""
    page.goto(cartwatch.url)
    choose(page, {"name": "empty.jsonl", "mimeType": "text/plain", "buffer": b""})
    expect(page.get_by_text("the upload is empty").first).to_be_visible()
    assert cartwatch.get("/api/uploads")["total"] == 0


def test_a_single_line_of_50_mb_is_one_skipped_record(
    page: Page, cartwatch: Cartwatch, tmp_path: Path
) -> None:
    """It is too long, its first 4 KiB are kept, and the line behind it is read."""
    file = tmp_path / "long.jsonl"
    with file.open("wb") as long:
        for _ in range(50):
            long.write(b"x" * MIB)
        long.write(b"\n" + GOOD % 2)
    page.goto(cartwatch.url)
    choose(page, file)
    expect(page.locator('[data-upload][data-state="done"]')).to_have_count(1)
    expect(page.locator('[data-cart="good"] [data-order="2"]')).to_be_visible()
    record = cartwatch.get("/api/skipped")["items"][0]
    assert (record["reason"], record["line"], record["raw_cut"]) == ("too_long", 1, True)
    assert len(record["raw"]) == 4096
    expect(page.locator("[data-skipped]")).to_contain_text("too long")


def test_markup_in_ids_and_raw_lines_stays_text(page: Page, cartwatch: Cartwatch) -> None:
    """A script in a user id, an order id, a file name and a skipped line is shown, never run."""
    evil = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
    lines = [
        json.dumps({"user_id": evil, "type": "order", "order_id": evil}),
        f"FAIL {evil}",
    ]
    cartwatch.upload_in(cartwatch.upload("\n".join(lines).encode(), "%3Cb%3Ex"), "done")
    page.goto(cartwatch.url)  # written by the server
    cartwatch.upload_in(cartwatch.upload("\n".join(lines).encode(), "%3Cb%3Ey"), "done")
    expect(page.locator("[data-skipped]")).to_have_count(2)  # one of them cloned by the page
    cart = page.locator("[data-cart]")
    expect(cart).to_have_count(1)
    assert cart.get_attribute("data-cart") == evil
    assert page.locator("[data-order]").get_attribute("data-order") == json.dumps(evil)
    expect(page.locator("[data-skipped]").first).to_contain_text(f"FAIL {evil}")
    expect(page.get_by_text("<b>y").first).to_be_visible()
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, main script").count() == 0


def test_a_file_that_is_mostly_bad_pauses_itself_and_says_why(
    page: Page, cartwatch: Cartwatch
) -> None:
    """After 10,000 lines it stops to ask; resumed by a person, it runs to its end."""
    upload = cartwatch.upload(b"FAIL HERE\n" * 20_000, "bad.jsonl")
    page.goto(cartwatch.url)
    row = page.locator(f'[data-upload="{upload}"]')
    expect(row).to_have_attribute("data-state", "paused")
    expect(row).to_contain_text("10,000 of the first 10,000 lines were skipped")
    row.get_by_role("button", name="Go on").click()
    expect(row).to_have_attribute("data-state", "done")
    assert cartwatch.get("/api/stats")["skipped"] == 20_000


def test_a_replay_is_paused_paced_and_cancelled_from_the_page(
    page: Page, cartwatch: Cartwatch
) -> None:
    """The buttons of an upload do what they say, and what was released finishes."""
    data = b"".join(GOOD % number for number in range(5_000))
    upload = cartwatch.upload(data, "slow.jsonl", rate=100)
    page.goto(cartwatch.url)
    row = page.locator(f'[data-upload="{upload}"]')
    row.get_by_role("button", name="Pause").click()
    expect(row).to_have_attribute("data-state", "paused")
    paused = cartwatch.get(f"/api/uploads/{upload}")
    assert 0 < paused["processed"] < 5_000
    row.get_by_role("button", name="Go on").click()
    expect(row).to_have_attribute("data-state", "running")
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_attribute("data-state", "cancelled")
    stats = cartwatch.get("/api/stats")
    assert stats["lag"] == 0
    assert stats["unpaid"] == cartwatch.get(f"/api/uploads/{upload}")["processed"] < 5_000
