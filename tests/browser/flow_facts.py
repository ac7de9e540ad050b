"""What the views of the flow are rendered from, with what a test does not care about filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.browser.frames import AT, Frame, recovery, start
from web.service.kafka import Kafka

STEPS = ("journal", "deserialize", "join_carts", "count_skipped", "publish")
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
    busy: Mapping[str, float] | None = None,
    records: int = 1_000,
    slowest: str | None = None,
    workers: int = 1,
    places: Sequence[Frame] = (),
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
    drawn = {"steps": steps, "edges": [], "slowest": slowest, "workers": workers}
    return {**drawn, "places": list(places)}


def place(worker: int | None = 0, host: str | None = None, because: str | None = None) -> Frame:
    """Make a place of a worker, on this machine or heard of at noon, or of an agent that waits."""
    heard_at = None if host is None else AT
    return {"worker": worker, "host": host, "heard_at": heard_at, "because": because}


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
        "uncounted": 0 if is_done else None,
        "uncounted_ranges": [],
        **parts,
    }


def topic(state: str = "off", **parts: Any) -> Frame:
    """Make an answer of `/api/completed/topic`."""
    return {"state": state, "message": None, "since": None, **parts}


def killed(execution: int = 2, **changes: Any) -> Frame:
    """Make a start that somebody's kill has led to."""
    return start(execution, reason="a person killed it", **changes)


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
        "kafka": Kafka(None, None).describe(),
        "recovery": recovery([start(1)]),
        "proof": proof(),
        "topic": topic(),
        "cursor": None,
        **facts,
    }
