"""static/elements/cart/: one cart, at its own address and docked beside a list."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.frames import Frame, cart, changes, order, orders_page, snapshot
from tests.browser.stage import Stage

LATER = "2026-03-01T12:00:05.000Z"
API = {"upload": None, "source": "api", "line": 9}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def open_cart(stage: Stage, orders: Frame, query: str = "", **counts: Any) -> Page:
    """Open the page of zoe's cart, whose version is 1."""
    first = snapshot([cart("zoe", 1, **counts)], window={"user": "zoe"})
    return stage.open(f"/carts/zoe{query}", first, facts={"orders": orders})


def answer(stage: Stage, orders: Frame, changed: list[Frame] | None = None) -> None:
    """Play the two readings: the page, and what changed last."""
    last = orders_page(orders["items"] if changed is None else changed, version=orders["version"])
    stage.answer("/api/carts/zoe/orders?sort=changed", last)
    stage.answer("/api/carts/zoe/orders?sort=newest", orders)
    stage.answer("/api/carts/zoe/orders?", orders)


@pytest.mark.parametrize("user", ["a", "a/b", "ü ?#%", "<b>"])
def test_a_link_leads_to_its_cart_and_back(stage: Stage, user: str) -> None:
    """Any user id stands in the address, and the socket is asked for that cart."""
    page = stage.open(first=snapshot([cart(user, 2, unpaid=[1])]))
    page.locator("[data-cart] a").click()
    expect(page).to_have_url(f"{stage.server.origin}/carts/{quote(user, safe='')}")
    expect(page.get_by_role("heading", level=1)).to_have_text(user)
    expect(page.locator("cart-detail")).to_have_attribute("data-cart", user)
    assert stage.window()["user"] == user
    page.get_by_role("link", name="‹ Carts").click()
    expect(page).to_have_url(f"{stage.server.origin}/")


def test_an_unknown_user_is_said_and_waited_for(stage: Stage) -> None:
    """The page of a user without a cart shows the cart with its first record."""
    page = stage.open("/carts/zoe", snapshot(window={"user": "zoe"}))
    words = page.get_by_text("No cart of that user yet")
    expect(words).to_be_visible()
    expect(page.locator("[data-cart]")).to_have_count(0)
    answer(stage, orders_page([order(1)]))
    stage.play(changes([cart("zoe", 1, unpaid=[1])]))
    expect(page.locator('[data-cart="zoe"][data-version="1"] [data-order="1"]')).to_be_visible()
    expect(words).to_be_hidden()
    expect(page.locator("[data-change]")).to_contain_text("1 ordered")


def test_rows_of_the_script_are_those_of_the_server(stage: Stage) -> None:
    """Every status, id and cause is said alike by both."""
    early = {"ordered_at": LATER, "paid_at": "2026-03-01T11:00:00.000Z"}
    items = [
        order(1),
        order("1", "waiting", payment=API),
        order("x" * 60 + "\u200b", "paid"),
        order(2**63 - 1, "paid", **early, order={**API, "skipped": 7}),
        order(" <b>", "paid", paid_at="2026-03-01T11:46:00.000Z"),
        order(5, "paid", paid_at="2026-03-02T12:00:00.000Z"),
    ]
    stage.page.clock.install()
    page = open_cart(stage, orders_page(items, total=6), unpaid=[1])
    rows = "[...document.querySelectorAll('[data-order]')].map((row) => row.outerHTML)"
    rendered = page.evaluate(rows)
    page.evaluate("document.querySelector('.orders tbody').replaceChildren()")
    painted = page.evaluate(
        """async (text) => {
          const { parse } = await import("/static/json.js");
          const { OrderRow } = await import("/static/elements/cart/order_row.js");
          const { fresh } = await import("/static/paint/patch.js");
          const body = document.querySelector(".orders tbody");
          for (const order of parse(text)) {
            const row = fresh("order");
            new OrderRow(row).update(order);
            body.append(row);
          }
        }""",
        json.dumps(items),
    )
    assert painted is None
    page.clock.run_for(1_100)
    stage.painted()
    seen = page.evaluate(rows)
    assert [plain(html) for html in seen] == [plain(html) for html in rendered]
    standing = page.locator("[data-order] .standing-words").all_text_contents()
    assert standing == ["open", "waiting", "1 min", "paid before its order", "paid at once", "1 d"]


def plain(html: str) -> str:
    """Leave out what the page's clock writes."""
    times = re.sub(r"(<time[^>]*?)(?: title=\"[^\"]*\")?([^>]*>)[^<]*", r"\1\2", html)
    return re.sub(r'(<time[^>]*?) title="[^"]*"', r"\1", re.sub(r' hidden=""', "", times))


