"""Completed orders on their way to a topic, by the real program: what goes wrong is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.faults.folders import rebuild
from tests.kit.broker import Broker
from tests.kit.running import Cartwatch, until

TOPIC = "completed"
LINE = '{"user_id": "%s", "type": "%s", "order_id": %d}'


def complete(server: Cartwatch, user: str, *orders: int) -> None:
    """Let orders complete."""
    lines = [LINE % (user, kind, each) for each in orders for kind in ("order", "payment")]
    assert server.call("POST", "/api/events", "\n".join(lines)).status == 202


def options(broker: Broker) -> list[str]:
    return ["--kafka", broker.address, "--completed-topic", TOPIC, "--log-level", "info"]


def told(server: Cartwatch) -> dict[str, Any]:
    found: dict[str, Any] = server.get("/api/completed/topic")
    return found


def has_all(server: Cartwatch, orders: int) -> dict[str, Any]:
    """Wait until so many orders have completed and all of them are in the topic; gives all."""

    def look() -> dict[str, Any] | None:
        if server.get("/api/stats")["paid"] != orders:
            return None
        found = told(server)  # what has completed by now is counted in its lag
        return found if found["lag"] == 0 and found["state"] == "publishing" else None

    return until(look)


def values(broker: Broker) -> list[dict[str, Any]]:
    """Give what is in the topic, with where it stands left out."""
    return [json.loads(message.value) for message in broker.committed(TOPIC)]


def orders_of(broker: Broker) -> list[tuple[str, int]]:
    return [(value["generation"], value["order_id"]) for value in values(broker)]


def metric(server: Cartwatch, name: str) -> float:
    text = server.call("GET", "/metrics").body.decode()
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return found[f"cartwatch_completed_topic_{name}"]


def test_each_order_is_the_item_of_the_feed_once_over_starts(noida: Broker, tmp_path: Path) -> None:
    """With its generation; a start, a kill and a rebuild publish none of them again."""
    noida.create_topic(TOPIC)
    data = tmp_path / "data"
    with Cartwatch(data, *options(noida)) as server:
        complete(server, "zoe", 1, 2)
        found = has_all(server, 2)
        assert (found["mode"], found["messages"], found["failures"]) == ("exactly once", 2, 0)
        feed = server.get("/api/completed")["items"]
        assert values(noida) == [{**order, "generation": "1"} for order in feed]
        assert {message.key for message in noida.committed(TOPIC)} == {b"zoe"}
        server.kill()
    with Cartwatch(data, *options(noida)) as server:
        complete(server, "zoe", 3)
        has_all(server, 3)
        server.stop()
    rebuild(data)
    with Cartwatch(data, *options(noida)) as server:
        complete(server, "zoe", 4)
        found = has_all(server, 4)
        assert found["generation"] == "1"
    assert orders_of(noida) == [("1", 1), ("1", 2), ("1", 3), ("1", 4)]


def test_a_broker_that_is_down_is_told_and_the_rest_goes_on(noida: Broker, tmp_path: Path) -> None:
    """Since when, on the page, in the figures and in the log; what completes meanwhile comes."""
    noida.create_topic(TOPIC)
    with Cartwatch(tmp_path / "data", *options(noida)) as server:
        complete(server, "zoe", 1)
        has_all(server, 1)
        noida.stop()
        complete(server, "zoe", 2)
        until(lambda: told(server)["failures"] > 0)
        found = told(server)
        assert (found["state"], found["lag"]) == ("failing", 1)
        assert "the broker does not answer" in found["message"]
        assert metric(server, "failing_seconds") > 0
        assert (metric(server, "lag_orders"), metric(server, "messages_total")) == (1, 1)
        page = server.call("GET", "/flow", headers={"Accept": "text/html"}).body.decode()
        assert '<completed-topic class="topic panel" data-state="failing">' in page
        assert f'datetime="{found["since"]}"' in page
        assert server.call("GET", "/readyz").status == 200
        noida.start()
        has_all(server, 2)
        assert metric(server, "failing_seconds") == 0
        said = server.errors()
        assert said.count("Topic completed gets no completed orders: the broker does not") == 1
        assert said.count("Topic completed gets completed orders again.") == 1
    assert orders_of(noida) == [("1", 1), ("1", 2)]


def test_a_reset_begins_a_feed_of_another_name(noida: Broker, tmp_path: Path) -> None:
    """Its seq begins anew; what the topic has not got before is counted as lost."""
    noida.create_topic(TOPIC)
    with Cartwatch(tmp_path / "data", *options(noida)) as server:
        complete(server, "zoe", 1)
        has_all(server, 1)
        assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
        complete(server, "zoe", 1)
        assert has_all(server, 1)["lost"] == 0
        noida.stop()
        complete(server, "zoe", 2, 3)
        until(lambda: told(server)["lag"] == 2)
        assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
        assert told(server)["lost"] == metric(server, "lost_orders_total") == 2
        assert "did not get 2 completed orders of generation 2: a reset came" in server.errors()
        server.stop()
        noida.start()
    assert orders_of(noida) == [("1", 1), ("2", 1)]


def test_data_that_are_older_than_the_topic_are_found_out(noida: Broker, tmp_path: Path) -> None:
    """A copy from before is put back: its next orders would be passed over in silence."""
    noida.create_topic(TOPIC)
    data = tmp_path / "data"
    with Cartwatch(data, *options(noida)) as server:
        complete(server, "zoe", 1)
        has_all(server, 1)
        server.stop()
    shutil.copytree(data, tmp_path / "copy")
    with Cartwatch(data, *options(noida)) as server:
        complete(server, "zoe", 2)
        has_all(server, 2)
        server.stop()
    with Cartwatch(tmp_path / "copy", *options(noida)) as server:
        until(lambda: told(server)["state"] == "failing")
        assert "they are older than what was published" in told(server)["error"]
        complete(server, "amy", 7, 8)
        until(lambda: "another order at seq" in (told(server)["error"] or ""))
        server.stop()
    assert orders_of(noida) == [("1", 1), ("1", 2)]
