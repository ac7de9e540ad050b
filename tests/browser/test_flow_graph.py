"""static/elements/flow/flow_graph.js: the flow drawn, and how busy each of its steps is."""

from __future__ import annotations

from playwright.sync_api import expect

from dataflow.drawing import EDGES, STEPS
from tests.browser.flow_facts import dataflow, flow_facts
from tests.browser.flow_view import answer, opened, read_again, stopped
from tests.browser.frames import STATS, changes
from tests.browser.stage import Stage
from web.http.pages.drawn_flow import STEP_WORDS, flow_path, workers_words


def test_every_step_and_edge_of_the_flow_is_drawn(stage: Stage) -> None:
    """Each step a link with what went in and out; each edge a line; the view is where it ends."""
    page = stopped(stage, dataflow=dataflow(slowest="join_carts"))
    steps = page.locator("[data-step]")
    ids = steps.evaluate_all("steps => steps.map(step => step.dataset.step)")
    assert sorted(ids) == sorted(STEPS) == sorted(STEP_WORDS)
    edges = page.locator("[data-edge]").evaluate_all("lines => lines.map(l => l.dataset.edge)")
    assert sorted(edges) == sorted(" ".join(edge) for edge in EDGES)
    join = page.locator('[data-step="join_carts"]')
    expect(join).to_have_attribute("data-in", "1000")
    expect(join).to_have_attribute("data-out", "1000")
    expect(join).to_contain_text("join 498/s")
    expect(page.locator("[data-slowest]")).to_have_count(1)
    expect(join).to_contain_text("slowest, – % busy")
    expect(page.locator('[data-place="view"]')).to_contain_text("view 2 carts")


def test_shares_and_times_are_those_of_the_last_seconds(stage: Stage) -> None:
    """From the difference of two readings: how busy a step is, and what a record costs."""
    page = stopped(stage, step="join_carts", dataflow=dataflow({"join_carts": 100.0}))
    join = page.locator('[data-step="join_carts"]')
    expect(join).to_contain_text("– %")
    busy = {"join_carts": 100.71, "journal": 0.001}
    answer(stage, dataflow=dataflow(busy, records=1_200, slowest="publish"))  # since it started
    read_again(page, "dataflow")
    expect(join).to_contain_text("slowest, 70 % busy")
    expect(join).to_have_attribute("data-in", "1200")
    expect(page.locator('[data-step="journal"]')).to_contain_text("< 1 % busy")
    expect(page.locator('[data-step="publish"]')).to_contain_text("0 % busy")
    panel = page.get_by_role("region", name="join")
    expect(panel.locator("[data-fact=cost]")).to_have_text("3550.0 µs")
    expect(panel.locator("[data-fact=share]")).to_have_text("70 %")
    expect(panel.locator("[data-fact=in]")).to_have_text("1,200")
    expect(panel.locator("[data-fact=busy]")).to_have_text("1 min 41 s")


def test_the_page_says_how_many_workers_the_flow_is(stage: Stage) -> None:
    """The share of a step is of the time of those that run it; another server may have more."""
    page = stopped(stage, step="join_carts", dataflow=dataflow())
    words = page.locator(".graph-workers")
    expect(words).to_have_text(workers_words(1))
    answer(stage, dataflow=dataflow({"join_carts": 1.42, "deserialize": 0.71}, workers=2))
    read_again(page, "dataflow")
    expect(words).to_have_text(workers_words(2))
    expect(page.locator('[data-step="join_carts"]')).to_contain_text("70 % busy")
    expect(page.locator('[data-step="deserialize"]')).to_contain_text("70 % busy")
    panel = page.get_by_role("region", name="join")
    expect(panel.locator("[data-fact=workers]")).to_have_text("2 workers")


def test_another_start_of_the_flow_is_measured_from_nought(stage: Stage) -> None:
    """A busy time that is less than it was is no negative share."""
    page = stopped(stage, dataflow=dataflow({"join_carts": 100.0}))
    answer(stage, dataflow=dataflow({"join_carts": 0.5}))
    read_again(page, "dataflow")
    join = page.locator('[data-step="join_carts"]')
    expect(join).to_contain_text("– %")
    answer(stage, dataflow=dataflow({"join_carts": 0.75}))
    read_again(page, "dataflow")
    expect(join).to_contain_text("25 % busy")


def test_a_step_is_an_address(stage: Stage) -> None:
    """Its figures open beside the graph, in place; the way back takes them away."""
    page = opened(stage)
    stage.server.facts = flow_facts(step="journal")
    page.locator('[data-step="journal"]').click()
    panel = page.get_by_role("region", name="source")
    expect(panel).to_contain_text("Reads what was accepted, in its order, from the journal.")
    expect(page.locator('[data-step="journal"]')).to_have_attribute("aria-current", "true")
    expect(page.locator('[data-step="journal"]')).to_be_focused()
    expect(page).to_have_url(f"{stage.server.origin}/flow?step=journal")
    stage.play(changes(stats={**STATS, "carts": 1, "lag": 9}))
    expect(panel.locator("[data-fact=lag]")).to_have_text("9")
    expect(page.locator('[data-place="view"]')).to_contain_text("view 1 cart")
    stage.server.facts = flow_facts()
    panel.get_by_role("link", name="Close source").click()
    expect(panel).to_be_hidden()
    expect(page).to_have_url(f"{stage.server.origin}/flow")


def test_the_addresses_leave_out_what_is_the_default() -> None:
    """One view has one address."""
    assert flow_path("10m", None) == "/flow"
    assert flow_path("1h", None) == "/flow?range=1h"
    assert flow_path("10m", "publish") == "/flow?step=publish"
    assert flow_path("1d", "publish") == "/flow?range=1d&step=publish"
