"""The one order: what a replay meets is what was met before, whatever came in which order."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from dataflow.journal import Entry, Journal, JournalReader
from dataflow.kafka_watch import Watch
from dataflow.messages import KAFKA
from dataflow.one_order import OneOrder, RefusedError, State
from dataflow.order_log import JOURNAL, OrderLog, make_order_log
from dataflow.topics import Topics
from tests.kit.broker import Broker
from tests.kit.topic import Topic, order, topics_of

PATIENCE_S = 15.0


class Folder:
    """A generation with a journal and an order log, read as often as it takes."""

    def __init__(self, path: Path, opened: ExitStack) -> None:
        self.path = path
        self._opened = opened
        (path / "uploads").mkdir()
        self.journal = opened.enter_context(closing(Journal(path / "journal.db")))

    def begin(self) -> None:
        """Read Kafka from now on."""
        make_order_log(self.path / "order.db", self.journal.end())

    def log(self) -> OrderLog:
        return self._opened.enter_context(closing(OrderLog(self.path / "order.db")))

    def order(self, topics: Topics | None, state: State | None = None) -> OneOrder:
        reader = JournalReader(self.path / "journal.db", self.path / "uploads")
        made = OneOrder(reader, self.log(), topics, state or State())
        return self._opened.enter_context(closing(made))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    with ExitStack() as opened:
        yield Folder(tmp_path, opened)


def read(order: OneOrder, records: int) -> list[Entry]:
    """Take turns until so many records have come."""
    entries: list[Entry] = []
    until(order, lambda: sum(each.lines for each in entries) >= records, entries)
    return entries


def until(order: OneOrder, is_so: Callable[[], bool], entries: list[Entry] | None = None) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "nothing came"
        turn = order.turn()
        if entries is not None:
            entries += turn.entries


def refused(order: OneOrder) -> str:
    """Take turns until it cannot go on; gives why."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            order.turn()
        except RefusedError as error:
            return str(error)
    raise AssertionError("it was not refused")


def places(entries: list[Entry]) -> list[int]:
    return [entry.place for entry in entries]


def test_what_the_journal_held_before_keeps_its_own_order(folder: Folder, noida: Broker) -> None:
    """A folder that reads Kafka for the first time has a past, with offsets for its positions."""
    folder.journal.append_events(b"1\n2\n")
    folder.journal.append_events(b"3\n")
    folder.begin()
    topic = Topic(noida)
    topic.send([order("a", 1)])
    entries = read(folder.order(topics_of(topic)), 4)
    assert [(each.source, each.place, each.end) for each in entries] == [
        ("api", 1, 2),
        ("api", 3, 3),
        ("orders/0", 4, 4),
    ]
    [row] = folder.log().after(1, 10)
    assert (row.seq, row.part, row.first, row.last, row.records, row.place) == (3, 0, 0, 0, 1, 4)


def test_a_record_of_a_topic_tells_where_it_came_from(folder: Folder, noida: Broker) -> None:
    """By topic, partition and offset; it is of no upload."""
    folder.begin()
    topic = Topic(noida, partitions=2)
    topic.send([order("a", 1), None], partition=1)
    [entry] = read(folder.order(topics_of(topic)), 2)
    assert (entry.upload, entry.source, entry.first_line) == (KAFKA, "orders/1", 0)
    assert entry.values == [order("a", 1), None]


def test_a_replay_meets_the_same_records_in_the_same_order(folder: Folder, noida: Broker) -> None:
    """Places, times and ranges: though by now all of it lies ready at once."""
    folder.begin()
    topic = Topic(noida, partitions=2)
    first = folder.order(topics_of(topic))
    entries: list[Entry] = []
    for number in range(6):
        topic.send([order("a", number)], partition=number % 2)
        folder.journal.append_events(b"%d\n" % number)
        entries += read(first, 2)
    again = read(folder.order(topics_of(topic)), 12)
    assert again == entries
    assert [each.at for each in entries] == sorted(each.at for each in entries)


def test_a_replay_goes_on_in_the_middle_and_then_with_what_is_new(
    folder: Folder, noida: Broker
) -> None:
    """A state is where it goes on: behind each range, in the journal and in every partition."""
    folder.begin()
    topic = Topic(noida, partitions=2)
    first = folder.order(topics_of(topic))
    topic.send([order("a", 1), order("a", 2)])
    read(first, 2)
    state = first.state
    topic.send([order("a", 3)], partition=1)
    folder.journal.append_events(b"x\n")
    rest = read(first, 2)
    topic.send([order("a", 4)])
    again = read(folder.order(topics_of(topic), state), 3)
    assert again[:-1] == rest
    assert (again[-1].source, again[-1].first_line, again[-1].place) == ("orders/0", 2, 5)


def test_without_its_log_a_replay_meets_another_order(folder: Folder, noida: Broker) -> None:
    """Which is why there is one: what has come meanwhile stands elsewhere."""
    folder.begin()
    topic = Topic(noida, partitions=2)
    first = folder.order(topics_of(topic))
    entries: list[Entry] = []
    for number in range(6):
        topic.send([order("a", number)], partition=number % 2)
        entries += read(first, 1)
    folder.path.joinpath("order.db").rename(folder.path / "forgotten.db")
    folder.begin()
    assert read(folder.order(topics_of(topic)), 6) != entries


def test_a_partition_that_is_added_is_read_without_a_restart(folder: Folder, noida: Broker) -> None:
    """From its beginning, whatever a new topic begins with."""
    folder.begin()
    topic = Topic(noida)
    order_ = folder.order(topics_of(topic))
    topic.send([order("a", 1)])
    read(order_, 1)
    topic.add_partitions(2)
    topic.send([order("a", 2)], partition=1)
    [entry] = read(order_, 1)
    assert entry.source == "orders/1"


