"""Marks: in one order, each durable with what it is about."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dataflow.journal import Journal, JournalReader
from dataflow.marks import ASIDE, BACK, LANDED, MOST_IDS, SENT


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.db")) as opened:
        yield opened


def test_marks_are_read_in_their_order_from_any_on(journal: Journal, tmp_path: Path) -> None:
    """With the lines that were sent, which the flow reads as records of the source ``resubmit``."""
    assert journal.resubmit([(7, b"a"), (3, b"b")]) == ([7, 3], 2)
    journal.mark(ASIDE, [5])
    journal.mark(BACK, [5])
    assert journal.resubmit([(5, b"c")]) == ([5], 3)
    journal.mark(LANDED, line=3)
    marks = journal.marks.after(0, 9)
    assert [(each.kind, each.line, each.ids, each.lines) for each in marks] == [
        (SENT, 1, [7, 3], [b"a", b"b"]),
        (ASIDE, 0, [5], []),
        (BACK, 0, [5], []),
        (SENT, 3, [5], [b"c"]),
        (LANDED, 3, [], []),
    ]
    assert [each.number for each in marks] == [1, 2, 3, 4, 5]
    assert sorted(each.at for each in marks) == [each.at for each in marks]
    assert journal.marks.after(3, 1) == marks[3:4]
    assert journal.marks.after(5, 9) == []
    with closing(JournalReader(tmp_path / "journal.db", tmp_path)) as reader:
        read = [(each.source, each.first_line, each.data, each.at) for each in reader.read(1)]
    assert read == [
        ("resubmit", 1, b"a\nb\n", marks[0].at),
        ("resubmit", 3, b"c\n", marks[3].at),
    ]
    assert journal.released() == (0, {"resubmit": 3})


def test_a_record_is_sent_once_unless_it_is_to_be_sent_again(journal: Journal) -> None:
    """Those of several that were sent before are passed over, and nothing is written for none."""
    journal.resubmit([(1, b"a"), (2, b"b")])
    assert journal.resubmit([(2, b"x"), (1, b"y")]) == ([], 0)
    assert len(journal.marks.after(0, 9)) == 1
    assert journal.resubmit([(2, b"x"), (3, b"c")]) == ([3], 3)
    assert journal.resubmit([(2, b"x")], again=True) == ([2], 4)
    assert [each.lines for each in journal.marks.after(1, 9)] == [[b"c"], [b"x"]]


def test_of_all_that_send_the_same_at_the_same_time_one_does(journal: Journal) -> None:
    """The journal decides, and it has one writer at a time."""
    sent: list[int] = []

    def send() -> None:
        for number in range(50):
            sent.extend(journal.resubmit([(number, b"x")]).ids)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sent) == list(range(50))


def test_the_most_that_is_sent_at_once_is_one_chunk(journal: Journal, tmp_path: Path) -> None:
    """So a mark names its lines by one chunk."""
    line = b"x" * 1_000
    journal.resubmit([(number, line) for number in range(1, MOST_IDS + 1)])
    with closing(JournalReader(tmp_path / "journal.db", tmp_path)) as reader:
        (chunk,) = reader.read(1, 10**9)
    assert chunk.lines == MOST_IDS
    assert journal.marks.after(0, 1)[0].lines == [line] * MOST_IDS