def test_an_order_becomes_paid_in_its_row(stage: Stage) -> None:
    """Counts at once, the row in its place, and what happened stands among the changes."""
    page = open_cart(stage, orders_page([order(2), order(1)]), unpaid=[1, 2])
    row = page.locator('[data-order="1"]')
    row.evaluate("(row) => { window.row = row; }")
    paid = order(1, "paid", paid_at=LATER, payment=API)
    answer(stage, orders_page([order(2), paid], version=2), [paid, order(2)])
    stage.play(changes([cart("zoe", 2, unpaid=[2], paid=[1])]))
    expect(row).to_have_attribute("data-status", "paid")
    expect(row).to_contain_text("api:9")
    assert row.evaluate("(row) => row === window.row")
    expect(page.locator("cart-detail")).to_have_attribute("data-version", "2")
    expect(page.locator(".one-facts")).to_contain_text("1 open")
    expect(page.locator(".one-facts")).to_contain_text("1/2 paid")
    expect(page.locator("[data-show=paid]")).to_have_text("Paid 1")
    change = page.locator("[data-change]")
    expect(change).to_have_count(1)
    expect(change).to_contain_text("1 paid")
    expect(change).to_contain_text("api:9")


def test_new_orders_wait_while_the_table_is_in_use(stage: Stage) -> None:
    """Nothing moves under the pointer: a bar says how many are new, and shows them."""
    page = open_cart(stage, orders_page([order(1)]), unpaid=[1])
    page.locator('[data-order="1"]').hover()
    items = [order(n) for n in (4, 3, 2, 1)]
    answer(stage, orders_page(items, version=4))
    stage.play(changes([cart("zoe", 4, unpaid=[1, 2, 3, 4])]))
    bar = page.get_by_role("button", name="3 new – show")
    expect(bar).to_have_attribute("data-pending", "3")
    expect(page.locator("[data-order]")).to_have_count(1)
    expect(page.locator("[data-change]")).to_have_count(3)
    bar.click()
    expect(page.locator("[data-order]")).to_have_count(4)
    expect(bar).to_be_hidden()
    assert page.evaluate("document.activeElement.localName") == "tbody"


def test_new_orders_come_by_themselves_when_nobody_uses_the_table(stage: Stage) -> None:
    """And a paid one leaves those that are open."""
    page = open_cart(stage, orders_page([order(2), order(1)]), "?show=open", unpaid=[1, 2])
    paid = order(1, "paid")
    stage.answer("/api/carts/zoe/orders?sort=changed", orders_page([paid, order(3)], version=4))
    stage.answer(
        "/api/carts/zoe/orders?status=unpaid", orders_page([order(3), order(2)], version=4)
    )
    stage.play(changes([cart("zoe", 4, unpaid=[2, 3], paid=[1])]))
    expect(page.locator('[data-order="3"]')).to_be_visible()
    expect(page.locator('[data-order="1"]')).to_have_count(0)
    expect(page.locator(".list-range")).to_have_text("1–2 of 2 orders")


def test_an_older_answer_is_passed_over(stage: Stage) -> None:
    """What is on screen never goes back."""
    page = open_cart(stage, orders_page([order(1, "paid")]), paid=[1])
    stage.play(changes([cart("zoe", 1, paid=[1])]))
    answer(stage, orders_page([order(1)], version=0))
    with page.expect_response("**/orders?sort=changed"):
        stage.play(changes([cart("zoe", 2, paid=[1])]))
    stage.painted()
    expect(page.locator('[data-order="1"]')).to_have_attribute("data-status", "paid")


def test_what_cannot_be_read_says_why_and_can_be_tried_again(stage: Stage) -> None:
    """At the table, until it could be read."""
    page = open_cart(stage, orders_page([order(1)]), unpaid=[1])
    error = {"error": {"code": "storage", "message": "The data folder cannot be used."}}
    stage.answer("/api/carts/zoe/orders?*", error, status=503)
    stage.play(changes([cart("zoe", 2, unpaid=[1, 2])]))
    table = page.locator(".one-orders")
    expect(table.get_by_role("alert")).to_contain_text("The data folder cannot be used.")
    stage.page.unroute_all()
    answer(stage, orders_page([order(2), order(1)], version=2))
    table.get_by_role("button", name="Try again").click()
    expect(page.locator('[data-order="2"]')).to_be_visible()
    expect(table.get_by_role("alert")).to_be_hidden()
    assert page.evaluate("document.activeElement !== document.body")


