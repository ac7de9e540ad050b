"""The format of the view: one of the format before goes on where it stands."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import repeat
from pathlib import Path

import pytest

from dataflow.journal import Entry
from dataflow.records import Event
from tests.kit.streams import line_of
from tests.kit.view_rows import PlayedFlow, rows_of
from web.view.schema import OLDER_VERSION
from web.view.view import View

BACK = f"""
ALTER TABLE carts RENAME COLUMN cart TO lists;
DROP TABLE skipped_counts;
DROP TABLE skipped_ids;
CREATE INDEX skipped_source ON skipped (source, reason);
CREATE INDEX skipped_reason ON skipped (reason);
PRAGMA user_version = {OLDER_VERSION};
"""
"""Makes of a view one as the version before wrote it."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "view.db"
    data = b"".join(line_of(Event(user, 1, False)) for user in ("a", "b")) + b"FAIL\n[]\n"
    entries = [Entry(1, "u1", "f.jsonl", 1, data), Entry(2, None, "api", 1, data)]
    view = View(path)
    view.commit(PlayedFlow(entries).run(3, repeat(9)))
    view.close()
    return path


def test_a_view_of_the_format_before_is_brought_to_this_one(path: Path) -> None:
    """Nothing has to be made anew: rows, counts and tables are those of a view of this format."""
    wanted, tables = rows_of(path), schema_of(path)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(BACK)
    assert rows_of(path) == wanted
    assert schema_of(path) == tables


def test_a_change_of_format_that_is_cut_short_leaves_the_view_as_it_was(path: Path) -> None:
    """All of it or none: the next start does it."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"{BACK} CREATE TABLE skipped_counts (other);")
    older = schema_of(path)
    with pytest.raises(sqlite3.OperationalError):
        View(path)
    assert schema_of(path) == older
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (OLDER_VERSION,)


def schema_of(path: Path) -> set[tuple[str, str]]:
    """Name tables and indexes, with their columns."""
    with closing(sqlite3.connect(path)) as db:
        names = db.execute("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")
        tables = [row[0] for row in names]
        return {
            (name, str(db.execute(f"SELECT name FROM pragma_{kind}(?)", (name,)).fetchall()))
            for name in tables
            for kind in ("table_info", "index_info")
        }
