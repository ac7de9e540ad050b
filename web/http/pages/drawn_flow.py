"""The drawn flow in the words of a page: what each step is called, and what it does. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from dataflow.drawing import DESERIALIZE, JOIN, JOURNAL, OF_THE_FIRST, PUBLISH, SKIP
from web.http.pages.filters import rate


class StepWords(NamedTuple):
    """A step's name, and what it does with a record."""

    name: str
    does: str


STEP_WORDS: Final[Mapping[str, StepWords]] = MappingProxyType(
    {
        JOURNAL: StepWords("source", "Reads what was accepted, in its order, from the journal."),
        DESERIALIZE: StepWords(
            "parse", "Makes an order or a payment of each line, or says why it is none."
        ),
        JOIN: StepWords(
            "join", "Brings orders and payments together in one cart per user: the flow's state."
        ),
        SKIP: StepWords("skipped", "Counts the lines that are none, and keeps them with a reason."),
        PUBLISH: StepWords("sink", "Tells the server what changed, which keeps it in the view."),
    }
)
"""In the order in which they are drawn."""


class DrawnStep(NamedTuple):
    """A step as it is drawn; how busy it is takes two looks, where anything passes it."""

    id: str
    name: str
    does: str
    taken: int
    given: int
    per_second: str
    busy_seconds: float
    is_slowest: bool
    share: str
    workers: int


def drawn_steps(dataflow: Mapping[str, Any]) -> dict[str, DrawnStep]:
    """Give the steps of an answer of ``GET /api/dataflow``, by their ids."""
    told = {step["id"]: step for step in dataflow["steps"]}
    return {
        id_: DrawnStep(
            id_,
            words.name,
            words.does,
            told[id_]["in"],
            told[id_]["out"],
            f"{rate(told[id_]['per_second'])}/s",
            told[id_]["busy_seconds"],
            id_ == dataflow["slowest"],
            "– %" if told[id_]["per_second"] else "0 %",
            1 if id_ in OF_THE_FIRST else dataflow["workers"],
        )
        for id_, words in STEP_WORDS.items()
    }


def workers_words(workers: int) -> str:
    """Say how many workers the flow is, and what each of them does.

    The browser says it alike: `static/elements/flow/flow_graph.js`.
    """
    if workers == 1:
        return "The flow is 1 worker: a process of its own."
    return (
        f"The flow is {workers} workers, each a process of its own: the first one reads and parses,"
        " much at once by one more process, and each joins, counts and publishes its share."
    )


def flow_path(span: str, step: str | None) -> str:
    """Give the address of a range of the charts with one step's figures, or with none."""
    query = {"range": "" if span == "10m" else span, "step": step or ""}
    asked = "&".join(f"{name}={value}" for name, value in query.items() if value)
    return f"/flow?{asked}" if asked else "/flow"