def test_what_is_shown_is_an_address(stage: Stage) -> None:
    """Tabs, order, pages and the beginning of an id; what is typed keeps its caret."""
    items = orders_page([order(1)], total=120, next="77", first=51, back=None)
    page = open_cart(stage, items, "?cursor=90", unpaid=[1])
    expect(page.locator(".list-range")).to_have_text("51–51 of 120 orders")
    origin = f"{stage.server.origin}/carts/zoe"
    page.get_by_role("link", name="Next page").click()
    expect(page).to_have_url(f"{origin}?cursor=77")
    expect(page.get_by_role("link", name="Next page")).to_be_focused()
    page.locator("[data-show=open]").click()
    expect(page).to_have_url(f"{origin}?show=open")
    expect(page.locator("[data-show=open]")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Ordered").click()
    expect(page).to_have_url(f"{origin}?show=open&sort=oldest")
    box = page.get_by_label("Order id begins with")
    box.press_sequentially("7x")
    expect(page).to_have_url(f"{origin}?show=open&sort=oldest&search=7x")
    expect(box).to_be_focused()
    expect(box).to_have_value("7x")
    page.go_back()
    expect(page).to_have_url(f"{origin}?show=open")


def test_dots_are_a_user_too(stage: Stage) -> None:
    """Their pages, forms and readings are asked for by a query."""
    first = snapshot([cart("..", 1, unpaid=[1])], window={"user": ".."})
    page = stage.open("/cart?user_id=..", first, facts={"orders": orders_page([order(1)])})
    export = page.locator("[data-export=csv]")
    expect(export).to_have_attribute("href", "/api/cart/orders.csv?user_id=..&sort=newest")
    stage.answer("/api/cart/orders?*", orders_page([order(2), order(1)], version=2))
    stage.play(changes([cart("..", 2, unpaid=[1, 2])]))
    expect(page.locator('[data-order="2"]')).to_be_visible()
    assert all("user_id=.." in call.url for call in stage.calls)
    page.get_by_label("Order id begins with").press_sequentially("2")
    expect(page).to_have_url(f"{stage.server.origin}/cart?user_id=..&search=2")


def test_the_id_is_copied_whole(stage: Stage) -> None:
    """Not as it is shown."""
    user = "a\u200bb"
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    first = snapshot([cart(user)], window={"user": user})
    page = stage.open(f"/carts/{quote(user)}", first)
    page.get_by_role("button", name="Copy the id").click()
    expect(page.locator("[data-action=copy]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == user


def test_starting_over_empties_it(stage: Stage) -> None:
    """Nothing of before stays, and the next cart of that user begins anew."""
    page = open_cart(stage, orders_page([order(1)]), unpaid=[1])
    stage.play(snapshot(window={"user": "zoe"}, generation="second"))
    expect(page.get_by_text("No cart of that user yet")).to_be_visible()
    expect(page.locator("[data-order]")).to_have_count(0)
    answer(stage, orders_page([order(5)]))
    stage.play(changes([cart("zoe", 1, unpaid=[5])]))
    expect(page.locator('[data-order="5"]')).to_be_visible()


def test_keys_choose_what_is_shown(stage: Stage) -> None:
    """`1` to `4` are the tabs, `[` and `]` the pages, `/` the box."""
    page = open_cart(stage, orders_page([order(1)], total=60, next="7"), unpaid=[1])
    page.keyboard.press("]")
    expect(page).to_have_url(f"{stage.server.origin}/carts/zoe?cursor=7")
    page.keyboard.press("2")
    expect(page).to_have_url(f"{stage.server.origin}/carts/zoe?show=waiting")
    page.keyboard.press("/")
    expect(page.get_by_label("Order id begins with")).to_be_focused()


def test_docked_it_turns_in_its_own_place(stage: Stage) -> None:
    """Beside the list of carts, what it leads to is shown there, and the address stays."""
    page = stage.open(first=snapshot([cart("zoe", 1, unpaid=[1])]))
    stage.server.facts = {"orders": orders_page([order(1)], total=60, next="7")}
    page.evaluate(
        """async () => {
          const { CartDetail } = await import("/static/elements/cart/cart_detail.js");
          const { fetchDetail } = await import("/static/elements/cart/fetched_detail.js");
          const { Store } = await import("/static/store.js");
          customElements.define("cart-detail", CartDetail);
          const detail = await fetchDetail("/carts/zoe", new AbortController().signal);
          document.querySelector(".rail").replaceChildren(detail);
          detail.start({
            store: new Store(), painter: { ask: (task) => task() }, clock: { tell() {} },
            place: { cart: "zoe", window: { user: null } }, navigation: new EventTarget(),
            connection: new EventTarget(),
          });
        }"""
    )
    docked = page.locator("cart-detail[data-docked]")
    expect(docked.get_by_role("heading", level=2, name="zoe")).to_be_visible()
    expect(docked.locator('[data-order="1"]')).to_be_visible()
    docked.locator("[data-show=open]").click()
    expect(docked.locator("[data-show=open]")).to_have_attribute("aria-current", "true")
    expect(docked.locator("[data-show=open]")).to_be_focused()
    docked.get_by_label("Order id begins with").press_sequentially("1")
    expect(docked).to_have_attribute("data-address", "/carts/zoe?show=open&search=1")
    expect(page).to_have_url(f"{stage.server.origin}/")


def test_it_fits_a_phone(stage: Stage) -> None:
    """Long ids and sources never make the page scroll sideways."""
    stage.page.set_viewport_size({"width": 320, "height": 700})
    long = {"upload": "u", "source": "s" * 300, "line": 12}
    items = [order("y" * 256, "paid", order=long, payment=long), order("1" * 256)]
    page = open_cart(stage, orders_page(items), unpaid=[1])
    assert page.evaluate(OVERFLOW) == 0
    heights = [row.bounding_box() for row in page.locator("[data-order]").all()]
    assert len({box["height"] for box in heights if box}) == 1
