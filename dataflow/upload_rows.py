"""The rows of uploads, read from the journal: those that have ended are kept nowhere else.

Each call looks up a key or walks an index as far as it gives rows, so what it costs does not grow
with the uploads that there ever were.
"""

import sqlite3
import threading
from pathlib import Path
from typing import Final

from dataflow.journal_errors import read_row
from dataflow.upload import Upload

_TOGETHER: Final = 1_000


class UploadRows:
    """A reading end of the journal, which waits for no writer; safe to call from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA query_only = ON")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def get(self, upload_id: str) -> Upload | None:
        """Give an upload; None where there is none of that id."""
        found = self._read("SELECT * FROM uploads WHERE id = ?", upload_id)
        return found[0] if found else None

    def newest(self, most: int, before: int) -> list[Upload]:
        """Give the newest uploads of those made before the one numbered so, newest first."""
        return self._read(
            "SELECT * FROM uploads WHERE created < ? ORDER BY created DESC LIMIT ?", before, most
        )

    def count(self) -> int:
        """Count all uploads: they are numbered without a gap."""
        with self._lock:
            row = self._db.execute("SELECT ifnull(max(created), 0) FROM uploads").fetchone()
        return int(row[0])

    def count_failed(self) -> int:
        """Count the uploads that have failed, by an index of these alone."""
        with self._lock:
            row = self._db.execute("SELECT count(*) FROM uploads WHERE state = 'failed'").fetchone()
        return int(row[0])

    def unended(self) -> list[Upload]:
        """Give all uploads that have not ended, oldest first."""
        return self._read("SELECT * FROM uploads WHERE finished_at IS NULL ORDER BY created")

    def ended(self, most: int) -> list[Upload]:
        """Give the newest uploads of those that have ended, newest first."""
        return self._read(
            "SELECT * FROM uploads WHERE finished_at IS NOT NULL ORDER BY created DESC LIMIT ?",
            most,
        )

    def refuse_change(self) -> None:
        """Raise ``ChangedError`` where a row is not what was written; reads all of them."""
        before = 2**62
        while some := self.newest(_TOGETHER, before):
            before = some[-1].created

    def _read(self, query: str, *values: str | int) -> list[Upload]:
        with self._lock:
            rows = self._db.execute(query, values).fetchall()
        return [read_row(row, Upload, f"the upload {row[0]}") for row in rows]
