"""static/elements/carts/cart_row.js: the carts on screen, each in a row of one line."""

from __future__ import annotations

import json
from typing import Any

import pytest
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
        cart("many", 250, unpaid=list(range(5)), paid=[99], unpaid_count=0),
        cart("none", 0),
    ]
    carts[4]["unpaid"] = 12345
    stage.page.set_viewport_size({"width": 2_560, "height": 900})
    stage.silent = True
    page = stage.open(first=snapshot(carts), live=False)
    stage.painted()  # the list has said by now which row the tab key comes to
    rendered = page.evaluate(ROWS)
    stage.play(stage.server.first)
    page.locator("[data-connection=live]").wait_for()
    stage.play(snapshot([], generation="between"))
    expect(page.locator("[data-cart]")).to_have_count(0)
    stage.play(snapshot(carts, generation="again"))
    expect(page.locator("[data-cart]")).to_have_count(len(carts))
    assert page.evaluate(ROWS) == rendered


def test_hostile_ids_stay_text(stage: Stage) -> None:
    """Markup in a user id or an order id is shown, letter by letter, and never run."""
    page = stage.open(first=snapshot([cart(HOSTILE, unpaid=[HOSTILE])]))
    other = cart(f"2{HOSTILE}", unpaid=[f"2{HOSTILE}"])
    stage.play(snapshot([other], generation="another"))
    row = page.locator("[data-cart]")
    expect(row).to_have_attribute("data-cart", f"2{HOSTILE}")
    expect(row.locator("[data-order]")).to_have_attribute("data-order", json.dumps(f"2{HOSTILE}"))
    expect(row.locator(".cart-user")).to_have_attribute("title", f"2{HOSTILE}")
    assert page.locator("main script, main img").count() == 0


def test_an_order_that_becomes_paid_keeps_its_chip(stage: Stage) -> None:
    """The very chip element turns and is seen to, and stands where a reload would put it."""
    page = stage.open(first=snapshot([cart("a", 3, unpaid=[1, 2, 3])]))
    chip = page.locator('[data-cart="a"] [data-order="2"]')
    chip.evaluate("(chip) => { chip.turns = 0; chip.onanimationstart = () => chip.turns++; }")
    stage.play(changes([cart("a", 4, unpaid=[1, 3], paid=[2])]))
    expect(chip).to_have_attribute("data-status", "paid")
    stage.painted()
    assert chip.evaluate("(chip) => chip.turns") == 1
    expect(chip).to_contain_text("paid")
    live = statuses(stage)
    assert live == [["3", "unpaid"], ["1", "unpaid"], ["2", "paid"]]
    stage.open(first=snapshot([cart("a", 4, unpaid=[1, 3], paid=[2])]))
    assert statuses(stage) == live


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


def test_what_does_not_fit_is_counted(stage: Stage) -> None:
    """Of the ids that came and of those that did not; each chip that is there is whole."""
    big = cart("a", 300, unpaid=list(range(100, 120)), paid=[3])
    big["paid"] = 181
    page = stage.open(first=snapshot([big]))
    for width in (1_280, 900, 360):
        page.set_viewport_size({"width": width, "height": 800})
        stage.painted()
        stage.painted()
        row = page.locator("[data-cart]")
        shown = row.locator(".chip").count()
        assert shown > 0
        expect(row.locator(".cart-more")).to_have_text(f"+{201 - shown} more")
        room = row.locator(".chips").bounding_box()
        last = row.locator(".chip").last.bounding_box()
        assert room is not None
        assert last is not None
        assert last["x"] + last["width"] <= room["x"] + room["width"] + 1
    expect(page.locator(".cart-share")).to_contain_text("181/201")


def test_every_row_is_as_high_as_another(stage: Stage) -> None:
    """However much is in it: what stands under the pointer stays there."""
    long = "x" * 256
    carts = [cart("none", 0), cart(long, 9, unpaid=[long] * 1, paid=list(range(20)))]
    page = stage.open(first=snapshot([*carts, cart("b", 1, waiting=["w"])]))
    heights = "(rows) => rows.map((row) => row.getBoundingClientRect().height)"
    assert set(page.locator("[data-cart]").evaluate_all(heights)) == {40}


@pytest.mark.parametrize("width", [360, 1280])
def test_a_long_id_is_cut_before_its_end_and_copied_whole(stage: Stage, width: int) -> None:
    """Two ids that differ at their ends are told apart, however little room there is."""
    stage.page.set_viewport_size({"width": width, "height": 800})
    ids = [f"550e8400-e29b-41d4-a716-44665544{n:04}" for n in range(2)]
    page = stage.open(first=snapshot([cart(each) for each in ids]))
    for row, user_id in zip(page.locator("[data-cart]").all(), ids, strict=True):
        end, room = row.locator(".cut-end"), row.locator(".cart-user").bounding_box()
        expect(end).to_have_text(user_id[-8:])
        box = end.bounding_box()
        assert box is not None
        assert room is not None
        assert box["x"] + box["width"] <= room["x"] + room["width"] + 1
    stage.select(page.locator(".cart-user").last)
    copied = """() => {
      const clipboardData = new DataTransfer();
      document.body.dispatchEvent(new ClipboardEvent("copy", { clipboardData, bubbles: true }));
      return clipboardData.getData("text/plain");
    }"""
    assert page.evaluate(copied) == ids[1]
    expect(page.locator(".cart-user").last).to_have_attribute("title", ids[1])


def test_how_long_its_oldest_order_is_open_is_told(stage: Stage) -> None:
    """And goes when nothing is open."""
    open_cart = {**cart("a", 2, unpaid=[1, 2]), "oldest_unpaid_at": "2026-03-01T11:46:00Z"}
    page = stage.open(first=snapshot([open_cart]))
    expect(page.locator(".cart-open")).to_have_text("2 · 14 min")
    stage.play(changes([cart("a", 4, paid=[1, 2])]))
    expect(page.locator(".cart-unpaid")).to_have_text("–")
    expect(page.locator(".cart-age")).to_be_hidden()


def test_an_older_version_never_shows(stage: Stage) -> None:
    """A late frame takes nothing back."""
    page = stage.open(first=snapshot([cart("a", 5, paid=[1])]))
    stage.play(changes([cart("a", 4, unpaid=[1])]))
    stage.play({"type": "heartbeat", "at": "2026-03-01T12:00:05Z"})
    stage.painted()
    expect(page.locator('[data-cart="a"]')).to_have_attribute("data-version", "5")
    expect(page.locator('[data-order="1"]')).to_have_attribute("data-status", "paid")


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
    expect(page.locator(".figure-rate")).to_have_text("84,210")


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
