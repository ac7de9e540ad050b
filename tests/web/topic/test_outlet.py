"""The producer against brokers: what it promises, and where it goes on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from dataflow.kafka_config import KafkaConfig, KafkaConfigError, read_kafka_config
from tests.kit.broker import Broker
from web.settings import CompletedTopic
from web.topic.kept_position import KeptPositions
from web.topic.outlet import Message, Outlet, OutletError, refuse_unusable
from web.topic.publication import AT_LEAST_ONCE, EXACTLY_ONCE
from web.topic.resuming import BEGIN, Position

TOPIC = "done"


@pytest.fixture
def kept(tmp_path: Path) -> KeptPositions:
    return KeptPositions(tmp_path / "topic.json")


@pytest.fixture
def said() -> list[str]:
    """Why calls have waited."""
    return []


def publish(outlet: Outlet, *seqs: int) -> None:
    messages = [Message(b"a", str(seq).encode()) for seq in seqs]
    outlet.publish(messages, Position(seqs[-1], f"note {seqs[-1]}"))


def opened(
    broker: Broker, kept: KeptPositions, generation: str = "1", topic: str = TOPIC
) -> closing[Outlet]:
    target = CompletedTopic(broker.address, topic)
    return closing(Outlet(target, kept, generation, lambda: False, lambda _: None))


def values(broker: Broker) -> list[str]:
    return [message.value.decode() for message in broker.committed(TOPIC)]


def test_orders_and_position_are_committed_together(noida: Broker, kept: KeptPositions) -> None:
    """The next producer goes on there; another generation begins at the begin."""
    noida.create_topic(TOPIC, 2)
    with opened(noida, kept) as outlet:
        assert (outlet.mode, outlet.because) == (EXACTLY_ONCE, None)
        assert outlet.resumed == (Position(0, BEGIN), None)
        publish(outlet, 3, 9)
        publish(outlet, 12)
    assert values(noida) == ["3", "9", "12"]
    with opened(noida, kept) as outlet:
        assert outlet.resumed == (Position(12, "note 12"), None)
    with opened(noida, kept, "2") as outlet:
        assert outlet.resumed == (Position(0, BEGIN), None)


def test_what_a_dead_producer_has_left_open_is_undone(noida: Broker, kept: KeptPositions) -> None:
    """By the next one of the same folder; and one that is still there is shut out by it."""
    noida.create_topic(TOPIC)
    with opened(noida, kept) as old:
        producer = old._producer
        assert producer is not None
        producer.begin_transaction()
        producer.produce(TOPIC, b"never")
        assert producer.flush(5) == 0
        with opened(noida, kept) as outlet:
            publish(outlet, 3)
            with pytest.raises(OutletError):
                publish(old, 3)
    assert values(noida) == ["3"]


def test_the_copy_counts_where_the_broker_has_forgotten(
    noida: Broker, kept: KeptPositions, tmp_path: Path
) -> None:
    """As Kafka does after a week; a folder of another name is another publisher."""
    noida.create_topic(TOPIC)
    with opened(noida, kept) as outlet:
        publish(outlet, 3)
        cluster = outlet._cluster
    other = KeptPositions(tmp_path / "other.json")
    other.put(cluster, TOPIC, "1", Position(3, "note 3"))
    with opened(noida, other) as outlet:
        assert outlet.resumed.position == Position(3, "note 3")
        assert "the broker has forgotten the position" in (outlet.resumed.warning or "")


def test_a_broker_that_forgets_what_is_beside_a_position_is_not_relied_on(
    tansu: Broker, kept: KeptPositions
) -> None:
    """It shows what was undone, too: at least once, and the position is that of the data folder."""
    tansu.create_topic(TOPIC)
    for _ in range(2):
        with opened(tansu, kept) as outlet:
            assert outlet.mode == AT_LEAST_ONCE
            assert "does not keep what is written beside a position" in (outlet.because or "")
            seq = outlet.resumed.position.seq + 1
            publish(outlet, seq)
    assert values(tansu) == ["1", "2"]
    tansu.kill()
    tansu.start()
    tansu.create_topic(TOPIC)
    with opened(tansu, kept) as outlet:
        assert outlet.resumed.position == Position(0, BEGIN)
        assert "the topic is empty" in (outlet.resumed.warning or "")


def test_a_broker_of_before_transactions_is_published_to_at_least_once(
    noida: Broker, kept: KeptPositions, tmp_path: Path
) -> None:
    """It is told as what it is."""
    noida.create_topic(TOPIC)
    path = tmp_path / "kafka.properties"
    path.write_text("api.version.request=false\nbroker.version.fallback=0.9.0\n")
    target = CompletedTopic(noida.address, TOPIC, read_kafka_config(path))
    with closing(Outlet(target, kept, "1", lambda: False, lambda _: None)) as outlet:
        assert (outlet.mode, outlet.because) == (AT_LEAST_ONCE, "the broker has no transactions")


def test_a_topic_that_is_not_there_is_not_made(noida: Broker, kept: KeptPositions) -> None:
    """A mistyped name would be one for ever."""
    for _ in range(2):
        with pytest.raises(OutletError, match="the broker has no topic dnoe"):
            opened(noida, kept, topic="dnoe")


def test_a_broker_that_goes_down_is_told_and_what_was_begun_is_undone(
    noida: Broker, kept: KeptPositions, said: list[str]
) -> None:
    """The next producer waits until it is back, and goes on behind what was committed."""
    noida.create_topic(TOPIC)
    target = CompletedTopic(noida.address, TOPIC)
    with closing(Outlet(target, kept, "1", lambda: False, said.append)) as outlet:
        publish(outlet, 3)
        noida.stop()
        with pytest.raises(OutletError, match=r"Connection refused$"):
            publish(outlet, 9)
    assert said[0].startswith("the broker does not answer: ")
    noida.start()
    with closing(Outlet(target, kept, "1", lambda: False, said.append)) as outlet:
        assert outlet.resumed.position.seq == 3
        publish(outlet, 9)
    assert values(noida) == ["3", "9"]


def test_a_topic_that_is_deleted_under_many_messages_is_a_failure_and_no_more(
    noida: Broker, kept: KeptPositions
) -> None:
    """Each of them fails, one behind the other, and the client breaks over that: it is told."""
    noida.create_topic(TOPIC)
    with opened(noida, kept) as outlet:
        publish(outlet, 1)
        noida.delete_topic(TOPIC)
        with pytest.raises(OutletError, match=r"(?i)unknown"):
            publish(outlet, *range(2, 52))


def test_an_end_is_not_held_up_by_a_broker_that_is_down(kept: KeptPositions) -> None:
    """It is tried no further."""
    pytest.importorskip("confluent_kafka", reason="the extra kafka is not installed")
    target = CompletedTopic("127.0.0.1:9", TOPIC)
    with pytest.raises(OutletError, match="the broker does not answer"):
        Outlet(target, kept, "1", lambda: True, lambda _: None)


def test_a_client_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """Before anything is started."""
    pytest.importorskip("confluent_kafka", reason="the extra kafka is not installed")
    path = tmp_path / "kafka.properties"
    path.write_text("no.such.thing=secret\n")
    with pytest.raises(KafkaConfigError, match=f"{path}, line 1: .*no.such.thing") as refused:
        refuse_unusable(CompletedTopic("127.0.0.1:9", TOPIC, read_kafka_config(path)))
    assert "secret" not in str(refused.value)
    refuse_unusable(CompletedTopic("127.0.0.1:9", TOPIC, KafkaConfig()))