def test_without_kafka_the_rest_goes_on(folder: Folder, noida: Broker) -> None:
    """In an order of its own still; and where Kafka is back, each partition goes on."""
    folder.begin()
    topic = Topic(noida)
    topic.send([order("a", 1)])
    first = folder.order(topics_of(topic))
    read(first, 1)
    alone = folder.order(None, first.state)
    folder.journal.append_events(b"x\n")
    assert [each.source for each in read(alone, 1)] == ["api"]
    topic.send([order("a", 2)])
    [entry] = read(folder.order(topics_of(topic), alone.state), 1)
    assert (entry.source, entry.first_line, entry.place) == ("orders/0", 1, 3)


def test_without_kafka_what_was_taken_and_not_kept_is_asked_for(
    folder: Folder, noida: Broker
) -> None:
    """The view may have it: to go on without it would be to lose it."""
    folder.begin()
    topic = Topic(noida)
    topic.send([order("a", 1)])
    read(folder.order(topics_of(topic)), 1)
    assert "start it once more with --kafka" in refused(folder.order(None))


def test_another_cluster_is_refused(folder: Folder, noida: Broker, tansu: Broker) -> None:
    """Its offsets stand for other records."""
    folder.begin()
    ours, others = Topic(noida), Topic(tansu)
    ours.send([order("a", 1)])
    first = folder.order(topics_of(ours))
    read(first, 1)
    assert "another --data folder" in refused(folder.order(topics_of(others), first.state))


def test_what_is_lost_is_read_over_when_a_person_says_so(folder: Folder, noida: Broker) -> None:
    """Never by itself; and for ever after, also by a replay from the beginning of the order."""
    folder.begin()
    topic = Topic(noida)
    topic.send([order("a", number) for number in range(5)])
    first = folder.order(topics_of(topic))
    entries = read(first, 5)
    state = first.state
    topic.send([order("a", number) for number in range(5, 9)])
    noida.delete_before("orders", 0, 8)
    again = folder.order(topics_of(topic), state)
    assert "from 5 to 7" in refused(again)
    [loss] = folder.log().losses()
    assert (loss.number, loss.next, loss.go_on_at) == (0, 5, 8)
    assert folder.log().leap(0, 5, 8, time.time())
    [entry] = read(folder.order(topics_of(topic), state), 1)
    assert (entry.first_line, entry.place) == (8, 6)
    assert entry.at >= entries[-1].at


def test_what_the_view_may_have_is_not_to_be_given_up(folder: Folder, noida: Broker) -> None:
    """A range that was taken and is in no snapshot has to be read again, or all be made anew."""
    folder.begin()
    topic = Topic(noida)
    topic.send([order("a", number) for number in range(5)])
    read(folder.order(topics_of(topic)), 5)
    noida.delete_before("orders", 0, 3)
    refused(folder.order(topics_of(topic)))
    [loss] = folder.log().losses()
    assert loss.go_on_at is None


def test_a_topic_that_was_made_anew_is_told_by_its_id(
    folder: Folder, noida: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every partition at once, but of one that had nothing; neither test broker gives any id."""
    ids = {"orders": "the first"}
    monkeypatch.setattr(Watch, "_topic_id", lambda _, topic: ids[topic])
    folder.begin()
    topic = Topic(noida, partitions=3)
    topic.send([order("a", 1), order("a", 2)])
    topic.send([order("b", 1)], partition=2)
    first = folder.order(topics_of(topic))
    read(first, 3)
    ids["orders"] = "the second"
    again = folder.order(topics_of(topic), first.state)
    why = refused(again)
    assert "the topic 'orders' was deleted and made anew" in why
    assert "of another partition records are lost, too" in why
    log = folder.log()
    partitions = {each.number: each for each in log.partitions()}
    lost = {partitions[each.number].partition: (each.next, each.go_on_at) for each in log.losses()}
    assert lost == {0: (2, 0), 2: (1, 0)}
    for loss in log.losses():
        assert log.leap(loss.number, loss.next, 0, 1.0)
    assert sum(each.lines for each in read(folder.order(topics_of(topic), first.state), 3)) == 3
    assert {each.topic_id for each in log.partitions()} == {"the second"}


def test_what_is_found_again_is_lost_no_more(folder: Folder, noida: Broker) -> None:
    """A broker that has its records back needs nobody's decision."""
    folder.begin()
    topic = Topic(noida)
    topic.send([order("a", 1)])
    first = folder.order(topics_of(topic))
    read(first, 1)
    state = first.state
    marks = {0: (state.marks[0][0], 1)}
    assert "another record" in refused(folder.order(topics_of(topic), state._replace(marks=marks)))
    log = folder.log()
    assert log.losses()
    until(folder.order(topics_of(topic), state), lambda: not log.losses())


def test_ranges_are_written_down_before_anybody_hears_of_them(
    folder: Folder, noida: Broker
) -> None:
    """A kill between the two leaves a range that the next flow reads first."""
    folder.begin()
    topic = Topic(noida)
    topic.send([order("a", 1)])
    folder.journal.append_events(b"x\n")
    log = folder.log()
    read(folder.order(topics_of(topic)), 2)
    assert [(each.part, each.records) for each in log.after(1, 10)] in (
        [(JOURNAL, 1), (0, 1)],
        [(0, 1), (JOURNAL, 1)],
    )
