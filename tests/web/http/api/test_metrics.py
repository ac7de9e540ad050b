"""``/metrics``: what a Prometheus reads is what the API tells, by names that it understands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.kit.running import Cartwatch, until

ORDER = b'{"user_id": "%b", "type": "order", "order_id": %d}\n'
LINES = ORDER % (b"zoe", 1) + ORDER % (b"zoe", 1) + ORDER % (b"bob", 2) + b"FAIL HERE\n\n"
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}
UNITS = ("seconds", "bytes")

Values = dict[tuple[str, str], float]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server that has taken two accepted orders, a repeat, a skipped and a blank line."""
    with Cartwatch(tmp_path_factory.mktemp("metrics") / "data", "--overdue", "0.001") as server:
        server.settled()
        server.call("POST", "/api/events", LINES)
        server.settled()
        yield server


def scraped(server: Cartwatch) -> Values:
    """Read all samples, by name and the value of their label."""
    answer = server.call("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in read_text(answer.body.decode())
        for sample in family.samples
    }


def test_what_it_tells_of_the_data_is_what_the_api_tells(server: Cartwatch) -> None:
    """Records by what became of them, carts, orders, what waits for somebody."""
    found = scraped(server)
    stats = server.get("/api/stats")
    told = {
        ("cartwatch_records_total", "accepted"): stats["events"],
        ("cartwatch_records_total", "skipped"): stats["skipped"],
        ("cartwatch_records_total", "blank"): 1,
        ("cartwatch_duplicates_total", ""): stats["duplicates"],
        ("cartwatch_skipped_records_total", "invalid_json"): 1,
        ("cartwatch_skipped_records_open", ""): 1,
        ("cartwatch_carts", ""): stats["carts"],
        ("cartwatch_orders", "unpaid"): stats["unpaid"],
        ("cartwatch_orders", "paid"): stats["paid"],
        ("cartwatch_lag_records", ""): stats["lag"],
        ("cartwatch_uploads", "paused"): 0,
        ("cartwatch_ready", ""): 1,
        ("cartwatch_flow_state", "running"): 1,
        ("cartwatch_flow_state", "down"): 0,
        ("cartwatch_flow_starts_total", ""): 1,
    }
    assert {name: found[name] for name in told} == told
    assert (stats["events"], stats["duplicates"]) == (3, 1)
    until(lambda: scraped(server).get(("cartwatch_overdue_carts", "unpaid")) == 2)


def test_what_it_tells_of_the_flow_comes_through_the_server(server: Cartwatch) -> None:
    """Its epochs, what it waited for them, its steps; and what everything takes on the disk."""
    until(lambda: scraped(server)["cartwatch_epochs_total", ""] > 0)
    server.call("POST", "/api/events", ORDER % (b"zoe", 1))  # the next one tells of the one before
    until(lambda: scraped(server)["cartwatch_snapshot_seconds_total", ""] > 0)
    found = scraped(server)
    assert found["cartwatch_epochs_total", ""] > 0
    assert found["cartwatch_step_records_total", "join_carts"] == 4
    assert found["cartwatch_step_busy_seconds_total", "join_carts"] > 0
    for kept in ("journal", "view", "state"):
        assert found["cartwatch_stored_bytes", kept] > 4_000
    assert found["cartwatch_accept_to_view_seconds_count", ""] == 5
    assert found["cartwatch_accept_to_view_seconds_bucket", "+Inf"] == 5
    assert found["process_cpu_seconds_total", ""] > 0


def test_frames_are_counted_with_how_old_they_were(server: Cartwatch) -> None:
    """For each browser; a snapshot that opens a page is as old as its data, and is not timed."""
    before = scraped(server)
    address = server.url.replace("http", "ws")
    with connect(f"{address}/ws", origin=Origin(server.url), proxy=None) as socket:
        socket.recv()
        until(lambda: scraped(server)["cartwatch_viewers", ""] == 1)
        server.call("POST", "/api/events", ORDER % (b"amy", 3))
        until(lambda: "amy" in str(socket.recv()))
        found = scraped(server)
        assert found["cartwatch_windows", ""] == 1
        assert found["cartwatch_view_to_frame_seconds_count", ""] >= 1
        sent = found["cartwatch_frames_total", ""] - before["cartwatch_frames_total", ""]
        assert sent > found["cartwatch_view_to_frame_seconds_count", ""]
    until(lambda: scraped(server)["cartwatch_viewers_left_total", ""] == 1)


def test_its_names_keep_the_conventions(server: Cartwatch) -> None:
    """A unit is the end of a name, and every one says what it is; OpenMetrics is read strictly."""
    answer = server.call("GET", "/metrics", headers=OPENMETRICS)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families: list[Metric] = list(read_openmetrics(answer.body.decode()))  # type: ignore[no-untyped-call]
    ours = [family for family in families if family.name.startswith("cartwatch_")]
    assert len(ours) > 20
    for family in ours:
        assert family.documentation
        assert not family.name.endswith(("_total", "_count", "_sum", "_ms"))
        units = [unit for unit in UNITS if unit in family.name.split("_")]
        assert all(family.name.endswith(unit) for unit in units), family.name


def test_a_start_of_another_flow_and_a_reset_leave_it_right(tmp_path: Path) -> None:
    """Counters of the data begin anew with the data, those of the flow's starts count on."""
    with Cartwatch(tmp_path / "data") as server:
        server.settled()
        server.call("POST", "/api/events", LINES)
        server.settled()
        server.call("POST", "/api/flow/restart")
        until(lambda: scraped(server)["cartwatch_flow_starts_total", ""] == 2)
        server.settled()
        found = scraped(server)
        assert found["cartwatch_records_total", "accepted"] == 3
        until(lambda: scraped(server)["cartwatch_flow_recoveries_last_day", ""] == 1)
        server.call("POST", "/api/reset", {"confirm": "reset"})
        server.settled()
        assert scraped(server)["cartwatch_records_total", "accepted"] == 0
