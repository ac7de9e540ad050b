"""Loads the index of carts from the view's file, beside the commits."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

from web.memory import give_back
from web.view.cart_row import COLUMNS, Entry, Run
from web.view.read_only import connect_read_only

_ROWS: Final = 2_000
"""Rows that are read at once: in between, others get their turn."""


class Index(Protocol):
    """As much of the index as is needed here."""

    def load(self, runs: Iterable[Run], unmoved: Mapping[str, Entry]) -> None:
        """Begin with rows in the order of their users, and with what the table lacks."""


def load_index(
    index: Index, path: Path, unmoved: Mapping[str, Entry], begun: Callable[[], object]
) -> None:
    """Load it; ``begun`` is called when later commits change nothing of what is read any more.

    ``unmoved`` are the carts that the table lacks at that moment.
    """
    with closing(connect_read_only(path)) as db:
        db.execute("BEGIN")
        db.execute("SELECT 1 FROM position").fetchone()  # the first reading is what begins it
        begun()
        index.load(_runs(db), unmoved)
    give_back()


def _runs(db: sqlite3.Connection) -> Iterator[Run]:
    columns = ", ".join(COLUMNS)
    query = f"SELECT user_id, {columns} FROM carts ORDER BY user_id"  # noqa: S608 (our own names)
    rows = db.execute(query)
    while some := rows.fetchmany(_ROWS):
        yield [user_id for user_id, *_ in some], [values for _, *values in some]
