"""static/elements/flow/flow_kill.js: a kill in sight of the figures, and its stopwatch."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.flow_facts import flow, killed
from tests.browser.flow_view import answer, let_pass, opened, stopped
from tests.browser.frames import AT, changes, recovery, snapshot, start
from tests.browser.stage import Stage

RESTART = "/api/flow/restart"
ENDED = start(1, ended_at=AT, ended_because="a person killed it")
PARTS = ["#view h2", ".charts", ".graph", ".kill-dock", ".proof", ".starts", ".header"]
PLACES = f"""() => {PARTS}.map(
  (selector) => JSON.stringify(document.querySelector(selector).getBoundingClientRect()))"""


def watch(page: Page) -> Locator:
    return page.get_by_role("list", name="The last recovery, in seconds")


def kill(page: Page) -> None:
    with page.expect_response(f"**{RESTART}"):
        page.get_by_role("button", name="Kill the flow (SIGKILL)").click()


def test_the_stopwatch_runs_while_it_recovers_and_then_is_exact(stage: Stage) -> None:
    """By what the socket says of the flow, then by the times that the server has written down."""
    page = stopped(stage)
    page.clock.run_for(2_000)
    expect(watch(page)).to_have_text("dead – restored – first new record – caught up – s")
    stage.answer(RESTART, {"killed": 7}, status=202)
    kill(page)
    page.clock.run_for(100)
    expect(watch(page)).to_contain_text("dead 0.00")
    expect(page.locator("[data-mark=restored]")).to_have_text(re.compile(r"restored 0\.(09|10)"))
    stage.play(changes(flow=flow("restarting")))
    stage.play(changes(flow=flow("recovering", "The flow restores its state.")))
    stage.play(changes(flow=flow("recovering", "The flow reads again.")))
    page.clock.run_for(120)
    expect(page.locator("[data-mark=restored]")).to_have_attribute("data-reached", "")
    expect(page.locator("[data-mark=up]")).to_contain_text("0.2")
    expect(page.locator("[data-mark=new]")).to_contain_text("–")
    exact = killed(seconds_to_restored=0.21, seconds_to_first_new=0.25, seconds=0.28)
    answer(stage, recovery=recovery([exact, ENDED]))
    stage.play(changes(flow=flow()))
    let_pass(page, 1_000, lambda: "0.28 s" in watch(page).inner_text())
    words = "dead 0.00 restored 0.21 first new record 0.25 caught up 0.28 s"
    expect(watch(page)).to_have_text(words)
    newest = page.locator('[data-start="2"]')
    expect(newest).to_contain_text(
        "you killed it · 1 worker · 2 carts · from line 6 of cart-join.json"
    )
    expect(newest).to_contain_text("3 replayed · 0.28 s")
    expect(page.locator('[data-start="1"]')).to_contain_text("ended: a person killed it")
    page.clock.run_for(60_000)
    expect(watch(page)).to_have_text(words)


def test_the_last_recovery_is_there_before_any_script(stage: Stage) -> None:
    """Also of a kill from elsewhere, of which nobody says that it was you."""
    page = opened(stage, recovery=recovery([killed(seconds=0.28), ENDED]))
    words = "dead 0.00 restored 0.31 first new record – caught up 0.28 s"
    expect(watch(page)).to_have_text(words)
    expect(page.locator('[data-start="2"]')).to_contain_text("a person killed it")


def test_the_stages_stand_in_the_order_of_their_times(stage: Stage) -> None:
    """A first new record that came after all was caught up stands behind that; a kill begins anew.

    The unit is at the end, whichever that is.
    """
    late: dict[str, Any] = {
        "seconds_to_restored": 0.31,
        "seconds": 2.53,
        "seconds_to_first_new": 71.29,
    }
    page = opened(stage, recovery=recovery([killed(**late), ENDED]))
    words = "dead 0.00 restored 0.31 caught up 2.53 first new record 71.29 s"
    expect(watch(page)).to_have_text(words)
    stage.answer(RESTART, {"killed": 7}, status=202)
    kill(page)
    expect(watch(page)).to_have_text(
        re.compile(r"dead 0\.00\s+restored [\d.]+\s+first new record –\s+caught up – s")
    )
    answer(stage, recovery=recovery([killed(3, **late), killed(ended_at=AT), ENDED]))
    stage.play(changes(flow=flow("restarting")))
    stage.play(changes(flow=flow()))
    expect(watch(page)).to_have_text(words)


def test_a_kill_from_elsewhere_is_followed_too(stage: Stage) -> None:
    """Whoever kills the flow, the stopwatch runs; the first new record is waited for."""
    page = opened(stage)
    stage.play(changes(flow=flow("restarting")))
    expect(watch(page)).to_contain_text("dead 0.00")
    again = start(2, reason="killed by SIGKILL", seconds=0.4)
    answer(stage, recovery=recovery([again, ENDED]))
    stage.play(changes(flow=flow()))
    expect(watch(page)).to_contain_text("first new record – caught up 0.40 s")
    expect(page.locator('[data-start="2"]')).to_contain_text("it was killed (SIGKILL)")
    answer(stage, recovery=recovery([again | {"seconds_to_first_new": 1.5}, ENDED]))
    stage.play(changes(stats=snapshot()["stats"]))
    expect(watch(page)).to_contain_text("caught up 0.40 first new record 1.50 s")


def test_a_start_that_was_on_its_way_when_it_was_rendered_comes_to_its_end(stage: Stage) -> None:
    """As after a reset of another tab, of which nothing more may come by the socket."""
    under_way = start(1, caught_up_at=None, seconds=None)
    page = opened(stage, recovery=recovery([under_way]))
    expect(page.locator('[data-start="1"]')).to_contain_text("catching up…")
    answer(stage, recovery=recovery([start(1, seconds=0.3)]))
    expect(page.locator('[data-start="1"]')).to_contain_text("0.30 s")
    expect(page.locator('[data-start="1"]')).to_have_attribute("data-phase", "running")


def test_it_counts_from_when_the_flow_was_gone_not_from_when_one_looks(stage: Stage) -> None:
    """As the server has said that."""
    page = opened(stage)
    gone = {**flow("recovering", "The flow reads again."), "since": "2026-03-01T11:59:20Z"}
    stage.play(changes(flow=gone))
    expect(page.locator("[data-mark=restored]")).to_have_text(re.compile(r"restored 4\d\.\d\d"))


def test_it_stands_still_while_the_flow_is_down(stage: Stage) -> None:
    """Whether it went down before one's eyes, or before the page was there."""
    still = "dead 0.00 restored – first new record – caught up – s"
    page = opened(stage)
    stage.play(changes(flow=flow("restarting")))
    expect(page.locator("[data-mark=restored]")).to_have_text(re.compile(r"restored \d"))
    stage.play(changes(flow=flow("down", "It has ended three times.")))
    stage.painted()
    expect(watch(page)).to_have_text(still)
    page = opened(stage, first=snapshot(flow=flow("down", "It has ended three times.")))
    stage.painted()
    expect(watch(page)).to_have_text("dead – restored – first new record – caught up – s")
    stage.play(changes(flow=flow("recovering", "The flow restores its state.")))
    expect(page.locator("[data-mark=restored]")).to_have_text(re.compile(r"restored \d"))


