"""The journal as the source of the flow."""

import errno
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import psutil
import pytest
from bytewax.inputs import StatefulSourcePartition

from dataflow import first_source
from dataflow.chunks import Chunk
from dataflow.first_source import MOST_AHEAD, FirstPartition
from dataflow.journal import Entry, Journal
from dataflow.journal_source import JournalSource, Resume
from dataflow.messages import Started
from dataflow.parent import CHANGED
from dataflow.runs import unpack_events
from dataflow.sorted_chunk import Read, SortedChunk, sort_chunk
from dataflow.sorter import Sorter
from tests.kit.running import sorters_of, until

GOOD = b'{"user_id": "a", "type": "order", "order_id": 1}'
#: A process that reads the journal in a folder to its end, and what it reads.
READ = """
import sys
from pathlib import Path
from dataflow.flow import deserialize
from dataflow.journal_source import JournalSource
folder = Path(sys.argv[1])
part = JournalSource(folder / "journal.db", folder / "uploads").build_part("", "", None)
while batch := part.next_batch():
    for read in batch:
        list(deserialize(read, 1))
"""

Partition = StatefulSourcePartition[Read, Resume]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    (tmp_path / "uploads").mkdir()
    with closing(Journal(tmp_path / "journal.db")) as opened:
        yield opened


def partition(
    folder: Path, resume_state: Resume | None = None, *, has_sorter: bool = False
) -> Partition:
    source = JournalSource(folder / "journal.db", folder / "uploads", has_sorter=has_sorter)
    (name,) = source.list_parts()
    return source.build_part("journal", name, resume_state)


def test_the_first_item_says_where_it_goes_on(journal: Journal, tmp_path: Path) -> None:
    """The hub hears of every start, even if nothing is to be replayed."""
    with closing(partition(tmp_path, (17, 99))) as part:
        assert list(part.next_batch()) == [Started(17, [])]
        assert list(part.next_batch()) == []


def test_of_several_workers_the_first_one_reads(tmp_path: Path) -> None:
    """Two partitions would be read in an order that differs at every replay."""
    parts = [
        JournalSource(tmp_path / "journal.db", tmp_path, worker=worker).list_parts()
        for worker in range(3)
    ]
    assert parts == [["journal"], [], []]


def test_a_first_run_begins_with_the_first_chunk(journal: Journal, tmp_path: Path) -> None:
    """Without a snapshot everything is read, in the journal's order, as it comes, and placed."""
    journal.append_events(b"a\n\nb")
    with closing(partition(tmp_path)) as part:
        assert list(part.next_batch()) == [Started(1, [])]
        (first,) = part.next_batch()
        assert isinstance(first, Entry)
        assert first == Entry(1, None, "api", 1, 3, b"a\n\nb", first.at, place=1)
        assert list(part.next_batch()) == []
        journal.append_events(b"b\n")
        (second,) = part.next_batch()
        assert isinstance(second, Entry)
        assert second == Entry(2, None, "api", 4, 1, b"b\n", second.at, place=4)


@pytest.mark.parametrize("stop_after", [0, 1, 2, 3])
def test_a_resume_reads_exactly_what_came_after_the_snapshot(
    journal: Journal, tmp_path: Path, stop_after: int
) -> None:
    """The snapshot is the next offset: nothing is missed and nothing read twice."""
    read: list[Read] = []
    with closing(partition(tmp_path)) as part:
        part.next_batch()
        for number in range(3):
            if number == stop_after:
                break
            journal.append_events(b"%d\n" % number)
            read += part.next_batch()
        resume = part.snapshot()
        for number in range(stop_after, 3):
            journal.append_events(b"%d\n" % number)
        part.next_batch()  # read, but its epoch never finished
    assert resume == (stop_after + 1, stop_after + 1)
    with closing(partition(tmp_path, resume)) as part:
        part.next_batch()
        read += part.next_batch()
    entries = [(entry.place, entry.data) for entry in read if isinstance(entry, Entry)]
    assert entries == [(1, b"0\n"), (2, b"1\n"), (3, b"2\n")]


