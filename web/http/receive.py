"""Receiving: bodies and files from outside, bounded in size and memory, durable when done.

What is received is what a body holds: unpacked where it is a gzip, UTF-8 where it is UTF-16.
Bounds count what comes out; of what goes in twice as much is read, as UTF-16 may take.
"""

import asyncio
import errno
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TypeVar

from starlette.requests import ClientDisconnect, Request

from web.data.files import sync
from web.errors import APIError, bad_request
from web.intake.content import PIECE_BYTES, BadGzipError, Content, as_utf_8, unpacked
from web.intake.draft import Draft
from web.intake.form import MAX_BESIDE, Form, FormError
from web.words import count

MAX_NAME: Final = 255
MAX_LINE: Final = 8 * 1024 * 1024
_MORE_IN: Final = 1024 * 1024
_SMALL: Final = 64 * 1024
_GZIP_NAMES: Final = (["gzip"], ["x-gzip"])
T = TypeVar("T")
_MOST_OWED: Final = 32 * 1024 * 1024
"""What is written of a file before it is made durable: a tenth of a second of a slow disk."""

HandOn = Callable[[], Awaitable[None]]


class ReadUpload(NamedTuple):
    """What was read of an upload: the name in its form, its bytes and lines, its kind."""

    name: str | None
    size: int
    lines: int
    looks_like: str | None


class ReceivedFile(NamedTuple):
    """A file in the folder of uploads: its name there, its label, its bytes and lines.

    Its content is durable, and it stands under a partial name until it is placed: whoever received
    it places or discards it. ``looks_like`` says what it looks like where it is not JSON Lines.
    """

    file: str
    name: str | None
    size: int
    lines: int
    looks_like: str | None

    def place(self, folder: Path) -> None:
        """Give it its own name, durably; raises ``OSError``."""
        _draft(folder, self.file).rename(folder / self.file)
        sync(folder)

    def discard(self, folder: Path) -> None:
        """Leave nothing of it, whether it was placed or not, in a folder that may be gone."""
        for path in (_draft(folder, self.file), folder / self.file):
            path.unlink(missing_ok=True)


def too_large(what: str, most: int) -> APIError:
    """Refuse what is larger than it may be."""
    return APIError(413, "too_large", f"{what} is at most {count(most, 'byte')}")


async def receive_body(request: Request, most: int, what: str) -> bytes:
    """Read a whole body of at most ``most`` bytes, as it comes."""
    pieces = [piece async for piece in _bounded(request, most, too_large(what, most))]
    return b"".join(pieces)


async def receive_records(request: Request, most: int) -> bytes:
    """Read a whole body of records of at most ``most`` bytes, unpacked and in UTF-8."""
    text, lines = await _receive_text(request, most, "a batch of records")
    if lines == 0:
        raise APIError(400, "empty_body", "the body is empty: it holds no line")
    return text


async def receive_line(request: Request) -> bytes:
    """Read a whole body that is to be a line, unpacked and in UTF-8; it may be empty.

    Or be too long for a record, which is not for us to say.
    """
    return (await _receive_text(request, MAX_LINE, "a line"))[0]


async def _receive_text(request: Request, most: int, what: str) -> tuple[bytes, int]:
    """Read a whole body of text; gives it, and counts its lines."""
    if _is_form(request):
        raise APIError(
            415,
            "unsupported_media_type",
            "a form holds no lines of records: send the file itself, as curl --data-binary @FILE",
        )
    text = BytesIO()
    draft = Draft(text, most, too_large(what, most))
    content = Content(unpacked(declared=_is_packed(request)), as_utf_8())
    await _read(request, draft, content, quick=True)
    return text.getvalue(), draft.lines


async def receive_file(request: Request, folder: Path, most: int) -> ReceivedFile:
    """Stream an upload – the raw body, or a form's field ``file`` – to disk; durable when done.

    Refuses one that is empty or too large; leaves nothing behind where it fails or is cancelled.
    A reset may remove the folder meanwhile: that is met by who places the file, and not here.
    """
    name = secrets.token_hex(16)
    path = _draft(folder, name)
    received: ReceivedFile | None = None
    durable = 0

    async def keep_up() -> None:
        """Let the disk keep up: whoever else waits for it waits for all that it owes."""
        nonlocal durable
        if file.tell() - durable >= _MOST_OWED:
            await _in_thread(partial(_sync, file))
            durable = file.tell()

    try:
        with path.open("xb") as file:
            read = await receive_upload(request, file, most, keep_up)
            await _in_thread(partial(_sync, file))
        received = ReceivedFile(name, *read)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise APIError(507, "disk_full", "the disk is full: nothing was taken in") from error
        raise APIError(503, "storage", f"the upload cannot be written: {error.strerror}") from error
    finally:
        if received is None:
            path.unlink(missing_ok=True)
    return received


