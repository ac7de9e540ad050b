"""A form with a file in it, ``multipart/form-data``: the file comes out as the form comes in.

A stage before the content of the file. Nothing is spooled: whatever the form holds beside the
field ``file`` is passed over, and bounded.
"""

from collections.abc import Iterator
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from typing_extensions import override

from web.intake.content import Stage

FIELD: Final = "file"
MAX_BESIDE: Final = 64 * 1024
"""Bytes of headers and of other fields that a form may hold beside its file."""


class FormError(Exception):
    """The form is none that holds one file; the message says why."""


class Form(Stage):
    """Gives the bytes of the field ``file``, wherever it stands among the others.

    ``filename`` is the name that the form gives the file, a label; None until it was read. What
    it is given raises ``FormError`` where it is no such form.
    """

    is_plain = True

    def __init__(self, content_type: str) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise FormError("its Content-Type names no boundary")
        self.filename: str | None = None
        self._out: list[bytes] = []
        self._header = self._value = self._disposition = b""
        self._in_file = self._ended = False
        self._beside = 0
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._part_data,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise FormError(str(error)) from None

    @override
    def feed(self, piece: bytes) -> Iterator[bytes]:
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise FormError(str(error)) from None
        out, self._out = self._out, []
        yield from out

    @override
    def end(self) -> Iterator[bytes]:
        if not self._ended:
            raise FormError("it ends before its last boundary")
        if self.filename is None:
            raise FormError(f"it has no file in a field named {FIELD!r}")
        yield from ()

    def _part_begin(self) -> None:
        self._header = self._value = self._disposition = b""
        self._in_file = False

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._spend(end - start)
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._spend(end - start)
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        filename = options.get(b"filename")
        if options.get(b"name") != FIELD.encode() or filename is None:
            return
        if self.filename is not None:
            raise FormError(f"it has two files in fields named {FIELD!r}: send them one by one")
        self.filename = filename.decode(errors="replace")
        self._in_file = True

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._out.append(data[start:end])
        else:
            self._spend(end - start)

    def _end(self) -> None:
        self._ended = True

    def _spend(self, size: int) -> None:
        self._beside += size
        if self._beside > MAX_BESIDE:
            raise FormError(f"beside its file it holds over {MAX_BESIDE // 1024} KiB")
