"""static/elements/bench/: the list of the workbench, its filters, its keys, and what comes live."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.bench import facts, landed, news, record
from tests.browser.frames import snapshot
from tests.browser.stage import Stage

HOSTILE = "</code><script>alert(1)</script>\u202e<img src=x onerror=alert(2)>"


def rows(page: Page) -> list[str | None]:
    """Give the ids of the rows that are shown, in order."""
    shown = page.locator(".record-rows [data-skipped]").all()
    return [row.get_attribute("data-skipped") for row in shown]


def test_a_row_says_where_why_and_what(stage: Stage) -> None:
    """Source, line, reason in words and raw text, with what became of it."""
    page = stage.open("/skipped", facts=facts([record(2, state="aside"), record(1)]))
    row = page.locator('[data-skipped="1"]')
    for words in ("cart-join.json:1", "not JSON", "FAIL HERE"):
        expect(row).to_contain_text(words)
    expect(row).to_have_attribute("data-reason", "invalid_json")
    expect(row).to_have_attribute("data-state", "open")
    expect(row.locator(".row-reason")).to_have_attribute("title", "invalid_json")
    expect(page.locator('[data-skipped="2"]')).to_have_attribute("data-state", "aside")
    expect(page.get_by_role("link", name="Open 1")).to_be_visible()
    expect(page.get_by_role("heading", name="2 records")).to_be_visible()


def test_hostile_records_stay_text(stage: Stage) -> None:
    """Whatever the input holds, it is shown and never run, in the row and as the record."""
    hostile = record(1, raw=HOSTILE, source=HOSTILE, message=HOSTILE, column=3)
    page = stage.open("/skipped?id=1", facts=facts([hostile], hostile))
    expect(page.locator(".record-rows [data-skipped]")).to_have_count(1)
    expect(page.locator("#correction")).to_have_value(HOSTILE)
    expect(page.locator(".record-message")).to_have_text(HOSTILE)
    assert page.locator("main script, main img").count() == 0


def test_each_filter_is_a_link_that_keeps_the_others(stage: Stage) -> None:
    """The one that is chosen is marked, and takes itself back."""
    asked = {"reason": "invalid_json", "state": "open"}
    page = stage.open("/skipped", facts=facts([record(1)], asked=asked))
    reason = page.locator("#reason-invalid_json")
    expect(reason).to_have_attribute("aria-current", "true")
    expect(reason).to_have_attribute("href", "/skipped?state=open")
    source = page.get_by_role("link", name="cart-join.json 1")
    query = "reason=invalid_json&source=cart-join.json&state=open"
    expect(source).to_have_attribute("href", f"/skipped?{query}")
    expect(page.get_by_role("link", name="All", exact=True)).to_have_attribute(
        "href", "/skipped?reason=invalid_json"
    )
    page.get_by_text("Download", exact=True).click()
    expect(page.get_by_role("link", name="CSV")).to_have_attribute(
        "href", "/api/skipped.csv?reason=invalid_json&state=open"
    )
    stage.server.facts = facts([record(1)], asked={"state": "open"})
    reason.click()
    expect(page).to_have_url(f"{stage.server.origin}/skipped?state=open")
    expect(page.locator("#reason-invalid_json")).to_be_focused()


def test_the_one_upload_that_is_asked_for_is_named(stage: Stage) -> None:
    """With the way to it, and back to those of all; one that there never was has no name."""
    asked = {"upload": "u1"}
    page = stage.open("/skipped", facts=facts([record(1)], asked=asked, upload_name="a <b>"))
    words = page.locator(".filters-upload")
    expect(words).to_have_text("Of one upload alone: a <b>. Of all uploads")
    expect(words.get_by_role("link", name="a <b>")).to_have_attribute("href", "/files/u1")
    page = stage.open("/skipped", facts=facts([], asked=asked))
    expect(words).to_have_text("Of one upload alone. Of all uploads")


def test_what_is_typed_is_looked_for_once_it_rests(stage: Stage) -> None:
    """In one address, with the filters as they are; the field keeps the focus and the caret."""
    page = stage.open("/skipped", facts=facts([record(1)], asked={"state": "open"}))
    stage.server.facts = facts([record(1)], asked={"state": "open", "search": "FAIL"})
    find = page.get_by_role("searchbox", name="Find in the raw text")
    find.press_sequentially("FAIL")
    expect(page).to_have_url(f"{stage.server.origin}/skipped?state=open&search=FAIL")
    expect(find).to_be_focused()
    expect(find).to_have_value("FAIL")
    page.go_back()
    expect(page).not_to_have_url("**/skipped*")


def test_the_list_is_one_tab_stop_with_arrows_inside(stage: Stage) -> None:
    """Arrows and single keys move; the tab key comes back to where one was."""
    page = stage.open("/skipped", facts=facts([record(n) for n in (3, 2, 1)]))
    page.locator("#check-page").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#record-3")).to_be_focused()
    for key, focused in (("j", 2), ("ArrowDown", 1), ("j", 1), ("k", 2), ("ArrowDown", 1)):
        page.keyboard.press(key)
        expect(page.locator(f"#record-{focused}")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#check-page")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#record-1")).to_be_focused()


def test_records_are_chosen_by_key_by_pointer_and_all_at_once(stage: Stage) -> None:
    """How many are is said where something can be done with them."""
    page = stage.open("/skipped", facts=facts([record(n) for n in (3, 2, 1)]))
    page.locator("#record-3").focus()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Choose cart-join.json:2")).to_be_checked()
    expect(page.get_by_role("radio", name="2 chosen")).to_be_checked()
    everything = page.get_by_role("checkbox", name="Choose all of this page")
    assert everything.evaluate("box => box.indeterminate")
    everything.check()
    expect(page.get_by_role("radio", name="3 chosen")).to_be_checked()
    everything.uncheck()
    expect(page.get_by_role("radio", name="all 3 that match")).to_be_checked()
    expect(page.get_by_role("radio", name="0 chosen")).to_be_disabled()


def test_what_is_chosen_is_kept_over_the_pages_of_a_filter(stage: Stage) -> None:
    """And not over to another filter, where nobody sees it."""
    page = stage.open("/skipped", facts=facts([record(9)], following="9"))
    page.locator(".row-check").check()
    stage.server.facts = facts([record(5)], cursor="9")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator('[data-skipped="5"]')).to_be_visible()
    expect(page.get_by_role("radio", name="1 chosen")).to_be_checked()
    stage.server.facts = facts([record(5)], asked={"state": "open"})
    page.locator("#state-open").click()
    expect(page.get_by_role("radio", name="0 chosen")).to_be_disabled()


def test_new_records_and_counts_appear_by_themselves(stage: Stage) -> None:
    """Where nobody is in the middle of the list."""
    page = stage.open("/skipped", facts=facts([record(1)]))
    stage.server.facts = facts([record(3, reason="unknown_type", source="b"), record(1)])
    stage.play(news(open=2))
    expect(page.locator("[data-skipped]")).to_have_count(2)
    assert rows(page) == ["3", "1"]
    expect(page.get_by_role("link", name="Open 2")).to_be_visible()
    expect(page.get_by_role("link", name="unknown type 1")).to_be_visible()
    expect(page.get_by_role("link", name="b 1", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="2 records")).to_be_visible()


def test_a_choice_that_nothing_is_left_of_says_so(stage: Stage) -> None:
    """The server names those alone that there are: of any other there is none."""
    both = facts([record(3, reason="unknown_type", source="b"), record(1)])
    page = stage.open("/skipped", facts=both)
    expect(page.get_by_role("link", name="unknown type 1")).to_be_visible()
    stage.server.facts = facts([record(1)])
    stage.play(news(open=1))
    expect(page.get_by_role("link", name="unknown type 0")).to_be_visible()
    expect(page.get_by_role("link", name="b 0", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="not JSON 1")).to_be_visible()


@pytest.mark.parametrize("use", ["focus", "hover", "choose", "open"])
def test_no_row_moves_while_somebody_works_on_one(stage: Stage, use: str) -> None:
    """Newer ones wait behind a button; what becomes of a row shows in its place at once."""
    page = stage.open("/skipped", facts=facts([record(2), record(1)], asked={"state": "open"}))
    row = page.locator('[data-skipped="2"]')
    if use == "focus":
        page.locator("#record-2").focus()
    elif use == "hover":
        row.hover()
    elif use == "choose":
        row.locator("input").check()
    else:
        stage.server.facts = facts([record(2), record(1)], record(2), asked={"state": "open"})
        row.locator("a").click()
        expect(page.locator("#record")).to_have_attribute("data-record", "2")
    place = row.bounding_box()
    fresh = [record(n) for n in (14, 13, 12)]
    stage.server.facts = facts([*fresh, record(1)], others=[landed(2)], asked={"state": "open"})
    stage.play(news(open=4))
    button = page.locator("[data-pending]")
    expect(button).to_have_text("3 new, 1 no longer open – show")
    expect(button).to_have_attribute("data-pending", "3")
    expect(row).to_have_attribute("data-state", "landed")
    assert rows(page) == ["2", "1"]
    assert row.bounding_box() == place
    button.click()
    assert rows(page) == ["14", "13", "12", "1"]
    expect(page.locator("#record-14")).to_be_focused()
    expect(button).to_be_hidden()


def test_it_reads_at_most_once_a_second_and_names_what_it_shows(stage: Stage) -> None:
    """However many frames come; so it hears of rows that left the page."""
    page = stage.open(
        "/skipped?state=open", facts=facts([record(2), record(1)], asked={"state": "open"})
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.install()
    for _ in range(20):
        stage.play(news(open=2))
    stage.painted()
    readings = [url for url in asked if "/skipped?" in url]
    assert len(readings) <= 2
    for url in readings:
        assert parse_qs(urlsplit(url).query) == {"state": ["open"], "rows": ["2,1"]}


def test_starting_over_empties_the_workbench(stage: Stage) -> None:
    """Nothing of what was is left, nor chosen."""
    page = stage.open("/skipped", facts=facts([record(1)]))
    page.locator(".row-check").check()
    stage.server.facts = facts([])
    stage.play(snapshot(generation="second"))
    expect(page.get_by_text("Nothing was skipped.")).to_be_visible()
    expect(page.get_by_role("link", name="Send a file")).to_be_visible()


def test_a_filter_that_meets_nothing_leads_on(stage: Stage) -> None:
    """To all records; and what the address cannot ask for is said above them."""
    page = stage.open("/skipped", facts=facts([], asked={"reason": "too_long"}))
    expect(page.get_by_role("link", name="Show all skipped records")).to_be_visible()
    refused = {**facts([record(1)]), "refused": "state is one of open, sent"}
    stage.open("/skipped?state=odd", facts=refused)
    with page.expect_request(lambda request: "rows=" in request.url) as asked:
        stage.play(news(open=1))
    assert "odd" not in asked.value.url
    expect(page.locator(".bench > .error")).to_have_text("state is one of open, sent")


def test_a_server_that_is_silent_leaves_the_list_as_it_is(stage: Stage) -> None:
    """It is said at the list, and goes once it answers."""
    page = stage.open("/skipped", facts=facts([record(1)]))
    stage.refuses = True
    page.route("**/skipped?*", lambda route: route.abort())
    page.locator("#record-1").click()
    error = page.locator(".list > .error")
    expect(error).to_contain_text("The server did not answer.")
    assert rows(page) == ["1"]
    page.unroute("**/skipped?*")
    stage.play(news(open=1))
    expect(error).to_be_hidden()


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("chosen", [None, record(1, raw="x" * 4_000, source="s" * 300)])
def test_it_never_scrolls_sideways(stage: Stage, width: int, chosen: dict[str, object]) -> None:
    """With names and lines of any length."""
    stage.page.set_viewport_size({"width": width, "height": 740})
    long = [record(n, raw="y" * 4_000, source="long name " * 30) for n in (3, 2)]
    page = stage.open("/skipped", facts=facts(long, chosen, total=1_234_567))
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


def test_on_a_phone_the_record_takes_the_place_of_the_list_and_leads_back(stage: Stage) -> None:
    """The focus goes along, there and back to the very row."""
    stage.page.set_viewport_size({"width": 360, "height": 740})
    page = stage.open("/skipped", facts=facts([record(2), record(1)]))
    stage.server.facts = facts([record(2), record(1)], record(1))
    page.locator("#record-1").click()
    expect(page.locator("#record")).to_be_focused()
    expect(page.locator(".record-rows")).to_be_hidden()
    expect(page).to_have_url(f"{stage.server.origin}/skipped?id=1")
    stage.server.facts = facts([record(2), record(1)])
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#record-1")).to_be_focused()
    expect(page).to_have_url(f"{stage.server.origin}/skipped")


def test_without_a_script_it_can_be_read(stage: Stage) -> None:
    """Rows, counts and the record; what needs a script is not offered."""
    context = stage.page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    stage.server.first = snapshot()
    stage.server.facts = facts([record(1)], record(1))
    page = context.new_page()
    page.goto(stage.server.origin + "/skipped?id=1")
    expect(page.locator('[data-skipped="1"]')).to_be_visible()
    expect(page.locator(".record-message")).to_be_visible()
    expect(page.locator("#correction")).to_be_hidden()
    expect(page.locator("#bulk")).to_be_hidden()
    context.close()
