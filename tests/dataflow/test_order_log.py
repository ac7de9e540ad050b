"""The order log: what was taken in which order, written once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dataflow.order_log import (
    JOURNAL,
    Loss,
    OrderLog,
    OrderLogError,
    Origin,
    Partition,
    Range,
    crc_of_all,
    make_order_log,
)

FIRST = Range(5, JOURNAL, 5, 6, 20, None, 9, 100.0)
SECOND = Range(6, 0, 0, 2, 3, 77, 29, 101.0)
THIRD = Range(7, 1, 40, 40, 1, 78, 32, 102.0)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[OrderLog]:
    make_order_log(tmp_path / "order.db", 5)
    with closing(OrderLog(tmp_path / "order.db")) as opened:
        yield opened


def test_it_begins_once_where_the_journal_was(log: OrderLog, tmp_path: Path) -> None:
    """What the journal held by then has its own order, however often the log is made."""
    make_order_log(tmp_path / "order.db", 99)
    assert log.origin() == Origin(5, None)
    assert log.end() == 5


def test_ranges_stand_in_the_order_in_which_they_were_written(log: OrderLog) -> None:
    """A replay finds each by its number, and what comes next of a partition."""
    log.append([FIRST, SECOND])
    log.append([THIRD])
    assert [log.get(5), log.get(6), log.get(7), log.get(8)] == [FIRST, SECOND, THIRD, None]
    assert log.after(6, 10) == [SECOND, THIRD]
    assert log.newest() == THIRD
    assert log.end() == 8
    assert log.following(1, 5) == THIRD
    assert log.following(0, 7) is None


def test_what_stands_before_a_place_to_go_on_at_is_read_by_pages(log: OrderLog) -> None:
    """Before the last one, and of its partition alone; nothing where there is none."""
    ranges = [Range(seq, seq % 2, seq, seq, 1, 7, seq, 100.0) for seq in range(5, 1_205)]
    log.append(ranges)
    assert list(log.before_loss(1)) == []
    behind = Range(1_206, 1, 1_300, 1_300, 1, 7, 1_300, 100.0)
    log.append([Range(1_205, 1, 1_300, 1_299, 0, None, 1_300, 100.0), behind])
    assert list(log.before_loss(1)) == [each for each in ranges if each.part == 1]
    assert list(log.before_loss(0)) == []


def test_a_number_is_taken_once(log: OrderLog) -> None:
    """Two flows never write the same order: the second one is refused by the database."""
    log.append([FIRST])
    with pytest.raises(sqlite3.IntegrityError):
        log.append([FIRST._replace(part=3)])


def test_a_partition_keeps_its_number_and_beginning(log: OrderLog) -> None:
    """For ever, whatever order they are found in."""
    assert log.add_partition("orders", 3, 17, None) == Partition(0, "orders", 3, 17)
    assert log.add_partition("orders", 0, 0, "id") == Partition(1, "orders", 0, 0, "id")
    assert [each.source for each in log.partitions()] == ["orders/3", "orders/0"]


def test_a_cluster_is_joined_once(log: OrderLog) -> None:
    """Another one has other records at the same offsets."""
    log.join_cluster("one")
    log.join_cluster("two")
    assert log.origin().cluster == "one"


def test_a_loss_is_given_up_only_as_it_was_shown(log: OrderLog) -> None:
    """What a person has not seen is not decided; what is, stands in the order for ever."""
    log.append([FIRST, SECOND])
    log.add_partition("orders", 0, 0, "id")
    log.lose(Loss(0, 3, 10, "gone", 110.0))
    assert not log.leap(0, 3, 11, 120.0)
    assert log.leap(0, 3, 10, 120.0)
    assert not log.leap(0, 3, 10, 121.0)
    leap = log.following(0, 7)
    assert leap == Range(7, 0, 10, 9, 0, None, 32, 120.0)
    assert leap.is_leap
    assert log.losses() == []
    assert log.partitions()[0].topic_id is None


def test_a_loss_that_nobody_can_give_up_stays(log: OrderLog) -> None:
    """The view has these records: a state without them would not agree with it."""
    log.lose(Loss(0, 3, None, "gone", 110.0))
    assert not log.leap(0, 3, 10, 120.0)
    log.forget_losses()
    assert log.losses() == []


def test_a_log_whose_making_was_cut_short_is_refused(tmp_path: Path) -> None:
    """It would put records into an order that nobody has decided."""
    with closing(OrderLog(tmp_path / "order.db")) as log, pytest.raises(OrderLogError):
        log.origin()


def test_a_checksum_knows_where_values_end() -> None:
    """Three records are not two, and none is not an empty one."""
    sums = {crc_of_all(each) for each in ([b"ab", b"c"], [b"a", b"bc"], [b"abc"], [None], [b""])}
    assert len(sums) == 5
