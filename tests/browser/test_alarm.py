"""static/elements/header/alarm_notice.js: wrong data are never shown as if they were right."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.frames import AT, Frame, agreement, cart, changes, recovery, snapshot, start
from tests.browser.stage import Stage

ALARM = "state and view differ in 2 of 64 key groups"


def flow(alarm: str | None = None, state: str = "running", message: str | None = None) -> Frame:
    return {"state": state, "since": AT, "message": message, "alarm": alarm}


def test_an_alarm_stands_over_everything_until_it_is_over(stage: Stage) -> None:
    """Loud and lasting: whatever is scrolled or played, it stays; it leads to what differs."""
    carts = [cart(f"user-{n}", unpaid=[n]) for n in range(50)]
    facts = recovery([start(1)], agreement=agreement(unpaid=4), alarm=ALARM)
    stage.answer("/api/recovery?*", facts)
    first = snapshot(carts, flow=flow(ALARM))
    page = stage.open(first=first, facts={"recovery": facts, "cursor": None})
    alarm = page.locator("alarm-notice")
    expect(alarm).to_contain_text(f"Something is wrong: {ALARM}")
    page.mouse.wheel(0, 2_000)
    expect(alarm).to_be_in_viewport(ratio=1)
    stage.play(changes([cart("user-0", 2, paid=[0])], [item["user_id"] for item in carts]))
    stage.painted()
    expect(alarm).to_be_visible()
    alarm.get_by_role("link", name="What differs").click()
    expect(page.get_by_text("State and view do not agree")).to_be_visible()
    expect(alarm).to_be_visible()
    stage.play(changes(flow=flow()))
    expect(alarm).to_be_hidden()
    stage.play(changes(flow=flow("it differs again")))
    expect(alarm).to_contain_text("it differs again")


def test_a_flow_that_is_down_says_why_on_every_page(stage: Stage) -> None:
    """Until it is up again; with the way to where something can be done about it."""
    page = stage.open(first=snapshot([], flow=flow()))
    notice = page.locator("alarm-notice")
    expect(notice).to_be_hidden()
    stage.play(changes(flow=flow(state="restarting", message="It ended.")))
    stage.painted()
    expect(notice).to_be_hidden()
    stage.play(changes(flow=flow(state="down", message="5 records of orders/1 are lost.")))
    expect(notice).to_contain_text("The flow is down: 5 records of orders/1 are lost.")
    expect(notice.get_by_role("link", name="What to do")).to_have_attribute("href", "/flow")
    stage.play(changes(flow=flow(ALARM, state="down", message="5 records of orders/1 are lost.")))
    expect(notice).to_contain_text(f"Something is wrong: {ALARM}")
    expect(notice.get_by_role("link")).to_have_attribute("href", "/flow/recovery")
    stage.play(changes(flow=flow()))
    expect(notice).to_be_hidden()


def test_a_running_flow_with_something_to_say_is_marked(stage: Stage) -> None:
    """For as long as there is something; the words are in the title."""
    page = stage.open(first=snapshot([], flow=flow()))
    badge = page.locator("[data-flow]")
    stage.play(changes(flow=flow(message="Nobody answers.")))
    expect(badge).to_have_attribute("data-notice", "")
    expect(badge).to_have_attribute("title", "Nobody answers.")
    stage.play(changes(flow=flow(message="It is restored.", state="recovering")))
    expect(badge).not_to_have_attribute("data-notice", "")
