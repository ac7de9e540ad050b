"""A file of SQLite that is ours: opened with its version and schema, and written in transactions.

What is committed is fsynced: it survives a power cut. The journal and the view are such files.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class FormatError(Exception):
    """A file was written by another version; the message says what to do."""


class Schema(NamedTuple):
    """What a file holds: its format, the statements that make it, and how a writer is tuned.

    ``upgrades`` holds the statements that make the next format of an older one, by the older.
    ``remedy`` says what to do where a file has a format that none of them begins with.
    """

    version: int
    statements: str
    remedy: str
    pragmas: tuple[str, ...] = ()
    upgrades: Mapping[int, str] = MappingProxyType({})


def open_database(path: Path, schema: Schema) -> sqlite3.Connection:
    """Open a file to write, from any thread but by one at a time; makes it where it is new.

    All of its schema, or of an upgrade, is in it or nothing. Raises ``FormatError`` and leaves the
    file as it is where its format is another, and ``sqlite3.Error`` where it cannot be used.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", *schema.pragmas):
            db.execute(f"PRAGMA {pragma}")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            _change(db, schema.statements, schema.version)
        elif version in schema.upgrades:
            steps = range(version, schema.version)
            _change(db, "; ".join(schema.upgrades[step] for step in steps), schema.version)
        elif version != schema.version:
            raise FormatError(
                f"{path} has the format {version}, and this Cartwatch reads {schema.version}: "
                f"{schema.remedy}"
            )
    except BaseException as error:
        db.close()
        if isinstance(error, UnicodeDecodeError):  # of SQLite's words for what is malformed
            damage = sqlite3.DatabaseError("malformed database schema")
            damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damage from None
        raise
    return db


def _change(db: sqlite3.Connection, statements: str, version: int) -> None:
    db.executescript(f"BEGIN IMMEDIATE; {statements}; PRAGMA user_version = {version}; COMMIT")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Begin as a writer, commit at the end; rolls back and raises whatever comes between."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is damaged, and not just out of reach or without room."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
