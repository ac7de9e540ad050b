"""static/elements/recovery/recovery_panel.js: what the flow does, and every start of it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.frames import (
    AT,
    Frame,
    agreement,
    changes,
    recovery,
    skipped,
    snapshot,
    start,
)
from tests.browser.stage import Stage

API = "/api/recovery"
ALARM = "state and view differ in 2 of 64 key groups"


def flow(state: str = "running", **more: Any) -> Frame:
    return {"state": state, "since": AT, "message": None, "alarm": None, **more}


def opened(stage: Stage, facts: Frame, first: Frame | None = None) -> Locator:
    """Open the page and its panel, which is told these facts."""
    stage.answer(API, facts)
    page = stage.open(first=first)
    page.locator("[data-flow]").click()
    panel = panel_of(page)
    expect(panel.get_by_text("The flow is")).to_be_visible()
    return panel


def panel_of(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Recovery")


def test_the_badge_opens_it_and_the_menu_too(stage: Stage) -> None:
    """A button that says what the flow does leads to more of it; closed, it has the focus again."""
    panel = opened(stage, recovery([start(1)]))
    page = stage.page
    assert page.locator("[data-flow]").count() == 1
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="flow running")).to_be_focused()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Recovery…").click()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.locator("[data-flow]").press("Enter")
    expect(panel).to_be_visible()
    page.mouse.click(20, 400)
    expect(panel).to_be_hidden()


def test_it_tells_each_start_newest_first(stage: Stage) -> None:
    """When, why, what was restored, from where, how much again, how fast, and why it ended."""
    killed = start(1, ended_at=AT, ended_because="killed by SIGKILL", carts_restored=0)
    killed |= {"resumed_at": {"offset": 1, "source": None, "line": None}, "records_replayed": 0}
    panel = opened(stage, recovery([start(2, reason="killed by SIGKILL"), killed]))
    starts = panel.locator("[data-start]")
    expect(starts).to_have_count(2)
    newest, first = starts.nth(0), starts.nth(1)
    for words in (
        "12:00:00",
        "Reason: killed by SIGKILL",
        "2 carts restored",
        "resumed at line 6 of cart-join.json",
        "3 records replayed",
        "caught up in 0.41 s",
    ):
        expect(newest).to_contain_text(words)
    expect(newest).to_have_attribute("data-phase", "running")
    expect(newest.locator(".start-end")).to_be_hidden()
    for words in (
        "Reason: the server was started",
        "nothing to restore",
        "resumed where the input ends",
        "0 records replayed",
    ):
        expect(first).to_contain_text(words)
    expect(first.locator(".start-end")).to_contain_text("killed by SIGKILL")
    expect(first).to_have_attribute("data-phase", "ended")


def test_a_start_that_is_not_through_yet_claims_nothing(stage: Stage) -> None:
    """What is not known stays unsaid; what never came about is said; an end unseen is no secret."""
    unknown = {"caught_up_at": None, "seconds": None, "resumed_at": None, "carts_restored": None}
    history = [start(3, **unknown), start(2, **unknown, ended_at=AT, ended_because="killed")]
    panel = opened(stage, recovery([*history, start(1)], state="recovering"))
    starts = panel.locator("[data-start]")
    expect(starts.nth(0)).to_contain_text("catching up…")
    expect(starts.nth(0).locator(".start-facts")).to_be_hidden()
    expect(starts.nth(1)).to_contain_text("never caught up")
    expect(starts.nth(2)).to_contain_text("It ended together with its server.")


def test_it_says_that_state_and_view_agree(stage: Stage) -> None:
    """The figures of both sides and when they were compared, the snapshot's age and size."""
    panel = opened(stage, recovery([start(1)]), snapshot(at="2026-03-01T12:00:20Z"))
    expect(panel.get_by_text("State and view agree", exact=True)).to_be_visible()
    expect(panel.locator(".agreement-checked")).to_have_text("checked 20 s ago")
    for side in ("flow", "view"):
        for column, value in {"carts": "2", "unpaid": "1", "paid": "3", "waiting": "0"}.items():
            cell = panel.locator(f'[data-side="{side}"] [data-figure="{column}"]')
            expect(cell).to_have_text(value)
    expect(panel.get_by_role("row", name="Fulfilment feed")).to_contain_text("3")
    expect(panel.locator(".recovery-snapshot")).to_contain_text("20 s ago")
    expect(panel.locator(".recovery-snapshot")).to_contain_text("312 KiB")
    expect(panel.locator("[data-differs]")).to_have_count(0)