def test_a_refused_kill_is_told_there_and_starts_no_stopwatch(stage: Stage) -> None:
    """In the server's words, until the person acts again; the button keeps the focus."""
    page = opened(stage)
    error = {"error": {"code": "read_only", "message": "This token changes nothing."}}
    stage.answer(RESTART, error, status=403)
    kill(page)
    expect(page.locator("flow-kill").get_by_role("alert")).to_contain_text("changes nothing")
    expect(watch(page)).to_contain_text("dead –")
    expect(page.get_by_role("button", name="Kill the flow (SIGKILL)")).to_be_focused()
    stage.answer(RESTART, {"killed": 7}, status=202)
    kill(page)
    expect(page.locator("flow-kill").get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize("size", [(1280, 800), (360, 740)])
def test_a_short_recovery_pushes_nothing_around_and_is_not_announced(
    stage: Stage, size: tuple[int, int]
) -> None:
    """The figures stand where they stood, in every frame; assistive tools hear nothing of it."""
    stage.page.set_viewport_size({"width": size[0], "height": size[1]})
    stage.answer(RESTART, {"killed": 7}, status=202)
    page = stopped(stage)
    page.clock.run_for(2_000)
    before = page.evaluate(PLACES)
    kill(page)
    for state in ("restarting", "recovering", "running"):
        stage.play(changes(flow=flow(state)))
        page.clock.run_for(200)
        assert page.evaluate(PLACES) == before
    answer(stage, recovery=recovery([killed(seconds=0.6), ENDED], total=2))
    let_pass(page, 1_000, lambda: "0.60 s" in watch(page).inner_text())
    page.clock.run_for(20_000)
    expect(page.locator("polite-announcer")).to_be_empty()


def test_a_long_recovery_is_announced_and_followed(stage: Stage) -> None:
    """What takes longer than a second is said, when it begins and when it is over."""
    page = stopped(stage)
    page.clock.run_for(2_000)
    stage.play(changes(flow=flow("recovering")))
    page.clock.run_for(20)
    unknown: dict[str, Any] = {"caught_up_at": None, "seconds": None}
    answer(stage, recovery=recovery([killed(**unknown), ENDED], state="recovering"))
    restored = page.locator("[data-mark=restored]")
    let_pass(page, 2_000, lambda: "0.31" in restored.inner_text())
    said = page.locator("polite-announcer")  # comes with the first words that it is to say
    let_pass(page, 6_000, lambda: said.text_content() == "The flow is gone, and recovers.")
    answer(stage, recovery=recovery([killed(seconds=8.25), ENDED]))
    stage.play(changes(flow=flow()))
    let_pass(page, 1_000, lambda: "8.25" in watch(page).inner_text())
    let_pass(page, 6_000, lambda: said.text_content() == "The flow has caught up after 8.25 s.")


@pytest.mark.parametrize("size", [(1280, 720), (360, 740)])
def test_it_stands_in_sight_of_the_moving_figures(stage: Stage, size: tuple[int, int]) -> None:
    """The button, its stopwatch and the charts are on one screen, also on a phone."""
    stage.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = opened(stage, step="join_carts")
    expect(page.get_by_role("button", name="Kill the flow")).to_be_in_viewport(ratio=1)
    expect(watch(page)).to_be_in_viewport(ratio=1)
    expect(page.locator("[data-chart=events]")).to_be_in_viewport(ratio=1)


def test_started_over_there_is_no_recovery_any_more(stage: Stage) -> None:
    """The first start of what is new has recovered from nothing."""
    page = opened(stage, recovery=recovery([killed(seconds=0.28), ENDED]))
    answer(stage, recovery=recovery([start(1)]))
    stage.play(changes(flow=flow("restarting")))
    stage.play(snapshot(generation="second"))
    expect(watch(page)).to_have_text("dead – restored – first new record – caught up – s")
    expect(page.locator("[data-start]")).to_have_count(1)
