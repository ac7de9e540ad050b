"""The page as a whole: its address, its empty states, its menu, its narrowest width."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.frames import STATS, cart, changes, skipped, snapshot, upload
from tests.browser.stage import Stage

NOTHING = {**STATS, "carts": 0}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_the_address_asks_for_its_window(stage: Stage) -> None:
    """A link with search, filter, sort and page opens exactly that, controls included."""
    window = {"search": "ann", "filter": "paid", "sort": "user", "cursor": "abc"}
    page = stage.open("/?search=ann&filter=paid&sort=user&cursor=abc", snapshot(window=window))
    assert stage.sockets[0].url.endswith("/ws?search=ann&filter=paid&sort=user&cursor=abc")
    expect(page.get_by_role("searchbox")).to_have_value("ann")
    expect(page.get_by_role("radio", name="Paid", exact=True)).to_be_checked()
    expect(page.get_by_label("Sort by")).to_have_value("user")
    expect(page.get_by_role("link", name="Page before")).to_have_attribute(
        "href", "/?search=ann&filter=paid&sort=user"
    )


def test_the_controls_write_the_address(stage: Stage) -> None:
    """Each control is in the address, asks the server, and goes back to the first page."""
    page = stage.open("/?cursor=abc", snapshot([cart("a")], window={"cursor": "abc"}))
    page.get_by_role("searchbox").fill("x&y")
    expect(page).to_have_url(f"{stage.server.origin}/?search=x%26y")
    page.get_by_role("radio", name="Waiting").check()
    page.get_by_label("Sort by").select_option("unpaid")
    expect(page).to_have_url(f"{stage.server.origin}/?search=x%26y&filter=waiting&sort=unpaid")
    stage.painted()
    asked: dict[str, object] = {
        "search": "x&y",
        "filter": "waiting",
        "older": None,
        "sort": "unpaid",
        "cursor": None,
        "user": None,
        "limit": None,
        "keep": [],
    }
    assert stage.window() == {"type": "window", **asked}


def test_back_and_forward_walk_through_the_windows(stage: Stage) -> None:
    """The back button undoes a filter and a page, in the controls and on the socket."""
    page = stage.open(first=snapshot([cart("a")], following="second-page"))
    page.get_by_role("radio", name="Paid", exact=True).check()
    stage.play(snapshot([cart("a")], following="next one", window={"filter": "paid"}))
    link = page.get_by_role("link", name="Next page")
    expect(link).to_have_attribute("href", "/?filter=paid&cursor=next+one")
    link.click()
    expect(page).to_have_url(f"{stage.server.origin}/?filter=paid&cursor=next+one")
    page.go_back()
    expect(page).to_have_url(f"{stage.server.origin}/?filter=paid")
    page.go_back()
    expect(page.get_by_role("radio", name="All")).to_be_checked()
    stage.painted()
    assert stage.window()["filter"] == "all"
    page.go_forward()
    expect(page.get_by_role("radio", name="Paid", exact=True)).to_be_checked()
    stage.painted()
    assert stage.window()["filter"] == "paid"


def test_behind_a_page_of_an_address_nobody_knows_which_these_are(stage: Stage) -> None:
    """Somebody's link begins anywhere: what comes after it has no range, and not a wrong one."""
    window = {"cursor": "somewhere"}
    page = stage.open("/?cursor=somewhere", snapshot([cart("a")], following="on", window=window))
    stage.play(snapshot([cart("a")], following="on", window=window))
    expect(page.locator(".carts-range")).to_have_text("")
    page.get_by_role("link", name="Next page").click()
    stage.play(snapshot([cart("b")], window={"cursor": "on"}))
    expect(page.locator('[data-cart="b"]')).to_be_visible()
    expect(page.locator(".carts-range")).to_have_text("")


