"""A person's first session, in the real page of the real program."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from dataflow.sample import SAMPLE
from tests.e2e.comparison import assert_holds
from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch


def oracle_of(data: bytes, source: str) -> Oracle:
    oracle = Oracle()
    oracle.feed(data, source)
    return oracle


def orders_on(page: Page, user_id: str) -> dict[str, str | None]:
    """Give the visible orders of a cart and their states."""
    chips = page.locator(f'[data-cart="{user_id}"] [data-order]').all()
    return {
        chip.get_attribute("data-order") or "": chip.get_attribute("data-status") for chip in chips
    }


def test_the_sample_fills_both_carts_and_the_skipped_record(
    page: Page, cartwatch: Cartwatch
) -> None:
    """An uploaded cart-join.json ends as the tutorial says, in the page and in the API."""
    page.goto(cartwatch.url)
    page.get_by_label("Upload a JSONL file").set_input_files(SAMPLE)
    expect(page.locator('[data-upload][data-state="done"]')).to_have_count(1)
    expect(page.locator('[data-cart="a"]')).to_have_attribute("data-version", "4")
    expect(page.locator('[data-cart="b"]')).to_have_attribute("data-version", "3")
    assert orders_on(page, "a") == {"1": "paid", "2": "paid"}
    assert orders_on(page, "b") == {"3": "unpaid", "4": "paid"}
    skipped = page.locator("[data-skipped]")
    expect(skipped).to_have_count(1)
    for part in ("cart-join.json", "6", "not JSON", "FAIL HERE"):
        expect(skipped).to_contain_text(part)
    figures = {"carts": "2", "paid": "3", "unpaid": "1", "skipped": "1", "events": "7", "lag": "0"}
    for name, value in figures.items():
        expect(page.locator(f'[data-stat="{name}"]')).to_have_attribute("data-value", value)
    assert_holds(
        cartwatch, oracle_of(SAMPLE.read_bytes(), "cart-join.json"), source="cart-join.json"
    )


def test_the_sample_button_shows_it_record_by_record(page: Page, cartwatch: Cartwatch) -> None:
    """The empty page invites to the sample, whose orders are seen unpaid before they are paid."""
    page.add_init_script(
        """
        window.seen = [];
        new MutationObserver(() => {
          for (const chip of document.querySelectorAll('[data-cart="a"] [data-order="2"]')) {
            const status = chip.dataset.status;
            if (window.seen.at(-1) !== status) window.seen.push(status);
          }
        }).observe(document, {subtree: true, childList: true, attributes: true});
        """
    )
    page.goto(cartwatch.url)
    page.get_by_role("button", name="Load the sample").click()
    upload = page.locator("[data-upload]")
    expect(upload).to_have_attribute("data-state", "running")
    expect(page.locator('[data-cart="a"] [data-order="2"]')).to_have_attribute(
        "data-status", "unpaid"
    )
    expect(page.locator("[data-skipped]")).to_have_count(0)
    expect(upload).to_have_attribute("data-state", "done")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
    assert page.evaluate("window.seen") == ["unpaid", "paid"]


def test_a_page_that_is_opened_later_shows_the_same_without_a_script(
    page: Page, cartwatch: Cartwatch
) -> None:
    """The first page of carts is in the HTML that the server sends."""
    cartwatch.upload_in(cartwatch.upload(SAMPLE.read_bytes(), "cart-join.json"), "done")
    html = cartwatch.call("GET", "/").body.decode()
    assert len(re.findall(r'data-cart="[ab]"', html)) == 2
    assert "FAIL HERE" in html
    page.goto(f"{cartwatch.url}/carts/a")
    expect(page.locator('[data-cart="a"]')).to_be_visible()
    assert orders_on(page, "a") == {"1": "paid", "2": "paid"}


def test_an_order_that_is_paid_through_the_api_turns_paid_in_the_open_page(
    page: Page, cartwatch: Cartwatch
) -> None:
    """A live record shows at once, in the very chip of its order."""
    order = {"user_id": "zoe", "type": "order", "order_id": "x/1"}
    cartwatch.call("POST", "/api/events", json.dumps(order))
    page.goto(cartwatch.url)
    chip = page.locator("""[data-cart="zoe"] [data-order='"x/1"']""")
    expect(chip).to_have_attribute("data-status", "unpaid")
    chip.evaluate("chip => { chip.mark = true }")
    cartwatch.call("POST", "/api/events", json.dumps(order | {"type": "payment"}))
    expect(chip).to_have_attribute("data-status", "paid")
    assert chip.evaluate("chip => chip.mark") is True


def test_starting_over_and_replaying_fills_the_carts_again(
    page: Page, cartwatch: Cartwatch
) -> None:
    """A replay of a file whose orders are all known shows repeats only; the page offers more."""
    upload = cartwatch.upload(SAMPLE.read_bytes(), "cart-join.json")
    cartwatch.upload_in(upload, "done")
    page.goto(cartwatch.url)
    again = cartwatch.call("POST", f"/api/uploads/{upload}/replay").json()
    repeated = cartwatch.upload_in(again["id"], "done")
    assert repeated["duplicates"] == repeated["accepted"] == 7
    page.get_by_role("button", name="Start over and replay").first.click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Start over")).click()
    expect(page.locator("[data-upload]")).to_have_count(1)
    expect(page.locator('[data-upload][data-state="done"]')).to_have_count(1)
    assert_holds(
        cartwatch, oracle_of(SAMPLE.read_bytes(), "cart-join.json"), source="cart-join.json"
    )
    expect(page.locator('[data-stat="events"]')).to_have_attribute("data-value", "7")
