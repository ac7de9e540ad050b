"""static/elements/flow/flow_proof.js: the figures around a kill, and what the journal gives."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.flow_facts import flow, proof
from tests.browser.flow_view import answer, opened
from tests.browser.frames import STATS, changes, snapshot
from tests.browser.stage import Stage


def cell(page: Page, figure: str, side: str) -> Locator:
    return page.locator(f'flow-proof [data-figure="{figure}"] [data-side="{side}"]')


def test_it_shows_the_figures_before_and_after_a_recovery(stage: Stage) -> None:
    """As they were when the flow was gone, and as they were when it had caught up."""
    page = opened(stage)
    expect(cell(page, "paid", "before")).to_have_text("–")
    stage.play(changes(stats={**STATS, "paid": 91_674}))
    stage.play(changes(flow=flow("restarting"), stats={**STATS, "paid": 91_675}))
    stage.play(changes(flow=flow("recovering")))
    expect(cell(page, "paid", "before")).to_have_text("91,674")
    expect(cell(page, "paid", "after")).to_have_text("–")
    stage.play(changes(flow=flow(), stats={**STATS, "paid": 91_680}))
    expect(cell(page, "paid", "after")).to_have_text("91,680")
    stage.play(changes(stats={**STATS, "paid": 99_999}))
    stage.painted()
    expect(cell(page, "paid", "after")).to_have_text("91,680")
    expect(cell(page, "unpaid", "after")).to_have_text("1")


def test_a_proof_is_asked_for_followed_and_told(stage: Stage) -> None:
    """Its progress while it runs, then what was lost and what stands there twice."""
    stage.page.clock.install()
    page = opened(stage)
    expect(page.locator("[data-prove=lost]")).to_be_hidden()
    answer(stage, proof=proof("running", progress=0.4))
    page.get_by_role("button", name="Prove it").click()
    bar = page.get_by_role("progressbar", name="Proof")
    expect(bar).to_have_attribute("aria-valuenow", "40")
    expect(bar).to_be_visible()
    expect(page.get_by_text("Counting the journal anew…")).to_be_visible()
    answer(stage, proof=proof("done"))
    with page.expect_response("**/flow?range=10m"):
        page.clock.run_for(1_000)
    outcome = page.locator(".proof-found")
    expect(outcome).to_have_text("counted anew from the journal ✓ lost 0 twice 0 in 0.42 s")
    for name in ("lost", "twice"):
        expect(page.locator(f"[data-prove={name}]")).to_have_attribute("data-value", "0")
    expect(cell(page, "paid", "journal")).to_have_text("3 ✓")
    assert [call.method for call in stage.calls if "/prove" in call.url].count("POST") == 1
    expect(bar).to_be_hidden()
    expect(page.get_by_role("button", name="Prove it")).to_be_focused()


@pytest.mark.parametrize("rendered", [True, False])
def test_what_differs_is_loud(stage: Stage, rendered: bool) -> None:
    """How much, in which figure, and an example in words, before any script and after."""
    words = ["the view lacks order 7 of <b>zoe</b>"]
    found = proof("done", lost=2, twice=1, examples=words)
    found["view"] = found["view"] | {"paid": 1_000}
    page = opened(stage, proof=found if rendered else proof())
    if not rendered:
        answer(stage, proof=found)
        page.get_by_role("button", name="Prove it").click()
    outcome = page.locator(".proof-found")
    expect(outcome).to_have_text("counted anew from the journal ✗ lost 2 twice 1 in 0.42 s")
    expect(cell(page, "paid", "journal")).to_have_text("3 ≠ 1,000")
    expect(page.locator(".proof-examples li")).to_have_text(words)
    expect(page.locator("[data-prove=lost]")).to_have_attribute("data-value", "2")


def test_a_proof_that_failed_says_why(stage: Stage) -> None:
    """And can be asked for again, which takes the words away."""
    page = opened(stage, proof=proof("failed", error="its process was killed by SIGKILL"))
    alert = page.locator("flow-proof").get_by_role("alert")
    expect(alert).to_contain_text("Its process was killed by SIGKILL.")
    answer(stage, proof=proof("done"))
    page.get_by_role("button", name="Prove it").click()
    expect(alert).to_be_hidden()
    expect(page.locator("[data-prove=lost]")).to_be_visible()


def test_a_refused_proof_is_told_there(stage: Stage) -> None:
    """In the server's own sentence."""
    page = opened(stage)
    error = {"error": {"code": "ending", "message": "The server is about to end."}}
    stage.answer("/api/prove", error, status=503)
    page.get_by_role("button", name="Prove it").click()
    expect(page.locator("flow-proof").get_by_role("alert")).to_contain_text("about to end")


def test_one_that_runs_already_is_followed(stage: Stage) -> None:
    """Somebody else may have asked for it."""
    stage.page.clock.install()
    page = opened(stage, proof=proof("running", progress=0.1))
    answer(stage, proof=proof("done"))
    with page.expect_response("**/flow?range=10m"):
        page.clock.run_for(2_000)
    expect(page.locator("[data-prove=twice]")).to_have_attribute("data-value", "0")


def test_started_over_the_proof_says_nothing_any_more(stage: Stage) -> None:
    """Nor do the figures of a kill before."""
    page = opened(stage, proof=proof("done"))
    stage.play(changes(flow=flow("restarting")))
    stage.play(changes(flow=flow()))
    expect(cell(page, "paid", "before")).to_have_text("3")
    answer(stage, proof=proof())
    stage.play(snapshot(generation="second"))
    expect(page.locator("[data-prove=lost]")).to_be_hidden()
    expect(cell(page, "paid", "before")).to_have_text("–")
    expect(cell(page, "paid", "journal")).to_have_text("–")
