"""static/settled.js and cart_list.js: values change at once, places only now and then."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.frames import AT, cart, changes, snapshot
from tests.browser.stage import Stage

SHOWN = "(rows) => rows.map((row) => row.dataset.cart)"
ORDER = """async (steps) => {
  const { SettledOrder } = await import("/static/settled.js");
  const order = new SettledOrder(3);
  return steps.map(([verb, now, keys, changed]) => {
    const said = changed ? [keys, changed, now] : [keys, now];
    if (verb === "due") order.settleIfDue(now);
    else order[verb](...said);
    return [order.shown.join(""), order.pending, order.tooFast];
  });
}"""


def walked(stage: Stage, *steps: list[Any]) -> list[list[Any]]:
    """Walk through an order of three rows; gives what is shown and pending after each step."""
    if stage.page.url == "about:blank":
        stage.blank()
    told: list[list[Any]] = stage.page.evaluate(ORDER, steps)
    return told


def test_places_change_when_two_seconds_are_over(stage: Stage) -> None:
    """Till then what changes is counted, and stands where it stood."""
    told = walked(
        stage,
        ["begin", 0, ["a", "b", "c"]],
        ["hear", 100, ["c", "a", "b"], ["c"]],
        ["due", 1_999],
        ["due", 2_000],
    )
    assert told == [
        ["abc", 0, False],
        ["abc", 1, False],
        ["abc", 1, False],
        ["cab", 0, False],
    ]


def test_a_list_with_room_takes_what_is_new_at_its_end_at_once(stage: Stage) -> None:
    """Nothing moves for it; of a full one it is held back."""
    told = walked(
        stage,
        ["begin", 0, ["a"]],
        ["hear", 100, ["b", "a"], ["b"]],
        ["hear", 200, ["c", "b", "a"], ["c"]],
        ["hear", 300, ["d", "c", "b"], ["d"]],
    )
    assert [shown for shown, *_ in told] == ["a", "ab", "abc", "abc"]
    assert told[-1][1] > 0


def test_what_goes_back_to_its_place_is_no_change(stage: Stage) -> None:
    """Where the order is that on screen again, nothing is pending."""
    told = walked(
        stage,
        ["begin", 0, ["a", "b"]],
        ["hear", 100, ["b", "a"], ["b"]],
        ["hear", 200, ["a", "b"], ["a"]],
    )
    assert [pending for _, pending, *_ in told] == [0, 1, 0]


def test_what_is_too_fast_to_follow_settles_every_five_seconds(stage: Stage) -> None:
    """Above five moves a second; and every two again when it has calmed down."""
    fast: list[list[Any]] = [["hear", at * 100, ["c", "a", "b"], ["c"]] for at in range(1, 31)]
    told = walked(stage, ["begin", 0, ["a", "b", "c"]], *fast, ["due", 4_999], ["due", 5_000])
    assert [shown for shown, *_ in told[-2:]] == ["abc", "cab"]
    assert told[-1][2]
    calm = walked(
        stage,
        ["begin", 0, ["a", "b", "c"]],
        *fast,
        ["hear", 5_100, ["c", "a", "b"], []],
        ["hear", 9_000, ["b", "c", "a"], ["b"]],
    )
    assert not calm[-1][2]


def opened(stage: Stage, users: str = "abc") -> Page:
    """Open a page of carts whose clock the test moves; it is not in use."""
    stage.page.clock.install()
    page = stage.open(first=snapshot([cart(user, unpaid=[1]) for user in users]))
    page.mouse.move(5, 5)
    return page


def shown(page: Page) -> str:
    return "".join(page.locator("[data-cart]").evaluate_all(SHOWN))


def test_values_change_at_once_and_places_later(stage: Stage) -> None:
    """A bar says how many changes it holds back; then each row is in its place."""
    page = opened(stage)
    page.clock.fast_forward(2_500)
    stage.play(changes([cart("c", 2, unpaid=[1, 2])], ["c", "a", "b"]))
    stage.play(changes([cart("c", 3, unpaid=[1, 2, 3])], ["c", "a", "b"]))
    expect(page.locator('[data-cart="c"] [data-order="3"]')).to_be_visible()
    page.clock.fast_forward(2_100)
    expect(page.locator("[data-cart]").first).to_have_attribute("data-cart", "c")
    assert shown(page) == "cab"
    expect(page.locator(".pending")).to_be_hidden()


USES: dict[str, Callable[[Page], None]] = {
    "pointer": lambda page: page.locator('[data-cart="a"]').hover(),
    "focus": lambda page: page.locator('[data-cart="a"] .cart-user').focus(),
    "selection": lambda page: page.locator('[data-cart="a"] .cart-user').evaluate(
        "(node) => getSelection().selectAllChildren(node)"
    ),
    "hold": lambda page: page.keyboard.press("h"),
}


def test_a_list_in_use_holds_still_until_it_is_told_to(
    stage: Stage, subtests: pytest.Subtests
) -> None:
    """For as long as the pointer, the focus or a selection is in it, or it is held for good."""
    for use, begin in USES.items():
        with subtests.test(use):
            page = opened(stage)
            begin(page)
            stage.play(changes([cart("c", 2, unpaid=[1, 2])], ["c", "a", "b"]))
            bar = page.locator("[data-pending]")
            expect(bar).to_have_attribute("data-pending", "1")
            page.clock.fast_forward(20_000)
            stage.painted()
            assert shown(page) == "abc"
            expect(bar).to_have_text("1 change – show")
            page.locator("body").press("Space")
            expect(page.locator("[data-cart]").first).to_have_attribute("data-cart", "c")
            expect(bar).to_be_hidden()


def test_the_bar_shows_what_it_holds_back_and_the_focus_goes_to_the_list(stage: Stage) -> None:
    """A control that is done hands the focus on."""
    page = opened(stage)
    page.locator('[data-cart="a"]').hover()
    stage.play(changes([cart("c", 2, unpaid=[1, 2])], ["c", "a", "b"]))
    page.get_by_role("button", name="1 change").click()
    expect(page.locator("[data-cart]").first).to_have_attribute("data-cart", "c")
    assert page.evaluate("document.activeElement.closest('.carts-list') !== null")


def test_a_held_list_stands_in_the_address(stage: Stage) -> None:
    """And so a reload, and whoever gets the link, holds it, too."""
    page = opened(stage)
    page.get_by_role("button", name="Hold").click()
    expect(page).to_have_url(f"{stage.server.origin}/?hold=1")
    page.get_by_role("radio", name="Unpaid").check()
    expect(page).to_have_url(f"{stage.server.origin}/?filter=unpaid&hold=1")
    stage.open("/?hold=1", snapshot([cart("a")]))
    expect(page.get_by_role("button", name="Held")).to_have_attribute("aria-pressed", "true")


def test_a_row_that_left_the_window_is_told_of_while_it_is_on_screen(stage: Stage) -> None:
    """The page asks for it by name: its values go on although the list is held."""
    page = opened(stage)
    page.keyboard.press("h")
    stage.play(changes([cart("d")], ["d", "a", "b"]))
    page.clock.fast_forward(1_500)
    stage.painted()
    assert stage.window()["keep"] == ["c"]
    kept = {"items": [cart("c", 5, unpaid=[1], paid=[2])], "total": 1}
    carts = [cart("d"), cart("a", unpaid=[1]), cart("b", unpaid=[1])]
    stage.play(snapshot(carts, kept=kept))
    expect(page.locator('[data-cart="c"]')).to_have_attribute("data-version", "5")
    assert shown(page).startswith("abc")


def test_another_window_is_shown_at_once(stage: Stage) -> None:
    """Who asks for a filter has asked for its order, too."""
    page = opened(stage)
    page.keyboard.press("h")
    page.get_by_role("radio", name="Paid", exact=True).check()
    stage.play(snapshot([cart("x"), cart("a")], window={"filter": "paid"}))
    expect(page.locator('[data-cart="x"]')).to_be_visible()
    assert shown(page) == "xa"


def test_a_pinned_cart_never_moves(stage: Stage) -> None:
    """It stands first, in whatever window, also after a reload."""
    page = opened(stage)
    page.locator('[data-cart="b"]').hover()
    page.get_by_role("button", name="Pin b").click()
    expect(page.locator("[data-cart]").first).to_have_attribute("data-cart", "b")
    stage.play(changes([cart("c", 2, paid=[1])], ["c", "a", "b"]))
    page.mouse.move(5, 5)
    page.evaluate("document.activeElement.blur()")
    page.clock.fast_forward(3_000)
    expect(page.locator("[data-cart]").nth(1)).to_have_attribute("data-cart", "c")
    assert shown(page) == "bca"
    assert json.loads(page.evaluate("localStorage.getItem('cartwatch.pins')")) == ["b"]
    kept = {"items": [cart("b", 7, paid=[9])], "total": 1}
    stage.open(first=snapshot([cart("a")], kept=kept))
    expect(page.locator("[data-cart]").first).to_have_attribute("data-cart", "b")


def test_the_list_never_grows(stage: Stage) -> None:
    """After 200 frames that each bring 50 new carts, 50 rows are there."""
    page = stage.open()
    for n in range(200):
        stage.play(changes([cart(f"user-{n}-{m}", unpaid=[m]) for m in range(50)]))
    last = [f"user-199-{m}" for m in range(50)]
    counted = {"items": [], "order": last, "total": 51, "next": None}
    stage.play({"type": "changes", "at": AT, "carts": counted})
    expect(page.locator(".carts-total").first).to_have_text("51")
    page.keyboard.press("Space")
    expect(page.locator('[data-cart="user-199-0"]')).to_be_attached()
    expect(page.locator("[data-cart]")).to_have_count(50)
    assert page.evaluate("document.getElementsByTagName('*').length") < 2_500


def test_the_focus_stays_with_its_row_when_the_list_settles(stage: Stage) -> None:
    """Whatever happens around it, and wherever the row goes."""
    page = opened(stage, "abcd")
    held = page.locator('[data-cart="c"] .cart-user')
    held.focus()
    for version, order in enumerate((["c", "a", "b", "d"], ["d", "b", "a", "c"]), 2):
        stage.play(changes([cart("c", version, unpaid=[1, version])], order))
        stage.painted()
        page.keyboard.press("Space")
        stage.painted()
        assert shown(page) == "".join(order)
        expect(held).to_be_focused()


def test_the_keyboard_stays_in_the_list_when_its_row_leaves(stage: Stage) -> None:
    """A row that leaves hands the focus to its list, not to the top of the page."""
    page = opened(stage)
    page.locator('[data-cart="a"] .cart-user').focus()
    stage.play(changes([], ["b", "c"]))
    stage.painted()
    page.keyboard.press("Space")
    stage.play(changes([cart("b", 2, paid=[1])], ["b", "c"]))
    page.locator("[data-cart=a]").wait_for(state="detached")
    assert page.evaluate("document.activeElement.closest('.carts-list') !== null")


def test_an_unchanged_row_is_not_written_to(stage: Stage) -> None:
    """A frame costs what changed in it."""
    page = opened(stage)
    page.evaluate(
        """() => {
          window.writes = [];
          new MutationObserver((records) => window.writes.push(...records.map(({ target }) =>
            target.closest?.("[data-cart]")?.dataset.cart).filter(Boolean)))
            .observe(document.querySelector(".carts-list"),
              { subtree: true, childList: true, attributes: true, characterData: true });
        }"""
    )
    stage.play(changes([cart("c", 2, unpaid=[1, 2])], ["c", "a", "b"]))
    stage.painted()
    assert set(page.evaluate("window.writes")) == {"c"}


def test_the_first_key_comes_to_the_first_row(stage: Stage) -> None:
    """Whatever row was the first when the page was opened."""
    page = stage.open(first=snapshot([cart("a"), cart("b")]))
    stage.play(changes([cart("c")], order=["c", "a", "b"]))
    stage.painted()
    first = page.locator("[data-cart]").first.get_attribute("data-cart")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('[data-cart]').dataset.cart") == first