def test_what_is_read_ahead_comes_in_its_turn(journal: Journal, tmp_path: Path) -> None:
    """No snapshot knows of it before it is given, and what was accepted since comes behind it."""
    source = JournalSource(tmp_path / "journal.db", tmp_path / "uploads", groups=2)
    assert not source.read_ahead()  # with nothing built yet
    with closing(source.build_part("journal", "journal", None)) as part:
        assert not source.read_ahead()
        assert list(part.next_batch()) == [Started(1, [])]
        assert not source.read_ahead()
        journal.append_events(GOOD + b"\nb")
        assert source.read_ahead()
        journal.append_events(b"c\n")
        assert source.read_ahead()
        journal.append_events(b"d\n")
        assert part.snapshot() == (1, 1)
        [ahead] = part.next_batch()
        assert isinstance(ahead, SortedChunk)
        assert ahead == sort_chunk(ahead.entry, 2)
        assert (ahead.entry.offset, ahead.entry.place, ahead.entry.data) == (1, 1, GOOD + b"\nb")
        assert part.snapshot() == (2, 3)
        [behind] = part.next_batch()
        assert isinstance(behind, SortedChunk)
        assert (behind.entry.offset, behind.entry.place) == (2, 3)
        assert part.snapshot() == (3, 4)
        [newest] = part.next_batch()
        assert isinstance(newest, Entry)
        assert (newest.offset, newest.place) == (3, 4)
        assert not source.read_ahead()
        assert list(part.next_batch()) == []


def test_no_more_than_some_batches_are_read_ahead(journal: Journal, tmp_path: Path) -> None:
    """However long is waited: each is kept in memory."""
    source = JournalSource(tmp_path / "journal.db", tmp_path / "uploads", groups=2)
    with closing(source.build_part("journal", "journal", None)) as part:
        part.next_batch()
        for number in range(MOST_AHEAD + 1):
            journal.append_events(b"%d\n" % number)
            assert source.read_ahead() == (number < MOST_AHEAD)
        places = [entry_of(read).place for _ in range(MOST_AHEAD + 1) for read in part.next_batch()]
    assert places == list(range(1, MOST_AHEAD + 2))


def entry_of(read: Read) -> Entry:
    assert isinstance(read, Entry | SortedChunk)
    return read.entry if isinstance(read, SortedChunk) else read


def test_it_polls_only_while_there_is_nothing_to_read(journal: Journal, tmp_path: Path) -> None:
    """With work waiting it is called again at once; idle, a few milliseconds later."""
    journal.append_events(b"a\n")
    with closing(partition(tmp_path)) as part:
        part.next_batch()
        assert part.next_awake() is None
        part.next_batch()
        assert part.next_awake() is None
        before = datetime.now(UTC)
        part.next_batch()
        awake_at = part.next_awake()
        assert awake_at is not None
        assert before < awake_at <= datetime.now(UTC) + timedelta(milliseconds=100)


def move_the_folder(folder: Path) -> None:
    folder.rename(folder.with_name("moved"))


def damage_it(folder: Path) -> None:
    (folder / "journal.db").write_bytes(b"no database " * 1_000)


