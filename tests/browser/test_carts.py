"""static/elements/carts/cart_list.js and cart_row.js: the carts on screen."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import expect

from tests.browser.frames import cart, changes, snapshot
from tests.browser.stage import Stage

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"
ROWS = """() => [...document.querySelectorAll("[data-cart]")].map((row) => {
  const plain = (node) => [
    node.tagName, [...node.attributes].map(({ name, value }) => [name, value])
      .filter(([name]) => name !== "title").sort(),
    node.tagName === "TIME" ? "" : [...node.childNodes]
      .map((child) => (child.nodeType === 1 ? plain(child) : child.data.trim()))
      .filter((child) => child !== ""),
  ];
  return JSON.stringify(plain(row));
})"""


def test_a_row_made_by_the_browser_is_the_row_made_by_the_server(stage: Stage) -> None:
    """Both halves of the page describe a cart alike: element by element, attribute by attribute."""
    carts = [
        cart("a", 4, paid=[2, 1]),
        cart("x/y ?#%", 9, unpaid=[1, "1", "ord-7"], waiting=[2**63 - 1], paid=[-(2**63)]),
        cart(HOSTILE, 2, unpaid=[HOSTILE]),
        cart("..", 1, unpaid=[5]),
        cart("many", 250, unpaid=list(range(20)), paid=[99], unpaid_count=0),
        cart("none", 0),
    ]
    carts[4]["unpaid"] = 12345
    page = stage.open(first=snapshot(carts), live=False)
    rendered = page.evaluate(ROWS)
    page.locator("[data-connection=live]").wait_for()
    stage.play(snapshot([], generation="between"))
    expect(page.locator("[data-cart]")).to_have_count(0)
    stage.play(snapshot(carts, generation="again"))
    expect(page.locator("[data-cart]")).to_have_count(len(carts))
    assert page.evaluate(ROWS) == rendered


def test_hostile_ids_stay_text(stage: Stage) -> None:
    """Markup in a user id or an order id is shown, letter by letter, and never run."""
    page = stage.open(first=snapshot([cart(HOSTILE, unpaid=[HOSTILE])]))
    stage.play(changes([cart(f"2{HOSTILE}", unpaid=[f"2{HOSTILE}"])]))
    row = page.locator("[data-cart]")
    expect(row).to_have_attribute("data-cart", f"2{HOSTILE}")
    expect(row.locator("[data-order]")).to_have_attribute("data-order", json.dumps(f"2{HOSTILE}"))
    expect(row.locator(".cart-user")).to_have_text(f"2{HOSTILE}")
    assert page.locator("main script, main img").count() == 0


def test_an_order_that_becomes_paid_keeps_its_chip(stage: Stage) -> None:
    """The very chip element turns, in its place, so that the change is seen."""
    page = stage.open(first=snapshot([cart("a", 3, unpaid=[1, 2, 3])]))
    chip = page.locator('[data-cart="a"] [data-order="2"]')
    chip.evaluate("(chip) => { chip.mine = true; }")
    stage.play(changes([cart("a", 4, unpaid=[1, 3], paid=[2])]))
    expect(chip).to_have_attribute("data-status", "paid")
    assert chip.evaluate("(chip) => chip.mine")
    assert chip.evaluate("(chip) => chip.getAnimations().length") == 1
    expect(chip).to_contain_text("paid")
    assert statuses(stage) == [["3", "unpaid"], ["2", "paid"], ["1", "unpaid"]]


def test_nothing_moves_for_those_who_asked_for_that(stage: Stage) -> None:
    """With prefers-reduced-motion a chip turns without a transition."""
    stage.page.emulate_media(reduced_motion="reduce")
    page = stage.open(first=snapshot([cart("a", 1, unpaid=[1])]))
    stage.play(changes([cart("a", 2, paid=[1])]))
    chip = page.locator('[data-order="1"]')
    expect(chip).to_have_attribute("data-status", "paid")
    assert chip.evaluate("(chip) => chip.getAnimations().length") == 0


def test_the_newest_order_stands_first(stage: Stage) -> None:
    """Id lists come oldest first and are shown newest first; a new order is put in front."""
    stage.open(first=snapshot([cart("a", 2, unpaid=[1, 2])]))
    stage.play(changes([cart("a", 3, unpaid=[1, 2, 3])]))
    stage.painted()
    assert [order for order, _ in statuses(stage)] == ["3", "2", "1"]


def test_a_payment_that_waited_becomes_a_paid_order(stage: Stage) -> None:
    """The chip of a waiting payment is the chip of its order."""
    page = stage.open(first=snapshot([cart("a", 1, waiting=["x"])]))
    chip = page.locator("[data-order]")
    expect(chip).to_have_attribute("data-status", "waiting")
    stage.play(changes([cart("a", 2, paid=["x"])]))
    expect(chip).to_have_attribute("data-status", "paid")
    expect(chip).to_have_count(1)


def test_ids_that_are_cut_are_counted(stage: Stage) -> None:
    """The counts are whole: what is not shown is said."""
    page = stage.open(first=snapshot([cart("a", 9, unpaid=[1, 2], paid=[3], paid_total=0)]))
    big = cart("a", 300, unpaid=[1, 2], paid=[3])
    big["paid"] = 181
    stage.play(changes([big]))
    expect(page.locator(".cart-more")).to_have_text("+ 180 more")
    expect(page.locator(".cart-share")).to_contain_text("181 of 183 paid")


def test_an_older_version_never_shows(stage: Stage) -> None:
    """A late frame takes nothing back."""
    page = stage.open(first=snapshot([cart("a", 5, paid=[1])]))
    stage.play(changes([cart("a", 4, unpaid=[1])]))
    stage.play({"type": "heartbeat", "at": "2026-03-01T12:00:05Z"})
    stage.painted()
    expect(page.locator('[data-cart="a"]')).to_have_attribute("data-version", "5")
    expect(page.locator('[data-order="1"]')).to_have_attribute("data-status", "paid")


def test_rows_keep_their_elements_when_they_move(stage: Stage) -> None:
    """Sorting by recency moves rows; it makes none anew, and an unchanged one is not written to."""
    page = stage.open(first=snapshot([cart("a"), cart("b"), cart("c")]))
    page.evaluate(
        """() => {
          for (const row of document.querySelectorAll("[data-cart]")) row.mine = true;
          window.writes = [];
          new MutationObserver((records) => window.writes.push(...records.map(({ target }) =>
            target.closest?.("[data-cart]")?.dataset.cart).filter(Boolean)))
            .observe(document.querySelector(".carts-list"),
              { subtree: true, childList: true, attributes: true, characterData: true });
        }"""
    )
    stage.play(changes([cart("c", 2, unpaid=[1])], ["c", "a", "b"]))
    stage.painted()
    rows = page.locator("[data-cart]")
    order = "(rows) => rows.map((row) => row.mine && row.dataset.cart)"
    assert rows.evaluate_all(order) == ["c", "a", "b"]
    assert set(page.evaluate("window.writes")) == {"c"}


def test_the_focus_and_the_view_stay_while_rows_move(stage: Stage) -> None:
    """A row with the focus keeps it, at the same height of the screen, whatever happens around."""
    carts = [cart(f"user-{n:02}", unpaid=[n]) for n in range(50)]
    page = stage.open(first=snapshot(carts))
    held = page.locator('[data-cart="user-20"] a')
    held.focus()
    held.scroll_into_view_if_needed()
    top = "(link) => Math.round(link.getBoundingClientRect().top)"
    before = held.evaluate(top)
    names = [item["user_id"] for item in carts]
    moved = ["user-40", "user-49", *(n for n in names if n not in {"user-40", "user-49"})]
    stage.play(changes([cart("user-40", 2, unpaid=[40, 41]), cart("user-20", 2, paid=[20])], moved))
    stage.painted()
    expect(page.locator('[data-order="20"]')).to_have_attribute("data-status", "paid")
    expect(held).to_be_focused()
    assert abs(held.evaluate(top) - before) <= 1
    shown = page.locator("[data-cart]").evaluate_all(
        "(rows) => rows.map((row) => row.dataset.cart)"
    )
    assert shown == moved


def test_a_focused_row_that_jumps_keeps_the_focus(stage: Stage) -> None:
    """The row with the focus stays put in the document; the others are put around it."""
    page = stage.open(first=snapshot([cart("a"), cart("b"), cart("c"), cart("d")]))
    held = page.locator('[data-cart="c"] a')
    held.focus()
    for order in (["c", "a", "b", "d"], ["d", "b", "a", "c"], ["a", "c", "d"], ["x", "c"]):
        stage.play(changes([cart("x")] if "x" in order else [], order))
        stage.painted()
        shown = page.locator("[data-cart]").evaluate_all(
            "(rows) => rows.map((row) => row.dataset.cart)"
        )
        assert shown == order
        expect(held).to_be_focused()


def test_the_keyboard_stays_in_the_list_when_its_row_leaves(stage: Stage) -> None:
    """A row that leaves hands the focus to its list, not to the top of the page."""
    page = stage.open(first=snapshot([cart("a"), cart("b")]))
    page.locator('[data-cart="a"] a').focus()
    stage.play(changes([], ["b"]))
    expect(page.locator(".carts-list")).to_be_focused()


def test_the_list_never_grows(stage: Stage) -> None:
    """After 200 frames that each bring 50 new carts, 50 rows are there."""
    page = stage.open()
    for n in range(200):
        stage.play(changes([cart(f"user-{n}-{m}", unpaid=[m]) for m in range(50)]))
    expect(page.locator('[data-cart="user-199-0"]')).to_be_attached()
    expect(page.locator("[data-cart]")).to_have_count(50)
    assert page.evaluate("document.getElementsByTagName('*').length") < 1500


def test_figures_carry_their_plain_numbers(stage: Stage) -> None:
    """Each figure has its number for scripts, and its number for people."""
    page = stage.open()
    figures = {"carts": 12345, "unpaid": 1, "paid": 2, "waiting": 3, "skipped": 4}
    figures |= {"events": 1_000_000, "lag": 18450}
    stats: dict[str, Any] = {**figures, "events_per_second": 84210.4, "duplicates": 5, "viewers": 1}
    stage.play(changes(stats=stats))
    for name, value in figures.items():
        figure = page.locator(f'[data-stat="{name}"]')
        expect(figure).to_have_attribute("data-value", str(value))
        expect(figure).to_contain_text(f"{value:,}")
    expect(page.locator('[data-stat="events"]')).to_contain_text("84,210 a second")


def statuses(stage: Stage) -> list[list[str]]:
    """Give the orders on screen with their statuses, in their order."""
    found: list[list[str]] = stage.page.locator("[data-order]").evaluate_all(
        "(chips) => chips.map((chip) => [chip.dataset.order, chip.dataset.status])"
    )
    return found


def test_a_bad_value_in_the_address_stays_a_sentence_until_something_else_is_asked(
    stage: Stage,
) -> None:
    """The default window is shown with it; the controls show what there is to choose."""
    page = stage.open("/?filter=zzz&sort=nothing", first=snapshot([cart("a")]))
    sentence = page.locator("cart-search .error")
    stage.play({"type": "error", "error": {"code": "bad_request", "message": "filter is one of"}})
    expect(sentence).to_have_text("filter is one of")
    stage.play(snapshot([cart("b")]))
    expect(page.locator("[data-cart=b]")).to_be_visible()
    expect(sentence).to_be_visible()
    expect(page.locator("[name=filter][value=all]")).to_be_checked()
    page.get_by_label("Paid", exact=True).check(force=True)
    stage.painted()
    assert (stage.window()["filter"], stage.window()["sort"]) == ("paid", "recent")
    stage.play(snapshot([], window={"filter": "paid", "sort": "recent"}))
    expect(sentence).to_be_hidden()
