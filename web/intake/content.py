"""Content: what a body or a file holds once it is unpacked and decoded, in pieces as they come.

Stands before what is kept. A gzip is unpacked, one layer and all of its members; UTF-16 with a
byte-order mark becomes UTF-8. Everything else passes as it is. Pure, and bounded in memory: a
piece that comes out is at most about a mebibyte, however much one that went in becomes.
"""

import codecs
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from typing_extensions import override

PIECE_BYTES: Final = 1024 * 1024
_GZIP: Final = b"\x1f\x8b"
_GZIP_FORMAT: Final = 16 + zlib.MAX_WBITS
_UTF_32_LE: Final = codecs.BOM_UTF32_LE
_BEGINNING: Final = len(_UTF_32_LE)
_GARBAGE: Final = "something that is no gzip stands behind the gzip: send the gzip alone"
_UNDECODABLE: Final = b"\xff"

_UTF_16: Final = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class BadGzipError(Exception):
    """A gzip that cannot be read to its end; the message says why, and what to do."""


class Stage(Protocol):
    """A step on the way: each ``feed`` is to be read to its end before the next one."""

    @property
    def is_plain(self) -> bool:
        """Whether it is known that what comes out is as long as what goes in."""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Take a further piece; gives what comes of it."""

    def end(self) -> Iterator[bytes]:
        """End the way; gives what is left, raises where something is missing."""


class Content:
    """Stages behind each other: what comes out of one goes into the next."""

    def __init__(self, *stages: Stage) -> None:
        self._stages = stages

    @property
    def is_plain(self) -> bool:
        """Whether it is known that everything passes as it is."""
        return all(stage.is_plain for stage in self._stages)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Give what comes of a further piece; raises ``BadGzipError``."""
        return _through(self._stages, piece)

    def end(self) -> Iterator[bytes]:
        """Give what is left at the end; raises ``BadGzipError`` where the end is missing."""
        for at, stage in enumerate(self._stages):
            for piece in stage.end():
                yield from _through(self._stages[at + 1 :], piece)


def _through(stages: Sequence[Stage], piece: bytes) -> Iterator[bytes]:
    if not stages:
        yield piece
        return
    for each in stages[0].feed(piece):
        yield from _through(stages[1:], each)


class _Plain(Stage):
    is_plain = True

    @override
    def feed(self, piece: bytes) -> Iterator[bytes]:
        yield piece

    @override
    def end(self) -> Iterator[bytes]:
        yield from ()


class _ByBeginning(Stage):
    """A stage that is chosen by the first bytes, of which there may be fewer at the end."""

    def __init__(self, choose: Callable[[bytes], Stage]) -> None:
        self._choose = choose
        self._beginning = b""
        self._chosen: Stage | None = None

    @property
    @override
    def is_plain(self) -> bool:
        return self._chosen is not None and self._chosen.is_plain

    @override
    def feed(self, piece: bytes) -> Iterator[bytes]:
        if self._chosen is None:
            piece = self._beginning = self._beginning + piece
            if len(piece) < _BEGINNING:
                return
            self._chosen, self._beginning = self._choose(piece), b""
        yield from self._chosen.feed(piece)

    @override
    def end(self) -> Iterator[bytes]:
        if self._chosen is None:
            self._chosen = self._choose(self._beginning)
            yield from self._chosen.feed(self._beginning)
        yield from self._chosen.end()


def unpacked(*, declared: bool = False) -> Stage:
    """Make the stage that unpacks a gzip, told by its first bytes or declared to be one."""

    def choose(beginning: bytes) -> Stage:
        if beginning.startswith(_GZIP):
            return _Gzip()
        if declared and beginning:
            raise BadGzipError("Content-Encoding says gzip, and the body is none: leave it out")
        return _Plain()

    return _ByBeginning(choose)


def as_utf_8() -> Stage:
    """Make the stage that turns UTF-16 with a byte-order mark into UTF-8 without one.

    A unit that is no character becomes bytes that are no UTF-8, so that its line is skipped.
    """

    def choose(beginning: bytes) -> Stage:
        for mark, codec in _UTF_16:
            if beginning.startswith(mark) and not beginning.startswith(_UTF_32_LE):
                return _Utf16(codec, len(mark))
        return _Plain()

    return _ByBeginning(choose)


class _Gzip(Stage):
    is_plain = False

    def __init__(self) -> None:
        self._member: zlib._Decompress | None = None
        self._members = 0

    @override
    def feed(self, piece: bytes) -> Iterator[bytes]:
        may_hold_more = False
        while piece or may_hold_more:
            if self._member is None:
                if self._members and not piece.startswith(_GZIP[:1]):
                    raise BadGzipError(_GARBAGE)
                self._member = zlib.decompressobj(_GZIP_FORMAT)
            try:
                out = self._member.decompress(piece, PIECE_BYTES)
            except zlib.error as error:
                raise BadGzipError(self._why(error)) from None
            if out:
                yield out
            piece = self._member.unconsumed_tail
            may_hold_more = len(out) == PIECE_BYTES
            if self._member.eof:
                piece, may_hold_more = self._member.unused_data, False
                self._member = None
                self._members += 1

    @override
    def end(self) -> Iterator[bytes]:
        if self._member is not None:
            raise BadGzipError("the gzip is cut short: its end is missing; send all of it")
        yield from ()

    def _why(self, error: zlib.error) -> str:
        words = str(error).rpartition(": ")[2]
        if self._members and words == "incorrect header check":
            return _GARBAGE
        return f"the gzip is damaged ({words}): pack the file again"


class _Utf16(Stage):
    is_plain = False

    def __init__(self, codec: str, mark: int) -> None:
        self._codec = codec
        self._mark = mark
        self._decoder = codecs.getincrementaldecoder(codec)("surrogatepass")

    @override
    def feed(self, piece: bytes) -> Iterator[bytes]:
        text = self._decoder.decode(piece[self._mark :])
        self._mark = 0
        yield text.encode(errors="surrogatepass")

    @override
    def end(self) -> Iterator[bytes]:
        left, _ = self._decoder.getstate()
        whole = len(left) - len(left) % 2
        text = codecs.decode(left[:whole], self._codec, "surrogatepass")
        yield text.encode(errors="surrogatepass")
        if whole < len(left):
            yield _UNDECODABLE
