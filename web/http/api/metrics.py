"""``GET /metrics``: what a Prometheus reads, in its text format or in that of OpenMetrics.

What is counted of the data begins anew with a reset, and what this process counts with each start:
a rate over either goes on, as a counter that falls is one that began again. The flow has no port
of its own: what it tells the server is told here.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    StateSetMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from dataflow.order_log import source_of
from dataflow.recovery import store_bytes
from web.data.paths import Paths
from web.flow.state import STATES
from web.histogram import BOUNDS_S, Histogram
from web.http.api.described.call import Answer, described
from web.http.api.described.schemas import text_of
from web.http.api.described.sections import WATCHING
from web.http.connections import most_connections
from web.http.resource import Later
from web.service.kafka import READING, Kafka, lag_seconds
from web.service.service import Service, service_of
from web.topic.publication import OFF
from web.topic.publication import STATES as STATES_OF_TOPIC
from web.view.skipped_filter import OPEN

_PREFIX: Final = "cartwatch"
Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily | StateSetMetricFamily
F = TypeVar("F", CounterMetricFamily, GaugeMetricFamily)
Value = float | Mapping[str, float]


_FAMILIES: Final = text_of("Families of metrics, with their units")


@described(
    WATCHING,
    "Gives what a Prometheus reads.",
    Answer(
        "All of it, as it is now",
        {"text/plain": _FAMILIES, "application/openmetrics-text": _FAMILIES},
    ),
)
async def get_metrics(request: Request) -> Response:
    """``GET /metrics``: all of it, as it is at this moment."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))

    async def make() -> bytes:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Families(await describe(service_of(request.app))))
        ProcessCollector(registry=registry)
        return encode(registry)

    return Later(make, content_type)


