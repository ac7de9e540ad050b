"""The views of the flow undo themselves: what was left reads and hears nothing any more."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.flow_facts import flow, flow_facts
from tests.browser.flow_view import answer
from tests.browser.frames import STATS, changes
from tests.browser.stage import Stage


@pytest.mark.parametrize("path", ["/flow", "/flow/recovery"])
def test_a_view_that_was_left_asks_nothing(stage: Stage, path: str) -> None:
    """Neither by its timers, nor when the flow or the figures change, nor by a stopwatch."""
    stage.page.clock.install()
    answer(stage, **flow_facts())
    page = stage.open(path, facts=flow_facts())
    stage.play(changes(flow=flow("restarting")))
    page.locator('[data-nav="carts"]').click()
    expect(page.locator("#view")).to_have_attribute("data-view", "carts")
    stage.painted()
    before = len(stage.calls)
    page.clock.run_for(8_000)
    stage.play(changes(flow=flow(), stats={**STATS, "events": 9}))
    stage.painted()
    page.clock.run_for(2_000)
    assert len(stage.calls) == before


def test_coming_back_it_reads_anew(stage: Stage) -> None:
    """Once, however often it was there."""
    answer(stage, **flow_facts())
    page = stage.open("/flow", facts=flow_facts())
    for _ in range(2):
        page.locator('[data-nav="carts"]').click()
        expect(page.locator("#view")).to_have_attribute("data-view", "carts")
        with page.expect_response("**/api/history?range=10m"):
            page.locator('[data-nav="flow"]').click()
    expect(page.locator("[data-chart]")).to_have_count(4)
