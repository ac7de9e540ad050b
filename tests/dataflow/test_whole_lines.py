"""Whole lines: found again wherever they came in, as they came."""

from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from dataflow.chunks import MAX_CHUNK_BYTES, after_bom, next_chunk
from dataflow.journal import Journal, JournalReader
from dataflow.whole_lines import WholeLines

LONG = b"y" * (MAX_CHUNK_BYTES + 1_000_000)
LINES = [b"one", b"", b"\xff\xfe", b"with\rreturn", b"x" * 1_500_000, LONG, b"last"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "uploads").mkdir()
    return tmp_path


def found(folder: Path) -> Iterator[bytes]:
    """Read every line of a journal again, one by one, out of order."""
    files = folder / "uploads"
    with (
        closing(JournalReader(folder / "journal.db", files)) as reader,
        closing(WholeLines(folder / "journal.db", files)) as lines,
    ):
        entries = reader.read(1, 10**9)
        places = [(each.offset, at) for each in entries for at in range(each.lines)]
        read = {place: lines.find(*place).read() for place in reversed(places)}
        yield from (read[place] for place in places)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [b"", b"\n"])
def test_lines_of_a_file_are_found_as_they_came(folder: Path, end: bytes, last: bytes) -> None:
    """Of any length, whatever they hold; their ends and the mark of the file are no part."""
    data = b"\xef\xbb\xbf" + end.join(LINES) + last
    (folder / "uploads" / "f").write_bytes(data)
    with closing(Journal(folder / "journal.db")) as journal:
        upload = journal.add_upload(
            "u", "f", file="f", size=len(data), lines=len(LINES), rate=None, now=5.0
        )
        file = BytesIO(data)
        start = after_bom(file)
        while (chunk := next_chunk(file, start)) is not None:
            upload, _ = journal.release(upload, [chunk])
            start = chunk.end
        assert list(found(folder)) == LINES


def test_lines_of_a_body_are_found_as_they_came(folder: Path) -> None:
    """One that is too long for a record is kept whole, though the flow reads only enough of it."""
    with closing(Journal(folder / "journal.db")) as journal:
        journal.append_events(b"\n".join(LINES))
        assert list(found(folder)) == LINES
        with closing(JournalReader(folder / "journal.db", folder / "uploads")) as reader:
            assert max(len(entry.data) for entry in reader.read(1, 10**9)) == MAX_CHUNK_BYTES


def test_a_long_line_is_read_in_pieces(folder: Path) -> None:
    """It takes no memory that grows with it, and the file is let go at its end."""
    (folder / "uploads" / "f").write_bytes(LONG)
    with closing(Journal(folder / "journal.db")) as journal:
        upload = journal.add_upload("u", "f", file="f", size=len(LONG), lines=1, rate=None, now=5.0)
        chunk = next_chunk(BytesIO(LONG), 0)
        assert chunk is not None
        journal.release(upload, [chunk])
        with closing(WholeLines(folder / "journal.db", folder / "uploads")) as lines:
            line = lines.find(1, 0)
            pieces = list(line.pieces())
    assert line.size == len(LONG) == sum(map(len, pieces))
    assert max(map(len, pieces)) <= 65_536
    assert line.file.closed
