"""Topics, read by partition: in order, without a gap that nobody hears of."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from dataflow.backlog import Records
from dataflow.kafka_partition import Going, LostRecordsError
from dataflow.kafka_reader import KafkaReader
from dataflow.kafka_watch import Found, Watch
from dataflow.order_log import Partition, crc_of
from dataflow.topics import LATEST
from tests.kit.broker import Broker
from tests.kit.topic import Topic, topics_of

PATIENCE_S = 15.0


def until(reader: KafkaReader, look: Callable[[], Records | None]) -> Records:
    """Poll until there is something."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        reader.poll(0.01)
        if (found := look()) is not None:
            return found
    raise AssertionError("nothing came")


def losing(reader: KafkaReader) -> LostRecordsError:
    """Poll until something is said to be lost."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            reader.poll(0.01)
            for number in reader.numbers:
                reader.take(number, 1000, 10**6)
        except LostRecordsError as error:
            return error
    raise AssertionError("nothing was lost")


def part(number: int, partition: int = 0) -> Partition:
    return Partition(number, "orders", partition, 0)


@pytest.fixture
def topic(noida: Broker) -> Topic:
    return Topic(noida, partitions=2)


@pytest.fixture
def reader(topic: Topic) -> Iterator[KafkaReader]:
    with closing(KafkaReader(topics_of(topic))) as opened:
        yield opened


def values(count: int, start: int = 0) -> list[bytes | None]:
    return [b"value %d" % number for number in range(start, start + count)]


def test_each_partition_is_handed_out_in_its_order(topic: Topic, reader: KafkaReader) -> None:
    """Up to a bound, and from there on; what is not taken waits."""
    topic.send(values(10))
    topic.send([b"other"], partition=1)
    reader.begin([Going(part(0), 0), Going(part(5, 1), 0)])
    assert until(reader, lambda: reader.take(0, 4, 10**6)) == Records(0, values(4))
    assert until(reader, lambda: reader.take(5, 4, 10**6)) == Records(0, [b"other"])
    assert until(reader, lambda: reader.take(0, 100, 10**6)) == Records(4, values(6, 4))
    assert reader.mark(0) == (10, crc_of(b"value 9"))
    assert reader.take(0, 100, 10**6) is None


def test_the_mark_of_a_transaction_is_nothing_that_waits(topic: Topic, reader: KafkaReader) -> None:
    """It has an offset, and is no record: where it is the last, all was read."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": topic.broker.address, "transactional.id": "one"})
    producer.init_transactions(PATIENCE_S)
    producer.begin_transaction()
    producer.produce(topic.name, b"value 0", partition=0)
    producer.commit_transaction(PATIENCE_S)
    reader.begin([Going(part(0), 0)])
    assert until(reader, lambda: reader.take(0, 4, 10**6)) == Records(0, values(1))
    end = time.monotonic() + PATIENCE_S
    while (standing := reader.standings()[0]).end != standing.next:
        assert time.monotonic() < end, standing
        reader.poll(0.01)
    assert standing.next == 2
    assert reader.mark(0)[0] == 1


def test_a_range_ends_where_it_has_enough_bytes(topic: Topic, reader: KafkaReader) -> None:
    """However small the number of records, a turn does not take more than a bound of memory."""
    topic.send(values(10))
    reader.begin([Going(part(0), 0)])
    assert until(reader, lambda: reader.take(0, 100, 10)) == Records(0, values(2))


def test_a_partition_goes_on_behind_its_last_record(topic: Topic, reader: KafkaReader) -> None:
    """That one is read once more, held to what it was, and not handed out again."""
    topic.send(values(10))
    reader.begin([Going(part(0), 4, crc_of(b"value 3"))])
    assert until(reader, lambda: reader.take(0, 100, 10**6)) == Records(4, values(6, 4))


def test_another_record_in_the_place_of_the_last_one_is_a_loss(
    topic: Topic, reader: KafkaReader
) -> None:
    """A broker that lost its tail has others at the same offsets: they would be passed over."""
    topic.send(values(10))
    reader.begin([Going(part(0), 4, crc_of(b"what was read"))])
    lost = losing(reader)
    assert (lost.number, lost.next, lost.go_on_at) == (0, 4, 4)
    assert "offset 3 of orders/0 holds another record" in lost.reason


def test_a_range_that_was_deleted_unread_is_a_loss(topic: Topic, reader: KafkaReader) -> None:
    """A retention that is shorter than an outage takes records that nobody has seen."""
    topic.send(values(10))
    topic.broker.delete_before("orders", 0, 7)
    reader.begin([Going(part(0), 4, crc_of(b"value 3"))])
    lost = losing(reader)
    assert (lost.next, lost.go_on_at) == (4, 7)
    assert "from 4 to 6" in lost.reason


def test_what_was_deleted_behind_the_reader_is_none(topic: Topic, reader: KafkaReader) -> None:
    """A retention takes what was read long ago: nothing is lost by it, the last record included."""
    topic.send(values(10))
    topic.broker.delete_before("orders", 0, 4)
    reader.begin([Going(part(0), 4, crc_of(b"value 3"))])
    assert until(reader, lambda: reader.take(0, 100, 10**6)) == Records(4, values(6, 4))


