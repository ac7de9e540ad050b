"""Positions of a generation: offsets of the journal, or numbers of its order log."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dataflow.journal import Journal
from dataflow.journal_errors import JournalError
from dataflow.order_log import JOURNAL, OrderLog, Range
from web.data.folder import DataFolder
from web.data.order import open_order
from web.data.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    folder = DataFolder(tmp_path / "data")
    yield folder.current()
    folder.release()


@pytest.fixture
def journal(paths: Paths) -> Iterator[Journal]:
    with closing(Journal(paths.journal)) as opened:
        opened.append_events(b"1\n2\n")
        opened.append_events(b"3\n")
        yield opened


def test_without_topics_positions_are_offsets_of_the_journal(
    paths: Paths, journal: Journal
) -> None:
    """And nothing is made for them."""
    with closing(open_order(paths, journal, 1, reads_topics=False)) as order:
        assert order.log is None
        assert not paths.order.exists()
        assert (order.end(), order.settled_end()) == (3, 3)
        assert order.at(2) == ("api", 3)
        assert order.at(3) is None
        assert order.records_between(1, 3) == 3


def test_with_topics_the_log_begins_where_the_journal_ends(paths: Paths, journal: Journal) -> None:
    """What stands before has its offsets, what stands behind the numbers of the log."""
    with closing(open_order(paths, journal, 3, reads_topics=True)) as order:
        log = order.log
        assert log is not None
        log.add_partition("orders", 7, 40, None)
        log.append(
            [
                Range(3, 0, 40, 49, 10, None, 4, 1.0),
                Range(4, JOURNAL, 3, 3, 1, None, 14, 2.0),
                Range(5, 0, 60, 59, 0, None, 15, 3.0),
            ]
        )
        journal.append_events(b"4\n")
        assert [order.at(position) for position in (1, 3, 4, 6)] == [
            ("api", 1),
            ("orders/7", 40),
            ("api", 4),
            None,
        ]
        assert order.records_between(1, 5) == 14
        assert order.records_between(3, 4) == 10
        assert order.records_between(2, 6) == 12
        assert (order.end(), order.settled_end()) == (6, 5)


def test_a_log_that_ends_before_what_the_view_has_is_refused(
    paths: Paths, journal: Journal
) -> None:
    """Ranges are missing: to go on would be to decide their order once more."""
    open_order(paths, journal, 3, reads_topics=True).close()
    with pytest.raises(JournalError, match="ranges are missing"):
        open_order(paths, journal, 5, reads_topics=False)


def test_a_log_whose_making_was_cut_short_is_made_to_its_end(
    paths: Paths, journal: Journal
) -> None:
    """Nothing was taken by it: it begins where the journal ends now."""
    OrderLog(paths.order).close()
    with closing(open_order(paths, journal, 3, reads_topics=False)) as order:
        assert order.log is not None
        assert order.log.origin().seq == 3
