"""A file of SQLite: opened with its format, or left alone; written as a whole, or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dataflow.database import FormatError, Schema, is_damage, open_database, transaction

FIRST = Schema(1, "CREATE TABLE things (a)", "use another")
SECOND = Schema(
    2, "CREATE TABLE things (a, b)", "use another", upgrades={1: "ALTER TABLE things ADD COLUMN b"}
)
BROKEN = Schema(1, "CREATE TABLE things (a); CREATE TABLE things (a)", "use another")


def columns(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [name for _, name, *_ in db.execute("PRAGMA table_info(things)")]


def test_a_new_file_gets_the_schema_and_an_old_one_keeps_what_it_holds(tmp_path: Path) -> None:
    """Opened a second time, it is as it was."""
    for count in (1, 2):
        with closing(open_database(tmp_path / "db", FIRST)) as db:
            db.execute("INSERT INTO things VALUES (7)")
            assert db.execute("SELECT count(*) FROM things").fetchone() == (count,)


def test_what_is_committed_is_synced_and_a_writer_may_be_tuned(tmp_path: Path) -> None:
    """Never less than a sync for each commit; more, as each file wants."""
    tuned = FIRST._replace(pragmas=("cache_size = -77",))
    with closing(open_database(tmp_path / "db", tuned)) as db:
        asked = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    assert asked == PRAGMAS


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "cache_size": -77}


def test_an_older_format_is_upgraded_and_keeps_what_it_holds(tmp_path: Path) -> None:
    """Step by step, in one transaction."""
    path = tmp_path / "db"
    with closing(open_database(path, FIRST)) as db:
        db.execute("INSERT INTO things VALUES (7)")
    with closing(open_database(path, SECOND)) as db:
        assert db.execute("SELECT * FROM things").fetchall() == [(7, None)]
    third = Schema(3, "", "", upgrades={**SECOND.upgrades, 2: "ALTER TABLE things DROP COLUMN a"})
    open_database(path, third).close()
    assert columns(path) == ["b"]


def test_another_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A newer one, and one that there is no way from: the sentence says which, and what to do."""
    path = tmp_path / "db"
    open_database(path, SECOND).close()
    for schema in (FIRST, Schema(4, "", "use another", upgrades={3: "SELECT 1"})):
        with pytest.raises(FormatError, match=r"has the format 2, and this .* \d: use another"):
            open_database(path, schema)
    assert columns(path) == ["a", "b"]


def test_a_schema_is_in_a_file_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    """What was cut short, by a full disk or a kill, is made at the next start."""
    path = tmp_path / "db"
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        open_database(path, BROKEN)
    assert columns(path) == []
    open_database(path, FIRST).close()
    assert columns(path) == ["a"]


def test_a_transaction_is_done_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    """Whatever ends it; and the next one begins as if it had not been."""

    def write(db: sqlite3.Connection, end: type[BaseException]) -> None:
        with transaction(db):
            db.execute("INSERT INTO things VALUES (1)")
            raise end

    with closing(open_database(tmp_path / "db", FIRST)) as db:
        for end in (ValueError, KeyboardInterrupt):
            with pytest.raises(end):
                write(db, end)
        with transaction(db):
            db.execute("INSERT INTO things VALUES (2)")
        assert db.execute("SELECT a FROM things").fetchall() == [(2,)]


def test_a_file_that_is_no_database_is_damage_and_a_missing_folder_is_not(tmp_path: Path) -> None:
    """One is made anew from the journal; the other may be there again in a moment."""
    (tmp_path / "db").write_bytes(b"no database" * 999)
    with pytest.raises(sqlite3.DatabaseError) as damaged:
        open_database(tmp_path / "db", FIRST)
    assert is_damage(damaged.value)
    with pytest.raises(sqlite3.OperationalError) as missing:
        open_database(tmp_path / "none" / "db", FIRST)
    assert not is_damage(missing.value)


def test_a_schema_that_is_no_text_is_damage(tmp_path: Path) -> None:
    """SQLite quotes it where it says so, and Python cannot read that."""
    path = tmp_path / "db"
    open_database(path, FIRST).close()
    path.write_bytes(path.read_bytes().replace(b"TABLE things", b"\xff\xfe\xfd\xa5\xa5 things"))
    with pytest.raises(sqlite3.DatabaseError) as damage:
        open_database(path, FIRST)
    assert is_damage(damage.value)
