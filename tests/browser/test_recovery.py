"""static/elements/recovery/recovery_panel.js: what the flow does, and every start of it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Request, expect

from tests.browser.flow_facts import flow, flow_facts
from tests.browser.flow_view import answer
from tests.browser.frames import AT, Frame, agreement, changes, recovery, skipped, snapshot, start
from tests.browser.stage import Stage

API = "/api/recovery?*"
ALARM = "state and view differ in 2 of 64 key groups"


def opened(stage: Stage, facts: Frame, first: Frame | None = None, **more: Any) -> Locator:
    """Open the view, whose server goes on telling these facts."""
    stage.answer(API, facts)
    page = stage.open("/flow/recovery", first, facts={"recovery": facts, "cursor": None, **more})
    return page.locator("recovery-panel")


def test_the_badge_leads_to_it_and_the_menu_too(stage: Stage) -> None:
    """What says what the flow does is a link to more of it; the flow's charts are a step back."""
    answer(stage, **flow_facts())
    page = stage.open(facts=flow_facts())
    assert page.locator("[data-flow]").count() == 1
    page.locator("[data-flow]").click()
    expect(page.get_by_role("heading", name="Recovery")).to_be_visible()
    expect(page).to_have_url(f"{stage.server.origin}/flow/recovery")
    page.go_back()
    expect(page.locator("#view")).to_have_attribute("data-view", "carts")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Recovery").click()
    expect(page.get_by_role("heading", name="Recovery")).to_be_visible()
    page.get_by_role("link", name="‹ Flow").click()
    expect(page.locator("#view")).to_have_attribute("data-view", "flow")


def test_it_tells_each_start_newest_first(stage: Stage) -> None:
    """When, why, what was restored, from where, how much again, how fast, and why it ended."""
    killed = start(1, ended_at=AT, ended_because="killed by SIGKILL", carts_restored=0)
    killed |= {"resumed_at": {"offset": 1, "source": None, "line": None}, "records_replayed": 0}
    again = start(
        2, workers=2, reason="killed by SIGKILL", carts_restored=44_882, records_replayed=323
    )
    again |= {"resumed_at": {"offset": 9, "source": "cart-join.json", "line": 2_394}}
    panel = opened(stage, recovery([again, killed]))
    starts = panel.locator("[data-start]")
    expect(starts.nth(0).locator(".start-line")).to_have_text(
        "12:00:00 it was killed (SIGKILL) · 2 workers · 44,882 carts · from line 2,394 of"
        " cart-join.json · 323 replayed · 0.41 s"
    )
    expect(starts.nth(0)).to_have_attribute("data-phase", "running")
    expect(starts.nth(0).locator(".start-end")).to_be_hidden()
    expect(starts.nth(1).locator(".start-line")).to_contain_text(
        "the server was started · 1 worker · nothing to restore · from the end of the input  ·"
        " 0 replayed"
    )
    expect(starts.nth(1)).to_contain_text("ended: it was killed (SIGKILL)")
    expect(starts.nth(1)).to_have_attribute("data-phase", "ended")


def test_the_server_and_the_browser_say_a_start_alike(stage: Stage) -> None:
    """Before any script, a start is told in the very words that are painted later."""
    unknown = {"caught_up_at": None, "seconds": None, "resumed_at": None, "carts_restored": None}
    history = [
        start(5, **unknown, reason="a person killed it"),
        start(4, **unknown, ended_at=AT, ended_because="a person restarted it"),  # an older folder
        start(3, seconds=61.2, carts_restored=1, ended_at=AT, ended_because="exit status 1"),
        start(2, seconds=12.34, ended_at=AT, ended_because="killed by SIGKILL")
        | {"resumed_at": {"offset": 40, "source": "orders/1", "line": 6}},
        start(1, carts_restored=0, resumed_at={"offset": 1, "source": " x\u200b", "line": 1_000}),
    ]
    facts = recovery(history, message="It restores.", state="recovering")
    stage.page.clock.set_fixed_time(AT)  # "just now" is so in both
    stage.answer(API, facts, status=503)  # what the server rendered stays
    page = stage.open("/flow/recovery", facts={"recovery": facts, "cursor": None})
    words = "rows => rows.map(row => row.dataset.phase + row.innerText)"
    rendered = page.locator("[data-start]").evaluate_all(words)
    agreed = page.locator(".agreement").inner_html()
    stage.answer(API, facts)
    stage.play(changes(flow=flow("recovering")))
    expect(page.locator("recovery-panel")).to_have_attribute("data-heard", "true")
    stage.painted()
    assert page.locator("[data-start]").evaluate_all(words) == rendered
    assert page.locator(".agreement").inner_html() == agreed


def test_a_start_that_is_not_through_yet_claims_nothing(stage: Stage) -> None:
    """What is not known stays unsaid; what never came about is said; an end unseen is no secret."""
    unknown = {"caught_up_at": None, "seconds": None, "resumed_at": None, "carts_restored": None}
    history = [start(3, **unknown), start(2, **unknown, ended_at=AT, ended_because="killed")]
    panel = opened(stage, recovery([*history, start(1)], state="recovering"))
    starts = panel.locator("[data-start]")
    expect(starts.nth(0)).to_contain_text("catching up…")
    expect(starts.nth(0).locator(".start-facts")).to_be_hidden()
    expect(starts.nth(1)).to_contain_text("never caught up")
    expect(starts.nth(2)).to_contain_text("it ended together with its server")


