"""What the views of the flow are rendered from, and what the API of a played server tells of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.frames import AT, Frame, recovery, snapshot, start
from tests.browser.stage import Stage

STEPS = ("journal", "deserialize", "join_carts", "count_skipped", "publish")
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
FROM = "2026-03-01T11:50:00Z"
Points = Sequence[float | None]


def history(points: int = 600, marks: Sequence[Frame] = (), **series: Points) -> Frame:
    """Make an answer of `/api/history`, a second between two points, the last one at noon."""
    rising: Points = [float(at % 50) for at in range(points)]
    names = ("events", "skipped", "completed", "lag", "viewers")
    delays = ("accept_to_view_p50_ms", "accept_to_view_p99_ms")
    return {
        "step": 1,
        "from": FROM,
        "series": dict.fromkeys((*names, *delays), rising) | series,
        "marks": list(marks),
    }


def mark(at: str, kind: str = "killed", words: str = "The flow ended: a test.") -> Frame:
    """Make a mark at a time of that hour, as in `58:30`."""
    return {"at": f"2026-03-01T11:{at}.000Z", "kind": kind, "words": words}


def dataflow(
    busy: Mapping[str, float] | None = None, records: int = 1_000, slowest: str | None = None
) -> Frame:
    """Make an answer of `/api/dataflow`, in which each step has had so many records."""
    steps = [
        {
            "id": step,
            "in": records,
            "out": records,
            "per_second": 498.0,
            "busy_seconds": (busy or {}).get(step, 0.0),
        }
        for step in STEPS
    ]
    return {"steps": steps, "edges": [], "slowest": slowest}


def proof(state: str = "none", **parts: Any) -> Frame:
    """Make an answer of `/api/prove`; one that is done has found nothing."""
    figures = {"carts": 2, "unpaid": 1, "paid": 3, "waiting": 0, "skipped": 1, "completed": 3}
    is_done = state == "done"
    return {
        "state": state,
        "progress": 1.0 if is_done else 0.0,
        "journal": figures if is_done else None,
        "view": figures if is_done else None,
        "lost": 0 if is_done else None,
        "twice": 0 if is_done else None,
        "seconds": 0.42,
        "examples": [],
        "error": None,
        **parts,
    }


def killed(execution: int = 2, **changes: Any) -> Frame:
    """Make a start that somebody's kill has led to."""
    return start(execution, reason="a person restarted it", **changes)


def flow(state: str = "running", message: str | None = None, **more: Any) -> Frame:
    """Make the flow's part of a frame."""
    return {"state": state, "since": AT, "message": message, "alarm": None, **more}


def flow_facts(**facts: Any) -> dict[str, Any]:
    """Give what `/flow` is rendered from; `recovery` is also what `/flow/recovery` shows."""
    return {
        "span": "10m",
        "step": None,
        "history": history(),
        "dataflow": dataflow(),
        "recovery": recovery([start(1)]),
        "proof": proof(),
        "cursor": None,
        **facts,
    }


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
    for name, path in {**paths, "recovery": "/api/recovery?*"}.items():
        if name in facts:
            stage.answer(path, facts[name])