def test_typing_makes_no_entries_in_the_history(stage: Stage) -> None:
    """Back leaves a search at once, not letter by letter."""
    page = stage.open()
    before = page.evaluate("history.length")
    for text in ("a", "an", "ann"):
        page.get_by_role("searchbox").fill(text)
        expect(page).to_have_url(f"{stage.server.origin}/?search={text}")
    assert page.evaluate("history.length") == before


def test_a_slash_goes_to_the_search(stage: Stage) -> None:
    """One key from anywhere, and a slash like any other once one types."""
    page = stage.open()
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.press("/")
    expect(search).to_have_value("/")


def test_a_search_without_a_match_says_so(stage: Stage) -> None:
    """Nothing found is not the same as nothing there, and leads back to all carts."""
    page = stage.open("/?search=zzz", snapshot(window={"search": "zzz"}))
    expect(page.get_by_text("No cart here is of a user whose id begins with that.")).to_be_visible()
    expect(page.get_by_role("button", name="Load the sample")).to_be_hidden()
    page.get_by_role("link", name="Show all carts").click()
    expect(page).to_have_url(f"{stage.server.origin}/")
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_an_order_is_found_though_no_user_is(stage: Stage) -> None:
    """What says so is of users, before and after the first frame: the order has been found."""
    found = {"items": [{"user_id": "zoe", "order_id": 6204, "status": "paid"}], "more": False}
    stage.answer("/api/orders/6204", found)
    page = stage.open(first=snapshot([cart("zoe", paid=[6204])]))
    nobody = snapshot(window={"search": "6204"})
    page.get_by_role("searchbox").fill("6204")
    page.keyboard.press("Enter")
    stage.play(nobody)
    for _ in range(2):
        expect(page.locator(".found")).to_contain_text("Order 6204 is in zoe paid")
        words = page.locator("cart-list [data-empty]").filter(visible=True)
        expect(words).to_have_text(
            "No cart here is of a user whose id begins with that. Show all carts"
        )
        expect(page.locator("cart-list .list-range")).to_have_text("0 in all")
        stage.silent = True
        facts = {"sought": "6204", "found": found}
        stage.open("/?search=6204&order=6204", nobody, live=False, facts=facts)


def test_a_page_says_which_of_all_it_shows(stage: Stage) -> None:
    """Before and after the first frame; an empty one shows none of them."""
    stage.silent = True
    for first, words in (
        (snapshot([cart("a"), cart("b")]), "1–2 of 2 in all"),
        (snapshot([]), "0 in all"),
        (snapshot([cart("a")], window={"cursor": "x"}), "1 in all"),
    ):
        path = "/?cursor=x" if first["window"]["cursor"] else "/"
        page = stage.open(path, first, live=False)
        shown = page.locator("cart-list .list-range")
        expect(shown).to_have_text(words)
        stage.play(first)
        expect(page.locator("[data-connection=live]")).to_be_visible()
        stage.painted()
        expect(shown).to_have_text(words)


def test_a_search_among_no_carts_at_all_offers_the_first_steps(stage: Stage) -> None:
    """Where there is nothing to find at all, no filter is to blame."""
    page = stage.open("/?filter=paid", snapshot(window={"filter": "paid"}, stats=NOTHING))
    expect(page.get_by_role("button", name="Load the sample")).to_be_visible()
    expect(page.get_by_text("No cart matches.")).to_be_hidden()


def test_each_panel_has_its_words_for_empty(stage: Stage) -> None:
    """An empty page explains itself before any script runs, and after."""
    page = stage.open()
    expect(page.get_by_role("heading", name="No carts yet")).to_be_visible()
    for words in ("No file yet", "None. A record that cannot be read"):
        expect(page.get_by_text(words)).to_be_visible()


