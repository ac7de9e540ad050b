"""Brokers that are away, others than they were, or have lost something."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.kafka.reading import as_shown, events, kafka_in, read_once, read_with_a_gap, reading
from tests.kit.broker import Broker
from tests.kit.running import Cartwatch, until
from tests.kit.topic import Topic, order, orders


def lost(server: Cartwatch) -> dict[str, object]:
    """Wait until something is lost; gives it as it is shown."""
    [loss] = kafka_in(server, "stopped")["lost"]
    return as_shown(loss)


def newest_start(server: Cartwatch) -> dict[str, Any]:
    """Give the newest start of the flow."""
    start: dict[str, Any] = server.get("/api/recovery")["history"][0]
    return start


def down(server: Cartwatch) -> str:
    """Wait until the flow is down; gives why, as ``/readyz`` says it."""
    until(lambda: server.get("/api/recovery")["state"] == "down")
    answer = server.call("GET", "/readyz")
    assert answer.status == 503
    return str(answer.json()["error"]["message"])


def test_while_the_broker_is_down_the_rest_goes_on(tmp_path: Path, noida: Broker) -> None:
    """The page says since when; what comes from it meanwhile is read once it is back."""
    topic = Topic(noida)
    with reading(tmp_path / "data", topic) as server:
        topic.send([order("a", 1)])
        events(server, 1)
        noida.stop()
        told = kafka_in(server, "down")
        assert told["down_since"] is not None
        assert {(each["end"], each["lag"], each["lag_seconds"]) for each in told["partitions"]} == {
            (None, None, None)
        }
        assert "have not answered since" in told["message"]
        assert server.get("/api/recovery")["message"] == told["message"]
        assert server.call("POST", "/api/events", order("a", 2)).status == 202
        events(server, 2)
        assert server.call("GET", "/readyz").status == 200
        noida.start()
        topic.send([order("a", 3)])
        events(server, 3)
        assert kafka_in(server, "reading")["message"] is None


def test_a_server_starts_while_the_broker_is_down(tmp_path: Path, noida: Broker) -> None:
    """And reads the topic when it is there."""
    topic = Topic(noida)
    noida.stop()
    with reading(tmp_path / "data", topic) as server:
        server.settled()
        server.call("POST", "/api/events", order("a", 1))
        events(server, 1)
        kafka_in(server, "down")
        noida.start()
        topic.send([order("a", 2)])
        events(server, 2)


def test_a_deleted_range_stops_the_flow_until_a_person_gives_it_up(
    tmp_path: Path, noida: Broker
) -> None:
    """With partition and reason in the page and in ``/readyz``; as it was shown, or not at all."""
    topic = Topic(noida)
    data = tmp_path / "data"
    read_with_a_gap(data, topic)
    with reading(data, topic) as server:
        assert "records of orders/0 from 5 to 7 are gone" in down(server)
        shown = lost(server)
        assert shown == {"topic": "orders", "partition": 0, "next": 5, "go_on_at": 8}
        refused = server.call("POST", "/api/kafka/accept-loss", {**shown, "go_on_at": 9})
        assert refused.status == 409
        assert server.get("/api/recovery")["state"] == "down"
        before = newest_start(server)["execution"]
        server.call("POST", "/api/flow/restart")
        until(lambda: newest_start(server)["execution"] > before)
        until(lambda: newest_start(server)["ended_at"])
        assert "are gone" in down(server), "it does not go on by itself"
        assert server.call("POST", "/api/kafka/accept-loss", shown).status == 202
        events(server, 7)
        server.settled()
        assert newest_start(server)["reason"] == "lost records of orders/0 were given up"
        assert server.call("POST", "/api/kafka/accept-loss", shown).status == 409
        server.call("POST", "/api/flow/restart")
        events(server, 7)
        server.settled()


def test_what_several_partitions_have_lost_is_shown_at_once_and_decided_one_by_one(
    tmp_path: Path, noida: Broker
) -> None:
    """As where all of a topic was deleted by its age: the flow goes on behind the last decision."""
    topic = Topic(noida, partitions=3)
    data = tmp_path / "data"
    read_once(data, topic, orders(range(5)))
    for partition in (0, 1, 2):
        topic.send(orders(range(10 * partition + 10, 10 * partition + 20)), partition)
        noida.delete_before("orders", partition, 8)
    with reading(data, topic) as server:
        assert "; of 2 other partitions records are lost, too" in down(server)
        losses = [as_shown(each) for each in kafka_in(server, "stopped")["lost"]]
        assert [(each["partition"], each["next"], each["go_on_at"]) for each in losses] == [
            (0, 5, 8),
            (1, 0, 8),
            (2, 0, 8),
        ]
        for loss in losses:
            assert server.get("/api/recovery")["state"] == "down"
            assert server.call("GET", "/readyz").status == 503
            assert server.call("POST", "/api/kafka/accept-loss", loss).status == 202
        events(server, 5 + 7 + 2 + 2)
        server.settled()


def test_another_cluster_is_refused(tmp_path: Path, noida: Broker, tansu: Broker) -> None:
    """Its offsets stand for other records: the carts would be of both."""
    ours, others = Topic(noida), Topic(tansu)
    data = tmp_path / "data"
    read_once(data, ours, [order("a", 1)])
    with reading(data, others) as server:
        assert "another --data folder" in down(server)
    with reading(data, ours) as server:
        server.settled()


def test_without_kafka_the_folder_goes_on_and_says_so(tmp_path: Path, noida: Broker) -> None:
    """And where it is back, it goes on behind what was read."""
    topic = Topic(noida)
    data = tmp_path / "data"
    read_once(data, topic, [order("a", 1)])
    topic.send([order("a", 2)])
    with Cartwatch(data) as server:
        server.settled()
        server.call("POST", "/api/events", order("a", 3))
        events(server, 2)
        told = server.get("/api/kafka")
        assert told["state"] == "off"
        assert told["not_read"] == ["orders"]
        assert "not read, without --kafka: orders" in told["message"]
        server.stop()
    with reading(data, topic) as server:
        events(server, 3)


def test_a_folder_that_never_read_kafka_has_no_order_log(tmp_path: Path) -> None:
    """Whoever does not use it pays nothing for it."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        server.call("POST", "/api/events", order("a", 1))
        events(server, 1)
        assert not list(data.glob("generation-*/order.db"))
        told = server.get("/api/kafka")
        assert (told["state"], told["partitions"], told["message"]) == ("off", [], None)
        loss = {"topic": "orders", "partition": 0, "next": 0, "go_on_at": 1}
        assert server.call("POST", "/api/kafka/accept-loss", loss).status == 409
        assert server.call("POST", "/api/kafka/accept-loss", {**loss, "next": "0"}).status == 400


