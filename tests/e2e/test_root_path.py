"""A first session below a path, through a proxy that strips it and through one that does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from dataflow.sample import SAMPLE
from tests.e2e.test_first_session import orders_on
from tests.kit.proxy import Proxy
from tests.kit.running import Cartwatch

ROOT = "/orders"
PAYMENT = '{"user_id": "orders", "type": "payment", "order_id": 1}'
#: What a page writes as an address, in attributes whose names a template may have tomorrow.
ADDRESSES = """() => [document, ...[...document.querySelectorAll("template")].map((t) => t.content)]
  .flatMap((place) => [...place.querySelectorAll("*")])
  .flatMap((node) => [...node.attributes]
    .filter(({ name, value }) => value.startsWith("/") && name !== "aria-keyshortcuts")
    .map(({ name, value }) => `${node.localName} ${name} ${value}`))"""
#: What a script writes into the history is noted, too.
HISTORY = """for (const name of ["pushState", "replaceState"]) {
  const write = history[name].bind(history);
  window.written = [];
  history[name] = (state, title, address) => {
    write(state, title, address);
    window.written.push(location.pathname);
  };
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    with Cartwatch(tmp_path_factory.mktemp("below") / "data", "--root-path", f"{ROOT}/") as running:
        yield running


@pytest.fixture(params=[True, False], ids=["stripped", "passed on"])
def proxy(request: pytest.FixtureRequest, server: Cartwatch) -> Iterator[Proxy]:
    """A proxy before the program; that nothing was asked for elsewhere is seen at the end."""
    with Proxy(server.url, ROOT, strips=request.param) as proxy:
        yield proxy
        assert proxy.elsewhere == []


def is_below(path: str) -> bool:
    return path == ROOT or path.startswith(f"{ROOT}/")


def look(page: Page) -> None:
    """Check that every address on the page, and in its history, is below the mount."""
    addresses = page.evaluate(ADDRESSES)
    assert addresses
    assert [each for each in addresses if not is_below(each.split(" ", 2)[2])] == []
    assert [each for each in page.evaluate("window.written") if not is_below(each)] == []
    assert is_below(page.evaluate("location.pathname"))


@pytest.mark.parametrize("proxy", [None], ids=["by turns"], indirect=True)
def test_a_first_session_below_a_path(page: Page, proxy: Proxy) -> None:
    """The sample, each view, downloads, search, back and reload: all as without a path.

    To the views both kinds of proxy are the same, so one session has both.
    """
    page.add_init_script(HISTORY)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(urlsplit(socket.url).path))
    page.goto(proxy.url)
    look(page)
    page.get_by_role("button", name="Load the sample").click()
    upload = page.locator("[data-upload]")
    expect(upload).to_have_attribute("data-state", "done")
    assert orders_on(page, "a") == {"1": "paid", "2": "paid"}
    page.get_by_label("Upload a JSONL file").set_input_files(SAMPLE)
    expect(page.locator('[data-upload][data-state="done"]')).to_have_count(2)
    look(page)

    page.locator('[data-cart="a"] .cart-open').click()  # the panel beside the list
    expect(page.locator("cart-detail[data-docked] .order")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/orders/?\?cart=a$"))
    page.locator("cart-detail [data-show=paid]").click()
    expect(page.locator("cart-detail [data-show=paid]")).to_have_attribute("aria-current", "true")
    look(page)
    page.reload()
    expect(page.locator("cart-detail[data-docked] .order")).to_have_count(2)
    expect(page.locator("[data-connection=live]")).to_be_visible()
    page.go_back()
    expect(page.locator(".beside")).to_be_hidden()

    page.locator('[data-cart="a"] .cart-pin').click()
    kept = page.evaluate("Object.keys(localStorage)")
    assert kept
    assert all(key.startswith(ROOT) for key in kept)  # of another server on this host it is none
    page.locator('[data-cart="a"] .cart-pin').click()

    search = page.get_by_role("searchbox")
    search.fill("b")
    expect(page.locator("[data-cart]")).to_have_count(1)
    search.fill("4")
    search.press("Enter")
    expect(page.locator(".found-user")).to_have_text("b")
    look(page)
    page.locator(".found-user").click()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")
    expect(page).to_have_url(re.compile(rf"{ROOT}/carts/b(\?|$)"))
    look(page)
    with page.expect_download() as download:
        page.get_by_text("Export", exact=True).click()
        page.get_by_role("link", name="Orders shown, as CSV").click()
    assert b"order_id" in Path(download.value.path()).read_bytes()

    page.locator('[data-nav="skipped"]').click()
    expect(page.locator("#view")).to_have_attribute("data-view", "skipped")
    page.locator(".row-link").first.click()
    expect(page.locator(".record-title")).to_contain_text("line 6")
    look(page)
    page.get_by_label("Correction").fill('{"user_id": "orders", "type": "order", "order_id": 9}')
    expect(page.locator(".mend-outcome")).to_contain_text("valid")
    page.get_by_role("button", name="Resubmit", exact=True).first.click()
    page.get_by_role("link", name="the cart of orders").click()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")
    expect(page).to_have_url(re.compile(rf"{ROOT}/carts/orders(\?|$)"))
    expect(page.locator('.order[data-order="9"]')).to_be_visible()
    look(page)
    page.locator('.order[data-order="9"] .record-cause').first.click()
    expect(page.locator("#view")).to_have_attribute("data-view", "skipped")
    page.go_back()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")

    page.locator('[data-nav="files"]').click()
    expect(page.locator("#view")).to_have_attribute("data-view", "files")
    look(page)
    page.locator(".upload-name a").first.click()
    expect(page.locator("#view")).to_have_attribute("data-view", "file")
    look(page)
    page.locator('[data-nav="completed"]').click()
    expect(page.locator(".completed")).to_have_count(3)
    look(page)
    page.locator('[data-nav="flow"]').click()
    expect(page.locator("[data-chart]")).to_have_count(4)
    look(page)
    page.get_by_role("button", name="Prove it").click()
    expect(page.locator("[data-prove=lost]")).to_have_attribute("data-value", "0")
    page.locator(".starts-all").click()
    expect(page.locator("#view")).to_have_attribute("data-view", "recovery")
    look(page)

    page.get_by_role("button", name="Menu").click()
    with page.expect_download() as download:
        page.locator("#menu").get_by_role("link", name="Carts of this view").click()
    assert Path(download.value.path()).read_bytes().count(b"\n") == 3
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.locator("#view")).to_have_attribute("data-view", "carts")
    page.go_back()
    expect(page.locator("#view")).to_have_attribute("data-view", "recovery")
    page.reload()
    expect(page.locator("[data-connection=live]")).to_be_visible()
    look(page)
    assert set(sockets) == {f"{ROOT}/ws"}