@pytest.mark.parametrize(
    ("view", "column"),
    [({"unpaid": 4}, "unpaid"), ({"completed": 2}, "paid")],
)
def test_it_is_loud_where_they_do_not_agree(
    stage: Stage, view: dict[str, int], column: str
) -> None:
    """What differs is named, in the server's words and in the figures; nothing says they agree."""
    panel = opened(stage, recovery([start(1)], agreement=agreement(**view), alarm=ALARM))
    expect(panel.locator("[data-agreement]")).to_have_attribute("data-agreement", "differ")
    expect(panel.get_by_text("State and view do not agree")).to_be_visible()
    expect(panel.get_by_text("State and view differ: do this.", exact=True)).to_be_visible()
    differing = panel.locator("[data-differs]")
    assert {cell.get_attribute("data-figure") for cell in differing.all()} == {column}


def test_what_was_compared_before_says_nothing_of_now(stage: Stage) -> None:
    """While the flow recovers they *agreed*; before the first comparison nothing is claimed."""
    panel = opened(stage, recovery([start(1)], state="recovering", message="It restores."))
    expect(panel.get_by_text("The flow is recovering")).to_be_visible()
    expect(panel.get_by_text("It restores.")).to_be_visible()
    expect(panel.get_by_text("State and view agreed", exact=True)).to_be_visible()
    stage.answer(API, recovery([], agreement=None, snapshot={"taken_at": None, "bytes": 0}))
    stage.play(changes(flow=flow()))
    expect(panel.get_by_text("State and view not compared yet")).to_be_visible()
    expect(panel.get_by_role("table")).to_be_hidden()
    expect(panel.get_by_text("none since the server was started")).to_be_visible()
    expect(panel.get_by_text("The flow has not been started yet.")).to_be_visible()


def test_it_is_read_anew_with_the_flow_and_while_it_is_open(stage: Stage) -> None:
    """At each change of the flow and every few seconds; the rows stay; closed, nobody asks."""
    stage.page.clock.install()
    panel = opened(stage, recovery([start(1)]))
    page = stage.page
    row = panel.locator('[data-start="1"]')
    row.evaluate("row => { row.mark = true }")
    ended = start(1, ended_at=AT, ended_because="a person restarted it")
    stage.answer(API, recovery([start(2, caught_up_at=None), ended], state="recovering"))
    stage.play(changes(flow=flow("recovering")))
    expect(panel.locator("[data-start]")).to_have_count(2)
    assert row.evaluate("row => row.mark") is True
    stage.answer(API, recovery([start(2), ended]))
    page.clock.fast_forward(4_000)
    expect(panel.locator('[data-start="2"]')).to_contain_text("caught up in")
    page.keyboard.press("Escape")
    stage.painted()
    asked = len(stage.calls)
    page.clock.fast_forward(60_000)
    stage.play(changes(flow=flow("recovering")))
    stage.painted()
    assert len(stage.calls) == asked


def test_the_flow_is_restarted_from_it(stage: Stage) -> None:
    """The words say that a process is killed; a refusal stands there; a success is followed."""
    panel = opened(stage, recovery([start(1)]))
    expect(panel.get_by_text("Kills its process for real")).to_be_visible()
    error = {"error": {"code": "busy", "message": "Everything is being started over."}}
    stage.answer("/api/flow/restart", error, status=503)
    button = panel.get_by_role("button", name="Restart the flow")
    button.click()
    expect(panel.get_by_role("alert")).to_have_text("Everything is being started over.")
    stage.answer("/api/flow/restart", {"killed": 7}, status=202)
    facts = recovery([start(1)], state="restarting")
    stage.answer(API, facts)
    button.click()
    expect(panel.get_by_text("The flow is restarting")).to_be_visible()
    expect(panel.get_by_role("alert")).to_be_hidden()
    posts = [call for call in stage.calls if call.method == "POST"]
    assert [post.url for post in posts] == [f"{stage.server.origin}/api/flow/restart"] * 2


