"""Topics beside what is uploaded and posted: in the carts, in the causes, in every list."""

import time
from pathlib import Path
from statistics import median

from tests.kafka.reading import events, kafka_in, reading, stats_when
from tests.kit.broker import Broker
from tests.kit.running import Cartwatch, until
from tests.kit.topic import Topic, order, orders


def test_records_of_topics_posts_and_uploads_make_one_cart(tmp_path: Path, noida: Broker) -> None:
    """Each with its own cause: topic, partition and offset, where it came from one."""
    topic = Topic(noida, partitions=2)
    with reading(tmp_path / "data", topic) as server:
        topic.send([order("a", 1)], partition=1)
        events(server, 1)
        server.call("POST", "/api/events", order("a", 1, "payment"))
        server.upload(order("a", 2))
        topic.send([order("a", 2, "payment")])
        events(server, 4)
        items = {each["order_id"]: each for each in server.get("/api/carts/a/orders")["items"]}
        assert items[1]["order"] == {"upload": None, "source": "orders/1", "line": 0}
        assert items[1]["payment"] == {"upload": None, "source": "api", "line": 1}
        assert items[2]["order"]["source"] == "f.jsonl"
        assert items[2]["payment"] == {"upload": None, "source": "orders/0", "line": 0}
        assert [each["status"] for each in items.values()] == ["paid", "paid"]


def test_what_a_topic_holds_that_is_no_record_is_skipped(tmp_path: Path, noida: Broker) -> None:
    """With its topic, partition and offset, filtered by it, and as it came."""
    topic = Topic(noida, partitions=2)
    long = b'{"user_id": "a", "x": "' + b"y" * (1024 * 1024) + b'"}'
    with reading(tmp_path / "data", topic) as server:
        topic.send([None, b"FAIL HERE", b'{\n"user_id": "a", "type": "order",\n"order_id": 1}\n'])
        topic.send([long[:6000], b""], partition=1)
        stats_when(server, lambda stats: stats["skipped"] == 3 and stats["events"] == 1)
        page = server.get("/api/skipped?source=orders/0")
        assert page["by_source"] == {"orders/0": 2}
        told = [(each["line"], each["upload"], each["message"]) for each in page["items"]]
        assert told == [
            (1, None, "offset 1 is not JSON: expected a value at column 1"),
            (0, None, "offset 0 has no value (a tombstone)"),
        ]
        [cut] = server.get("/api/skipped?source=orders/1")["items"]
        assert cut["raw_cut"]
        answer = server.call("GET", f"/api/skipped/{cut['id']}/raw")
        assert (answer.status, answer.body) == (200, long[:6000])
        tombstone = page["items"][1]["id"]
        assert server.call("GET", f"/api/skipped/{tombstone}/raw").body == b""
        noida.delete_before("orders", 1, 1)
        answer = server.call("GET", f"/api/skipped/{cut['id']}/raw")
        assert answer.status == 410
        assert "offset 0 of orders/1 is gone" in answer.json()["error"]["message"]


def test_a_skipped_record_of_a_topic_is_mended_as_any_other(tmp_path: Path, noida: Broker) -> None:
    """Its correction is a local record, whose cause names the record that it corrects."""
    topic = Topic(noida)
    with reading(tmp_path / "data", topic) as server:
        topic.send([b'{"user_id": "a", "type": "ordr", "order_id": 1}'])
        stats_when(server, lambda stats: stats["skipped"] == 1)
        [record] = server.get("/api/skipped")["items"]
        sent = server.call("POST", f"/api/skipped/{record['id']}/resubmit", order("a", 1))
        assert sent.status == 202
        until(lambda: server.get(f"/api/skipped/{record['id']}")["state"] == "landed")
        [item] = server.get("/api/carts/a/orders")["items"]
        assert item["order"] == {
            "upload": None,
            "source": "resubmit",
            "line": 1,
            "skipped": record["id"],
        }