def test_a_folder_with_a_past_begins_to_read_a_topic(tmp_path: Path, noida: Broker) -> None:
    """Its carts, places and lists stay; the topic's records come behind them."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        for number in range(5):
            server.call("POST", "/api/events", order("a", number))
        events(server, 5)
        before = server.get("/api/carts/a/orders")["items"]
        os.kill(server.flow_pid(), 9)
        server.kill()
    topic = Topic(noida)
    topic.send([order("a", number, "payment") for number in range(5)])
    with reading(data, topic) as server:
        stats = events(server, 10)
        assert stats["paid"] == 5
        after = server.get("/api/carts/a/orders")["items"]
        assert [each["order"] for each in after] == [each["order"] for each in before]
        server.settled()
        assert server.get("/api/recovery")["agreement"]["message"] is None


@pytest.mark.parametrize("topics", [("orders", "oders"), ("oders",)])
def test_a_topic_that_is_not_there_is_named_and_not_made(
    tmp_path: Path, noida: Broker, topics: tuple[str, ...]
) -> None:
    """A mistyped name is no topic; the others are read."""
    topic = Topic(noida)
    topic.send([order("a", 1)])
    options = tuple(f"--topic={each}" for each in topics[1:] or topics)
    with reading(tmp_path / "data", topic, options=options) as server:
        until(lambda: "'oders' cannot be read" in (server.get("/api/kafka")["message"] or ""))
        events(server, 1)


@pytest.mark.parametrize(("others", "reason"), [(3, "ends at offset 3"), (8, "another record")])
def test_a_broker_that_lost_all_while_it_was_read_stops_the_flow(
    tmp_path: Path, tansu: Broker, others: int, reason: str
) -> None:
    """Fewer records than were read, or more of them at the same offsets: found out when it is back.

    The flow keeps what it has read before it ends, so a person may go on without the rest.
    """
    topic = Topic(tansu)
    with reading(tmp_path / "data", topic) as server:
        topic.send(orders(range(5)))
        events(server, 5)
        tansu.kill()
        kafka_in(server, "down")
        tansu.start()
        again = Topic(tansu)
        again.send(orders(range(100, 100 + others)))
        assert reason in down(server)
        shown = lost(server)
        assert (shown["next"], shown["go_on_at"]) == (5, min(others, 5))
        assert server.call("POST", "/api/kafka/accept-loss", shown).status == 202
        again.send(orders(range(200, 202)))
        events(server, 5 + max(0, others - 5) + 2)