def take_the_table_away(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        db.execute("DROP TABLE uploads")


def take_the_lines_away(folder: Path) -> None:
    (folder / "uploads" / "u1").unlink()


def join_two_lines(folder: Path) -> None:
    (folder / "uploads" / "u1").write_bytes(b"a#b\n")


CANNOT, CHANGED_BY = rb"The journal cannot be .+\.\n", rb"Records were changed: .+\.\n"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (move_the_folder, 1, CANNOT),
        (damage_it, 1, CANNOT),
        (take_the_table_away, 1, CANNOT),
        (take_the_lines_away, CHANGED, CHANGED_BY),
        (join_two_lines, CHANGED, CHANGED_BY),
    ],
)
def test_what_cannot_be_read_ends_the_flow_with_a_sentence(
    tmp_path: Path, change: Callable[[Path], None], status: int, words: bytes
) -> None:
    """A traceback through the engine tells nobody what to do."""
    folder = tmp_path / "generation"
    (folder / "uploads").mkdir(parents=True)
    with closing(Journal(folder / "journal.db")) as journal:
        (folder / "uploads" / "u1").write_bytes(b"a\nb\n")
        upload = journal.add_upload("u1", "f", file="u1", size=4, lines=2, rate=None, now=5.0)
        journal.release(upload, [Chunk(0, 4, 2)])
    change(folder)
    done = subprocess.run([sys.executable, "-c", READ, folder], capture_output=True, check=False)
    assert done.returncode == status, done.stderr
    assert re.fullmatch(words, done.stderr), done.stderr


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make some lines many; leaves no process that sorted them to the next test."""
    monkeypatch.setattr(first_source, "MANY", 3)
    yield
    until(lambda: not children())


def children() -> list[psutil.Process]:
    return sorters_of(os.getpid())


def await_sorter(part: Partition) -> Sorter:
    assert isinstance(part, FirstPartition)
    sorter = part._sorter
    assert sorter is not None
    until(lambda: sorter.is_ready)
    return sorter


def test_many_records_are_sorted_elsewhere_in_their_turn(
    journal: Journal, tmp_path: Path, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first ones by the flow; few that come among them, too. A snapshot tells what was given.

    In quiet the other process ends, and begins anew with the next ones.
    """
    source = JournalSource(tmp_path / "journal.db", tmp_path / "uploads", groups=2, has_sorter=True)
    with closing(source.build_part("journal", "journal", None)) as part:
        part.next_batch()
        for is_anew in (False, True):
            bodies = [GOOD + b"\n%d\nx" % number for number in range(4)]
            bodies[2] = b"few"
            given: list[Read] = []
            journal.append_events(bodies[0])
            given += part.next_batch()
            [sorter] = children()
            await_sorter(part)
            place = part.snapshot()[1]
            journal.append_events(bodies[1])
            assert source.read_ahead()
            journal.append_events(bodies[2])
            assert source.read_ahead()
            journal.append_events(bodies[3])
            assert part.snapshot()[1] == place
            for _ in range(3):
                given += part.next_batch()
                assert part.snapshot()[1] == entry_of(given[-1]).place + entry_of(given[-1]).lines
            assert [entry_of(each).data for each in given] == bodies
            before = 10 * is_anew
            assert [entry_of(each).place - before for each in given] == [1, 4, 7, 8]
            first, *others = given
            assert isinstance(first, Entry)
            for each in others:
                assert isinstance(each, SortedChunk)
                by_group = [unpack_events(events) for events in each.by_group]
                assert each._replace(by_group=by_group) == sort_chunk(each.entry, 2)
            assert list(part.next_batch()) == []
            assert children() == [sorter]
            with monkeypatch.context() as quiet:
                quiet.setattr(first_source, "_QUIET", timedelta(0))
                assert list(part.next_batch()) == []
            until(lambda: children() == [])


def test_where_the_process_has_ended_and_nothing_was_with_it_another_begins(
    journal: Journal, tmp_path: Path, many: None
) -> None:
    """Nothing is missing, so nothing has to start again."""
    with closing(partition(tmp_path, has_sorter=True)) as part:
        part.next_batch()
        journal.append_events(b"1\n2\n3")
        part.next_batch()
        sorter = await_sorter(part)
        [process] = children()
        process.kill()
        until(lambda: sorter.has_ended)
        journal.append_events(b"4\n5\n6")
        [entry] = part.next_batch()
        assert isinstance(entry, Entry)
        await_sorter(part)
        journal.append_events(b"7\n8\n9")
        [chunk] = part.next_batch()
        assert isinstance(chunk, SortedChunk)
        assert (chunk.entry.place, chunk.entry.data) == (7, b"7\n8\n9")


def test_where_no_process_can_be_had_the_flow_sorts(
    journal: Journal,
    tmp_path: Path,
    many: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As on one core; a word says why it is slower, once."""

    def refuse(groups: int) -> NoReturn:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(first_source, "Sorter", refuse)
    with closing(partition(tmp_path, has_sorter=True)) as part:
        part.next_batch()
        for number in range(3):
            journal.append_events(b"a\nb\n%d" % number)
            [entry] = part.next_batch()
            assert isinstance(entry, Entry)
    assert [record.getMessage() for record in caplog.records] == [
        "No process can be had to sort chunks, so the flow does it:"
        " [Errno 11] Resource temporarily unavailable."
    ]


def test_with_no_process_beside_it_a_worker_sorts(
    journal: Journal, tmp_path: Path, many: None
) -> None:
    """On one core, where another process would gain nothing."""
    with closing(partition(tmp_path)) as part:
        part.next_batch()
        for _ in range(2):
            journal.append_events(b"a\nb\nc")
            [entry] = part.next_batch()
            assert isinstance(entry, Entry)
        assert children() == []
