"""The plan of kills: which process, when, and at which fault points. The same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

SERVER_POINTS: Final = {
    "events kept": 0.3,
    "file placed": 0.7,
    "upload kept": 0.7,
    "chunk released": 0.1,
    "stream kept": 0.1,
    "corrections kept": 0.3,
    "mark kept": 0.5,
    "landing kept": 0.3,
    "batches received": 0.1,
    "view committed": 0.1,
}
"""Points of the server, and how likely it dies each time that it reaches one."""

FLOW_POINTS: Final = {
    "flow started": 0.4,
    "hub reached": 0.4,
    "barrier to be sent": 0.4,
    "barrier acknowledged": 0.4,
}

ORDER_POINTS: Final = {
    "order to be kept": 0.1,
    "order kept": 0.1,
    "order read again": 0.4,
}
"""Points of a flow that reads topics, beside these."""

INTERVALS: Final = ("0.05", "0.05", "0.2", "1")
"""Seconds between snapshots of the flow: another one at each start."""

WORKERS: Final = ("1", "2", "2", "3")
"""Workers of the flow: others at each start."""

KINDS: Final = {
    "server": 4,
    "flow": 4,
    "both": 2,
    "server, starting": 2,
    "server, recovering": 2,
    "server, twice in a row": 1,
    "flow, starting": 2,
    "flow, twice in a row": 1,
    "server, at a point": 6,
    "flow, at a point": 5,
}
"""Kinds of kills, and how often each comes beside the others."""


KINDS_OF_AGENTS: Final = {"agent": 4, "worker elsewhere": 5}
"""Kinds of kills where there are workers elsewhere, beside the others."""


class Kill(NamedTuple):
    """One step of the plan.

    ``after`` is when it comes, in seconds from what its kind begins with; where it needs the
    server started, ``interval`` is the snapshot interval of that start, and ``faults`` arms it;
    the flow is so many ``workers`` then.
    """

    kind: str
    after: float
    interval: str
    workers: str
    faults: str | None = None


def make_plan(seed: int, *, with_topics: bool = False, with_agents: bool = False) -> Iterator[Kill]:
    """Draw kills for ever."""
    of_flow = FLOW_POINTS | ORDER_POINTS if with_topics else FLOW_POINTS
    kinds = KINDS | KINDS_OF_AGENTS if with_agents else KINDS
    random = Random(f"plan {seed}")
    while True:
        kind = random.choices(list(kinds), list(kinds.values()))[0]
        faults = None
        if kind.endswith("at a point"):
            points = SERVER_POINTS if kind.startswith("server") else of_flow
            point = random.choice(list(points))
            faults = f"{random.randrange(10**6)}:{point}={points[point]}"
        interval, workers = random.choice(INTERVALS), random.choice(WORKERS)
        yield Kill(kind, random.random() ** 2, interval, workers, faults)
