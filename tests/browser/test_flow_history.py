"""static/elements/flow/flow_history.js: figures over time, and what happened, in one look."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.flow_facts import flow_facts, history, mark
from tests.browser.flow_view import answer, let_pass, opened
from tests.browser.stage import Stage

GAP = [*([3.0] * 100), *([None] * 200), 250.0, None, *([12.25] * 298)]
DRAWN = """charts => charts.map(chart => [
  chart.dataset.chart,
  chart.querySelector(".chart-value").textContent,
  chart.querySelector(".chart-top").textContent,
  chart.querySelector(".chart-shape").getAttribute("viewBox"),
  [...chart.querySelectorAll("path")].map(path => path.getAttribute("d")),
  [...chart.querySelectorAll("[data-mark]")].map(m => [m.dataset.mark, m.getAttribute("x")]),
])"""
#: The first cell is the time, which the page's clock tells in its own turn.
ROWS = """rows => rows.map(row => [
  row.dataset.moment, ...[...row.cells].slice(1).map(cell => cell.innerText),
])"""


NOTE_READINGS = """() => {
  window.readings = [];
  const ask = window.fetch;
  window.fetch = (path, ...how) => {
    if (String(path).includes("/api/history")) readings.push(performance.now());
    return ask(path, ...how);
  };
}"""


def read(page: Page) -> None:
    """Wait until the page has read the figures, and painted them."""
    page.locator("#moment[aria-valuetext]").wait_for()


@pytest.mark.parametrize("step", [1, 6])
def test_the_server_and_the_browser_draw_alike(stage: Stage, step: int) -> None:
    """Before any script, the lines, the gaps, the marks and the table are those painted later."""
    told = {**history(events=GAP, lag=GAP, marks=[mark("58:30"), mark("59:00", "reset")])}
    told["step"] = step
    told["from"] = "2026-03-01T11:50:00Z" if step == 1 else "2026-03-01T11:00:00Z"
    error = {"error": {"code": "away", "message": "The figures are away."}}
    stage.answer("/api/history?*", error, status=503)
    facts = flow_facts(history=told)
    answer(stage, **{name: fact for name, fact in facts.items() if name != "history"})
    page = stage.open("/flow", facts=facts)
    page.locator("summary").click()
    rendered = page.locator("[data-chart]").evaluate_all(DRAWN)
    rows = page.locator("[data-moment]").evaluate_all(ROWS)
    expect(page.get_by_text("The figures are away.")).to_be_visible()
    answer(stage, history=told)
    read(page)
    stage.painted()
    expect(page.get_by_text("The figures are away.")).to_be_hidden()
    assert page.locator("[data-chart]").evaluate_all(DRAWN) == rendered
    assert page.locator("[data-moment]").evaluate_all(ROWS) == rows
    assert len(rows) == 60


def test_each_chart_says_its_newest_value_in_words(stage: Stage) -> None:
    """With its unit, beside its title; where nothing came there is no figure."""
    quiet = [*([5.0] * 599), None]
    page = opened(
        stage,
        history=history(
            events=[498.0] * 600,
            skipped=[0.25] * 600,
            lag=[1] * 600,
            accept_to_view_p50_ms=[17.6] * 600,
            accept_to_view_p99_ms=[64.0] * 600,
        ),
    )
    values = page.locator(".chart-value")
    words = ["498 a second", "0.3 a second", "1 record", "p50 18, p99 64 ms"]
    expect(values).to_have_text(words)
    answer(stage, history=history(accept_to_view_p50_ms=quiet, accept_to_view_p99_ms=quiet))
    expect(values.last).to_have_text("nothing just now")


def test_what_happened_is_marked_on_all_charts(stage: Stage) -> None:
    """A kill has its label before a start has; labels do not cover one another."""
    marks = [
        mark("50:10", "started", "The flow was started. The reason: the first one."),
        mark("51:00"),
        mark("51:01", "started", "The flow was started. The reason: a test."),
        mark("55:00", "started", "The flow was started. The reason: another test."),
        mark("59:00", words="The flow ended: another test."),
    ]
    page = opened(stage, history=history(marks=marks))
    read(page)
    for chart in page.locator("[data-chart]").all():
        expect(chart.locator(".history-mark")).to_have_count(5)
        labels = chart.locator(".mark-word").filter(has_text=":")
        expect(labels).to_have_text(["killed 11:51:00", "killed 11:59:00"])
        first, second = (label.bounding_box() for label in labels.all())
        assert first is not None
        assert second is not None
        assert first["x"] + first["width"] <= second["x"]
        expect(chart.locator(".history-mark[data-kind=killed] title").first).to_have_text(
            "The flow ended: a test."
        )


def test_one_moment_is_looked_at_on_all_charts(stage: Stage) -> None:
    """By the arrow keys on a slider, by the pointer on a chart; its figures are told in words."""
    page = opened(stage, history=history(events=GAP, marks=[mark("51:39")]))
    read(page)
    slider = page.get_by_role("slider", name="Moment on all charts")
    expect(page.locator(".history-readout")).to_contain_text("11:59:59 in 12 a second")
    slider.focus()
    slider.press("Home")
    expect(page.locator(".history-readout")).to_contain_text("11:50:00 in 3.0 a second")
    expect(slider).to_have_attribute(
        "aria-valuetext",
        "11:50:00: in 3.0 a second · skipped 0 a second · lag 0 records · p50 0, p99 0 ms",
    )
    slider.press("ArrowRight")
    expect(page.locator(".history-time")).to_have_text("11:50:01")
    for cross in page.locator(".chart-cross").all():
        expect(cross).to_have_attribute("x1", "0.16%")
    slider.press("End")
    plot = page.locator("[data-chart=lag] .chart-plot")
    box = plot.bounding_box()
    assert box is not None
    plot.hover(position={"x": box["width"] * 99 / 599, "y": 20})
    expect(page.locator(".history-words")).to_contain_text("The flow ended: a test.")
    plot.hover(position={"x": box["width"] * 150 / 599, "y": 20})
    expect(page.locator(".history-words")).not_to_contain_text("in 3")
    page.mouse.move(5, 5)
    expect(page.locator(".history-time")).to_have_text("11:59:59")


def test_where_the_server_was_off_it_is_said(stage: Stage) -> None:
    """A moment in a gap has no figures, not noughts."""
    off = [None] * 600
    names = ("events", "skipped", "lag", "accept_to_view_p50_ms", "accept_to_view_p99_ms")
    told = history()
    told["series"] |= {name: [*off[:599], 1.0] for name in names}
    page = opened(stage, history=told)
    read(page)
    page.locator("#moment").press("Home")
    expect(page.locator(".history-words")).to_have_text("the server was off")


def test_a_moment_that_is_looked_at_stays_as_time_goes_on(stage: Stage) -> None:
    """It is a time, not a place on the chart; the newest goes on with the figures."""
    page = opened(stage)
    read(page)
    slider = page.locator("#moment")
    slider.press("PageDown")
    stage.painted()
    time = page.locator(".history-time").inner_text()
    place = int(slider.input_value())
    answer(stage, history={**history(), "from": "2026-03-01T11:50:07Z"})
    expect(slider).to_have_js_property("value", str(place - 7))
    expect(page.locator(".history-time")).to_have_text(time)
    slider.press("End")
    expect(page.locator(".history-time")).to_have_text("12:00:06")


def test_a_range_is_an_address(stage: Stage) -> None:
    """Chosen in place, by a link that keeps the focus; the step that is looked at stays."""
    page = opened(stage, step="join_carts")
    expect(page.get_by_role("link", name="10 minutes")).to_have_attribute("aria-current", "true")
    stage.server.facts = flow_facts(span="1h", step="join_carts", history={**history(), "step": 6})
    page.get_by_role("link", name="1 hour").click()
    expect(page.get_by_role("link", name="1 hour")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("link", name="1 hour")).to_be_focused()
    expect(page).to_have_url(f"{stage.server.origin}/flow?range=1h&step=join_carts")
    expect(page.locator("#moment[aria-valuetext]")).to_be_visible()
    assert any("range=1h" in call.url for call in stage.calls)


@pytest.mark.parametrize(("span", "step"), [("10m", 1), ("1h", 6)])
def test_it_is_read_every_step(stage: Stage, span: str, step: int) -> None:
    """Once a second for ten minutes, every six for an hour; and not more often."""
    stage.page.clock.install()
    facts = flow_facts(span=span, history={**history(), "step": step})
    answer(stage, **facts)
    page = stage.open(f"/flow?range={span}", facts=facts)
    read(page)
    page.evaluate(NOTE_READINGS)
    let_pass(page, 0, lambda: page.evaluate("readings.length") > 3, by=500)
    times = page.evaluate("readings")
    assert all(later - one >= step * 1_000 for one, later in pairwise(times))


def test_a_refused_address_is_a_sentence_above_what_is_shown(stage: Stage) -> None:
    """The charts of ten minutes are there all the same."""
    page = opened(stage, refused="range is one of 10m, 1h, 1d, not '2h'")
    expect(page.get_by_role("alert").first).to_contain_text("Range is one of 10m, 1h, 1d")
    expect(page.locator("[data-chart]")).to_have_count(4)


def test_it_fits_a_phone(stage: Stage) -> None:
    """Nothing is wider than the page at 360 px, also with a long reason marked."""
    stage.page.set_viewport_size({"width": 360, "height": 740})
    long = mark("55:00", words="why" * 200)
    page = opened(stage, history=history(marks=[long]), step="join_carts")
    read(page)
    page.locator("summary").click()
    stage.painted()
    assert page.locator("html").evaluate("root => root.scrollWidth - root.clientWidth") <= 0


def test_what_stands_in_a_chart_is_seen_whole(stage: Stage) -> None:
    """No label lies over what the top stands for, and the newest moment is pointed at on all."""
    marks = [mark("50:10"), mark("55:00"), mark("59:59")]
    page = opened(stage, history=history(marks=marks, events=[1e6] * 600))
    read(page)
    page.locator("#moment").press("End")
    for chart in page.locator("[data-chart]").all():
        top = chart.locator(".chart-top").bounding_box()
        plot = chart.locator(".chart-plot").bounding_box()
        assert top is not None
        assert plot is not None
        for label in chart.locator(".mark-word").filter(has_text=":").all():
            box = label.bounding_box()
            assert box is not None
            assert box["x"] >= top["x"] + top["width"]
        # Half of a line at an edge is cut away where what is over that is not shown.
        expect(chart.locator(".chart-cross")).to_have_attribute("x1", "100.00%")
        expect(chart.locator(".chart-svg")).to_have_css("overflow", "visible")


def test_the_table_has_a_head_for_each_column_and_no_cut_words(stage: Stage) -> None:
    """However much happened at once: the last column breaks its lines."""
    marks = [mark(f"{n}:20", words="The flow ended: it was killed.") for n in range(10, 59, 2)]
    told = history(points=289, marks=marks) | {"step": 300, "from": "2026-02-28T12:00:00Z"}
    page = opened(stage, span="1d", history=told)
    page.locator(".history-table summary").click()
    stage.painted()
    scroll = page.locator(".history-scroll")
    assert scroll.evaluate("place => place.scrollWidth - place.clientWidth") <= 0
    expect(scroll.locator("tbody td").last).to_be_visible()
    head = scroll.locator("thead th").last.bounding_box()
    cell = scroll.locator("tbody td").last.bounding_box()
    assert head is not None
    assert cell is not None
    assert head["x"] == cell["x"]
    expect(scroll.locator("thead th").last).to_have_css("text-align", "left")
