"""One tall cart in the real program: every order of it is reached, with the records behind it."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.kit.running import Cartwatch

ORDERS = 1_200
PAGE = 50
#: Each row of a page: the order, its status, and the two records as they are named.
ROWS = """(page) => [...page.querySelectorAll("tbody [data-order]")].map((row) => {
  const cause = (name) => {
    const link = row.querySelector(`[data-record=${name}] .record-cause`);
    return link.hidden ? "" : link.textContent;
  };
  return [row.dataset.order, row.dataset.status, cause("order"), cause("payment")];
})"""
ON_SCREEN = f"() => ({ROWS})(document)"
#: All pages, from link to link, as the server renders them.
WALK = f"""async () => {{
  const pages = [];
  for (let link = document.querySelector("[data-show=all]"); link;) {{
    const answer = await fetch(link.getAttribute("href"));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    pages.push(({ROWS})(page));
    link = page.querySelector("[data-page=next]:not([aria-disabled])");
  }}
  return pages;
}}"""


def line(kind: str, order: int) -> str:
    return json.dumps({"user_id": "whale", "type": kind, "order_id": order})


def fill(cartwatch: Cartwatch) -> dict[str, list[str]]:
    """Order so many, the payments of every third in another file; gives each row that is due."""
    orders = "\n".join(line("order", n) for n in range(ORDERS))
    paid = [*range(0, ORDERS, 3)]
    payments = "\n".join(line("payment", n) for n in paid)
    for name, text in (("a.jsonl", orders), ("b.jsonl", payments)):
        cartwatch.upload_in(cartwatch.upload(text.encode(), name), "done")
    due = {str(n): [str(n), "unpaid", f"a.jsonl:{n + 1}", ""] for n in range(ORDERS)}
    for number, n in enumerate(paid, 1):
        due[str(n)][1:] = ["paid", f"a.jsonl:{n + 1}", f"b.jsonl:{number}"]
    return due


def test_every_order_of_a_tall_cart_is_reached_with_both_of_its_records(
    page: Page, cartwatch: Cartwatch
) -> None:
    """A page after the other, each order once; the paid ones, too, and what is searched for."""
    due = fill(cartwatch)
    page.goto(f"{cartwatch.url}/carts/whale")
    expect(page.locator("[data-connection=live]")).to_be_visible()
    expect(page.locator("[data-cart]")).to_have_attribute("data-cart", "whale")
    pages = page.evaluate(WALK)
    assert [len(rows) for rows in pages] == [PAGE] * (ORDERS // PAGE)
    assert {row[0]: row for rows in pages for row in rows} == due

    for place, words in enumerate(("1–50", "51–100", "101–150")):
        expect(page.locator(".list-range")).to_have_text(f"{words} of 1,200 orders")
        assert page.evaluate(ON_SCREEN) == pages[place]
        page.get_by_role("link", name="Next page").click()
    expect(page.locator(".list-range")).to_have_text("151–200 of 1,200 orders")
    page.get_by_role("link", name="Page before").click()
    expect(page.locator(".list-range")).to_have_text("101–150 of 1,200 orders")
    assert page.evaluate(ON_SCREEN) == pages[2]

    page.locator("[data-show=paid]").click()
    expect(page.locator(".list-range")).to_have_text("1–50 of 400 orders")
    assert all(row == due[row[0]] and row[1] == "paid" for row in page.evaluate(ON_SCREEN))
    page.get_by_label("Order id begins with").fill("99")
    expect(page.locator("[data-order]")).to_have_count(5)  # 99, 990, 993, 996, 999
    page.locator('[data-order="99"] [data-record=payment] a').click()
    expect(page).to_have_url(
        f"{cartwatch.url}/files/{cartwatch.get('/api/uploads')['items'][0]['id']}"
    )


def test_what_happens_to_a_cart_is_seen_as_it_happens(page: Page, cartwatch: Cartwatch) -> None:
    """A cart that comes to be, is paid, and is completed in the feed beside it."""
    page.goto(f"{cartwatch.url}/carts/whale")
    expect(page.get_by_text("No cart of that user yet")).to_be_visible()
    cartwatch.call("POST", "/api/events", f"{line('order', 7)}\n{line('payment', 8)}")
    row = page.locator('[data-order="7"]')
    expect(row).to_have_attribute("data-status", "unpaid")
    expect(page.locator('[data-order="8"]')).to_have_attribute("data-status", "waiting")
    expect(page.locator("[data-change]")).to_have_count(2)
    cartwatch.call("POST", "/api/events", line("payment", 7))
    expect(row).to_have_attribute("data-status", "paid")
    expect(row).to_contain_text("api:3")
    newest = page.locator("[data-change]").first
    expect(newest).to_contain_text("7 paid")
    expect(page.locator("[data-cart]")).to_have_attribute("data-version", "3")

    page.get_by_role("link", name="Completed", exact=True).click()
    expect(page.locator("[data-completed] .feed-order")).to_have_text("7")
    cartwatch.call("POST", "/api/events", line("order", 8))
    expect(page.locator("[data-completed] .feed-order")).to_have_text(["7", "8"])
    page.locator("[data-completed] a").first.click()
    expect(page).to_have_url(f"{cartwatch.url}/carts/whale")
