r"""Chunks: runs of whole lines, cut from a file of any size with bounded memory.

Stands before the journal: what is released to the flow is a chunk, so that an item of the engine
carries thousands of lines. A chunk never holds more than ``MAX_CHUNK_BYTES`` and
``MAX_CHUNK_LINES``, but for a single line that is longer: it is a chunk of its own, of which
readers read just enough to call it too long.
"""

from typing import BinaryIO, Final, NamedTuple

from dataflow.records import BOM, MAX_LINE_BYTES

MAX_CHUNK_BYTES: Final = 2 * MAX_LINE_BYTES
MAX_CHUNK_LINES: Final = 32_768
_BLOCK: Final = 1024 * 1024
_AMPLE_LINE: Final = 1024
"""Bytes that hardly any line is longer than: a slow replay reads so much for each of its lines."""


class Chunk(NamedTuple):
    """Bytes ``start`` to ``end`` of a file: ``lines`` whole lines."""

    start: int
    end: int
    lines: int


def after_bom(file: BinaryIO) -> int:
    """Give the position at which the first line begins: 3 behind a byte-order mark, else 0."""
    file.seek(0)
    return len(BOM) if file.read(len(BOM)) == BOM else 0


def next_chunk(
    file: BinaryIO, start: int, most_lines: int = MAX_CHUNK_LINES, most_bytes: int = MAX_CHUNK_BYTES
) -> Chunk | None:
    """Cut the next chunk at ``start``, which is the beginning of a line; None at the end.

    A single line that is longer than ``most_bytes`` is a chunk of its own.
    """
    most_lines = min(most_lines, MAX_CHUNK_LINES)
    file.seek(start)
    data = file.read(min(most_bytes, most_lines * _AMPLE_LINE))
    if data.count(b"\n") < most_lines:
        data += file.read(most_bytes - len(data))
    if not data:
        return None
    at_end = len(data) < most_bytes
    newlines = data.count(b"\n")
    if newlines >= most_lines:
        rest = data.split(b"\n", most_lines)[most_lines]
        return Chunk(start, start + len(data) - len(rest), most_lines)
    if at_end:
        return Chunk(start, start + len(data), newlines + (not data.endswith(b"\n")))
    if newlines:
        return Chunk(start, start + data.rindex(b"\n") + 1, newlines)
    return Chunk(start, _end_of_line(file), 1)


def read_chunk(file: BinaryIO, chunk: Chunk) -> bytes:
    """Read a chunk; of a line too long for any record, just enough to tell so."""
    file.seek(chunk.start)
    return file.read(min(chunk.end - chunk.start, MAX_CHUNK_BYTES))


def lines_in(data: bytes) -> int:
    """Count the lines of a chunk; the last needs no newline."""
    return data.count(b"\n") + (data[-1:] not in (b"", b"\n"))


def _end_of_line(file: BinaryIO) -> int:
    while block := file.read(_BLOCK):
        at = block.find(b"\n")
        if at >= 0:
            return file.tell() - len(block) + at + 1
    return file.tell()


class LineCounter:
    """Counts the lines of a file that arrives in pieces; the last needs no newline."""

    def __init__(self) -> None:
        self._newlines = 0
        self._head = b""
        self._last = b""

    def feed(self, piece: bytes) -> None:
        """Count a further piece."""
        self._newlines += piece.count(b"\n")
        if len(self._head) <= len(BOM):
            self._head += piece[: len(BOM) + 1]
        self._last = piece[-1:] or self._last

    @property
    def lines(self) -> int:
        """The lines of all pieces so far; a byte-order mark alone is none."""
        return self._newlines + (self._last not in (b"", b"\n") and self._head != BOM)