def test_it_survives_being_offline(stage: Stage) -> None:
    """What was read stays, marked as of its time, and is read again when the server is back."""
    panel = opened(stage, recovery([start(1)]))
    stage.deaf = True
    stage.sockets[-1].close(code=1001, reason="")
    expect(panel.get_by_text("No connection to the server.")).to_be_visible()
    expect(panel.locator(".recovery-unheard")).to_contain_text("as last known, as of 12:00:00")
    expect(panel.locator("[data-start]")).to_have_count(1)
    stage.answer(API, recovery([start(2), start(1, ended_at=AT, ended_because="killed")]))
    stage.deaf = False
    expect(panel.locator("[data-start]")).to_have_count(2)
    expect(panel.locator(".recovery-unheard")).to_be_hidden()


def test_opened_while_offline_it_shows_words_and_no_old_facts(stage: Stage) -> None:
    """A panel without an answer says why, instead of what was true when it was closed."""
    panel = opened(stage, recovery([start(1)]))
    stage.page.keyboard.press("Escape")
    stage.deaf = True
    stage.sockets[-1].close(code=1001, reason="")
    expect(stage.page.locator("[data-connection=offline]")).to_be_visible()
    stage.page.locator("[data-flow]").click()
    expect(panel.get_by_text("No connection to the server.")).to_be_visible()
    expect(panel.locator(".recovery")).to_be_hidden()
    expect(panel.get_by_text("as last known")).to_be_hidden()


def test_a_refused_reading_is_told_and_tried_again(stage: Stage) -> None:
    """The server's own sentence, until it answers."""
    stage.page.clock.install()
    stage.answer(API, {"error": {"code": "full", "message": "The view is away."}}, status=503)
    page = stage.open()
    page.locator("[data-flow]").click()
    panel = panel_of(page)
    expect(panel.get_by_text("The view is away.")).to_be_visible()
    stage.answer(API, recovery([start(1)]))
    page.clock.fast_forward(4_000)
    expect(panel.locator("[data-start]")).to_have_count(1)
    expect(panel.get_by_text("The view is away.")).to_be_hidden()


def test_a_server_that_does_not_answer_is_given_up(stage: Stage) -> None:
    """One reading that hangs does not keep the panel from the next one."""
    asked: list[Request] = []
    page = stage.open()
    page.route(stage.server.origin + API, lambda route: asked.append(route.request))
    page.evaluate(
        """() => { AbortSignal.timeout = () => {
          const ending = new AbortController();
          window.giveUp = () => ending.abort();
          return ending.signal;
        }; }"""
    )
    page.locator("[data-flow]").click()
    panel = panel_of(page)
    expect(panel.get_by_text("Asking the server…")).to_be_visible()
    page.evaluate("giveUp()")
    expect(panel.get_by_text("It is asked again by itself.")).to_be_visible()
    stage.answer(API, recovery([start(1)]))
    stage.play(changes(flow=flow()))
    expect(panel.locator("[data-start]")).to_have_count(1)


def test_hostile_words_stay_words(stage: Stage) -> None:
    """Sources and reasons come from outside: they are text, and too long ones break."""
    hostile = "<img src=x onerror=alert(1)>" * 12
    history = [
        start(
            1,
            reason=hostile,
            resumed_at={"offset": 1, "source": hostile, "line": 1},
            ended_at=AT,
            ended_because=hostile,
        )
    ]
    stage.page.set_viewport_size({"width": 360, "height": 740})
    first = snapshot(flow=flow(alarm=hostile), records=[skipped(1)])
    panel = opened(stage, recovery(history, message=hostile), first)
    expect(panel.locator("[data-start]")).to_contain_text(hostile)
    assert stage.page.locator("img").count() == 0
    wide = "body => body.scrollWidth - body.clientWidth"
    assert panel.locator(".sheet-body").evaluate(wide) <= 0