def test_a_topic_that_ends_before_what_was_read_is_a_loss(
    topic: Topic, reader: KafkaReader
) -> None:
    """A broker that comes back with less than it had is not read on as if nothing were."""
    topic.send(values(10))
    reader.begin([Going(part(0), 20, crc_of(b"value 19"))])
    lost = losing(reader)
    assert (lost.next, lost.go_on_at) == (20, 10)
    assert "ends at offset 10" in lost.reason


def test_a_broker_that_was_away_is_proved_anew(topic: Topic, reader: KafkaReader) -> None:
    """What is read before it went and after it came back is one sequence."""
    topic.send(values(10))
    reader.begin([Going(part(0), 0)])
    assert until(reader, lambda: reader.take(0, 100, 10**6)) == Records(0, values(10))
    topic.broker.restart()
    topic.send(values(5, 10))
    assert until(reader, lambda: reader.take(0, 100, 10**6)) == Records(10, values(5, 10))


def test_a_range_is_read_again_exactly(topic: Topic, reader: KafkaReader) -> None:
    """Not before all of it has come, and none behind it."""
    topic.send(values(10))
    reader.begin([Going(part(0), 0)])
    assert until(reader, lambda: reader.take_again(0, 0, 3)) == Records(0, values(4))
    assert reader.take_again(0, 4, 40) is None
    assert until(reader, lambda: reader.take_again(0, 4, 9)) == Records(4, values(6, 4))


def test_a_partition_goes_on_where_a_loss_was_given_up(topic: Topic, reader: KafkaReader) -> None:
    """And what has come of it before counts no more."""
    topic.send(values(10))
    reader.begin([Going(part(0), 0)])
    until(reader, lambda: reader.take(0, 2, 10**6))
    reader.leap(0, 8)
    assert until(reader, lambda: reader.take(0, 100, 10**6)) == Records(8, values(2, 8))


def test_a_full_room_is_not_filled_further(topic: Topic, reader: KafkaReader) -> None:
    """A topic that is far ahead costs a bound of memory, and loses nothing by it."""
    many = [b"x" * 1000] * 30_000
    topic.send(many)
    reader.begin([Going(part(0), 0)])
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        reader.poll(0.01)
    taken = 0
    while taken < len(many):
        taken += len(until(reader, lambda: reader.take(0, 1000, 10**9)).values)
    assert taken == len(many)


def test_how_far_it_is_tells_the_end_of_the_broker(topic: Topic, reader: KafkaReader) -> None:
    """Of which the lag is made, and the time of the newest record that was taken."""
    topic.send(values(10))
    reader.begin([Going(part(0), 0)])
    until(reader, lambda: reader.take(0, 4, 10**6))
    end = time.monotonic() + PATIENCE_S
    while reader.standings()[0].end < 0 and time.monotonic() < end:
        reader.poll(0.05)
    [standing] = reader.standings()
    assert (standing.next, standing.end) == (4, 10)


def test_the_watch_finds_partitions_and_whose_they_are(topic: Topic) -> None:
    """Those that are not known, from the first record that is kept."""
    topic.send(values(3))
    topic.broker.delete_before("orders", 0, 2)
    watch = Watch(topics_of(topic), [("orders", 1)])
    watch.look()
    look = watch.take()
    assert look is not None
    assert look.cluster
    assert look.found == (Found("orders", 0, 2),)
    assert watch.take() is None
    topic.broker.add_partitions("orders", 3)
    watch.has_begun("orders", 0)
    watch.look()
    look = watch.take()
    assert look is not None
    assert look.found == (Found("orders", 2, 0),)


def test_a_topic_may_begin_at_its_end(topic: Topic) -> None:
    """``--kafka-from latest``: what comes from now on."""
    topic.send(values(3))
    watch = Watch(topics_of(topic, start=LATEST), [])
    watch.look()
    look = watch.take()
    assert look is not None
    assert look.found == (Found("orders", 0, 3), Found("orders", 1, 0))
    later = Watch(topics_of(topic, start=LATEST), [("orders", 1)])
    later.look()
    look = later.take()
    assert look is not None
    assert look.found == (Found("orders", 0, 0),), "what came before it was found is not lost"


def test_a_topic_that_is_not_there_is_a_trouble_and_is_not_made(topic: Topic) -> None:
    """A mistyped name is told; the others are read."""
    topics = topics_of(topic)
    watch = Watch(topics._replace(names=("oders", "orders")), [])
    watch.look()
    watch.look()
    look = watch.take()
    assert look is not None
    assert list(look.troubles) == ["oders"]
    assert {each.topic for each in look.found} == {"orders"}


def test_the_watch_knows_since_when_nobody_answers(topic: Topic) -> None:
    """And that they answer again."""
    watch = Watch(topics_of(topic), [])
    watch.look()
    assert watch.down is None
    topic.broker.stop()
    before = time.time()
    watch.look()
    down = watch.down
    assert down is not None
    assert before <= down.since <= time.time()
    watch.look()
    assert watch.down == down
    topic.broker.start()
    watch.look()
    assert watch.down is None