class _Families(Collector):
    """Families that were made before."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    @override
    def collect(self) -> Iterable[Family]:
        return self._families


async def describe(service: Service) -> list[Family]:
    """Read what is not at hand, and describe all of it."""
    generation = service.generation
    with generation.threads.held():
        skipped, by_state = await generation.threads.read(lambda view: view.newest_skipped(1))
        starts = await generation.threads.read(lambda view: view.recoveries(1, None))
        attention = await service.attention.shown(generation, by_state[OPEN])
        sizes = await asyncio.to_thread(_sizes, generation.paths)
    return [
        *_of_the_data(service, skipped.by_reason, attention),
        *_of_the_flow(service, starts.total, attention["recoveries_today"]),
        *_of_the_topic(service),
        *_of_the_server(service, sizes),
    ]


def _of_the_data(
    service: Service, by_reason: Mapping[str, int], attention: Mapping[str, Any]
) -> Iterator[Family]:
    counts, figures = service.generation.totals.all, service.generation.totals.figures
    outcomes = {"accepted": counts.accepted, "skipped": counts.skipped, "blank": counts.blank}
    orders = {"unpaid": figures.unpaid, "paid": figures.paid, "waiting": figures.waiting}
    aged = {kind: attention[kind] for kind in ("unpaid", "waiting")}
    overdue = {kind: each.carts for kind, each in aged.items() if each is not None}
    uploads = {state: attention[f"uploads_{state}"] for state in ("paused", "failed")}
    yield _counter("records", "Lines that were read, by what became of them", outcomes, "outcome")
    yield _counter("duplicates", "Accepted records that repeat one before", counts.duplicates)
    yield _counter(
        "skipped_records", "Records that were skipped, by the reason", by_reason, "reason"
    )
    yield _gauge("carts", "Carts, one for each user", figures.carts)
    yield _gauge("orders", "Orders; waiting is a payment without its order", orders, "status")
    yield _gauge("overdue_carts", "Carts with such an id of the age of --overdue", overdue, "kind")
    yield _gauge(
        "skipped_records_open", "Skipped records to be dealt with", attention["skipped_open"]
    )
    yield _gauge("uploads", "Uploads that wait for somebody", uploads, "state")


def _of_the_flow(service: Service, starts: int, recoveries: int) -> Iterator[Family]:
    contents, metering = service.contents, service.metering
    steps = contents.dataflow()["steps"]
    taken = {step["id"]: step["in"] for step in steps}
    busy = {step["id"]: step["busy_seconds"] for step in steps}
    yield _gauge("lag_records", "Lines that the flow has still to do", contents.stats()["lag"])
    yield from _of_topics(service.generation.kafka)
    yield StateSetMetricFamily(
        f"{_PREFIX}_flow_state",
        "What the flow is doing",
        {state: state == service.flow.state for state in STATES},
    )
    yield _gauge("flow_workers", "Processes that the flow is", service.supervisor.running)
    yield _gauge("flow_agents", "Connected agents of other machines", len(service.agents))
    yield _gauge("ready", "Whether it has recovered and can write", service.readiness() is None)
    yield _counter("flow_starts", "Starts of the flow", starts)
    yield _gauge(
        "flow_recoveries_last_day", "Starts of the last 24 hours behind a crash", recoveries
    )
    yield _counter("epochs", "Ends of epochs that are durable", metering.epochs)
    yield _counter(
        "snapshot_seconds", "What the flow has waited for these", contents.snapshot_seconds()
    )
    yield _counter("step_records", "Records that went into a step of the flow", taken, "step")
    yield _counter(
        "step_busy_seconds", "What a step has worked since its start, in all workers", busy, "step"
    )
    yield _histogram(
        "accept_to_view_seconds",
        "From the acceptance of a record until its effect was durable in the view",
        metering.accept_to_view,
    )


def _of_the_topic(service: Service) -> Iterator[Family]:
    """Tell of the publishing of completed orders, where there is any."""
    told = service.describe_topic()
    if told["state"] == OFF:
        return
    yield StateSetMetricFamily(
        f"{_PREFIX}_completed_topic_state",
        "What the publishing of completed orders is doing",
        {state: state == told["state"] for state in STATES_OF_TOPIC},
    )
    yield _counter(
        "completed_topic_messages", "Completed orders that were published", told["messages"]
    )
    yield _counter("completed_topic_failures", "Attempts that failed", told["failures"])
    yield _counter("completed_topic_lost_orders", "Orders that a reset took before", told["lost"])
    if told["position"] is not None:
        yield _gauge("completed_topic_position", "The seq that the topic has", told["position"])
        yield _gauge("completed_topic_lag_orders", "Orders that it does not have", told["lag"])
    since = service.failing_topic_since()
    yield _gauge(
        "completed_topic_failing_seconds",
        "For how long nothing could be published; 0 where it can",
        0.0 if since is None else max(0.0, time.time() - since),
    )


def _of_topics(kafka: Kafka) -> Iterator[Family]:
    """Tell of topics, where this folder has ever read any."""
    if not kafka.is_known:
        return
    now = time.time()
    partitions = kafka.partitions()
    lag: dict[str, float] = {}
    seconds: dict[str, float] = {}
    for each in partitions:
        source = source_of(each.topic, each.partition)
        if each.lag is not None:
            lag[source] = each.lag
        if (old := lag_seconds(each, now)) is not None:
            seconds[source] = old
    state = kafka.describe()["state"]
    yield _gauge("kafka_lag_records", "Records that wait in a partition", lag, "source")
    yield _gauge(
        "kafka_lag_seconds",
        "The age of the newest that was read, where others wait",
        seconds,
        "source",
    )
    yield _gauge("kafka_up", "Whether the brokers answer, and nothing is lost", state == READING)


def _of_the_server(service: Service, sizes: Mapping[str, int]) -> Iterator[Family]:
    hub, waiting = service.live.hub, service.generation.committer.statistics()
    told, traffic = hub.statistics(), hub.traffic
    yield _gauge("viewers", "Browsers that look at it", told["viewers"])
    yield _gauge("windows", "Different windows that are looked at", told["channels"])
    yield _gauge("connections_limit", "Connections that there may be at once", most_connections())
    yield _counter("viewers_left", "Browsers that have gone", traffic.left)
    yield _counter("viewers_refused", "Browsers that were one too many", traffic.refused)
    yield _counter("frames", "Frames that browsers were sent", traffic.frames)
    yield _counter(
        "frames_conflated", "Versions that were skipped for a newer one", traffic.conflated
    )
    yield _histogram(
        "view_to_frame_seconds",
        "From a commit of the view until a frame that shows it was in a socket",
        traffic.view_to_frame,
    )
    yield _gauge("commit_queue_batches", "Batches that wait to be committed", waiting["batches"])
    yield _gauge("commit_queue_bytes", "Bytes of these batches", waiting["bytes"])
    yield _gauge("stored_bytes", "Bytes on the disk, with their logs", sizes, "of")


def _filled(kind: type[F], name: str, about: str, value: Value, label: str) -> F:
    """Make a family of one value, or of one for each value of a label."""
    family = kind(f"{_PREFIX}_{name}", about, labels=[label] if label else [])
    values = value.items() if isinstance(value, Mapping) else [("", value)]
    for of, number in values:
        family.add_metric([of] if label else [], number)
    return family


def _counter(name: str, about: str, value: Value, label: str = "") -> CounterMetricFamily:
    return _filled(CounterMetricFamily, name, about, value, label)


def _gauge(name: str, about: str, value: Value, label: str = "") -> GaugeMetricFamily:
    return _filled(GaugeMetricFamily, name, about, value, label)


def _histogram(name: str, about: str, times: Histogram) -> HistogramMetricFamily:
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    buckets = list(zip(bounds, map(float, times.up_to()), strict=True))
    family = HistogramMetricFamily(f"{_PREFIX}_{name}", about)
    family.add_metric([], buckets, times.sum)
    return family


def _sizes(paths: Paths) -> dict[str, int]:
    databases = {"journal": paths.journal, "view": paths.view}
    if paths.order.exists():
        databases["order"] = paths.order
    sizes = {
        name: _size(path) + _size(path.with_name(f"{path.name}-wal"))
        for name, path in databases.items()
    }
    return {**sizes, "state": store_bytes(paths.recovery)}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
