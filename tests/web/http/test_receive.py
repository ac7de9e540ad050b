"""Bodies and files from outside: bounded, durable, and nothing left behind."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.types import Message
from typing_extensions import override

from web.errors import APIError
from web.http.receive import MAX_NAME, ReceivedFile, read_name, receive_body, receive_file

pytestmark = pytest.mark.anyio
FORM = b'--b\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s\r\n--b--\r\n'


def request(pieces: Iterable[bytes | None], **headers: str) -> Request:
    """Make a request whose body comes in pieces; at a None the client goes away."""
    messages: list[Message] = [
        {"type": "http.disconnect"}
        if piece is None
        else {"type": "http.request", "body": piece, "more_body": True}
        for piece in pieces
    ]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    waiting = iter(messages)

    async def receive() -> Message:
        return next(waiting)

    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": fields}, receive)


async def file_of(asked: Request, folder: Path, most: int = 1_000) -> ReceivedFile:
    try:
        return await receive_file(asked, folder, most)
    finally:
        left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
        assert left == [], "no draft is left behind"


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"a"], 1),
        ([b"a\n", b"b\n"], 2),
        ([b"a\n", b"b"], 2),
        ([b"\n"], 1),
        ([b"\xef\xbb", b"\xbf", b"a\n"], 1),
        ([b"", b"a", b"", b"\r", b"\n", b""], 1),
    ],
)
async def test_a_raw_body_becomes_a_file_as_it_came(
    tmp_path: Path, pieces: list[bytes], lines: int
) -> None:
    """Byte by byte, with its lines counted; the name in the folder is ours."""
    received = await file_of(request(pieces, content_type="text/plain"), tmp_path)
    data = b"".join(pieces)
    assert (tmp_path / received.file).read_bytes() == data
    assert received == ReceivedFile(received.file, None, len(data), lines)
    assert received.file.isalnum()


@pytest.mark.parametrize("name", [b"a.jsonl", b"../../etc/passwd", b"", "ü 😀.jsonl".encode()])
async def test_a_form_with_a_field_file_is_that_file(tmp_path: Path, name: bytes) -> None:
    """The name that it tells is a label and never a path."""
    body = FORM % (b"file", name, b"a\nb\n")
    if not name:
        body = body.replace(b'filename=""', b'filename=" "')
    pieces = [body[start : start + 7] for start in range(0, len(body), 7)]
    received = await file_of(
        request(pieces, content_type="multipart/form-data; boundary=b"), tmp_path
    )
    assert (tmp_path / received.file).read_bytes() == b"a\nb\n"
    assert received.name == (name.decode() or " ")
    assert [path.name for path in tmp_path.iterdir()] == [received.file]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"garbage", "multipart/form-data; boundary=b"),
        (FORM % (b"other", b"x", b"a"), "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\na\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
    ],
)
async def test_a_form_without_that_file_is_refused(tmp_path: Path, body: bytes, kind: str) -> None:
    """400, whatever is wrong with it."""
    with pytest.raises(APIError) as refused:
        await file_of(request([body], content_type=kind), tmp_path)
    assert refused.value.status == 400
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pieces", [[], [b""], [b"\xef\xbb\xbf"], [b"\xef", b"\xbb\xbf"]])
async def test_an_upload_without_a_line_is_refused(tmp_path: Path, pieces: list[bytes]) -> None:
    """An empty file, or a byte-order mark alone."""
    with pytest.raises(APIError) as refused:
        await file_of(request(pieces), tmp_path)
    assert (refused.value.status, refused.value.code) == (400, "empty_upload")


async def test_what_is_too_large_is_refused_by_its_length_or_by_its_bytes(tmp_path: Path) -> None:
    """Exactly the bound is taken; past it nothing is kept, however the client lies."""
    assert (await file_of(request([b"x" * 500, b"x" * 500]), tmp_path)).size == 1_000
    form = FORM % (b"file", b"x", b"y" * 1_001)
    for asked in (
        request([b"x" * 500, b"x" * 501]),
        request([b"x"], content_length="1001"),
        request([b"x" * 2_000], content_length="5"),
        request([form], content_type="multipart/form-data; boundary=b"),
    ):
        with pytest.raises(APIError) as refused:
            await file_of(asked, tmp_path)
        assert (refused.value.status, refused.value.code) == (413, "too_large")
    assert len(list(tmp_path.iterdir())) == 1


async def test_a_client_that_goes_away_leaves_nothing(tmp_path: Path) -> None:
    """Half a file is none."""
    with pytest.raises(APIError, match="went away"):
        await file_of(request([b"a\n", None]), tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_cancelled_request_leaves_nothing(tmp_path: Path) -> None:
    """Whenever the server ends it."""

    class Endless(Request):
        @override
        async def stream(self) -> AsyncGenerator[bytes, None]:
            yield b"x" * 100
            await asyncio.Event().wait()

    asked = Endless({"type": "http", "method": "POST", "path": "/", "headers": []})
    task = asyncio.create_task(file_of(asked, tmp_path))
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """503 with the reason: what was accepted before is not touched."""
    with pytest.raises(APIError) as refused:
        await receive_file(request([b"a\n"]), tmp_path / "missing", 1_000)
    assert (refused.value.status, refused.value.code) == (503, "storage")


async def test_a_body_is_read_whole_and_bounded() -> None:
    """The bound itself is still taken."""
    assert await receive_body(request([b"ab", b"c"]), 3, "a batch") == b"abc"
    with pytest.raises(APIError, match="a batch is at most 2 bytes"):
        await receive_body(request([b"ab", b"c"]), 2, "a batch")


def test_a_label_is_any_text_of_bounded_length() -> None:
    """Never empty; longer than the bound is refused, not cut."""
    assert read_name(None) == read_name("  ") == "upload.jsonl"
    assert read_name(" ../x ") == "../x"
    assert read_name("é" * MAX_NAME) == "é" * MAX_NAME
    with pytest.raises(APIError):
        read_name("x" * (MAX_NAME + 1))
