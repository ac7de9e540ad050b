"""The whole line of a record, as it came: read from the journal, or from the file of its upload.

A line may be of any length, so it is a range of a file, read by who wants it.
"""

import sqlite3
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from dataflow.chunks import Chunk, read_chunk

_PIECE: Final = 64 * 1024


class WholeLine(NamedTuple):
    """The bytes of a line without its end: ``size`` of a file from ``start`` on."""

    file: BinaryIO
    start: int
    size: int

    def pieces(self) -> Iterator[bytes]:
        """Read it in pieces, and close the file behind the last."""
        with self.file:
            self.file.seek(self.start)
            left = self.size
            while left and (piece := self.file.read(min(left, _PIECE))):
                left -= len(piece)
                yield piece

    def read(self) -> bytes:
        """Read it at once."""
        return b"".join(self.pieces())


class WholeLines:
    """A reading end of the journal for single lines; safe to call from any thread."""

    def __init__(self, path: Path, files: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA query_only = ON")
        self._files = files
        self._offset = 0
        self._lines: list[bytes] = []

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def find(self, offset: int, index: int) -> WholeLine:
        """Find a line of the chunk at an offset, the first of which has the index 0.

        Raises ``OSError`` where the file of its upload cannot be read.
        """
        with self._lock:
            if offset == self._offset:
                return _in_memory(self._lines[index])
            file, start, end, lines, data = self._db.execute(
                'SELECT file, "start", "end", chunks.lines, data FROM chunks'
                ' LEFT JOIN uploads ON uploads.id = upload WHERE "offset" = ?',
                (offset,),
            ).fetchone()
            if file is not None:
                if lines == 1:
                    return _range((self._files / file).open("rb"), start, end)
                with (self._files / file).open("rb") as opened:
                    data = read_chunk(opened, Chunk(start, end, lines))
            # Who asks for one asks for its neighbours next.
            self._offset, self._lines = offset, data.split(b"\n")
            return _in_memory(self._lines[index])


def _in_memory(line: bytes) -> WholeLine:
    line = line.removesuffix(b"\r")
    return WholeLine(BytesIO(line), 0, len(line))


def _range(file: BinaryIO, start: int, end: int) -> WholeLine:
    file.seek(max(start, end - 2))
    last = file.read(end - max(start, end - 2))
    size = end - start
    for ending in (b"\r\n", b"\n", b"\r"):
        if last.endswith(ending):
            size -= len(ending)
            break
    return WholeLine(file, start, size)
