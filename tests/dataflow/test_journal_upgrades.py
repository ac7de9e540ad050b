"""Journals of older formats: opened as they are, with the times that can be told of them."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from dataflow.chunks import Chunk
from dataflow.journal import Appended, Journal
from dataflow.journal_errors import JournalError
from tests.dataflow.test_journal import add, entries


def test_a_journal_of_another_format_is_refused(tmp_path: Path) -> None:
    """A later version's file is left alone, with a sentence that says what to do."""
    with closing(sqlite3.connect(tmp_path / "journal.db")) as db:
        db.execute("PRAGMA user_version = 7")
    with pytest.raises(JournalError, match="has the format 7, and this Cartwatch reads 4"):
        Journal(tmp_path / "journal.db")


OLDER = """
DROP INDEX failed_uploads; ALTER TABLE chunks DROP COLUMN at;
CREATE INDEX api_chunks ON chunks ("offset") WHERE upload IS NULL;
ALTER TABLE chunks DROP COLUMN source; DROP TABLE sources;
ALTER TABLE uploads DROP COLUMN paused_at; ALTER TABLE uploads DROP COLUMN paused_lines;
DROP TABLE marks; DROP TABLE corrected;
"""
"""Makes a journal of format 3 of one of format 4."""

OLDEST = f"""
{OLDER}
DROP TRIGGER upload_ended; DROP TABLE ended_lines;
DROP INDEX unended_uploads; DROP INDEX ended_uploads;
"""
"""Makes a journal of format 2."""


def make_older(folder: Path, version: int) -> None:
    """Make a journal what it was when another version wrote it."""
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        db.executescript(OLDER if version == 3 else OLDEST)
        if version == 1:
            db.execute("ALTER TABLE uploads DROP COLUMN looks_like")
        db.execute(f"PRAGMA user_version = {version}")


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_journal_of_an_older_format_is_opened_as_it_is(tmp_path: Path, version: int) -> None:
    """Its uploads, positions, records, keys and sums are there; what a file looks like is not.

    Nobody wrote down when lines were accepted: not before the uploads that had come by then.
    """
    (tmp_path / "uploads").mkdir()
    with closing(Journal(tmp_path / "journal.db")) as new:
        ended, _ = new.release(add(new, tmp_path, "b.jsonl"), [Chunk(0, 14, 3)])
        ended = new.change_upload(ended.id, state="cancelled", finished_at=7.0)
        upload, _ = new.release(add(new, tmp_path), [Chunk(0, 8, 2)])
        appended = new.append_events(b"x\n", "key")
        before = [each._replace(at=5.0) for each in entries(tmp_path)]
    make_older(tmp_path, version)
    for _ in range(2):
        with closing(Journal(tmp_path / "journal.db")) as opened:
            assert opened.uploads.unended() == [upload]
            assert opened.uploads.ended(9) == [ended]
            assert opened.released() == (5, {"api": 1})
            assert opened.append_events(b"x\n", "key") == appended
            assert entries(tmp_path) == before


def test_an_upload_that_was_paused_in_an_older_journal_is_paused_by_now(tmp_path: Path) -> None:
    """Since when, nobody wrote down; what had been released of it by then, is released."""
    (tmp_path / "uploads").mkdir()
    with closing(Journal(tmp_path / "journal.db")) as new:
        upload, _ = new.release(add(new, tmp_path), [Chunk(0, 8, 2)])
        new.change_upload(upload.id, state="paused")
    make_older(tmp_path, 3)
    began = int(time.time())
    with closing(Journal(tmp_path / "journal.db")) as opened:
        (paused,) = opened.uploads.unended()
        assert paused.paused_lines == paused.released_lines == 2
        assert paused.paused_at is not None
        assert began <= paused.paused_at <= time.time()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_times_of_an_older_journal_are_those_of_its_uploads_and_never_run_back(
    tmp_path: Path, version: int
) -> None:
    """A chunk is at least as old as the newest upload up to it, though a clock was set back.

    And no record that comes now is told to have come before them; each source counts on.
    """
    (tmp_path / "uploads").mkdir()
    with closing(Journal(tmp_path / "journal.db")) as new:
        early = add(new, tmp_path, "early.jsonl", now=100.0)
        early, _ = new.release(early, [Chunk(0, 4, 1)])
        late = add(new, tmp_path, "late.jsonl", now=300.0)
        new.append_events(b"x\n")
        late, _ = new.release(late, [Chunk(0, 4, 1)])
        early, _ = new.release(early, [Chunk(4, 8, 1)])
        new.append_events(b"y\n\nz")
        set_back = add(new, tmp_path, "set-back.jsonl", now=200.0)
        new.release(set_back, [Chunk(0, 24, 5)])
        new.release(add(new, tmp_path, "ahead.jsonl", now=2e10), [Chunk(0, 4, 1)])
    make_older(tmp_path, version)
    with closing(Journal(tmp_path / "journal.db")) as opened:
        times = [100.0, 100.0, 300.0, 300.0, 300.0, 300.0, 2e10]
        assert [each.at for each in entries(tmp_path, most_bytes=10**9)] == times
        assert opened.released() == (9, {"api": 4})
        assert opened.append_events(b"x\n") == Appended(5, 5)
        assert opened.append("stream", b"x\n") == Appended(1, 1)
        late, _ = opened.release(late, [Chunk(4, 8, 1)])
        assert [each.at for each in entries(tmp_path, 8)] == [2e10] * 3


def test_records_from_before_any_upload_are_not_as_old_as_time_itself(tmp_path: Path) -> None:
    """They came before the first upload; without any, it is as if they came now."""
    for name, uploads in (("with", [100.0]), ("without", [])):
        folder = tmp_path / name
        (folder / "uploads").mkdir(parents=True)
        with closing(Journal(folder / "journal.db")) as new:
            new.append_events(b"x\n")
            for at in uploads:
                add(new, folder, now=at)
        make_older(folder, 3)
        began = time.time()
        with closing(Journal(folder / "journal.db")):
            (entry,) = entries(folder)
        assert entry.at == 100.0 if uploads else entry.at >= began - 1


def test_an_older_journal_becomes_what_a_new_one_is(tmp_path: Path) -> None:
    """The same tables, indexes and triggers, in the words that made them."""
    for name in ("new", "old"):
        Journal(tmp_path / name).close()
    with closing(sqlite3.connect(tmp_path / "old")) as db:
        db.executescript(OLDEST)
        db.execute("PRAGMA user_version = 2")
    schemas = []
    for name in ("new", "old"):
        Journal(tmp_path / name).close()
        with closing(sqlite3.connect(tmp_path / name)) as db:
            schemas.append(db.execute("SELECT type, name, sql FROM sqlite_schema").fetchall())
    assert sorted(schemas[0], key=str) == sorted(schemas[1], key=str)
