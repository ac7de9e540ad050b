"""Marks: what people decided about skipped records, in one order, beside the journal's lines.

A correction was sent, and later it landed; a record was set aside, or taken back. Each mark is
durable with what it is about, and the view takes them in as they stand here: so whatever is made
anew from the journal knows the same of each record, at the same times.
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from dataflow.journal_errors import ChangedError, read_row
from dataflow.upload import Time

RESUBMIT: Final = "resubmit"
"""The source of corrections."""

SENT: Final = "sent"
LANDED: Final = "landed"
ASIDE: Final = "aside"
BACK: Final = "back"

MOST_IDS: Final = 1_024
"""So many records at most does one mark speak of: what is written at once holds nobody up."""

SCHEMA: Final = """
CREATE TABLE marks (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, at REAL NOT NULL, line INTEGER,
    chunk INTEGER REFERENCES chunks, ids BLOB NOT NULL
);
CREATE TABLE corrected (skipped INTEGER PRIMARY KEY, line INTEGER NOT NULL);
"""
"""``corrected`` holds of each record that was sent the line of its last correction."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[int]).decode


class Mark(NamedTuple):
    """One mark, of records by their ids; ``at`` in seconds since 1970, never before the last.

    Of ``sent``, ``line`` is the first of the corrections, which stand in ``lines`` in the order of
    ``ids``. Of ``landed`` it is the last line that has landed by then, with all before it.
    """

    number: int
    kind: str
    at: float
    line: int
    ids: list[int]
    lines: list[bytes]


def append_mark(
    db: sqlite3.Connection,
    kind: str,
    at: float,
    ids: Sequence[int] = (),
    *,
    line: int | None = None,
    chunk: int | None = None,
) -> None:
    """Append a mark in the caller's transaction."""
    db.execute(
        "INSERT INTO marks (kind, at, line, chunk, ids) VALUES (?, ?, ?, ?, ?)",
        (kind, at, line, chunk, _encode(ids)),
    )


def not_sent(db: sqlite3.Connection, ids: Sequence[int]) -> set[int]:
    """Find out of which of these records no correction was ever sent."""
    marks = ",".join("?" * len(ids))
    known = db.execute(f"SELECT skipped FROM corrected WHERE skipped IN ({marks})", ids)  # noqa: S608 (placeholders)
    return set(ids).difference(each for (each,) in known)


def note_sent(db: sqlite3.Connection, ids: Iterable[int], line: int) -> None:
    """Note that corrections of these records were sent, the first of them in a line."""
    rows = zip(ids, range(line, line + MOST_IDS), strict=False)
    db.executemany("INSERT OR REPLACE INTO corrected VALUES (?, ?)", rows)


class MarkRows:
    """A reading end of the journal's marks, which waits for no writer; from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA query_only = ON")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def after(self, number: int, most: int) -> list[Mark]:
        """Read the marks behind one, in their order."""
        with self._lock:
            rows = self._db.execute(
                "SELECT number, kind, marks.at, ifnull(line, 0), ids, ifnull(data, x'') FROM marks"
                ' LEFT JOIN chunks ON "offset" = chunk WHERE number > ? ORDER BY number LIMIT ?',
                (number, most),
            ).fetchall()
        return [_mark(row) for row in rows]

    def refuse_change(self) -> None:
        """Raise ``ChangedError`` where a mark, or what was sent, is not what was written."""
        number, sent = 0, set[int]()
        while marks := self.after(number, MOST_IDS):
            for mark in marks:
                if mark.number != number + 1:
                    raise ChangedError(f"mark {number + 1} is gone")
                number = mark.number
                sent.update(mark.ids if mark.kind == SENT else ())
        with self._lock:
            known = {each for (each,) in self._db.execute("SELECT skipped FROM corrected")}
        if known != sent:
            raise ChangedError("what was sent of skipped records is not what the marks say")


class _Row(msgspec.Struct, array_like=True, gc=False):
    """A mark as it stands in the table, with the lines of its corrections."""

    number: int
    kind: Literal["sent", "landed", "aside", "back"]
    at: Time
    line: Annotated[int, msgspec.Meta(ge=0)]
    ids: bytes
    data: bytes


def _mark(row: Sequence[object]) -> Mark:
    number, kind, at, line, ids, data = msgspec.structs.astuple(
        read_row(row, _Row, f"mark {row[0]}")
    )
    try:
        mark = Mark(number, kind, at, line, _decode(ids), data.split(b"\n")[:-1])
    except msgspec.MsgspecError as error:
        raise ChangedError(f"mark {number} speaks of no records ({error})") from error
    if kind == SENT and len(mark.ids) != len(mark.lines):
        raise ChangedError(
            f"mark {number} is of {len(mark.ids)} records and {len(mark.lines)} lines"
        )
    return mark
