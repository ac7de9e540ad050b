"""What bytes are that are no text of ours: known files by how they begin, UTF-16, UTF-32, binary.

Asked by what tells the kind of a file, once its lines have turned out to hold hardly a record.
"""

from typing import Final

_UTF_32_MARKS: Final = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_SAVE: Final = "save it as UTF-8"
_PACKED: Final = "unpack it first, or pack it with gzip"
_RECORDS: Final = "choose the file that holds the records, one a line"

_BEGINNINGS: Final = (
    (b"PK\x03\x04", "a ZIP file, as spreadsheets are too: unpack it, or export it as JSON Lines"),
    (b"PK\x05\x06", "an empty ZIP file: " + _RECORDS),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file: " + _PACKED),
    (b"\x1f\x8b", "a gzip file inside of another: take one layer off"),
    (b"BZh", "a bzip2 file: " + _PACKED),
    (b"\xfd7zXZ\0", "an xz file: " + _PACKED),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file: " + _PACKED),
    (b"\x04\x22\x4d\x18", "an LZ4 file: " + _PACKED),
    (b"\x1f\x9d", "a file of compress: " + _PACKED),
    (b"Rar!\x1a\x07", "a RAR file: " + _PACKED),
    (b"\x89PNG\r\n\x1a\n", "a PNG image: " + _RECORDS),
    (b"\xff\xd8\xff", "a JPEG image: " + _RECORDS),
    (b"GIF8", "a GIF image: " + _RECORDS),
    (b"%PDF-", "a PDF document: " + _RECORDS),
    (b"SQLite format 3\0", "a SQLite database: export its rows as JSON Lines"),
    (b"PAR1", "a Parquet file: export its rows as JSON Lines"),
    (b"Obj\x01", "an Avro file: export its records as JSON Lines"),
    (b"ARROW1", "an Arrow file: export its rows as JSON Lines"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file: export its rows as JSON Lines"),
    (b"{\\rtf", "a Rich Text document: save it as plain text, one record a line"),
    (b"\x7fELF", "a program (ELF): " + _RECORDS),
)
_TAR: Final = (257, b"ustar")

_CONTROLS: Final = frozenset([*map(chr, range(32)), "\x7f"]) - set("\t\n\v\f\r\x1b\x1e")
"""Characters that no text has: those of its lines, escapes and JSON text sequences may be."""

_BINARY_SHARE: Final = 0.02
"""Of random bytes a tenth are controls, of compiled and packed ones more, of text none."""

_WIDE: Final = (
    ("utf-32-le", 4, (1, 2, 3), (0,), 0.8),
    ("utf-32-be", 4, (0, 1, 2), (3,), 0.8),
    ("utf-16-le", 2, (1,), (0,), 0.4),
    ("utf-16-be", 2, (0,), (1,), 0.4),
)
"""Codec, bytes a unit, where NULs stand if most of a text is ASCII, where not, the share of such.

JSON, CSV and the like are ASCII but for what they quote.
"""
_STRAY_SHARE: Final = 0.1


def what_surely_begins(head: bytes) -> str | None:
    """Name a file that begins as no text does, whatever its lines hold; else None.

    What a ZIP keeps unpacked may be lines of records, and is none of its own.
    """
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning) and not beginning.decode("latin-1").isprintable():
            return kind
    return None


def what_the_bytes_are(head: bytes) -> str | None:
    """Name a binary file, or text in units of two or four bytes, by its beginning; else None."""
    if head.startswith(_UTF_32_MARKS):
        return f"UTF-32: {_SAVE}"
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    at, magic = _TAR
    if head.startswith(magic, at):
        return f"a tar archive: {_RECORDS}"
    for codec, width, high, low, share in _WIDE:
        fits = _nuls(head, width, high) > share and _nuls(head, width, low) < _STRAY_SHARE
        if fits and not _is_binary(head.decode(codec, errors="replace")):
            return f"{codec[:6].upper()} without a byte-order mark: {_SAVE}"
    return f"a binary file: {_RECORDS}" if _is_binary(head.decode("latin-1")) else None


def _is_binary(text: str) -> bool:
    return sum(map(_CONTROLS.__contains__, text)) > _BINARY_SHARE * len(text)


def _nuls(head: bytes, width: int, places: tuple[int, ...]) -> float:
    """Give the share of NULs among the bytes at these places of each whole unit."""
    whole = len(head) // width
    units = [head[place : whole * width : width] for place in places]
    return sum(unit.count(0) for unit in units) / max(1, whole * len(places))
