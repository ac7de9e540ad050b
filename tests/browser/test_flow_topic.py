"""static/elements/completed/completed_topic.js: how completed orders get to their topic."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.browser.flow_facts import topic
from tests.browser.flow_view import answer, answers, let_pass, opened, stopped
from tests.browser.frames import AT
from tests.browser.stage import Stage
from web.service.kafka import Kafka

HAS_ALL = "Topic done has all completed orders."
GETS_NONE = "Topic done gets no completed orders: no answer. It is tried again."


def test_where_nothing_is_published_nothing_is_said(stage: Stage) -> None:
    """Nor is anything asked for it."""
    page = opened(stage)
    expect(page.locator("flow-graph")).to_be_visible()
    expect(page.locator("completed-topic")).to_have_count(0)
    assert not [call for call in stage.calls if call.url.endswith("/api/completed/topic")]


def kafka(state: str, **parts: Any) -> dict[str, Any]:
    """Make an answer of `/api/kafka`, of a broker that has told of no partition yet."""
    told = {"state": state, "brokers": "kafka-1:9092", "message": "As of 2026-03-01 11:55:00 UTC."}
    return {**Kafka(None, None).describe(), **told, **parts}


def test_brokers_that_are_away_are_told_of_in_the_time_of_the_reader(stage: Stage) -> None:
    """For how long, and exactly when in the title; as red as all that is down."""
    away = kafka("down", down_since="2026-03-01T11:55:00.000Z")
    page = stopped(stage, kafka=away, topic=topic("failing", message=GETS_NONE, since=AT))
    # By the second answer the panel stands as the server wrote it after the first.
    let_pass(page, 1_000, lambda: answers(page, "kafka") > 1, by=100)
    words = page.locator(".topics-words")
    expect(words).to_have_text(
        "The brokers kafka-1:9092 do not answer. They have been silent for 5 min; all else goes on."
    )
    colour = "(node) => getComputedStyle(node).color + getComputedStyle(node).fontWeight"
    assert words.evaluate(colour) == page.locator(".topic-message").evaluate(colour)
    page.clock.run_for(1_100)
    expect(words).to_contain_text("silent for 5 min")
    expect(words.locator("time")).to_have_attribute("title", re.compile("2026"))


def test_where_no_partition_is_known_its_place_says_what_would_stand_there(stage: Stage) -> None:
    """A head alone is no table."""
    page = opened(stage, kafka=kafka("connecting"))
    expect(page.locator(".topics-table tbody")).to_have_text(
        "Each partition stands here, with how far it was read, once a broker has answered."
    )


def test_what_is_lost_names_its_partition_once(stage: Stage) -> None:
    """Its reason does."""
    reason = "orders/0 ends at offset 3, and was read up to 9: the brokers have lost records"
    loss = {"topic": "orders", "partition": 0, "next": 9, "go_on_at": 3, "reason": reason, "at": AT}
    page = opened(stage, kafka=kafka("stopped", lost=[loss]))
    expect(page.locator(".topics-loss")).to_have_text(f"{reason}.")


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
    expect(place).to_contain_text("Failing for 1 min")
    expect(place.locator("time")).to_have_attribute("datetime", since)
