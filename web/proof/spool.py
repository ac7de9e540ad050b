"""What a proof has to sort and to keep: in a file without a name, which no crash leaves behind.

SQLite's own temporary database: its file is unlinked as soon as it is open, and so are those that
it sorts in. It is made where ``SQLITE_TMPDIR`` says, which the process is started with. Facts are
kept in parts, all of a user in one of them, so that only one part at a time is sorted.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final

from web.proof.facts import Fact

PARTS: Final = 32
_TOGETHER: Final = 1_000
"""Rows that are written at once."""

_CACHE_KIB: Final = 16 * 1024
"""Memory of the database: what is more of it, and of what it sorts, is in files."""

SkippedRow = tuple[int, str, str, int, str, int | None, int, int]
"""Id, upload, source, line, reason, column, the checksum of the raw text, whether that is cut."""

ChunkRow = tuple[int, int, str, str, int, float, int]
"""Place, lines, upload, source, first line, when it was accepted, offset in the journal."""

_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
CREATE TABLE skipped (
    id INTEGER PRIMARY KEY, upload, source, line, reason, "column", text, cut
);
CREATE TABLE chunks (place INTEGER PRIMARY KEY, lines, upload, source, first_line, at, "offset");
"""


class Spool:
    """Facts by part, and of the view the skipped records and the chunks."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._db.executescript(_SCHEMA)
        for part in range(PARTS):
            self._db.execute(
                f"CREATE TABLE facts_{part} (user TEXT, id, kind, first, second, last)"
            )
        self._db.execute("BEGIN")  # and never a commit: there is nothing to keep
        self._facts: list[list[Fact]] = [[] for _ in range(PARTS)]

    def close(self) -> None:
        """Close it: nothing is left of it."""
        self._db.close()

    def add(self, checksum: int, fact: Fact) -> None:
        """Take a fact in; the checksum of its user says in which part."""
        facts = self._facts[checksum % PARTS]
        facts.append(fact)
        if len(facts) == _TOGETHER:
            self._write(checksum % PARTS)

    def facts(self, part: int) -> Iterator[Fact]:
        """Read the facts of a part, sorted; no more can be added to it then."""
        self._write(part)
        return self._db.execute(
            f"SELECT * FROM facts_{part} ORDER BY user, id, kind, first, last"  # noqa: S608
        )

    def add_skipped(self, rows: list[SkippedRow]) -> None:
        """Keep skipped records of the view."""
        self._db.executemany("INSERT INTO skipped VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def skipped(self) -> Iterator[SkippedRow]:
        """Read them, by their ids."""
        return self._db.execute("SELECT * FROM skipped ORDER BY id")

    def add_chunks(self, rows: list[ChunkRow]) -> None:
        """Keep where the view says that records came from."""
        self._db.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def chunks(self) -> Iterator[ChunkRow]:
        """Read that, by their places."""
        return self._db.execute("SELECT * FROM chunks ORDER BY place")

    def _write(self, part: int) -> None:
        self._db.executemany(
            f"INSERT INTO facts_{part} VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
            self._facts[part],
        )
        self._facts[part] = []
