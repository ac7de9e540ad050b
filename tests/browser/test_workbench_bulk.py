"""static/elements/bench/bulk.js: many records found, replaced, looked at, and sent once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.bench import facts, news, record
from tests.browser.frames import AT, Frame, changes
from tests.browser.stage import Stage

FOUND = {
    "matching": 80,
    "valid": 78,
    "still_bad": {"unknown_type": 2},
    "sent_before": 0,
    "to_send": 78,
    "until": 90,
    "cut": 0,
    "examples": [
        {"id": 2, "raw": "a refund", "corrected": "a payment", "outcome": "valid"},
        {"id": 1, "raw": "<b>\u200b", "corrected": "<b>\u200b", "outcome": "unknown_type"},
    ],
}


def opened(stage: Stage, asked: dict[str, str] | None = None) -> Page:
    """Open the workbench with three records of 80."""
    records = [record(n) for n in (3, 2, 1)]
    return stage.open("/skipped", facts=facts(records, total=80, asked=asked or {}))


def mend(page: Page, find: str = "refund", replace: str = "payment") -> None:
    """Say what is to be found and replaced, and look at it."""
    page.get_by_label("Find", exact=True).fill(find)
    page.get_by_label("Replace").fill(replace)
    page.get_by_role("button", name="Preview").click()


def bodies(stage: Stage) -> list[dict[str, Any]]:
    """Give what was asked for in bulk."""
    return [json.loads(call.post_data or "") for call in stage.calls if "api/skipped" in call.url]


def test_a_preview_says_how_many_why_not_and_shows_some(stage: Stage) -> None:
    """Before and after, as text; and how many the next press sends."""
    page = opened(stage, {"reason": "unknown_type"})
    stage.answer("/api/skipped/resubmit", FOUND)
    mend(page)
    expect(page.locator(".bulk-words")).to_have_text(
        "78 become valid · 2 stay bad (2 unknown type) · 0 were sent before"
    )
    expect(page.get_by_role("button", name="Resubmit 78")).to_be_visible()
    examples = page.locator(".bulk-table tbody tr")
    expect(examples.nth(0)).to_have_text("valida refunda payment")
    expect(examples.nth(1)).to_have_text("unknown type<b>\\u200b<b>\\u200b")
    asked = {"find": "refund", "replace": "payment", "regex": False, "preview": True}
    assert bodies(stage) == [{"reason": "unknown_type", **asked}]


@pytest.mark.parametrize(
    ("found", "words", "button"),
    [
        (
            {"matching": 1, "valid": 1, "still_bad": {}, "sent_before": 1, "to_send": 0},
            "1 becomes valid · 0 stay bad · 1 was sent before",
            None,
        ),
        (
            {
                "matching": 2,
                "valid": 1,
                "still_bad": {"invalid_json": 1},
                "sent_before": 0,
                "to_send": 1,
            },
            "1 becomes valid · 1 stays bad (1 not JSON) · 0 were sent before",
            "Resubmit 1",
        ),
        (
            {
                "matching": 9,
                "valid": 7,
                "still_bad": {"invalid_json": 2},
                "sent_before": 3,
                "to_send": 5,
            },
            "7 become valid · 2 stay bad (2 not JSON) · 3 were sent before",
            "Resubmit 5",
        ),
        (
            {"matching": 0, "valid": 0, "still_bad": {}, "sent_before": 0, "to_send": 0},
            "0 become valid · 0 stay bad · 0 were sent before",
            None,
        ),
    ],
)
def test_the_words_are_right_for_one_and_for_many(
    stage: Stage, found: Frame, words: str, button: str | None
) -> None:
    """The button says how many will be sent, and is not there where none would be."""
    page = opened(stage)
    stage.answer("/api/skipped/resubmit", {**FOUND, **found})
    mend(page)
    expect(page.locator(".bulk-words")).to_have_text(words)
    send = page.locator('[data-action="send"]')
    if button is None:
        expect(send).to_be_hidden()
    else:
        expect(send).to_have_text(button)


def test_what_is_sent_is_what_was_looked_at(stage: Stage) -> None:
    """A change of anything takes the button away until it is looked at again."""
    page = opened(stage)
    stage.answer("/api/skipped/resubmit", {**FOUND, "sent": 78})
    mend(page)
    send = page.get_by_role("button", name="Resubmit 78")
    expect(send).to_be_visible()
    page.get_by_label("regex").check()
    expect(send).to_be_hidden()
    page.get_by_role("button", name="Preview").click()
    expect(send).to_be_visible()
    page.get_by_role("checkbox", name="Choose cart-join.json:2").check()
    expect(send).to_be_hidden()
    page.get_by_role("button", name="Preview").click()
    send.click()
    expect(page.locator(".bulk-words")).to_contain_text("78 records sent")
    last, sent = bodies(stage)[-2:]
    assert last == {
        "ids": [2],
        "find": "refund",
        "replace": "payment",
        "regex": True,
        "preview": True,
    }
    assert sent == {**last, "preview": False, "until": FOUND["until"]}
    expect(page.locator("#bulk-outcome")).to_be_focused()
    expect(page.get_by_role("radio", name="0 chosen")).to_be_disabled()


def test_all_that_match_are_all_where_nothing_narrows_them(stage: Stage) -> None:
    """Whoever means everything has said so."""
    page = opened(stage)
    stage.answer("/api/skipped/resubmit", FOUND)
    mend(page)
    expect(page.locator(".bulk-words")).to_be_visible()
    assert bodies(stage)[0]["all"] is True


def test_it_is_told_how_far_a_bulk_is(stage: Stage) -> None:
    """So many landed, so many waiting: live, and what for where the flow does not run."""
    page = opened(stage)
    stage.answer("/api/skipped/resubmit", {**FOUND, "sent": 78})
    stage.play(news(sent=78))
    mend(page)
    page.get_by_role("button", name="Resubmit 78").click()
    words = page.locator(".bulk-words")
    expect(words).to_have_text("78 records sent: 0 landed, 78 waiting.")
    stage.play(news(sent=17, landed=61))
    expect(words).to_have_text("78 records sent: 61 landed, 17 waiting.")
    stage.play(changes(flow={"state": "down", "since": AT, "message": "it died"}))
    expect(words).to_have_text("78 records sent: 61 landed, 17 waiting until the flow runs again.")
    stage.play(changes(flow={"state": "running", "since": AT, "message": None}))
    stage.play(news(sent=0, landed=78))
    expect(words).to_have_text("78 records sent: 78 landed, 0 waiting.")


def test_a_bulk_that_breaks_off_says_what_to_do(stage: Stage) -> None:
    """Some may have been sent; none is a second time."""
    page = opened(stage)

    def answer(route: Route) -> None:
        if json.loads(route.request.post_data or "")["preview"]:
            route.fulfill(json=FOUND)
        else:
            full = {"code": "disk_full", "message": "the disk is full: nothing was changed"}
            route.fulfill(status=507, json={"error": full})

    stage.refuses = True
    page.route("**/api/skipped/resubmit", answer)
    mend(page)
    send = page.get_by_role("button", name="Resubmit 78")
    send.click()
    error = page.locator(".bulk > .error")
    expect(error).to_contain_text("the disk is full")
    expect(error).to_contain_text("preview again")
    expect(send).to_be_focused()
    page.get_by_role("button", name="Preview").click()
    expect(error).to_be_hidden()


def test_what_cannot_be_used_is_refused_in_the_servers_words(stage: Stage) -> None:
    """As a pattern that is none."""
    page = opened(stage)
    body = {"error": {"code": "bad_regex", "message": "the regular expression cannot be used"}}
    stage.answer("/api/skipped/resubmit", body, status=400)
    mend(page, "(")
    expect(page.locator(".bulk > .error")).to_have_text("the regular expression cannot be used")
    page.get_by_label("Find", exact=True).fill("x")
    expect(page.locator(".bulk > .error")).to_be_hidden()


def test_an_answer_about_other_words_is_dropped(stage: Stage) -> None:
    """Whoever goes on typing is not told of what stood there."""
    page = opened(stage)
    held: list[Route] = []
    page.route("**/api/skipped/resubmit", lambda route: held.append(route))
    mend(page)
    expect(page.get_by_role("button", name="Preview")).to_have_attribute("aria-disabled", "true")
    page.get_by_label("Find", exact=True).fill("other")
    stage.taken(held).fulfill(json=FOUND)
    expect(page.get_by_role("button", name="Preview")).not_to_have_attribute(
        "aria-disabled", "true"
    )
    expect(page.locator("#bulk-outcome")).to_be_hidden()


def test_how_many_were_not_set_aside_is_told_with_the_reason(stage: Stage) -> None:
    """Of the chosen ones some may be sent, or have landed: that is no nought without a word."""
    page = opened(stage, {})
    stage.answer("/api/skipped/aside", {"changed": 1})
    for line in (3, 1):
        page.get_by_role("checkbox", name=f"Choose cart-join.json:{line}").check()
    page.get_by_role("button", name="Set aside 2").click()
    words = "1 record set aside. 1 is not open, so nothing is changed there."
    expect(page.locator(".bulk-words")).to_have_text(words)


@pytest.mark.parametrize(
    ("state", "words", "told", "aside"),
    [
        ("open", "Set aside 2", "2 records set aside.", True),
        ("aside", "Take back 2", "2 records taken back.", False),
    ],
)
def test_many_are_set_aside_or_taken_back(
    stage: Stage, state: str, words: str, told: str, aside: bool
) -> None:
    """The button says how many; where nobody chose them, it asks once, until something changes."""
    page = opened(stage, {"state": state})
    stage.answer("/api/skipped/aside", {"changed": 2})
    for line in (3, 1):
        page.get_by_role("checkbox", name=f"Choose cart-join.json:{line}").check()
    page.get_by_role("button", name=words).click()
    expect(page.locator(".bulk-words")).to_have_text(told)
    assert bodies(stage) == [{"ids": [3, 1], "aside": aside}]
    everything = page.get_by_role("button", name=f"{words[:-2]} all")
    for _ in range(2):
        everything.click()
        expect(page.locator(".bulk-words")).to_have_text(f"{words[:-2]} all 80 that match?")
        page.get_by_label("Find", exact=True).fill("x")
    expect(page.locator("#bulk-outcome")).to_be_hidden()
    assert len(bodies(stage)) == 1
    everything.click()
    page.get_by_role("button", name=f"Yes, {words[:-2].lower()} all").click()
    expect(page.locator(".bulk-words")).to_have_text(told)
    assert bodies(stage)[-1] == {"state": state, "aside": aside}
    expect(everything).to_be_visible()
