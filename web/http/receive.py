"""Receiving: bodies and files from outside, bounded in size and memory, durable when done."""

import asyncio
import errno
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Final, NamedTuple

from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from dataflow.chunks import LineCounter
from dataflow.records import BOM
from web.data.files import sync
from web.errors import APIError, bad_request

_BLOCK: Final = 1024 * 1024
_FORM_SLACK: Final = 64 * 1024
MAX_NAME: Final = 255


class ReceivedFile(NamedTuple):
    """A file in the folder of uploads: its name there, its label, its bytes and lines."""

    file: str
    name: str | None
    size: int
    lines: int


def too_large(what: str, most: int) -> APIError:
    """Refuse what is larger than it may be."""
    return APIError(413, "too_large", f"{what} is at most {most:,} bytes")


async def receive_body(request: Request, most: int, what: str) -> bytes:
    """Read a whole body of at most ``most`` bytes."""
    pieces = [piece async for piece in _bounded(request, most, what)]
    return b"".join(pieces)


async def receive_file(request: Request, folder: Path, most: int) -> ReceivedFile:
    """Stream an upload – the raw body, or a form's field ``file`` – to disk; durable when done.

    Refuses one that is empty or too large; leaves nothing behind where it fails.
    """
    name = secrets.token_hex(16)
    path = folder / f".{name}"
    try:
        if request.headers.get("content-type", "").lower().startswith("multipart/"):
            label, pieces = await _form_file(request, most)
        else:
            label, pieces = None, _bounded(request, most, "an upload")
        size, lines = await _write(path, pieces)
        await asyncio.to_thread(_place, path, folder / name)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise APIError(507, "disk_full", "the disk is full: nothing was taken in") from error
        raise APIError(503, "storage", f"the upload cannot be written: {error.strerror}") from error
    finally:
        path.unlink(missing_ok=True)
    return ReceivedFile(name, label, size, lines)


def read_name(text: str | None) -> str:
    """Read the label of an upload: any text of up to 255 characters, never a path."""
    name = (text or "").strip()
    if len(name) > MAX_NAME:
        raise bad_request(f"name is longer than {MAX_NAME} characters")
    return name or "upload.jsonl"


async def _write(path: Path, pieces: AsyncIterator[bytes]) -> tuple[int, int]:
    """Write the pieces of a file, a block at a time in a thread; gives its bytes and lines."""
    counter = LineCounter()
    size = 0
    with path.open("xb") as file:

        def write(block: bytes) -> None:
            file.write(block)
            counter.feed(block)

        async for block in _blocks(pieces):
            if size == 0 and block in (b"", BOM):
                raise APIError(400, "empty_upload", "the upload is empty: it holds no line")
            await asyncio.to_thread(write, block)
            size += len(block)
    return size, counter.lines


async def _blocks(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Gather pieces to blocks; at least one, which is empty where nothing came."""
    gathered: list[bytes] = []
    size = 0
    is_first = True
    async for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield b"".join(gathered)
            gathered, size, is_first = [], 0, False
    if gathered or is_first:
        yield b"".join(gathered)


def _place(path: Path, target: Path) -> None:
    sync(path)
    path.rename(target)
    sync(target.parent)


async def _bounded(request: Request, most: int, what: str) -> AsyncIterator[bytes]:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise too_large(what, most)
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                raise too_large(what, most)
            yield piece
    except ClientDisconnect:
        raise bad_request("the client went away before the end of the body") from None


async def _form_file(request: Request, most: int) -> tuple[str | None, AsyncIterator[bytes]]:
    stream = _bounded(request, most + _FORM_SLACK, "an upload")

    async def pieces() -> AsyncGenerator[bytes, None]:
        async for piece in stream:
            yield piece

    try:
        form = await MultiPartParser(request.headers, pieces(), max_files=1).parse()
    except (MultiPartException, MultipartParseError, KeyError) as error:
        raise bad_request(f"the form cannot be read: {error}") from None
    file = form.get("file")
    if not isinstance(file, UploadFile):
        await form.close()
        raise bad_request("the form has no file in a field named 'file'")
    if file.size is not None and file.size > most:
        await form.close()
        raise too_large("an upload", most)

    async def blocks() -> AsyncIterator[bytes]:
        try:
            while block := await file.read(_BLOCK):
                yield block
        finally:
            await form.close()

    return file.filename, blocks()
