"""A draft: what was received of a file or of a batch so far, within its bound."""

from collections.abc import Iterator
from typing import BinaryIO

from dataflow.chunks import LineCounter
from dataflow.file_kind import HEAD_BYTES, what_it_looks_like
from web.errors import APIError
from web.intake.content import PIECE_BYTES


class Draft:
    """Writes pieces to a file, counts their bytes and lines, and remembers how it begins.

    ``too_large`` is raised before more than ``most`` bytes are written.
    """

    def __init__(self, file: BinaryIO, most: int, too_large: APIError) -> None:
        self.most = most
        self.too_large = too_large
        self.size = 0
        self._file = file
        self._counter = LineCounter()
        self._head = b""

    @property
    def lines(self) -> int:
        """The lines so far; a byte-order mark alone is none."""
        return self._counter.lines

    def looks_like(self) -> str | None:
        """Say what all of it looks like where it is not JSON Lines."""
        return what_it_looks_like(self._head, whole=self.size <= HEAD_BYTES)

    def write(self, pieces: Iterator[bytes]) -> bool:
        """Write about a mebibyte of the pieces; gives whether there may be more."""
        written = 0
        for piece in pieces:
            if self.size + len(piece) > self.most:
                raise self.too_large
            self.size += len(piece)
            if len(self._head) < HEAD_BYTES:
                self._head += piece[: HEAD_BYTES - len(self._head)]
            self._counter.feed(piece)
            self._file.write(piece)
            written += len(piece)
            if written >= PIECE_BYTES:
                return True
        return False
