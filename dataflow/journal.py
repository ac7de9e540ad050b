"""The journal: the only way in, one total order of chunks, durable before any answer.

SQLite, in WAL with ``synchronous=FULL``. A row is a chunk of lines: the bytes themselves, or the
range of an upload's file that holds them, and when they were accepted, which is never before the
row before. Its offset is the position that the flow resumes at.
The server writes it, the flow reads it, and nothing is ever taken out of it but by a reset.
"""

import hashlib
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec

from dataflow.chunks import MAX_CHUNK_BYTES, Chunk, after_bom, lines_in, next_chunk, read_chunk
from dataflow.database import FormatError, open_database, transaction
from dataflow.journal_errors import ChangedError, JournalError, read_row
from dataflow.journal_schema import FILE, SCHEMA_VERSION
from dataflow.marks import RESUBMIT, SENT, MarkRows, append_mark, not_sent, note_sent
from dataflow.upload import Time, Upload
from dataflow.upload_rows import UploadRows

API_SOURCE: Final = "api"
"""The label of records that came through ``POST /api/events``."""

READ_BYTES: Final = 2 * MAX_CHUNK_BYTES
"""What the flow takes at once, as far as it is there: a cart is told once for all of it.

And all of it has to be committed before an epoch can end.
"""


class KeyReusedError(Exception):
    """An idempotency key came again with another body."""


class Appended(NamedTuple):
    """The lines that a batch of records took in the count of its source, both inclusive."""

    first_line: int
    last_line: int


class Sent(NamedTuple):
    """Corrections that were taken in: the records that they are of, and the last line of all."""

    ids: list[int]
    last_line: int


class Entry(NamedTuple):
    """A chunk as the flow reads it: its offset in the journal, where it came from, its bytes.

    ``lines`` counts them, ``at`` is when they were accepted, in seconds since 1970. ``is_last``
    says that nothing of its upload comes after it. ``place`` is that of its first line in the one
    order in which the source reads all records, told by the source. Of a topic it has ``values``,
    and no bytes: each is one record, and None stands for a record without a value. ``end`` is where
    the source goes on behind it, where that is not the next offset of the journal.
    """

    offset: int
    upload: str | None
    source: str
    first_line: int
    lines: int
    data: bytes
    at: float
    is_last: bool = False
    place: int = 0
    values: Sequence[bytes | None] | None = None
    end: int = 0

    def refuse_change(self, found: int) -> None:
        """Raise ``ChangedError`` where ``found`` lines were read of it, and another number came."""
        if found != self.lines:
            where = "the journal" if self.upload is None else "its file"
            raise ChangedError(
                f"{self.source!r} holds {found} lines from line {self.first_line} on where"
                f" {self.lines} were taken in: {where} was changed"
            )


