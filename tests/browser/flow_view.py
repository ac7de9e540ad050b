"""The view of the flow in a page, and what the API of a played server tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.flow_facts import flow_facts
from tests.browser.frames import AT, Frame, snapshot
from tests.browser.stage import Stage

PATIENCE = 2_000
#: Notes the path of every answer that the page has read whole.
NOTE_ANSWERS = """() => {
  const { text } = Response.prototype;
  window.answers = [];
  Response.prototype.text = async function () {
    const read = await text.call(this);
    answers.push(new URL(this.url).pathname);
    return read;
  };
}"""


def opened(stage: Stage, first: Frame | None = None, **facts: Any) -> Page:
    """Open `/flow`, whose server goes on telling what the page was rendered from."""
    given = flow_facts(**facts)
    answer(stage, **given)
    return stage.open("/flow", snapshot() if first is None else first, facts=given)


def stopped(stage: Stage, **facts: Any) -> Page:
    """Open `/flow` in a time that passes only where the test lets it; the first readings are in."""
    page = stage.page
    page.clock.install(time=AT)
    page.clock.pause_at("2026-03-01T12:00:01Z")
    page.add_init_script(f"({NOTE_ANSWERS})()")
    given = flow_facts(**facts)
    answer(stage, **given)
    stage.open("/flow", snapshot(), live=False, facts=given)
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    expect(page.locator("#moment")).to_be_enabled()
    stage.arrived()
    # What begins late asks late, and its paint is asked for when the answer has been read.
    let_pass(page, 20, lambda: answers(page, "history") and answers(page, "dataflow"), by=1)
    page.clock.run_for(20)
    return page


def answers(page: Page, name: str) -> int:
    """Give how many answers of `/api/…` of that name a page has read."""
    return int(page.evaluate("path => answers.filter((at) => at === path).length", f"/api/{name}"))


def read_again(page: Page, name: str) -> None:
    """Let a second pass; return once what is read in it has been painted."""
    before = answers(page, name)
    page.clock.run_for(1_000)
    let_pass(page, 0, lambda: answers(page, name) > before, by=0)
    page.clock.run_for(20)


def let_pass(page: Page, milliseconds: int, until: Callable[[], object], by: int = 50) -> None:
    """Let so much time pass, and more until this is seen, bit `by` bit.

    Frames and answers come in a time of their own, which a clock that stands still does not know.
    """
    page.clock.run_for(milliseconds)
    for _ in range(PATIENCE):
        if until():
            return
        page.clock.run_for(by)
    raise AssertionError("it was not seen")


def answer(stage: Stage, **facts: Any) -> None:
    """Let the API tell these facts from now on, and the view be rendered from them."""
    stage.server.facts = stage.server.facts | facts
    paths = {"history": "/api/history?*", "dataflow": "/api/dataflow", "proof": "/api/prove"}
    paths |= {"recovery": "/api/recovery?*", "topic": "/api/completed/topic"}
    paths |= {"kafka": "/api/kafka"}
    for name, path in paths.items():
        if name in facts:
            stage.answer(path, facts[name])
