"""What was read of topics, read again from there: by a proof, and by a rebuild."""

import subprocess
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from tests.kafka.reading import (
    as_shown,
    brokers,
    events,
    kept,
    read_once,
    reading,
    stats_when,
)
from tests.kit.broker import Broker, Noida
from tests.kit.nursery import run
from tests.kit.running import Cartwatch, until
from tests.kit.topic import Topic, order, orders


def proved(server: Cartwatch) -> dict[str, Any]:
    """Have the view held to journal and topics; gives the outcome."""
    server.call("POST", "/api/prove")

    def look() -> dict[str, Any] | None:
        told: dict[str, Any] = server.get("/api/prove")
        return told if told["state"] in ("done", "failed") else None

    return until(look, 60)


def filled(server: Cartwatch, topic: Topic) -> None:
    """Have it read 41 good records and two bad ones, from here and from the topic."""
    topic.send(orders(range(20)))
    events(server, 20)
    server.call("POST", "/api/events", order("posted", 1))
    events(server, 21)
    topic.send([None, *orders(range(20, 30)), b"FAIL"], partition=1)
    topic.send([order(f"user-{number % 10}", number, "payment") for number in range(10)])
    events(server, 41)


def fill(data: Path, topic: Topic) -> None:
    """Let a server read all that, keep it in a snapshot, and end."""
    with reading(data, topic) as server:
        filled(server, topic)
        kept(server)
        server.stop()


def rebuild(data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run("rebuild", str(data), *options, within=90)


def refused(data: Path, topic: Topic) -> str:
    """Have a rebuild refused; gives why."""
    made = rebuild(data, *brokers(data, topic))
    assert made.returncode == 1
    return made.stderr


def shown(server: Cartwatch) -> list[Any]:
    """Give all that a person sees of the data."""
    lists = ("/api/carts.jsonl", "/api/skipped.jsonl", "/api/completed.jsonl")
    exported = [server.call("GET", path).body for path in lists]
    return [*exported, server.get("/api/carts/user-3/orders")["items"]]


def test_a_proof_reads_the_topic_as_far_as_it_is_there(tmp_path: Path, noida: Broker) -> None:
    """And says what it could not count: of what that did, it finds nothing lost and nothing twice.

    But it finds what is wrong with the rest.
    """
    topic = Topic(noida, partitions=2)
    with reading(tmp_path / "data", topic) as server:
        filled(server, topic)
        whole = proved(server)
        assert (whole["state"], whole["lost"], whole["twice"]) == ("done", 0, 0), whole
        assert whole["journal"] == whole["view"]
        assert (whole["uncounted"], whole["uncounted_ranges"]) == (0, [])
        noida.delete_before("orders", 0, 20)
        rest = proved(server)
        assert (rest["state"], rest["lost"], rest["twice"]) == ("done", 0, 0), rest
        assert rest["uncounted"] == 20
        assert rest["uncounted_ranges"] == ["orders/0 from 0 to 19"]
        assert server.call("GET", "/readyz").status == 200


def test_a_proof_is_made_while_records_flow(tmp_path: Path, noida: Broker) -> None:
    """What the flow has read since the proof began to look is no record that is gone."""
    topic = Topic(noida)
    over = Event()

    def send() -> None:
        number = 0
        while not over.wait(0.01):
            topic.send(orders(range(number, number + 20)))
            number += 20

    with reading(tmp_path / "data", topic) as server:
        sender = Thread(target=send)
        sender.start()
        try:
            stats_when(server, lambda stats: stats["events"] > 100)
            outcomes = [proved(server) for _ in range(3)]
        finally:
            over.set()
            sender.join()
        for told in outcomes:
            found = [told[name] for name in ("state", "lost", "twice", "uncounted", "error")]
            assert found == ["done", 0, 0, 0, None], told


def test_a_proof_without_kafka_counts_what_is_local(tmp_path: Path, noida: Broker) -> None:
    """Nothing that it cannot read is called lost or twice."""
    topic = Topic(noida, partitions=2)
    data = tmp_path / "data"
    fill(data, topic)
    with Cartwatch(data) as server:
        server.settled()
        told = proved(server)
        assert (told["state"], told["lost"], told["twice"]) == ("done", 0, 0), told
        assert told["uncounted"] == 42


def test_a_rebuild_reads_the_topic_again(tmp_path: Path, noida: Broker) -> None:
    """And ends with the same carts, places, times and numbers; nothing new comes in by it."""
    topic = Topic(noida, partitions=2)
    data = tmp_path / "data"
    with reading(data, topic) as server:
        filled(server, topic)
        before = shown(server)
        server.stop()
    assert "give --kafka" in rebuild(data).stderr
    made = rebuild(data, *brokers(data, topic))
    assert made.returncode == 0, made.stderr
    assert "Rebuilt 43 lines" in made.stdout
    noida.delete_before("orders", 0, 10)  # what a snapshot has is needed no more
    topic.send([order("new", 1)])
    with reading(data, topic) as server:
        events(server, 42)
        after = shown(server)
        assert after[1:3] == before[1:3]
        assert after[3] == before[3]
        assert [proved(server)[each] for each in ("lost", "twice", "uncounted")] == [0, 0, 20]


def test_a_rebuild_changes_nothing_where_records_are_gone(tmp_path: Path, noida: Broker) -> None:
    """It says which, and the folder goes on as it was."""
    topic = Topic(noida, partitions=2)
    data = tmp_path / "data"
    fill(data, topic)
    noida.delete_before("orders", 0, 5)
    words = refused(data, topic)
    assert "orders/0 was read from 0 on, and keeps what comes from 5 on" in words
    with reading(data, topic) as server:
        server.settled()
        events(server, 41)


@pytest.mark.parametrize("again", [20, 25])
def test_a_rebuild_changes_nothing_where_a_topic_was_made_anew(
    tmp_path: Path, noida: Broker, again: int
) -> None:
    """With as many other records, or more: its offsets alone would not tell."""
    topic = Topic(noida)
    data = tmp_path / "data"
    read_once(data, topic, orders(range(20)))
    noida.delete_topic(topic.name)
    assert "orders/0 was read up to 19, and ends at 0" in refused(data, topic)
    anew = Topic(noida)
    anew.send(orders(range(1_000, 1_000 + again)))
    assert "orders/0 holds other records than those that were read" in refused(data, anew)
    with Cartwatch(data) as server:
        events(server, 20)
        server.stop()


@pytest.mark.parametrize("more", [3, 20])
def test_what_was_read_before_a_loss_that_was_given_up_is_not_counted(
    tmp_path: Path, noida: Noida, more: int
) -> None:
    """Other records stand at its offsets: they are no difference, and nothing is made of them."""
    topic = Topic(noida)
    data = tmp_path / "data"
    topic.send(orders(range(5)))
    with reading(data, topic) as server:
        events(server, 5)
        noida.note()
        topic.send(orders(range(5, 10)))
        events(server, 10)
        kept(server)
        noida.fall_back()
        told = until(lambda: server.get("/api/kafka")["lost"])[0]
        loss = as_shown(told)
        assert (loss["next"], loss["go_on_at"]) == (10, 5)
        assert server.call("POST", "/api/kafka/accept-loss", loss).status == 202
        topic.send(orders(range(100, 100 + more)))
        events(server, 10 + more)
        server.settled()
        outcome = proved(server)
        assert (outcome["lost"], outcome["twice"], outcome["uncounted"]) == (0, 0, 5)
        server.stop()
    assert "nothing was changed" in refused(data, topic)
    with reading(data, topic) as server:
        events(server, 10 + more)
        server.settled()