def test_how_far_each_partition_is_stands_in_api_and_metrics(tmp_path: Path, noida: Broker) -> None:
    """In records and in seconds."""
    topic = Topic(noida, partitions=2)
    with reading(tmp_path / "data", topic) as server:
        topic.send(orders(range(10)))
        events(server, 10)
        told = until(
            lambda: (
                (kafka := server.get("/api/kafka"))["partitions"]
                and all(each["end"] is not None for each in kafka["partitions"])
                and kafka["partitions"][0]["next"] == 10
                and kafka
            )
        )
        assert told["state"] == "reading"
        assert told["brokers"] == noida.address
        assert told["partitions"] == [
            {"topic": "orders", "partition": 0, "next": 10, "end": 10, "lag": 0, "lag_seconds": 0},
            {"topic": "orders", "partition": 1, "next": 0, "end": 0, "lag": 0, "lag_seconds": 0},
        ]
        metrics = server.call("GET", "/metrics").body.decode()
        assert 'cartwatch_kafka_lag_records{source="orders/0"} 0.0' in metrics
        assert 'cartwatch_kafka_lag_seconds{source="orders/1"} 0.0' in metrics
        assert "cartwatch_kafka_up 1.0" in metrics


def test_a_killed_flow_reads_again_in_the_same_order(tmp_path: Path, noida: Broker) -> None:
    """Nothing lost, nothing twice, and how far it went on stands in its start."""
    topic = Topic(noida, partitions=2)
    with reading(tmp_path / "data", topic) as server:
        for number in range(5):
            topic.send(orders(range(number * 20, number * 20 + 20)), partition=number % 2)
            server.call("POST", "/api/events", order("posted", number))
            server.call("POST", "/api/flow/restart")
        events(server, 105)
        server.settled()
        carts = server.get("/api/carts?limit=500")["items"]
        assert sum(cart["unpaid"] for cart in carts) == 105
        assert server.get("/api/recovery")["agreement"]["message"] is None


def test_partitions_that_are_added_are_read(tmp_path: Path, noida: Broker) -> None:
    """Without a restart."""
    topic = Topic(noida)
    with reading(tmp_path / "data", topic) as server:
        topic.send([order("a", 1)])
        events(server, 1)
        topic.add_partitions(3)
        topic.send([order("a", 2)], partition=2)
        events(server, 2)
        assert len(kafka_in(server, "reading")["partitions"]) == 3


def test_a_live_record_is_seen_soon(tmp_path: Path, noida: Broker) -> None:
    """Within 50 ms in the middle, from the broker's word to the answer of the API.

    On a busy machine within three times of what a posted record takes there.
    """
    topic = Topic(noida)
    with reading(tmp_path / "data", topic) as server:
        topic.send([order("a", "first")])
        events(server, 1)
        took: dict[str, list[float]] = {"sent": [], "posted": []}
        for number in range(20):
            topic.send([order("sent", number)])
            took["sent"].append(seen_after(server, "sent", number + 1))
            server.call("POST", "/api/events", order("posted", number))
            took["posted"].append(seen_after(server, "posted", number + 1))
        assert median(took["sent"]) < max(0.05, 3 * median(took["posted"])), took


def seen_after(server: Cartwatch, user_id: str, version: int) -> float:
    """Wait until a cart has come to a version; gives the seconds."""
    began = time.monotonic()
    until(lambda: server.call("GET", f"/api/carts/{user_id}").json().get("version") == version)
    return time.monotonic() - began


def test_a_reset_reads_the_topic_from_its_first_kept_record(tmp_path: Path, noida: Broker) -> None:
    """What the topic holds is its own: a reset starts Cartwatch's data over, not the broker's."""
    topic = Topic(noida)
    with reading(tmp_path / "data", topic) as server:
        topic.send(orders(range(10)))
        server.call("POST", "/api/events", order("posted", 1))
        events(server, 11)
        noida.delete_before("orders", 0, 4)
        assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
        events(server, 6)


def test_the_page_shows_topics_as_it_does_all_sources(tmp_path: Path, noida: Broker) -> None:
    """The name of a source is text, wherever it comes from."""
    topic = Topic(noida)
    with reading(tmp_path / "data", topic) as server:
        topic.send([b"FAIL HERE"])
        stats_when(server, lambda stats: stats["skipped"] == 1)
        page = server.call("GET", "/skipped").body.decode()
        assert "orders/0" in page
        assert "FAIL HERE" in page