def test_the_starts_are_paged(stage: Stage) -> None:
    """A page of them has an address, leads to the older ones, and is what is read anew."""
    newest = recovery([start(n) for n in range(45, 25, -1)], next="26")
    panel = opened(stage, newest)
    expect(panel.get_by_role("link", name="Newest")).to_be_hidden()
    expect(panel.locator(".starts-total")).to_have_text("45")
    older = recovery([start(n, ended_at=AT) for n in range(25, 5, -1)], next="6", total=45)
    stage.server.facts = {"recovery": older, "cursor": 26}
    stage.answer(API, older)
    panel.get_by_role("link", name="Older starts").click()
    expect(panel.locator("[data-start]").first).to_have_attribute("data-start", "25")
    expect(stage.page).to_have_url(f"{stage.server.origin}/flow/recovery?cursor=26")
    expect(panel.get_by_text("before start 26")).to_be_visible()
    expect(panel.get_by_role("link", name="Newest")).to_be_visible()
    stage.play(changes(flow=flow()))
    stage.painted()
    assert panel.locator('[data-phase="running"]').count() == 0


def test_a_cursor_that_is_none_is_a_sentence(stage: Stage) -> None:
    """It stands on the page, above the newest starts."""
    panel = opened(stage, recovery([start(1)]), refused="'x' is no cursor of this list")
    expect(panel.get_by_role("alert")).to_contain_text("'x' is no cursor of this list.")
    expect(panel.locator("[data-start]")).to_have_count(1)


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


def test_it_is_read_anew_with_the_flow_and_while_it_is_shown(stage: Stage) -> None:
    """At each change of the flow and every few seconds; the rows stay; elsewhere, nobody asks."""
    stage.page.clock.install()
    panel = opened(stage, recovery([start(1)]))
    page = stage.page
    row = panel.locator('[data-start="1"]')
    row.evaluate("row => { row.mark = true }")
    ended = start(1, ended_at=AT, ended_because="a person killed it")
    stage.answer(API, recovery([start(2, caught_up_at=None), ended], state="recovering"))
    stage.play(changes(flow=flow("recovering")))
    page.clock.fast_forward(1_000)
    expect(panel.locator("[data-start]")).to_have_count(2)
    assert row.evaluate("row => row.mark") is True
    stage.answer(API, recovery([start(2), ended]))
    page.clock.fast_forward(4_000)
    expect(panel.locator('[data-start="2"]')).to_contain_text("0.41 s")
    page.locator('[data-nav="carts"]').click()
    expect(page.locator("#view")).to_have_attribute("data-view", "carts")
    asked = len(stage.calls)
    page.clock.fast_forward(60_000)
    stage.play(changes(flow=flow("recovering")))
    stage.painted()
    assert len(stage.calls) == asked


def test_the_flow_is_restarted_from_it(stage: Stage) -> None:
    """The words say that a process is killed; a refusal stands there; a success is followed."""
    panel = opened(stage, recovery([start(1)]))
    expect(panel.get_by_text("Kills its processes for real")).to_be_visible()
    error = {"error": {"code": "busy", "message": "Everything is being started over."}}
    stage.answer("/api/flow/restart", error, status=503)
    button = panel.get_by_role("button", name="Restart the flow")
    button.click()
    expect(panel.get_by_role("alert")).to_have_text("Everything is being started over.")
    stage.answer("/api/flow/restart", {"killed": 7}, status=202)
    stage.answer(API, recovery([start(1)], state="restarting"))
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


def test_a_refused_reading_is_told_and_tried_again(stage: Stage) -> None:
    """The server's own sentence, until it answers."""
    stage.page.clock.install()
    facts = recovery([start(1)])
    stage.answer(API, {"error": {"code": "full", "message": "The view is away."}}, status=503)
    page = stage.open("/flow/recovery", facts={"recovery": facts, "cursor": None})
    panel = page.locator("recovery-panel")
    expect(panel.get_by_text("The view is away.")).to_be_visible()
    stage.answer(API, facts)
    page.clock.fast_forward(4_000)
    expect(panel.get_by_text("The view is away.")).to_be_hidden()
    expect(panel.locator("[data-start]")).to_have_count(1)


def test_a_server_that_does_not_answer_is_given_up(stage: Stage) -> None:
    """One reading that hangs does not keep the view from the next one."""
    asked: list[Request] = []
    page = stage.page
    stage.answer(API, recovery([start(2), start(1, ended_at=AT)]))
    page.route(stage.server.origin + API, lambda route: asked.append(route.request), times=1)
    page.add_init_script(
        """AbortSignal.timeout = () => {
          const ending = new AbortController();
          window.giveUp = () => ending.abort();
          return ending.signal;
        };"""
    )
    stage.open("/flow/recovery", facts={"recovery": recovery([start(1)]), "cursor": None})
    panel = page.locator("recovery-panel")
    while not asked:
        stage.painted()
    page.evaluate("giveUp()")
    expect(panel.get_by_text("It is asked again by itself.")).to_be_visible()
    stage.play(changes(flow=flow()))
    expect(panel.locator("[data-start]")).to_have_count(2)


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
    wide = "root => root.scrollWidth - root.clientWidth"
    assert stage.page.locator("html").evaluate(wide) <= 0