def test_the_place_without_a_slash_is_the_first_page(page: Page, proxy: Proxy) -> None:
    """With or without, its window is in the address, and back leads to it."""
    for place in (proxy.url, f"{proxy.url}/"):
        page.goto(place)
        expect(page.locator("[data-connection=live]")).to_be_visible()
        page.get_by_label("Unpaid", exact=True).check()
        expect(page).to_have_url(f"{proxy.url}/?filter=unpaid")
        page.go_back()
        expect(page).to_have_url(place)
        expect(page.get_by_label("All", exact=True)).to_be_checked()
        page.locator('[data-nav="files"]').click()
        expect(page.locator("#view")).to_have_attribute("data-view", "files")
        page.go_back()
        expect(page.locator("#view")).to_have_attribute("data-view", "carts")


def test_a_page_that_nothing_lives_at_leads_back_below_the_path(page: Page, proxy: Proxy) -> None:
    """Its words name the address that was asked for."""
    page.goto(f"{proxy.url}/nothing")
    expect(page.locator(".lost-why")).to_contain_text("there is nothing at /orders/nothing")
    page.get_by_role("link", name="All carts").click()
    expect(page.locator("[data-connection=live]")).to_be_visible()
    expect(page).to_have_url(f"{proxy.url}/")


def test_without_a_proxy_both_kinds_of_address_are_the_same_page(
    page: Page, tmp_path: Path
) -> None:
    """The line that says where it is live can be opened, and so can what a proxy would ask for."""
    with Cartwatch(tmp_path / "data", "--root-path", ROOT) as running:
        assert running.url.endswith(ROOT)
        running.call("POST", "/api/events", PAYMENT.replace("payment", "order"))
        running.settled()
        origin = running.url.removesuffix(ROOT)
        for path in ("/carts/orders", "/orders/carts/orders"):
            page.goto(f"{origin}{path}")
            expect(page.locator("[data-connection=live]")).to_be_visible()
            expect(page.locator('cart-detail[data-cart="orders"] .order')).to_have_count(1)
            running.call("POST", f"{ROOT}/api/events", PAYMENT)
            expect(page.locator('.order[data-status="paid"]')).to_have_count(1)
