"""A connection that cannot change a file of SQLite; tables of its own in memory it may have."""

import sqlite3
from pathlib import Path
from urllib.parse import quote


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open an existing file, for one thread at a time; raises ``sqlite3.Error`` where none is."""
    db = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    db.execute("PRAGMA temp_store = MEMORY")
    return db
