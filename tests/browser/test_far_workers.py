"""static/elements/flow/far_workers.js: where the workers are, and which agents wait."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.flow_facts import dataflow, flow_facts, place
from tests.browser.flow_view import answer, read_again, stopped
from tests.browser.frames import recovery, start
from tests.browser.stage import Stage
from web.http.pages.far_words import far_places, far_words

TWO = [place(0), place(1, "barn"), place(None, "attic", "it is taken in a moment")]


def words_of(rows: Locator) -> list[str]:
    return rows.locator(".far-words").all_text_contents()


def test_a_flow_of_this_machine_alone_says_nothing_of_hosts(stage: Stage) -> None:
    """Nobody has to read of what there is none."""
    page = stopped(stage, dataflow=dataflow(places=[place(0), place(1)]))
    expect(page.locator(".places")).to_be_hidden()


def test_each_worker_elsewhere_is_named_with_its_host_and_its_last_word(stage: Stage) -> None:
    """And an agent that waits with the reason; the browser says what the server says."""
    page = stopped(stage, dataflow=dataflow(workers=2, places=TWO))
    rows = page.locator("[data-far]")
    expected = ["Worker 1 on barn", "attic waits: it is taken in a moment"]
    assert [far_words(each) for each in far_places(TWO)] == words_of(rows) == expected
    expect(rows.first).to_contain_text("Worker 1 on barn, last heard of")
    both = [place(0), place(1, "barn"), place(2, "attic")]
    answer(stage, dataflow=dataflow(workers=3, places=both))
    read_again(page, "dataflow")
    expect(rows.nth(1).locator(".far-words")).to_have_text("Worker 2 on attic")
    answer(stage, dataflow=dataflow(places=[place(0)]))
    read_again(page, "dataflow")
    expect(rows).to_have_count(0)
    expect(page.locator(".places")).to_be_hidden()


@pytest.mark.parametrize("places", [TWO, TWO[:1]])
def test_the_view_of_the_starts_names_them_too(
    stage: Stage, places: list[dict[str, object]]
) -> None:
    """As they are when it is read anew."""
    facts = recovery([start(1)], places=TWO)
    stage.answer("/api/recovery?*", {**facts, "places": places})
    page = stage.open("/flow/recovery", facts=flow_facts(recovery=facts))
    expect(page.locator("[data-far]")).to_have_count(len(places) - 1)
