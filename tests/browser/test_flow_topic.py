"""static/elements/completed/completed_topic.js: how completed orders get to their topic."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.flow_facts import topic
from tests.browser.flow_view import answer, opened, stopped
from tests.browser.frames import AT
from tests.browser.stage import Stage

HAS_ALL = "Topic done has all completed orders."
GETS_NONE = "Topic done gets no completed orders: no answer. It is tried again."


def test_where_nothing_is_published_nothing_is_said(stage: Stage) -> None:
    """Nor is anything asked for it."""
    page = opened(stage)
    expect(page.locator("flow-graph")).to_be_visible()
    expect(page.locator("completed-topic")).to_have_count(0)
    assert not [call for call in stage.calls if call.url.endswith("/api/completed/topic")]


def test_it_is_said_as_it_stands_and_follows_by_itself(stage: Stage) -> None:
    """In the server's words; a failure with since when."""
    page = stopped(stage, topic=topic("publishing", message=HAS_ALL, since=AT))
    place = page.locator("completed-topic")
    expect(place).to_have_attribute("data-state", "publishing")
    expect(place).to_contain_text(HAS_ALL)
    expect(place.locator("time")).to_be_hidden()
    since = "2026-03-01T11:59:00.000Z"
    answer(stage, topic=topic("failing", message=GETS_NONE, since=since))
    page.clock.run_for(2_100)
    expect(place).to_have_attribute("data-state", "failing")
    page.clock.run_for(100)
    expect(place).to_contain_text(GETS_NONE)
    expect(place).to_contain_text("Failing since")
    expect(place.locator("time")).to_have_attribute("datetime", since)
