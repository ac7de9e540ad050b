"""The format of the view: one of another format is left as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from web.view.schema import SCHEMA_VERSION
from web.view.view import View, ViewError


@pytest.mark.parametrize("version", [SCHEMA_VERSION - 1, SCHEMA_VERSION + 1])
def test_a_view_of_another_format_is_refused_with_what_makes_it_anew(
    tmp_path: Path, version: int
) -> None:
    """One without causes cannot get them where it stands: they are in the journal."""
    path = tmp_path / "view.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE carts (user_id)")
        db.execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    with pytest.raises(ViewError, match=f"has the format {version}.*cartwatch rebuild"):
        View(path)
    assert path.read_bytes()[100:] == before[100:]  # but for the mark of a log beside it
