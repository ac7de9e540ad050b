"""The journal: one durable order of everything that came in."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from unittest.mock import Mock, patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.chunks import MAX_CHUNK_BYTES, MAX_CHUNK_LINES, Chunk, next_chunk
from dataflow.journal import (
    API_SOURCE,
    Appended,
    Entry,
    Journal,
    JournalReader,
    KeyReusedError,
)
from dataflow.upload import Upload
from tests.kit.streams import slow_claim

LINES = b"one\ntwo\nthree\nfour\nfive\n"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    (tmp_path / "uploads").mkdir()
    with closing(Journal(tmp_path / "journal.db")) as opened:
        yield opened


def add(
    journal: Journal,
    folder: Path,
    name: str = "a.jsonl",
    data: bytes = LINES,
    now: float = 5.0,
) -> Upload:
    (folder / "uploads" / name).write_bytes(data)
    lines = data.count(b"\n")
    return journal.add_upload(
        f"id-{name}", name, file=name, size=len(data), lines=lines, rate=None, now=now
    )


def entries(folder: Path, offset: int = 1, most_bytes: int = MAX_CHUNK_BYTES) -> list[Entry]:
    with closing(JournalReader(folder / "journal.db", folder / "uploads")) as reader:
        return reader.read(offset, most_bytes)


def test_what_was_appended_is_read_in_that_order(journal: Journal, tmp_path: Path) -> None:
    """Records and chunks of uploads stand in one order, with their source, line and time."""
    before = time.time()
    upload = add(journal, tmp_path)
    journal.append_events(b"x\ny")
    upload, offset = journal.release(upload, [Chunk(0, 8, 2), Chunk(8, 14, 1)])
    journal.append_events(b"z\n")
    upload, last = journal.release(upload, [Chunk(14, 24, 2)])
    read = entries(tmp_path)
    times = [each.at for each in read]
    assert [each._replace(at=0.0) for each in read] == [
        Entry(1, None, API_SOURCE, 1, 2, b"x\ny", 0.0),
        Entry(2, "id-a.jsonl", "a.jsonl", 1, 2, b"one\ntwo\n", 0.0),
        Entry(3, "id-a.jsonl", "a.jsonl", 3, 1, b"three\n", 0.0),
        Entry(4, None, API_SOURCE, 3, 1, b"z\n", 0.0),
        Entry(5, "id-a.jsonl", "a.jsonl", 4, 2, b"four\nfive\n", 0.0, is_last=True),
    ]
    assert before <= times[0] <= times[-1] <= time.time()
    assert times == sorted(times)
    assert (offset, last, journal.end()) == (3, 5, 6)


def test_what_was_answered_is_there_after_the_file_is_opened_again(tmp_path: Path) -> None:
    """Nothing of an answer lives in memory only: lines, keys, uploads and their positions."""
    (tmp_path / "uploads").mkdir()
    with closing(Journal(tmp_path / "journal.db")) as first:
        upload, _ = first.release(add(first, tmp_path), [Chunk(0, 8, 2)])
        appended = first.append_events(b"x\ny\n", "key")
        before = entries(tmp_path)
    with closing(Journal(tmp_path / "journal.db")) as second:
        assert second.uploads.unended() == [upload]
        assert second.append_events(b"x\ny\n", "key") == appended
        assert second.append_events(b"z") == Appended(3, 3)
        assert entries(tmp_path)[:-1] == before


def test_every_commit_reaches_the_disk(journal: Journal, tmp_path: Path) -> None:
    """Write-ahead log with a full sync: an answered write survives a power cut."""
    with closing(sqlite3.connect(tmp_path / "journal.db")) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_lines_of_the_api_are_counted_without_a_gap(journal: Journal, tmp_path: Path) -> None:
    """Every batch goes on where the one before ended, whatever was released in between."""
    upload = add(journal, tmp_path)
    assert journal.append_events(b"1\n2\n") == Appended(1, 2)
    upload, _ = journal.release(upload, [Chunk(0, 8, 2)])
    assert journal.append_events(b"\n3\n\n4") == Appended(3, 6)
    assert journal.append_events(b"\xef\xbb\xbf5\r\n") == Appended(7, 7)
    assert entries(tmp_path)[-1].data == b"5\r\n"
    assert journal.released() == (2, {"api": 7})


def test_a_large_batch_is_cut_into_chunks(journal: Journal, tmp_path: Path) -> None:
    """Bounded rows, with lines that go on from one to the next; a huge line is kept as too long."""
    lines = MAX_CHUNK_LINES + 10
    body = b"\n" * lines + b"x" * (2 * MAX_CHUNK_BYTES) + b"\nlast"
    assert journal.append_events(body) == Appended(1, lines + 2)
    read = entries(tmp_path, most_bytes=10**9)
    assert [entry.first_line for entry in read] == [1, MAX_CHUNK_LINES + 1, lines + 1, lines + 2]
    assert [len(entry.data) for entry in read] == [MAX_CHUNK_LINES, 10, MAX_CHUNK_BYTES, 4]


def test_an_idempotency_key_answers_the_same_and_appends_nothing(
    journal: Journal, tmp_path: Path
) -> None:
    """However often, and however much came in between; another body is refused."""
    first = journal.append_events(b"x\n", "key")
    journal.append_events(b"y\n", "other")
    assert journal.append_events(b"x\n", "key") == first == Appended(1, 1)
    with pytest.raises(KeyReusedError):
        journal.append_events(b"z\n", "key")
    assert [entry.data for entry in entries(tmp_path)] == [b"x\n", b"y\n"]
    assert journal.append_events(b"x\n") == Appended(3, 3), "without a key it is another record"


def test_a_release_moves_the_position_of_its_upload(journal: Journal, tmp_path: Path) -> None:
    """Chunks and position are one transaction: an interrupted upload goes on where it was."""
    upload = add(journal, tmp_path)
    assert (upload.released_bytes, upload.released_lines, upload.state) == (0, 0, "running")
    upload, _ = journal.release(upload, [Chunk(0, 4, 1)])
    assert (upload.released_bytes, upload.released_lines) == (4, 1)
    other = add(journal, tmp_path, "b.jsonl")
    other, _ = journal.release(other, [Chunk(0, 8, 2)])
    upload, _ = journal.release(upload, [Chunk(4, 14, 2), Chunk(14, 24, 2)])
    assert (upload.released_bytes, upload.released_lines) == (24, 5)
    assert journal.uploads.unended() == [upload, other]
    assert journal.released() == (7, {})


def test_a_release_that_fails_leaves_nothing_behind(journal: Journal, tmp_path: Path) -> None:
    """An error in the middle takes the chunks before it back, and the journal goes on."""
    upload = add(journal, tmp_path)
    broken = Chunk(8, 14, "many lines")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        journal.release(upload, [Chunk(0, 8, 2), broken])
    assert entries(tmp_path) == []
    assert journal.uploads.unended() == [upload]
    assert journal.append_events(b"x\n") == Appended(1, 1)


def test_uploads_are_numbered_in_the_order_in_which_they_came(
    journal: Journal, tmp_path: Path
) -> None:
    """The same name, even the same file, is another upload."""
    first = add(journal, tmp_path)
    again = journal.add_upload(
        "again", first.name, file=first.file, size=first.bytes, lines=5, rate=2.5, now=6.0
    )
    assert journal.uploads.unended() == [first, again]
    assert (first.created, again.created, again.rate) == (1, 2, 2.5)


def test_an_upload_changes_as_it_is_told(journal: Journal, tmp_path: Path) -> None:
    """The columns that are named, of this upload only; what comes back is what is kept."""
    upload, other = add(journal, tmp_path), add(journal, tmp_path, "b.jsonl")
    changed = journal.change_upload(upload.id, state="paused", paused_because="by hand", rate=None)
    assert changed == upload._replace(state="paused", paused_because="by hand")
    assert journal.uploads.unended() == [changed, other]


def test_offsets_have_a_place_and_lines_between_them(journal: Journal, tmp_path: Path) -> None:
    """What a recovery shows: the source and line of a position, and how far it is to another."""
    upload = add(journal, tmp_path)
    assert journal.place(1) is None
    assert journal.end() == 1
    journal.release(upload, [Chunk(0, 8, 2), Chunk(8, 24, 3)])
    journal.append_events(b"x\ny\nz\n")
    assert journal.place(2) == ("a.jsonl", 3)
    assert journal.place(3) == (API_SOURCE, 1)
    assert journal.lines_between(1, 3) == 5
    assert journal.lines_between(2, 99) == 6
    assert journal.lines_between(4, 4) == 0


@slow_claim
@given(bodies=st.lists(st.binary(max_size=30), max_size=8), most_bytes=st.integers(1, 60))
def test_reading_from_any_offset_gives_the_rest(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes], most_bytes: int
) -> None:
    """A reader that resumes anywhere, with any bound, meets the same entries in the same order."""
    folder = tmp_path_factory.mktemp("journal")
    with closing(Journal(folder / "journal.db")) as journal:
        for body in bodies:
            journal.append_events(body)
    with closing(JournalReader(folder / "journal.db", folder)) as reader:
        everything = reader.read(1, 10**9)
        assert [entry.offset for entry in everything] == list(range(1, len(everything) + 1))
        for start in range(1, len(everything) + 2):
            got = []
            offset = start
            while read := reader.read(offset, most_bytes):
                assert sum(len(entry.data) for entry in read[:-1]) < most_bytes
                got += read
                offset = read[-1].offset + 1
            assert got == everything[start - 1 :]


def test_a_reader_sees_what_is_appended_while_it_is_open(journal: Journal, tmp_path: Path) -> None:
    """The flow polls one reader for ever: nothing keeps it on an old state, nor blocks a writer."""
    with closing(JournalReader(tmp_path / "journal.db", tmp_path / "uploads")) as reader:
        for number in range(1, 4):
            assert reader.read(number) == []
            journal.append_events(b"x\n")
            assert [entry.offset for entry in reader.read(number)] == [number]


def test_a_reader_cannot_write(journal: Journal, tmp_path: Path) -> None:
    """The flow's end only reads: what is in the journal is the server's word."""
    journal.append_events(b"x\n")
    with (
        closing(JournalReader(tmp_path / "journal.db", tmp_path / "uploads")) as reader,
        pytest.raises(sqlite3.OperationalError),
    ):
        reader._db.execute("DELETE FROM chunks")


def test_writers_in_many_threads_get_lines_of_their_own(journal: Journal, tmp_path: Path) -> None:
    """The journal takes one batch after another, whoever calls: no line is given out twice."""
    answers: list[Appended] = []
    bodies = [b"x\n" * (number % 3 + 1) for number in range(24)]

    def append(share: list[bytes]) -> None:
        answers.extend([journal.append_events(body) for body in share])

    threads = [threading.Thread(target=append, args=(bodies[at::4],)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = sorted(n for first, last in answers for n in range(first, last + 1))
    assert lines == list(range(1, sum(body.count(b"\n") for body in bodies) + 1))


def test_times_never_run_back_whatever_the_clock_does(tmp_path: Path) -> None:
    """Also from one start to the next: who comes later is never told to have come before."""
    (tmp_path / "uploads").mkdir()
    for clock in ([50.0, 40.0], [10.0, 45.0, 60.0]):
        with (
            closing(Journal(tmp_path / "journal.db")) as journal,
            patch("dataflow.journal.time", Mock(time=Mock(side_effect=clock))),
        ):
            for _ in clock:
                journal.append_events(b"x\n")
    assert [each.at for each in entries(tmp_path)] == [50.0, 50.0, 50.0, 50.0, 60.0]


def test_every_source_counts_its_own_lines(journal: Journal, tmp_path: Path) -> None:
    """Whichever stands between: ``api`` has no gap, nor has any other."""
    assert journal.append("stream", b"a\nb\n") == (1, 2)
    assert journal.append_events(b"x\n") == (1, 1)
    assert journal.append("stream", b"c") == (3, 3)
    assert journal.append_events(b"y\n") == (2, 2)
    read = [(each.upload, each.source, each.first_line) for each in entries(tmp_path)]
    assert read == [
        (None, "stream", 1),
        (None, API_SOURCE, 1),
        (None, "stream", 3),
        (None, API_SOURCE, 2),
    ]
    assert journal.released() == (0, {"stream": 3, "api": 2})
    assert journal.place(3) == ("stream", 3)


def test_lines_of_uploads_are_counted_whichever_have_ended(
    journal: Journal, tmp_path: Path
) -> None:
    """Each once, by a sum that is kept when one ends, at whatever time and in whatever order."""
    uploads = []
    for number in range(4):
        upload = add(journal, tmp_path, f"{number}.jsonl")
        uploads.append(journal.release(upload, [Chunk(0, 4, 10**number)])[0])
    for upload in (uploads[2], uploads[0]):
        journal.change_upload(upload.id, state="done", finished_at=9.0)
        journal.change_upload(upload.id, finished_at=9.5)
        assert journal.released() == (1_111, {})
    assert [upload.id for upload in journal.uploads.unended()] == ["id-1.jsonl", "id-3.jsonl"]
    assert [upload.id for upload in journal.uploads.ended(1)] == ["id-2.jsonl"]


def test_what_a_file_looks_like_is_kept_with_it(tmp_path: Path) -> None:
    """It was told once: the file is not read again for it."""
    with closing(Journal(tmp_path / "journal.db")) as first:
        upload = first.add_upload(
            "u", "a", file="f", size=1, lines=1, rate=None, now=5.0, looks_like="it looks like CSV"
        )
    with closing(Journal(tmp_path / "journal.db")) as second:
        assert second.uploads.unended() == [upload]
        assert upload.looks_like == "it looks like CSV"


def test_chunks_of_a_file_are_read_as_they_were_cut(journal: Journal, tmp_path: Path) -> None:
    """The journal holds ranges; the bytes of an upload come from its file, behind its mark too."""
    data = b"\xef\xbb\xbf" + LINES
    upload = add(journal, tmp_path, data=data)
    file, start = BytesIO(data), 3
    while (chunk := next_chunk(file, start, 2)) is not None:
        upload, _ = journal.release(upload, [chunk])
        start = chunk.end
    assert b"".join(entry.data for entry in entries(tmp_path)) == LINES
    assert [entry.first_line for entry in entries(tmp_path)] == [1, 3, 5]