def test_the_flow_is_restarted_from_the_menu(stage: Stage) -> None:
    """A refusal stays in the menu; a success closes it."""
    page = stage.open()
    error = {"error": {"code": "down", "message": "The flow has not started yet."}}
    stage.answer("/api/flow/restart", error, status=503)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Restart the flow").click()
    expect(page.locator("flow-menu").get_by_role("alert")).to_have_text(
        "The flow has not started yet."
    )
    stage.answer("/api/flow/restart", {}, status=202)
    page.get_by_role("button", name="Restart the flow").click()
    expect(page.locator("#menu")).to_be_hidden()


def test_starting_over_asks_first(stage: Stage) -> None:
    """The question says what is lost; a refusal is answered in it; nothing is sent before."""
    page = stage.open(first=snapshot([cart("a", 9)]))
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Start over…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("This deletes every cart")
    assert stage.calls == []
    error = {"error": {"code": "full", "message": "The disk is full."}}
    stage.answer("/api/reset", error, status=507)
    dialog.get_by_role("button", name="Start over").click()
    expect(dialog.get_by_role("alert")).to_have_text("The disk is full.")
    assert json.loads(stage.calls[0].post_data or "") == {"confirm": "reset"}
    stage.play(snapshot(generation="second"))
    expect(page.locator("[data-cart]")).to_have_count(0)


def test_the_download_follows_the_view(stage: Stage) -> None:
    """The carts that are downloaded are those of the search and filter on screen."""
    page = stage.open("/?search=a", snapshot(window={"search": "a"}))
    link = page.locator("[data-export=carts]")
    expect(link).to_have_attribute("href", "/api/carts.jsonl?search=a&filter=all")
    page.get_by_role("radio", name="Unpaid").check()
    page.get_by_role("button", name="Menu").click()
    expect(link).to_have_attribute("href", "/api/carts.jsonl?search=a&filter=unpaid")


@pytest.mark.parametrize("path", ["/", "/carts/whale"])
def test_360_pixels_are_wide_enough(stage: Stage, path: str) -> None:
    """Nothing makes the page scroll sideways, however long what it shows is."""
    long = "x" * 256
    whale = cart(long, 3, unpaid=[long, *range(20)], paid=[2**63 - 1], waiting=["w" * 200])
    full = snapshot(
        [whale],
        following="n",
        uploads=[upload("u1", long, state="paused", paused_because=long, duplicates=7)],
        records=[skipped(1, source=long, raw=long * 16, message=long, reason="missing_field")],
        flow={"state": "recovering", "since": "2026-03-01T12:00:00Z", "message": long},
    )
    stage.page.set_viewport_size({"width": 360, "height": 740})
    page = stage.open(path, full)
    assert page.evaluate(OVERFLOW) <= 0
    stage.play(changes([cart(long, 4, unpaid=[f"{long}{n}" for n in range(20)])]))
    stage.painted()
    assert page.evaluate(OVERFLOW) <= 0


def test_the_controls_can_be_reached_at_360_pixels(stage: Stage) -> None:
    """No control lies under another one, or beyond the edge."""
    stage.page.set_viewport_size({"width": 360, "height": 740})
    page = stage.open(first=snapshot([cart("a")], uploads=[upload("u1", state="running")]))
    page.get_by_role("radio", name="Waiting").check()
    page.get_by_label("Sort by").click(trial=True)
    for name in ("More", "Pause", "Cancel"):
        page.get_by_role("button", name=name).click(trial=True)


def test_times_are_told_in_words_and_grow_older(stage: Stage) -> None:
    """By the server's clock, whatever this machine's says."""
    stage.page.clock.install(time="2030-01-01T00:00:00Z")
    page = stage.open(first=snapshot([cart("a")], at="2026-03-01T12:00:20Z"))
    time = page.locator('[data-cart="a"] .cart-time')
    expect(time).to_have_text("20 s")
    page.clock.fast_forward(5_000)
    expect(time).to_have_text("25 s")
    stage.play({"type": "heartbeat", "at": "2026-03-01T14:00:00Z"})
    page.clock.fast_forward(5_000)
    expect(time).to_have_text("2 h")
