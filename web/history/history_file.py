"""The file of the figures over time: beside the generations, as it outlives a reset.

Delivery: what is written survives a kill; a power cut may take the last of it. To write a point
again replaces it. It holds what memory holds and no more: 600 points of each step, 600 marks.
"""

import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec

from dataflow.database import FormatError, Schema, is_damage, open_database, transaction
from web.data.files import identity
from web.data.privacy import tighten
from web.history.delays import Delays
from web.history.points import POINTS, Point, Stored
from web.history.timeline import MOST_MARKS, STEPS, Mark, Past, Sums

_OURS: Final = 0x43574869
_SQLITE: Final = b"SQLite format 3\0"
_OURS_AT: Final = slice(68, 72)
"""Where the head of a file of SQLite says what program it belongs to."""

_HEAD_BYTES: Final = 100
_YEAR_9999: Final = 253_370_764_800
_BESIDE: Final = ("", "-wal", "-shm", "-journal")
_TOLD: Final = "generation, events, skipped, completed"

_FILE: Final = Schema(
    1,
    """
CREATE TABLE points (
    step INTEGER NOT NULL, number INTEGER NOT NULL, events INTEGER NOT NULL,
    skipped INTEGER NOT NULL, completed INTEGER NOT NULL, lag INTEGER NOT NULL,
    viewers INTEGER NOT NULL, delays BLOB NOT NULL, PRIMARY KEY (step, number)
) WITHOUT ROWID;
CREATE TABLE marks (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, words TEXT NOT NULL
);
CREATE TABLE told (
    id INTEGER PRIMARY KEY CHECK (id = 1), generation INTEGER NOT NULL, events INTEGER NOT NULL,
    skipped INTEGER NOT NULL, completed INTEGER NOT NULL, alive_at REAL
);
""",
    "use the version that wrote it, or move it elsewhere",
    ("synchronous = NORMAL",),
)


_COLUMNS: Final = "step, number, events, skipped, completed, lag, viewers, delays"


_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Time = Annotated[float, msgspec.Meta(ge=0, lt=_YEAR_9999)]
"""What any Cartwatch may have written: with anything else, nothing could be added up or told."""


class _PointRow(msgspec.Struct, array_like=True):
    step: int
    number: _Count
    events: _Count
    skipped: _Count
    completed: _Count
    lag: _Count
    viewers: _Count
    delays: bytes


class _MarkRow(msgspec.Struct, array_like=True):
    at: _Time
    kind: str
    words: str


class _ToldRow(msgspec.Struct, array_like=True):
    generation: _Count
    events: _Count
    skipped: _Count
    completed: _Count
    alive_at: _Time | None


class DamageError(Exception):
    """The file is damaged; the message says how."""


class UnusableError(Exception):
    """The file cannot be used, and is left as it is; the message says why."""


class GoneError(Exception):
    """What is at the path of the file is not the file that was opened; the message says so."""


class News(NamedTuple):
    """What a file is to hold from now on; ``alive_at`` is null where the server ends."""

    points: list[Stored]
    marks: list[Mark]
    told: Sums | None
    alive_at: float | None