async def receive_upload(
    request: Request, file: BinaryIO, most: int, hand_on: HandOn | None = None
) -> ReadUpload:
    """Read an upload – the raw body, or a form's field ``file`` – into a file.

    ``hand_on`` is called after every further mebibyte of it.
    Refuses one that is empty or too large; raises what writing to the file raises.
    """
    try:
        form, content = _upload_content(request)
        draft = Draft(file, most, too_large("an upload", most))
        beside = MAX_BESIDE if form else 0
        await _read(request, draft, content, beside=beside, hand_on=hand_on)
    except FormError as error:
        raise bad_request(f"the form cannot be read: {error}") from None
    if draft.lines == 0:
        raise APIError(400, "empty_upload", "the upload is empty: it holds no line")
    looks_like = await _in_thread(draft.looks_like)
    return ReadUpload(None if form is None else form.filename, draft.size, draft.lines, looks_like)


def read_name(text: str | None) -> str:
    """Read the label of an upload: any text of up to 255 characters, never a path."""
    name = (text or "").strip()
    if len(name) > MAX_NAME:
        raise bad_request(f"name is longer than {MAX_NAME} characters")
    return name or "upload.jsonl"


def _upload_content(request: Request) -> tuple[Form | None, Content]:
    """Say how an upload is read: one layer of gzip, around a form or around the file."""
    is_packed = _is_packed(request)
    if not _is_form(request):
        return None, Content(unpacked(declared=is_packed), as_utf_8())
    form = Form(request.headers["content-type"])
    if is_packed:
        return form, Content(unpacked(declared=True), form, as_utf_8())
    return form, Content(form, unpacked(), as_utf_8())


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lstrip().lower().startswith("multipart/")


def _is_packed(request: Request) -> bool:
    """Whether the body is declared to be a gzip; refuses any other encoding."""
    declared = ",".join(request.headers.getlist("content-encoding"))
    names = [name.strip().lower() for name in declared.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if names and names not in _GZIP_NAMES:
        raise APIError(
            415,
            "unsupported_encoding",
            f"Content-Encoding is gzip or none, not {declared[:40]!r}: send it unpacked,"
            " or packed once with gzip",
        )
    return bool(names)


async def _read(
    request: Request,
    draft: Draft,
    content: Content,
    *,
    beside: int = 0,
    quick: bool = False,
    hand_on: HandOn | None = None,
) -> None:
    """Read a body to its end into a draft; raises ``APIError``, ``FormError`` or ``OSError``.

    ``beside`` is what a body may hold that is no content. A ``quick`` draft is in memory.
    """
    most = 2 * draft.most + _MORE_IN

    async def drain(pieces: Iterator[bytes], size: int) -> None:
        there_is_more = draft.write(pieces) if quick and size <= _SMALL else True
        while there_is_more:
            there_is_more = await _in_thread(partial(draft.write, pieces))
            if hand_on is not None:
                await hand_on()
        if content.is_plain and _declared(request) > draft.most + beside:
            raise draft.too_large

    try:
        async for block in _blocks(_bounded(request, most, draft.too_large)):
            await drain(content.feed(block), len(block))
        await drain(content.end(), 0)
    except BadGzipError as error:
        raise APIError(400, "bad_gzip", str(error)) from None


async def _blocks(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Gather pieces to blocks that are worth a trip through a thread."""
    gathered: list[bytes] = []
    size = 0
    async for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= PIECE_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)


async def _in_thread(call: Callable[[], T]) -> T:
    """Run a call in a thread; cancelled, it lets the call end, and then is cancelled."""
    running = asyncio.get_running_loop().run_in_executor(None, call)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        running.exception()  # seen: that it was cancelled is what counts
        raise


def _draft(folder: Path, name: str) -> Path:
    """Give the partial name of a file: what has one at a start was never whole, and is removed."""
    return folder / f".{name}"


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _declared(request: Request) -> int:
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isdecimal() else 0


async def _bounded(request: Request, most: int, refusal: APIError) -> AsyncIterator[bytes]:
    if _declared(request) > most:
        raise refusal
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                raise refusal
            yield piece
    except ClientDisconnect:
        raise bad_request("the client went away before the end of the body") from None
