"""The log before the table of carts: what each commit changed, as one value, the newest last.

A row holds the carts of one commit by key group. The carts are numbered through all rows by their
``changed``; a commit that is written again replaces its row. Used by the view's writing thread.
"""

import sqlite3
from collections.abc import Iterator
from itertools import accumulate
from typing import Final, NamedTuple

import msgspec

from web.view.cart_row import Entry, entries_of

RUN_BYTES: Final = 64 * 1024 * 1024
"""What is read of the log at once: beside the carts themselves, what loading it takes."""

SCHEMA: Final = """
CREATE TABLE cart_log (
    seq INTEGER PRIMARY KEY, changed INTEGER NOT NULL, taken INTEGER NOT NULL, carts BLOB NOT NULL
);
CREATE TABLE cart_round (
    id INTEGER PRIMARY KEY CHECK (id = 1), ends INTEGER NOT NULL, reached TEXT NOT NULL,
    remaining REAL NOT NULL
);
"""
"""The log, and how far the round has come that moves what it holds to the table."""

Carts = dict[int, dict[str, bytes]]
"""Encoded carts of one commit, by key group and user."""


class Change(NamedTuple):
    """What one commit does to the carts: the first of them gets ``changed``, the next one more.

    No cart has changed behind the place ``taken``, in it or in any commit before.
    """

    carts: Carts
    changed: int
    taken: int

    def entries(self) -> dict[str, Entry]:
        """Give each cart with what the commit adds to it."""
        return entries_of(self.carts, self.changed)


class Place(NamedTuple):
    """A place in the log: after the row ``seq``, the last cart of which got ``changed``."""

    seq: int
    changed: int


class _Part(msgspec.Struct, array_like=True, frozen=True):
    """The carts of one key group in a row, and the ``changed`` of their first."""

    changed: int
    carts: msgspec.Raw


_encode = msgspec.msgpack.Encoder().encode
_decode_parts = msgspec.msgpack.Decoder(dict[int, _Part]).decode
_decode_carts = msgspec.msgpack.Decoder(dict[str, bytes]).decode


class CartLog:
    """The rows of the log, by their numbers."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Read how long it is; ``SCHEMA`` must be there."""
        self._db = db
        self.last = int(db.execute("SELECT ifnull(max(seq), 0) FROM cart_log").fetchone()[0])
        """The number of the newest row that is durable."""

    def append(self, change: Change) -> None:
        """Write a change, in the caller's transaction; ``last`` is the caller's to count."""
        firsts = accumulate(map(len, change.carts.values()), initial=change.changed)
        parts = zip(firsts, change.carts.values(), strict=False)
        self._db.execute(
            "INSERT OR REPLACE INTO cart_log VALUES (?, ?, ?, ?)",
            (
                self.last + 1,
                change.changed,
                change.taken,
                _encode(dict(zip(change.carts, parts, strict=True))),
            ),
        )

    def newest_first(self) -> Iterator[Change]:
        """Read the changes back."""
        for _, taken, data in self._rows():
            parts = _decode_parts(data)
            carts = {group: _decode_carts(part.carts) for group, part in parts.items()}
            yield Change(carts, min(part.changed for part in parts.values()), taken)

    def load(self, ends: int, reached: str) -> dict[str, Entry]:
        """Load the newest of every cart; in the rows up to ``ends``, of users after ``reached``.

        By key groups, for many rows at once: a dictionary of few users is in the processor's cache,
        which takes half of the time that one of all would.
        """
        newest: dict[int, dict[str, Entry]] = {}
        for some in self._runs():
            for group, rows in some.items():
                of_group = newest.setdefault(group, {})
                for seq, part in rows:
                    first = reached if seq <= ends else ""
                    changed = part.changed
                    for user_id, cart in _decode_carts(part.carts).items():
                        if user_id not in of_group and user_id > first:
                            of_group[user_id] = cart, changed, group
                        changed += 1
        entries: dict[str, Entry] = {}
        while newest:
            entries |= newest.popitem()[1]
        return entries

    def place(self, seq: int) -> Place | None:
        """Give the place after a row, be that there or cut; None at the end of the log."""
        row = self._db.execute(
            "SELECT seq - 1, changed - 1 FROM cart_log WHERE seq > ? ORDER BY seq LIMIT 1", (seq,)
        ).fetchone()
        return None if row is None else Place(*row)

    def cut(self, end: int, most: int) -> None:
        """Take the oldest rows out, none after ``end``, of about as many changes."""
        # That no row is without a change bounds the rows to look at.
        self._db.execute(
            "DELETE FROM cart_log WHERE seq <= ?1 AND seq < (SELECT min(seq) FROM cart_log) + ?2"
            " AND changed < (SELECT changed FROM cart_log ORDER BY seq LIMIT 1) + ?2",
            (end, most),
        )

    def _runs(self) -> Iterator[dict[int, list[tuple[int, _Part]]]]:
        """Read runs of rows, the newest first, by key group: number and carts."""
        run: dict[int, list[tuple[int, _Part]]] = {}
        size = 0
        for seq, _, carts in self._rows():
            for group, part in _decode_parts(carts).items():
                run.setdefault(group, []).append((seq, part))
            size += len(carts)
            if size >= RUN_BYTES:
                yield run
                run, size = {}, 0
        yield run

    def _rows(self) -> sqlite3.Cursor:
        return self._db.execute("SELECT seq, taken, carts FROM cart_log ORDER BY seq DESC")
