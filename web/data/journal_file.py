"""The journal of a generation, opened: of all files the one that nothing gives back."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from dataflow.database import is_damage
from dataflow.journal import Journal, JournalReader
from dataflow.journal_errors import ChangedError, JournalError
from dataflow.marks import MarkRows
from dataflow.upload_rows import UploadRows

FROM_A_COPY: Final = "put the whole folder back from a copy, or use another"
"""What is left to do where nothing gives back what is gone."""


def open_journal(path: Path) -> Journal:
    """Open a journal; one that is damaged or gone is a ``JournalError``: nothing gives it back."""
    why = "is missing"
    try:
        if path.stat().st_size:
            return Journal(path)
        why = "is empty"
    except FileNotFoundError:
        pass
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        why = _damaged_by(error)
    raise _lost(path, why)


def refuse_damage(path: Path) -> None:
    """Raise a ``JournalError`` where a journal is damaged in any part; reads all of it."""
    try:
        with closing(sqlite3.connect(path)) as db:
            found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            raise _lost(path, _damaged_by(error)) from error
    else:
        if found != "ok":
            raise _lost(path, _damaged_by(found))


def refuse_change(path: Path, files: Path) -> None:
    """Raise a ``JournalError`` where anything is not what was written; reads all of it."""
    try:
        open_journal(path).close()
        with closing(JournalReader(path, files)) as chunks, closing(MarkRows(path)) as marks:
            chunks.refuse_change()
            marks.refuse_change()
        with closing(UploadRows(path)) as uploads:
            uploads.refuse_change()
    except ChangedError as error:
        raise _lost(path, _damaged_by(error)) from error


def _damaged_by(what: object) -> str:
    return f"is damaged ({what})"


def _lost(path: Path, why: str) -> JournalError:
    return JournalError(f"the journal {path} {why}, and the records are in it alone: {FROM_A_COPY}")


def refuse_gap(path: Path, end: int, position: int) -> None:
    """Raise a ``JournalError`` where a journal ends before what the view has of it."""
    if position > end:
        raise JournalError(
            f"the journal {path} ends at offset {end}, and the view has what comes up to"
            f" {position}: records are missing; {FROM_A_COPY}"
        )
