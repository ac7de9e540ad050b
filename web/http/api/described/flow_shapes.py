"""What the API answers of the flow, its starts and its figures, by its fields."""

from typing import Annotated, Any, Final, Literal

from typing_extensions import TypedDict

from dataflow.drawing import STEPS
from web.flow.state import STATES
from web.history.timeline import KILLED, RESET, STARTED
from web.http.api.described.kinds import Count, Time, words
from web.proof.proof import State
from web.proof.verdict import Figures
from web.topic.publication import MODES
from web.topic.publication import STATES as TOPIC_STATES
from web.view.recoveries import Recovery, Resumed

FlowWord = Annotated[str, words(STATES)]
StepId = Annotated[str, words(STEPS)]
MarkKind = Annotated[str, words((KILLED, STARTED, RESET))]
ProofWord = Annotated[str, words(State)]
TopicWord = Annotated[str, words(TOPIC_STATES)]
TopicMode = Annotated[str, words(MODES)]


class Stats(TypedDict):
    """The figures."""

    carts: Count
    unpaid: Count
    paid: Count
    waiting: Count
    skipped: Count
    duplicates: Count
    events: Count
    lag: Count
    events_per_second: float
    viewers: Count


class Snapshot(TypedDict):
    """The last snapshot of the flow, and how large all of them are."""

    taken_at: Time | None
    bytes: Count


class Sums(TypedDict):
    """What all key groups hold by the flow's own figures."""

    carts: Count
    unpaid: Count
    paid: Count
    waiting: Count


class ViewSums(Sums):
    """What all key groups hold by the view's rows."""

    completed: Count


class Agreement(TypedDict):
    """Whether the flow's state and the view agree."""

    agree: bool
    message: str | None
    checked_at: Time
    flow: Sums
    view: ViewSums
    differing_key_groups: list[Count]


class Place(TypedDict):
    """Where a worker of the flow is: its number, its host, and when it was last heard of.

    host is null for the machine of the server. Where worker is null it takes no part, and because
    says why.
    """

    worker: Count | None
    host: str | None
    heard_at: Time | None
    because: str | None


class Flow(TypedDict):
    """What the flow is doing, and its starts, the newest first."""

    state: FlowWord
    since: Time
    message: str | None
    alarm: str | None
    current: Recovery | None
    history: list[Recovery]
    next: str | None
    total: Count
    snapshot: Snapshot
    places: list[Place]
    agreement: Agreement | None


Step = TypedDict(
    "Step",
    {"id": StepId, "in": Count, "out": Count, "per_second": float, "busy_seconds": float},
)
"""What went through a step of the flow."""


class Drawn(TypedDict):
    """The flow drawn."""

    steps: list[Step]
    edges: list[list[StepId]]
    slowest: StepId | None
    workers: Count
    places: list[Place]


class Series(TypedDict):
    """Figures over time: null where the server was off, or nothing came."""

    events: list[float | None]
    skipped: list[float | None]
    completed: list[float | None]
    lag: list[Count | None]
    accept_to_view_p50_ms: list[float | None]
    accept_to_view_p99_ms: list[float | None]
    viewers: list[Count | None]


class Mark(TypedDict):
    """Something that happened at one moment."""

    at: Time
    kind: MarkKind
    words: str


History = TypedDict("History", {"step": Count, "from": Time, "series": Series, "marks": list[Mark]})
"""Figures over time, and what happened meanwhile."""


class Stream(TypedDict):
    """An endless synthetic stream."""

    rate: float
    users: Count
    bad: float
    lines: Count
    started_at: Time


class Proof(TypedDict):
    """How the proof stands that was asked for last; what is not known yet is null."""

    state: ProofWord
    progress: float
    journal: Figures | None
    view: Figures | None
    lost: Count | None
    twice: Count | None
    seconds: float | None
    examples: list[str]
    error: str | None
    uncounted: Count | None
    uncounted_ranges: list[str]


class CompletedTopic(TypedDict):
    """How the publishing of completed orders stands; all is null or 0 where it is off.

    since is when the state began; position is the seq of the newest order of the generation that
    the topic has, lag counts those that it does not have, null where nobody knows yet. messages,
    failures and lost (by a reset that came first) count since the server was started.
    """

    topic: str | None
    state: TopicWord
    message: str | None
    since: Time | None
    mode: TopicMode | None
    because: str | None
    error: str | None
    generation: str | None
    position: Count | None
    lag: Count | None
    messages: Count
    failures: Count
    lost: Count
    published_at: Time | None


class Killed(TypedDict):
    """The first process of the flow, which was killed with the others; null where none ran."""

    killed: int | None


class Status(TypedDict):
    """All is well."""

    status: Literal["alive", "ready"]


FLOW_SHAPES: Final[tuple[Any, ...]] = (
    *(Stats, Flow, Place, Recovery, Resumed, Snapshot, Agreement, Sums, ViewSums, Drawn, Step),
    *(History, Series, Mark, Stream, Proof, Figures, CompletedTopic, Killed, Status),
)
