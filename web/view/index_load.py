"""Loads the index of carts from the view's file, beside the commits."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from web.view.cart_index import COLUMNS, CartIndex, Values
from web.view.cart_row import Entry
from web.view.read_only import connect_read_only

_ROWS: Final = 2_000
"""Rows that are read at once: in between, others get their turn."""


def load_index(
    index: CartIndex, path: Path, unmoved: Mapping[str, Entry], begun: Callable[[], object]
) -> None:
    """Load it; ``begun`` is called when later commits change nothing of what is read any more.

    ``unmoved`` are the carts that the table lacks at that moment.
    """
    with closing(connect_read_only(path)) as db:
        db.execute("BEGIN")
        db.execute("SELECT 1 FROM position").fetchone()  # the first reading is what begins it
        begun()
        index.load(_rows(db), unmoved)


def _rows(db: sqlite3.Connection) -> Iterator[tuple[str, Values]]:
    columns = ", ".join(COLUMNS)
    query = f"SELECT user_id, {columns} FROM carts ORDER BY user_id"  # noqa: S608 (our own names)
    rows = db.execute(query)
    while some := rows.fetchmany(_ROWS):
        for user_id, *values in some:
            yield user_id, tuple(values)
