"""The rows of uploads, read beside whoever writes them."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from dataflow.journal import Journal


def add(journal: Journal, name: str) -> None:
    journal.add_upload(name, name, file="f", size=1, lines=1, rate=None, now=1.0)


def names(journal: Journal, most: int, before: int) -> list[str]:
    return [upload.id for upload in journal.uploads.newest(most, before)]


def test_uploads_are_found_by_id_by_page_and_by_whether_they_have_ended(tmp_path: Path) -> None:
    """As the journal keeps them at the moment; an id is a text and nothing else."""
    with closing(Journal(tmp_path / "journal.db")) as journal:
        assert journal.uploads.count() == 0
        for name in "abcde":
            add(journal, name)
        for name in "bd":
            journal.change_upload(name, state="done", finished_at=2.0)
        rows = journal.uploads
        assert rows.count() == 5
        assert names(journal, 2, 99) == ["e", "d"]
        assert names(journal, 9, 3) == ["b", "a"]
        assert names(journal, 9, -1) == []
        assert [upload.id for upload in rows.unended()] == ["a", "c", "e"]
        assert [upload.id for upload in rows.ended(9)] == ["d", "b"]
        found = rows.get("b")
        assert found is not None
        assert (found.state, found.created) == ("done", 2)
        for unknown in ("", "B", "b' OR 1", "b\0", "%"):
            assert rows.get(unknown) is None


def test_a_reader_waits_for_no_writer(tmp_path: Path) -> None:
    """The server reads a row in its loop: a sync of the disk must not hold that up."""
    with closing(Journal(tmp_path / "journal.db")) as journal:
        add(journal, "a")
        with journal._transaction() as db:
            db.execute("UPDATE uploads SET name = 'other'")
            read: list[object] = []
            thread = threading.Thread(target=lambda: read.append(journal.uploads.get("a")))
            thread.start()
            thread.join(20)
        assert [getattr(upload, "name", None) for upload in read] == ["a"]


def test_a_reader_writes_nothing(tmp_path: Path) -> None:
    """Whoever changes an upload does it through the journal."""
    with (
        closing(Journal(tmp_path / "journal.db")) as journal,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        journal.uploads._db.execute("DELETE FROM uploads")