class HistoryFile:
    """One file, written by one thread at a time; none is opened before it is needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def open(self) -> Past:
        """Open it, or make it, and give what it holds.

        Raises ``DamageError``, ``UnusableError``, ``sqlite3.Error`` and ``OSError``.
        """
        with self._lock:
            _claim(self.path)
            tighten(self.path.with_name(self.path.name + suffix) for suffix in _BESIDE)
            try:
                db = open_database(self.path, _FILE)
            except FormatError as error:
                raise UnusableError(str(error)) from error
            except sqlite3.Error as error:
                raise _damage_or(error) from error
            try:
                past = _read(db)
            except BaseException:
                db.close()
                raise
            self._db = db
            self._opened = identity(self.path)
        return past

    def write(self, news: News) -> None:
        """Write what is new, all or nothing.

        Raises ``DamageError``, ``GoneError`` and ``sqlite3.Error``.
        """
        with self._lock:
            if self._db is None:
                raise UnusableError(f"{self.path} is not open")
            if identity(self.path) != self._opened:
                raise GoneError(f"{self.path} was moved, removed or replaced")
            try:
                with transaction(self._db) as db:
                    _write(db, news)
            except sqlite3.Error as error:
                raise _damage_or(error) from error

    def put_aside(self) -> Path:
        """Give a damaged file another name, by which it is found; raises ``OSError``."""
        self.close()
        number = 1
        while os.path.lexists(aside := self.path.with_name(f"history-damaged-{number}.db")):
            number += 1
        for suffix in reversed(_BESIDE):
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + suffix).rename(
                    aside.with_name(aside.name + suffix)
                )
            tighten([aside.with_name(aside.name + suffix)])
        return aside

    def close(self) -> None:
        """Close it; what was written is in it."""
        with self._lock:
            db, self._db = self._db, None
            if db is not None:
                db.close()


def carry(path: Path, old: int, new: int) -> None:
    """Have what was told of a generation be that of one made anew from its journal.

    Raises what ``HistoryFile.open`` raises.
    """
    if not path.exists():
        return
    with closing(HistoryFile(path)) as file:
        past = file.open()
        if past.told is not None and past.told.generation == old:
            file.write(News([], [], past.told._replace(generation=new), past.alive_at))


def _claim(path: Path) -> None:
    """Make the file, as ours, where there is none yet; raises where it is somebody else's."""
    if os.path.lexists(path) and not path.is_file():
        raise UnusableError(f"{path} is no file")
    head = b""
    with suppress(FileNotFoundError), path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        with closing(sqlite3.connect(path)) as db:  # before anything of it is in a log beside it
            db.execute(f"PRAGMA application_id = {_OURS}")
    elif not head.startswith(_SQLITE):
        raise DamageError("it is no file of SQLite")
    elif int.from_bytes(head[_OURS_AT]) != _OURS:
        raise UnusableError(f"{path} belongs to another program")


def _read(db: sqlite3.Connection) -> Past:
    """Read all of it; what no Cartwatch has written is damage, too."""
    try:
        rows = db.execute(f"SELECT {_COLUMNS} FROM points ORDER BY step, number")  # noqa: S608
        points = [_stored(msgspec.convert(row, _PointRow)) for row in rows]
        rows = db.execute("SELECT at, kind, words FROM marks ORDER BY at, id")
        marks = [Mark(*msgspec.structs.astuple(msgspec.convert(row, _MarkRow))) for row in rows]
        rows = db.execute(f"SELECT {_TOLD}, alive_at FROM told")  # noqa: S608
        told = [msgspec.convert(row, _ToldRow) for row in rows]
    except sqlite3.Error as error:
        raise _damage_or(error) from error
    except msgspec.DecodeError as error:
        raise DamageError(str(error)) from error
    past = Past(points, marks, None, None)
    if told:
        *sums, alive_at = msgspec.structs.astuple(told[0])
        past = past._replace(told=Sums(*sums), alive_at=alive_at)
    if not 0 <= past.newest < _YEAR_9999:
        raise DamageError(f"it ends {past.newest:.0f} s after 1970")
    return past


def _stored(row: _PointRow) -> Stored:
    if row.step not in STEPS.values():
        raise msgspec.DecodeError(f"it holds points of {row.step} s")
    figures = (row.events, row.skipped, row.completed, row.lag, row.viewers)
    return Stored(row.step, row.number, Point(*figures, delays=Delays.decode(row.delays)))


def _write(db: sqlite3.Connection, news: News) -> None:
    rows = [
        (step, number, *msgspec.structs.astuple(point)[:-1], point.delays.encode())
        for step, number, point in news.points
    ]
    db.executemany("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    newest = {step: number for step, number, _ in news.points}
    db.executemany(
        "DELETE FROM points WHERE step = ? AND number <= ?",
        [(step, number - POINTS) for step, number in newest.items()],
    )
    db.executemany("INSERT INTO marks (at, kind, words) VALUES (?, ?, ?)", news.marks)
    db.execute("DELETE FROM marks WHERE id <= (SELECT max(id) FROM marks) - ?", (MOST_MARKS,))
    if news.told is not None:
        row = (*news.told[:4], news.alive_at)
        db.execute("INSERT OR REPLACE INTO told VALUES (1, ?, ?, ?, ?, ?)", row)


def _damage_or(error: sqlite3.Error) -> sqlite3.Error | DamageError:
    return DamageError(str(error)) if is_damage(error) else error
