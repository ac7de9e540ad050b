"""static/elements/bench/correction.js: the record that is open, its caret, and its correction."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.bench import facts, landed, news, record
from tests.browser.frames import AT, Frame, snapshot
from tests.browser.stage import Stage

GOOD = '{"user_id": "zoe", "type": "order", "order_id": 7}'
VALID = {"valid": True, "event": {"user_id": "zoe", "type": "order", "order_id": 7}}


def opened(stage: Stage, chosen: Frame, **parts: Any) -> Page:
    """Open the workbench at a record, the only one."""
    path = f"/skipped?id={chosen['id']}"
    page = stage.open(path, facts=facts([chosen], chosen, **parts))
    expect(page.locator("#record")).to_have_attribute("data-record", str(chosen["id"]))
    return page


def place_of(text: Locator, at: int) -> float:
    """Give where a character of a text begins, in pixels from the left."""
    left: float = text.evaluate(
        """(node, at) => {
          const range = document.createRange();
          const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
          let left = at;
          let text = walker.nextNode();
          while (left >= text.data.length) { left -= text.data.length; text = walker.nextNode(); }
          range.setStart(text, left);
          range.setEnd(text, left + 1);
          return range.getBoundingClientRect().left;
        }""",
        at,
    )
    return left


@pytest.mark.parametrize(
    ("raw", "column", "shown"),
    [
        ("FAIL HERE", 1, 0),
        ('{"user_id": nope}', 13, 12),
        ('\u200bzoe\t"x', 5, len(r"\u200bzoe")),
        ("日本語 x", 5, 4),
        ("🛒🛒 x", 4, 5),
    ],
)
def test_the_caret_stands_under_its_column(stage: Stage, raw: str, column: int, shown: int) -> None:
    """Columns are characters, however wide each is or however it is shown."""
    page = opened(stage, record(1, raw=raw, column=column))
    caret = page.locator(".record-caret")
    expect(caret).to_contain_text(f"^ column {column}")
    pad = page.locator(".record-pad")
    end = pad.bounding_box()
    assert end is not None
    under = place_of(page.locator(".record-raw"), shown)
    assert abs(end["x"] + end["width"] - under) < 1.5


def test_a_record_without_a_column_has_no_caret(stage: Stage) -> None:
    """Nor has one whose column is past what is kept of its line."""
    page = opened(stage, record(1, column=None))
    expect(page.locator(".record-caret")).to_have_count(0)
    opened(stage, record(2, column=5_000))
    expect(page.locator(".record-caret")).to_have_count(0)


def test_a_far_column_is_brought_into_sight(stage: Stage) -> None:
    """In a line that is far longer than its place is wide."""
    page = opened(stage, record(1, raw=f'{{"note": "{"x" * 900}" oops}}', column=913))
    expect(page.locator(".record-caret")).to_be_in_viewport()
    assert page.locator(".record-text").evaluate("text => text.scrollLeft") > 1_000


def test_opening_a_record_moves_nothing_and_is_an_address(stage: Stage) -> None:
    """The row is marked; back and forward open what was open."""
    page = stage.open("/skipped", facts=facts([record(2), record(1)]))
    stage.server.facts = facts([record(3), record(2), record(1)], record(1))
    page.locator('[data-skipped="1"] .row-raw').click()
    expect(page.locator("#correction")).to_have_value("FAIL HERE")
    expect(page).to_have_url(f"{stage.server.origin}/skipped?id=1")
    expect(page.locator("#record-1")).to_have_attribute("aria-current", "true")
    assert page.locator(".record-rows > li").count() == 2
    stage.server.facts = facts([record(2), record(1)])
    page.go_back()
    expect(page.get_by_text("Choose a record")).to_be_visible()
    stage.server.facts = facts([record(2), record(1)], record(1))
    page.go_forward()
    expect(page.locator("#record")).to_have_attribute("data-record", "1")
    expect(page.locator("[data-skipped]")).to_have_count(2)


def test_the_server_is_asked_as_one_types_and_older_answers_are_dropped(stage: Stage) -> None:
    """Once typing rests: whatever comes last, it is told of what stands there."""
    page = opened(stage, record(1))
    held: list[Route] = []

    def check(route: Route) -> None:
        if route.request.post_data == GOOD:
            route.fulfill(json=VALID)
        else:
            held.append(route)

    page.route("**/api/check", check)
    page.clock.install()
    page.clock.pause_at("2100-01-01")
    field = page.get_by_label("Correction")
    outcome = page.locator(".mend-outcome")
    field.fill("{")
    page.clock.run_for(150)
    field.fill("{}")
    page.clock.run_for(150)
    assert held == []
    with page.expect_request("**/api/check"):
        page.clock.run_for(100)
    field.fill(GOOD)
    page.clock.run_for(250)
    expect(outcome).to_have_text("valid → order 7 for zoe")
    assert [route.request.post_data for route in held] == ["{}"]
    expect(outcome).to_have_text("valid → order 7 for zoe")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"user_id": "zoe", "type": "payment", "order_id": "7"}, 'valid → payment "7" for zoe'),
        ({"user_id": "\u200b", "type": "order", "order_id": 7}, r"valid → order 7 for \u200b"),
    ],
)
def test_a_valid_line_says_what_it_would_be(stage: Stage, event: Frame, words: str) -> None:
    """Ids as foreign text: a string of digits is no number, and nothing is invisible."""
    page = opened(stage, record(1))
    stage.answer("/api/check", {"valid": True, "event": event})
    page.get_by_label("Correction").fill("x")
    expect(page.locator(".mend-outcome")).to_have_text(words)
    expect(page.locator(".mend-outcome")).to_have_attribute("data-valid", "yes")


def test_a_bad_line_says_why_and_a_silent_server_that_nothing_is_known(stage: Stage) -> None:
    """In words, while one types."""
    page = opened(stage, record(1))
    message = "line 1 is not JSON: expected a value at column 5"
    bad = {"valid": False, "reason": "invalid_json", "message": message, "column": 5}
    stage.answer("/api/check", bad)
    field, outcome = page.get_by_label("Correction"), page.locator(".mend-outcome")
    field.fill("x")
    expect(outcome).to_have_text("It is not JSON: expected a value at column 5.")
    stage.refuses = True
    page.route("**/api/check", lambda route: route.abort())
    field.fill("y")
    expect(outcome).to_have_attribute("data-valid", "unknown")
    expect(outcome).to_contain_text("The server did not answer.")


def test_a_correction_is_sent_by_key_and_lands_live(stage: Stage) -> None:
    """It is told as sent at once, and as landed when it is, with whose cart it changed."""
    page = opened(stage, record(1))
    stage.answer("/api/check", VALID)
    stage.answer("/api/skipped/1/resubmit?force=false", record(1, state="sent"), status=202)
    sent = record(1, state="sent", resubmitted_at=AT, correction={"raw": GOOD, "outcome": None})
    stage.server.facts = facts([sent], sent)
    field = page.get_by_label("Correction")
    field.fill(GOOD)
    field.press("Enter")
    expect(field).to_have_value(GOOD)
    field.press("Control+Enter")
    expect(page.locator('[data-skipped="1"]')).to_have_attribute("data-state", "sent")
    expect(page.locator(".record-fate")).to_contain_text("It lands once the flow has taken it in.")
    assert [call.post_data for call in stage.calls if "resubmit" in call.url] == [GOOD]
    expect(field).to_be_focused()
    stage.server.facts = facts([landed(1)], landed(1))
    stage.play(news(landed=1))
    expect(page.locator('[data-skipped="1"]')).to_have_attribute("data-state", "landed")
    fate = page.locator(".record-fate")
    expect(fate).to_contain_text("it changed the cart of zoe.")
    expect(fate.get_by_role("link", name="the cart of zoe")).to_have_attribute("href", "/carts/zoe")
    expect(fate).to_contain_text(f"As {GOOD}")
    expect(field).to_be_focused()


def test_a_correction_that_was_a_duplicate_says_so(stage: Stage) -> None:
    """It landed, and changed nothing."""
    page = opened(stage, landed(1, "duplicate"))
    expect(page.locator(".record-fate")).to_contain_text("a duplicate, so no cart changed.")


def test_a_line_that_is_still_bad_is_refused_where_it_stands(stage: Stage) -> None:
    """The words go when one acts again; nothing is lost."""
    page = opened(stage, record(1))
    words = "the correction is still bad: line 1 is not an object"
    body = {"error": {"code": "not_an_object", "message": words}}
    stage.answer("/api/skipped/1/resubmit?force=false", body, status=422)
    stage.answer("/api/check", VALID)
    field = page.get_by_label("Correction")
    field.fill("[]")
    button = page.get_by_role("button", name="Resubmit", exact=True)
    button.click()
    error = page.locator(".mend > .error")
    expect(error).to_have_text(words)
    expect(button).to_be_focused()
    field.fill(GOOD)
    expect(error).to_be_hidden()


def test_a_second_send_is_guarded_and_made_on_purpose_alone(stage: Stage) -> None:
    """The focus stays where one acts."""
    page = opened(stage, landed(1))
    words = {"error": {"code": "sent_before", "message": "it was sent before"}}
    stage.answer("/api/skipped/1/resubmit?force=false", words, status=409)
    stage.answer("/api/skipped/1/resubmit?force=true", record(1, state="sent"), status=202)
    page.get_by_role("button", name="Resubmit", exact=True).click()
    again = page.get_by_role("button", name="Send again on purpose")
    expect(again).to_be_visible()
    expect(page.locator(".mend > .error")).to_be_hidden()
    again.click()
    expect(again).to_be_hidden()
    expect(page.get_by_label("Correction")).to_be_focused()
    assert [call.url.partition("?")[2] for call in stage.calls] == ["force=false", "force=true"]


def test_a_record_is_set_aside_and_taken_back(stage: Stage) -> None:
    """By one button, which keeps the focus and says what it does now."""
    page = opened(stage, record(1))
    stage.answer("/api/skipped/aside", {"changed": 1})
    stage.server.facts = facts([record(1, state="aside")], record(1, state="aside"))
    page.locator("#record").get_by_role("button", name="Set aside").click()
    back = page.locator("#record").get_by_role("button", name="Take back")
    expect(back).to_be_focused()
    expect(page.locator('[data-skipped="1"]')).to_have_attribute("data-state", "aside")
    expect(page.locator(".record-fate")).to_contain_text("not to be mended")
    stage.server.facts = facts([record(1)], record(1))
    back.click()
    expect(page.locator('[data-skipped="1"]')).to_have_attribute("data-state", "open")
    bodies = [json.loads(call.post_data or "") for call in stage.calls]
    assert bodies == [{"ids": [1], "aside": True}, {"ids": [1], "aside": False}]


@pytest.mark.parametrize(("state", "offered"), [("sent", 0), ("landed", 0), ("aside", 1)])
def test_what_a_record_does_not_allow_is_not_offered(
    stage: Stage, state: str, offered: int
) -> None:
    """Only an open one can be set aside, and only one that is aside taken back; many alike."""
    others = {"sent": record(1, state="sent", resubmitted_at=AT), "landed": landed(1)}
    there = others.get(state, record(1, state=state))
    page = stage.open("/skipped?id=1", facts=facts([there], there, asked={"state": state}))
    expect(page.locator("[data-action^=aside]").filter(visible=True)).to_have_count(2 * offered)
    expect(page.get_by_role("button", name="Set aside")).to_have_count(0)


def test_what_became_of_a_record_takes_its_control_away(stage: Stage) -> None:
    """Who was at it goes on at the record."""
    page = opened(stage, record(1))
    page.locator("#record").get_by_role("button", name="Set aside").focus()
    stage.server.facts = facts([landed(1)], landed(1))
    stage.play(news(landed=1))
    expect(page.locator("#record [data-action=aside]")).to_be_hidden()
    expect(page.locator("#record")).to_be_focused()


def test_why_a_record_cannot_be_set_aside_is_true(stage: Stage) -> None:
    """Who was faster has sent it, or has done the same, which is no fault."""
    page = opened(stage, record(1))
    stage.answer("/api/skipped/aside", {"changed": 0})
    stage.answer("/api/skipped/1", landed(1))
    page.locator("#record").get_by_role("button", name="Set aside").click()
    words = "It is landed by now: only an open record can be set aside."
    expect(page.locator(".mend .error-words")).to_have_text(words)
    expect(page.locator("#record")).to_have_attribute("data-state", "landed")
    opened(stage, record(1))
    stage.answer("/api/skipped/1", record(1, state="aside"))
    stage.server.facts = facts([record(1, state="aside")], record(1, state="aside"))
    page.locator("#record").get_by_role("button", name="Set aside").click()
    expect(page.locator("#record").get_by_role("button", name="Take back")).to_be_visible()
    expect(page.locator(".mend .error")).to_be_hidden()


def test_what_was_typed_is_kept_while_others_are_looked_at(stage: Stage) -> None:
    """Until it is sent."""
    page = stage.open("/skipped", facts=facts([record(2), record(1)]))
    stage.answer("/api/check", VALID)
    for number, typed in ((1, "half of it"), (2, None), (1, None)):
        stage.server.facts = facts([record(2), record(1)], record(number))
        page.locator(f"#record-{number}").click()
        expect(page.locator("#record")).to_have_attribute("data-record", str(number))
        expect(page.locator("#correction")).to_have_count(1)
        if typed:
            page.locator("#correction").fill(typed)
    expect(page.locator("#correction")).to_have_value("half of it")


def test_a_line_that_is_cut_is_fetched_whole(stage: Stage) -> None:
    """To be edited as it came; one that is far too long is not put into a field."""
    stage.answer("/api/skipped/1/raw", None, text="the whole line")
    page = opened(stage, record(1, raw="the who", raw_cut=True))
    expect(page.locator("#correction")).to_have_value("the whole line")
    expect(page.get_by_role("link", name="Whole line")).to_have_attribute(
        "href", "/api/skipped/1/raw"
    )
    stage.answer("/api/skipped/2/raw", None, text="x" * 70_000)
    opened(stage, record(2, raw="x" * 4_096, raw_cut=True))
    expect(page.locator(".mend-outcome")).to_contain_text("too long to be edited here")
    opened(stage, record(3, raw="x" * 4_096, raw_cut=True, reason="too_long"))
    expect(page.locator(".mend-outcome")).to_contain_text("too long to be edited here")
    expect(page.locator("#correction")).to_have_value("")
    assert [call.url[-5:] for call in stage.calls] == ["1/raw", "2/raw"]


def test_a_key_edits_the_row_in_focus_and_another_sends_from_the_list(stage: Stage) -> None:
    """``e`` opens it where it is not open; the letter is not typed."""
    page = stage.open("/skipped", facts=facts([record(2), record(1)]))
    stage.answer("/api/skipped/1/resubmit?force=false", record(1, state="sent"), status=202)
    stage.server.facts = facts([record(2), record(1)], record(1))
    page.locator("#record-1").focus()
    page.keyboard.press("e")
    expect(page.locator("#correction")).to_be_focused()
    expect(page.locator("#correction")).to_have_value("FAIL HERE")
    page.locator("#record-1").focus()
    with page.expect_request("**/api/skipped/1/resubmit?force=false"):
        page.keyboard.press("Control+Enter")


def test_single_keys_can_be_switched_off(stage: Stage) -> None:
    """Arrows, space and the keys with Control go on."""
    stage.page.add_init_script("localStorage.setItem('cartwatch.keys-off', 'yes')")
    page = stage.open("/skipped", facts=facts([record(2), record(1)]))
    page.locator("#record-2").focus()
    for key in ("j", "x", "e"):
        page.keyboard.press(key)
    expect(page.locator("#record-2")).to_be_focused()
    expect(page.get_by_role("radio", name="0 chosen")).to_be_disabled()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Choose cart-join.json:1")).to_be_checked()


def test_after_a_reset_nothing_of_before_stands_by_the_same_numbers(stage: Stage) -> None:
    """Neither a choice nor a draft: those are other records."""
    page = stage.open("/skipped?id=2", facts=facts([record(2), record(1)], record(2)))
    page.locator(".row-check").first.check()
    stage.answer("/api/check", {"valid": False, "reason": "x", "message": "line 1 x", "column": 1})
    page.get_by_label("Correction").fill("of before")
    expect(page.locator(".mend-outcome")).to_be_visible()
    again = snapshot(generation="second")
    stage.server.first = again
    stage.server.facts = facts([record(2, raw="NEW"), record(1)], record(2, raw="NEW"))
    stage.play(again)
    expect(page).to_have_url(f"{stage.server.origin}/skipped")
    expect(page.locator("skipped-bench")).to_have_attribute("data-generation", "second")
    expect(page.locator(".row-check:checked")).to_have_count(0)
    page.locator(".row-link").first.click()
    expect(page.get_by_label("Correction")).to_have_value("NEW")


def test_escape_leaves_the_editor_and_keys_mean_something_again(stage: Stage) -> None:
    """The focus is at the record, and nothing is typed."""
    page = stage.open("/skipped?id=2", facts=facts([record(2), record(1)], record(2)))
    field = page.get_by_label("Correction")
    field.focus()
    before = field.input_value()
    page.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    assert page.evaluate("document.activeElement !== document.body")
    page.keyboard.press("x")
    expect(field).to_have_value(before)