class Journal:
    """The server's end of the journal; safe to call from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self.failure: str | None = None
        """Why the last attempt to write failed; None where it did not."""
        try:
            self._db = open_database(path, FILE)
        except FormatError as error:
            raise JournalError(str(error)) from error
        try:
            self.uploads = UploadRows(path)
            self.marks = MarkRows(path)
            self._last_at = self._newest_at()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; what was answered is in it."""
        self.uploads.close()
        self.marks.close()
        with self._lock:
            self._db.close()

    def append_events(self, body: bytes, key: str | None = None) -> Appended:
        """Take records in; the same key answers the same and appends nothing.

        Raises ``KeyReusedError`` where the key came with another body.
        """
        digest = hashlib.sha256(body).digest()
        with self._transaction() as db:
            if key is not None:
                known = db.execute(
                    "SELECT digest, first_line, last_line FROM idempotency_keys WHERE key = ?",
                    (key,),
                ).fetchone()
                if known is not None:
                    if known[0] != digest:
                        raise KeyReusedError(key)
                    return Appended(known[1], known[2])
            appended = self._append(db, API_SOURCE, body)
            if key is not None:
                db.execute(
                    "INSERT INTO idempotency_keys VALUES (?, ?, ?, ?)", (key, digest, *appended)
                )
        return appended

    def append(self, source: str, body: bytes) -> Appended:
        """Take records of a source in that is no upload and has no keys."""
        with self._transaction() as db:
            return self._append(db, source, body)

    def resubmit(self, corrections: Sequence[tuple[int, bytes]], *, again: bool = False) -> Sent:
        """Take corrections in, each of a skipped record by its id: those that are the first.

        Or all of them, where they may come ``again``. They are one chunk, of at most
        ``MAX_CHUNK_BYTES`` and ``MOST_IDS`` lines, and none of them is bad.
        """
        with self._transaction() as db:
            fresh = not_sent(db, [each for each, _ in corrections])
            sent = [(each, line) for each, line in corrections if again or each in fresh]
            ids = [each for each, _ in sent]
            if not sent:
                return Sent(ids, 0)
            body = b"".join(line + b"\n" for _, line in sent)
            first_line, last_line = self._append(db, RESUBMIT, body)
            chunk, at = db.execute(
                'SELECT "offset", at FROM chunks ORDER BY "offset" DESC LIMIT 1'
            ).fetchone()
            append_mark(db, SENT, at, ids, line=first_line, chunk=chunk)
            note_sent(db, ids, first_line)
        return Sent(ids, last_line)

    def mark(self, kind: str, ids: Sequence[int] = (), line: int | None = None) -> None:
        """Write a mark of some records, or of corrections up to a line."""
        with self._transaction() as db:
            append_mark(db, kind, self._now(), ids, line=line)

    def add_upload(
        self,
        upload_id: str,
        name: str,
        *,
        file: str,
        size: int,
        lines: int,
        rate: float | None,
        now: float,
        looks_like: str | None = None,
    ) -> Upload:
        """Take an upload in, whose file is in place and durable; it stands as ``running``."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO uploads (id, created, name, file, bytes, lines, rate, state,"
                " created_at, looks_like)"
                " SELECT ?, ifnull(max(created), 0) + 1, ?, ?, ?, ?, ?, 'running', ?, ?"
                " FROM uploads",
                (upload_id, name, file, size, lines, rate, now, looks_like),
            )
            return _upload(db, upload_id)

    def change_upload(self, upload_id: str, **changes: str | float | None) -> Upload:
        """Set columns of an upload; gives it as it is then."""
        columns = ", ".join(f"{column} = ?" for column in changes)
        with self._transaction() as db:
            db.execute(
                f"UPDATE uploads SET {columns} WHERE id = ?",  # noqa: S608 (names from our calls)
                (*changes.values(), upload_id),
            )
            return _upload(db, upload_id)

    def try_to_write(self) -> None:
        """Write what changes nothing, so that ``failure`` says how it is now."""
        with suppress(sqlite3.Error), self._transaction() as db:
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def release(self, upload: Upload, chunks: Sequence[Chunk]) -> tuple[Upload, int]:
        """Hand further chunks of an upload's file to the flow; gives it and the last offset.

        ``upload`` must be the newest that was given: its position decides where these begin.
        """
        line = upload.released_lines + 1
        offset = 0
        with self._transaction() as db:
            for chunk in chunks:
                offset = db.execute(
                    'INSERT INTO chunks (upload, first_line, lines, "start", "end", at)'
                    ' VALUES (?, ?, ?, ?, ?, ?) RETURNING "offset"',
                    (upload.id, line, chunk.lines, chunk.start, chunk.end, self._now()),
                ).fetchone()[0]
                line += chunk.lines
            db.execute(
                "UPDATE uploads SET released_bytes = ?, released_lines = ? WHERE id = ?",
                (chunks[-1].end, line - 1, upload.id),
            )
            return _upload(db, upload.id), offset

    def released(self) -> tuple[int, dict[str, int]]:
        """Count what was released to the flow: lines of uploads, and of each other source."""
        with self._lock:
            (total,) = self._db.execute(
                "SELECT (SELECT lines FROM ended_lines) + ifnull(sum(released_lines), 0)"
                " FROM uploads WHERE finished_at IS NULL"
            ).fetchone()
            others = self._db.execute("SELECT name, lines FROM sources").fetchall()
        return read_row((total, dict(others)), tuple[int, dict[str, int]], "what was released")

    def end(self) -> int:
        """Give the offset behind the last chunk: where the next one will stand."""
        with self._lock:
            row = self._db.execute('SELECT ifnull(max("offset"), 0) + 1 FROM chunks').fetchone()
        return int(row[0])

    def place(self, offset: int) -> tuple[str, int] | None:
        """Name the source and the first line of the chunk at an offset; None behind the end."""
        with self._lock:
            row = self._db.execute(
                "SELECT ifnull(uploads.name, source), first_line FROM chunks"
                ' LEFT JOIN uploads ON uploads.id = upload WHERE "offset" = ?',
                (offset,),
            ).fetchone()
        return None if row is None else (row[0], row[1])

    def lines_between(self, start: int, end: int) -> int:
        """Count the lines of the chunks from one offset to before another."""
        with self._lock:
            row = self._db.execute(
                'SELECT ifnull(sum(lines), 0) FROM chunks WHERE "offset" >= ? AND "offset" < ?',
                (start, end),
            ).fetchone()
        return int(row[0])

    def _append(self, db: sqlite3.Connection, source: str, body: bytes) -> Appended:
        """Append chunks in the caller's transaction."""
        row = db.execute("SELECT lines FROM sources WHERE name = ?", (source,)).fetchone()
        first_line = line = 1 + (0 if row is None else row[0])
        if row is None:
            db.execute("INSERT INTO sources VALUES (?, 0)", (source,))
        file = BytesIO(body)
        start = after_bom(file)
        at = self._now()
        while (chunk := next_chunk(file, start)) is not None:
            db.execute(
                "INSERT INTO chunks (source, first_line, lines, data, at) VALUES (?, ?, ?, ?, ?)",
                (source, line, chunk.lines, body[chunk.start : chunk.end], at),
            )
            start, line = chunk.end, line + chunk.lines
        db.execute("UPDATE sources SET lines = ? WHERE name = ?", (line - 1, source))
        return Appended(first_line, line - 1)

    def _now(self) -> float:
        """Give the time, or that of the newest chunk where a clock was set back before it."""
        self._last_at = max(self._last_at, time.time())
        return self._last_at

    def _newest_at(self) -> float:
        row = self._db.execute('SELECT at FROM chunks ORDER BY "offset" DESC LIMIT 1').fetchone()
        return 0.0 if row is None else float(row[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                with transaction(self._db) as db:
                    yield db
            except sqlite3.Error as error:
                self.failure = str(error)
                raise
            self.failure = None


class _Row(msgspec.Struct, array_like=True, gc=False):
    """A chunk as the table has it: ``start`` to ``end`` of a file, or the bytes themselves."""

    offset: int
    upload: str | None
    source: str
    first_line: Annotated[int, msgspec.Meta(ge=1)]
    lines: Annotated[int, msgspec.Meta(ge=1)]
    at: Time
    file: str | None
    start: int
    end: int
    data: bytes
    is_last: int


def _upload(db: sqlite3.Connection, upload_id: str) -> Upload:
    row = db.execute("SELECT * FROM uploads WHERE id = ?", (upload_id,)).fetchone()
    return read_row(row, Upload, f"the upload {upload_id}")


def _refuse_gap(source: str, there: int, known: int) -> None:
    if there != known:
        raise ChangedError(f"{source!r} has {there} lines where {known} should be")


class JournalReader:
    """The flow's end of the journal: chunks in order, from any offset on."""

    def __init__(self, path: Path, files: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA query_only = ON")
        self._files = files

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def refuse_change(self) -> None:
        """Raise ``ChangedError`` where any chunk is not what was taken in; reads all of them.

        As far as it shows: by what a row holds, by how many lines there are, and whether those of
        each source and upload follow each other, up to how many are known of it.
        """
        offset, ends = 1, Counter[tuple[bool, str]]()
        while entries := self.read(offset):
            for entry in entries:
                entry.refuse_change(lines_in(entry.data))
                key = (True, entry.upload) if entry.upload is not None else (False, entry.source)
                _refuse_gap(entry.source, ends[key], entry.first_line - 1)
                ends[key] += entry.lines
            offset = entries[-1].offset + 1
        for upload, name, lines in self._db.execute("SELECT id, name, released_lines FROM uploads"):
            _refuse_gap(name, ends[True, upload], lines)
        for name, lines in self._db.execute("SELECT name, lines FROM sources"):
            _refuse_gap(name, ends[False, name], lines)

    def read(
        self, offset: int, most_bytes: int = READ_BYTES, before: int = 2**63 - 1
    ) -> list[Entry]:
        """Read the chunks at and behind an offset, up to about ``most_bytes`` of lines.

        None at or behind ``before``. Raises ``ChangedError`` where a row is none of a chunk, or
        the file of its upload is gone.
        """
        entries: list[Entry] = []
        size = 0
        rows = self._db.execute(
            'SELECT "offset", upload, ifnull(name, source), first_line, chunks.lines, at, file,'
            ' ifnull("start", 0), ifnull("end", 0), iif(file IS NULL, data, x\'\'),'
            " ifnull(first_line + chunks.lines > uploads.lines, 0) FROM chunks"
            ' LEFT JOIN uploads ON uploads.id = upload WHERE "offset" >= ? AND "offset" < ?'
            ' ORDER BY "offset"',
            (offset, before),
        )
        for expected, row in enumerate(rows, offset):
            entries.append(self._entry(row))
            if entries[-1].offset != expected:
                raise ChangedError(f"the chunk at offset {expected} is gone")
            size += len(entries[-1].data)
            if size >= most_bytes:
                break
        rows.close()
        return entries

    def _entry(self, row: tuple[object, ...]) -> Entry:
        found = read_row(row, _Row, f"the chunk at offset {row[0]}")
        data = found.data
        if found.file is not None:
            try:
                with (self._files / found.file).open("rb") as file:
                    data = read_chunk(file, Chunk(found.start, found.end, found.lines))
            except FileNotFoundError as error:
                raise ChangedError(f"the file of {found.source!r} is gone: {error}") from error
        return Entry(
            found.offset,
            found.upload,
            found.source,
            found.first_line,
            found.lines,
            data[:MAX_CHUNK_BYTES],  # of a line too long for any record, enough to tell so
            found.at,
            bool(found.is_last),
        )
