"""Many rows in few statements.

SQLite's module gives the interpreter's lock away for each statement and has to get it back from
whichever thread is busy: a statement for each row would cost ten times the writing of it.
"""

import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Final

_SIZES: Final = (512, 64, 8, 1)
"""How many rows one statement takes: few different ones, which stay prepared."""

Value = str | int | float | bytes | None


def bulk_insert(
    db: sqlite3.Connection, insert: str, rows: Sequence[Sequence[Value]], then: str = ""
) -> None:
    """Insert rows in their order: ``insert`` comes before the values, ``then`` after them."""
    start = 0
    for size in _SIZES:
        while len(rows) - start >= size:
            some = rows[start : start + size]
            db.execute(
                _statement(insert, len(some[0]), size, then), tuple(chain.from_iterable(some))
            )
            start += size


@cache
def _statement(insert: str, columns: int, rows: int, then: str) -> str:
    row = f"({','.join('?' * columns)})"
    return f"{insert} VALUES {','.join([row] * rows)} {then}"
