"""Journal and topics as the one source of the flow."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from bytewax.inputs import StatefulSourcePartition

from dataflow.journal import Entry, Journal
from dataflow.messages import Started, TopicsRead
from dataflow.order_log import ORDER_FILE, REFUSED, OrderLog, make_order_log
from dataflow.ordered_source import OrderedSource, Resume
from dataflow.sorted_chunk import Read, SortedChunk
from dataflow.topics import Topics
from tests.kit.broker import Broker
from tests.kit.topic import Topic, order, topics_of

PATIENCE_S = 15.0
#: A process that reads a folder without Kafka, and takes a snapshot behind each batch.
READ = """
import sys
from pathlib import Path
from dataflow.ordered_source import OrderedSource
part = OrderedSource(Path(sys.argv[1]), None).build_part("", "", None)
while True:
    part.next_batch()
    part.snapshot()
"""


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    (tmp_path / "uploads").mkdir()
    with closing(Journal(tmp_path / "journal.db")) as opened:
        yield opened


def source(folder: Path, topics: Topics | None = None) -> OrderedSource:
    return OrderedSource(folder, topics)


def build(
    made: OrderedSource, state: Resume | None = None
) -> StatefulSourcePartition[Read, Resume]:
    (name,) = made.list_parts()
    return made.build_part("journal", name, state)


def batches(part: StatefulSourcePartition[Read, Resume], wanted: int) -> list[Read]:
    """Ask until so many things have come."""
    found: list[Read] = []
    end = time.monotonic() + PATIENCE_S
    while len(found) < wanted:
        assert time.monotonic() < end, found
        found += part.next_batch()
    return found


def test_a_state_of_the_journal_alone_is_gone_on_with(journal: Journal, tmp_path: Path) -> None:
    """A folder that begins to read Kafka keeps the state that its flow had."""
    journal.append_events(b"a\nb\n")
    journal.append_events(b"c\n")
    make_order_log(tmp_path / ORDER_FILE, journal.end())
    with closing(build(source(tmp_path), (2, 3))) as part:
        started, entry = batches(part, 2)
        assert started == Started(2, [])
        assert isinstance(entry, Entry)
        assert (entry.offset, entry.place, entry.end) == (2, 3, 3)
        assert part.snapshot()[:3] == (3, 3, 4)


def test_what_is_read_ahead_is_in_no_snapshot_before_it_is_given(
    journal: Journal, tmp_path: Path
) -> None:
    """It is written down in the order and sorted, and comes with the next batch."""
    make_order_log(tmp_path / ORDER_FILE, journal.end())
    made = source(tmp_path)
    with closing(build(made)) as part:
        batches(part, 1)
        assert part.next_batch() == []
        journal.append_events(b"a\n")
        made.read_ahead()
        assert part.snapshot()[:3] == (1, 1, 1)
        [chunk] = batches(part, 1)
        assert isinstance(chunk, SortedChunk)
        assert part.snapshot()[:3] == (2, 2, 2)


def test_how_the_reading_stands_is_told_where_it_has_changed(
    journal: Journal, tmp_path: Path, noida: Broker
) -> None:
    """How far each partition is: of which the server makes the lag."""
    make_order_log(tmp_path / ORDER_FILE, journal.end())
    topic = Topic(noida)
    topic.send([order("a", 1), order("a", 2)])
    with closing(build(source(tmp_path, topics_of(topic)))) as part:
        end = time.monotonic() + PATIENCE_S
        told: list[TopicsRead] = []
        while not (told and told[-1].partitions and told[-1].partitions[0].end == 2):
            assert time.monotonic() < end, told
            told += [each for each in part.next_batch() if isinstance(each, TopicsRead)]
    [partition] = told[-1].partitions
    assert (partition.topic, partition.partition, partition.next) == ("orders", 0, 2)
    assert told[-1].down_since is None


def test_who_cannot_go_on_ends_once_its_snapshot_is_durable(
    journal: Journal, tmp_path: Path, noida: Broker
) -> None:
    """With a status of its own, and the reason in the order log: nobody starts it by himself."""
    make_order_log(tmp_path / ORDER_FILE, journal.end())
    topic = Topic(noida)
    topic.send([order("a", 1)])
    with closing(build(source(tmp_path, topics_of(topic)))) as part:
        found = batches(part, 2)
        while not any(isinstance(each, Entry) for each in found):
            found += part.next_batch()
    ended = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == REFUSED, ended.stderr
    assert "start it once more with --kafka" in ended.stderr
    with closing(OrderLog(tmp_path / ORDER_FILE)) as log:
        assert log.refusal() is not None
