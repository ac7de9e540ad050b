"""How far a view that is made anew has to come before it holds what the one before held.

Written before it counts, for a rebuild may be cut short: the next starts go on with it, and the
flow recovers until all that the journal held then is in the view again.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

SCHEMA: Final = """
CREATE TABLE anew (
    id INTEGER PRIMARY KEY CHECK (id = 1), "offset" INTEGER NOT NULL, place INTEGER NOT NULL
);
"""


class Anew(NamedTuple):
    """The offset behind the journal's last chunk, and the last place of all, as they were then."""

    offset: int = 1
    place: int = 0


def write_anew(path: Path, anew: Anew) -> None:
    """Write it into the file of a view that is not in use yet."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO anew VALUES (1, ?, ?)", anew)


def read_anew(db: sqlite3.Connection) -> Anew:
    """Read it; of a view that was never made anew, it is the beginning."""
    row = db.execute('SELECT "offset", place FROM anew').fetchone()
    return Anew() if row is None else Anew(*row)
