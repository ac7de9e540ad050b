"""Bodies and files from outside: bounded, durable, and nothing left behind."""

import asyncio
import gzip
import tempfile
import threading
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message
from typing_extensions import override

from web.errors import APIError
from web.http import receive
from web.http.receive import (
    MAX_NAME,
    ReceivedFile,
    read_name,
    receive_body,
    receive_file,
    receive_records,
)
from web.intake import draft

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
        received = await receive_file(asked, folder, most)
        received.place(folder)
        return received
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
    assert received == ReceivedFile(received.file, None, len(data), lines, None)
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


async def test_a_request_cancelled_while_its_file_is_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever thread is at work for it: the end of that is awaited, and what it made removed."""
    for step in ("_sync", "what_it_looks_like"):
        begun, go_on = threading.Event(), threading.Event()
        module = receive if step == "_sync" else draft
        slow = getattr(module, step)

        def waiting(*args: object, slow: Any = slow, **kwargs: object) -> Any:
            begun.set()  # noqa: B023 (called within this turn)
            assert go_on.wait(30)  # noqa: B023
            return slow(*args, **kwargs)

        with monkeypatch.context() as patched:
            patched.setattr(module, step, waiting)
            task = asyncio.create_task(receive_file(request([b"a\n"]), tmp_path, 1_000))
            assert await asyncio.to_thread(begun.wait, 30)
            task.cancel()
            await asyncio.sleep(0)
            go_on.set()
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        assert list(tmp_path.iterdir()) == []


async def test_a_form_needs_no_folder_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file goes to the data folder as it comes, however large it is."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    data = b"x" * 99 + b"\n"
    body = FORM % (b"file", b"x", data * 40_000)
    asked = request([body[:100], body[100:]], content_type="multipart/form-data; boundary=b")
    assert (await file_of(asked, tmp_path, 4_000_000)).lines == 40_000


TEXT = b"".join(b'{"user_id": "a", "type": "order", "order_id": %d}\n' % n for n in range(10))
GZIP = gzip.compress(TEXT, mtime=0)  # the same in each process: it names tests
FORMS = {"content_type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (TEXT, {}),
        (TEXT, {"content_encoding": "identity"}),
        (GZIP, {}),
        (GZIP, {"content_encoding": "gzip"}),
        (GZIP, {"content_encoding": "X-GZip, identity"}),
        (gzip.compress(TEXT[:60], mtime=0) + gzip.compress(TEXT[60:], mtime=0), {}),
        (TEXT.decode().encode("utf-16"), {}),
        (gzip.compress(b"\xfe\xff" + TEXT.decode().encode("utf-16-be")), {}),
        (FORM % (b"file", b"x", TEXT), FORMS),
        (FORM % (b"file", b"x", GZIP), FORMS),
        (FORM % (b"file", b"x", TEXT.decode().encode("utf-16")), FORMS),
        (gzip.compress(FORM % (b"file", b"x", TEXT)), {**FORMS, "content_encoding": "gzip"}),
    ],
    ids=range(12),
)
async def test_a_file_is_kept_as_what_it_holds(
    tmp_path: Path, body: bytes, headers: dict[str, str]
) -> None:
    """Raw or in a form, packed or not, in either encoding; its size and lines are those."""
    for step in (1, 50, 10_000):
        pieces = [body[start : start + step] for start in range(0, len(body), step)]
        received = await file_of(request(pieces, **headers), tmp_path)
        assert (tmp_path / received.file).read_bytes() == TEXT
        assert received[2:] == (len(TEXT), 10, None)
        (tmp_path / received.file).unlink()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (GZIP[:-1], {}),
        (GZIP + b"garbage", {}),
        (GZIP[:30] + bytes(9) + GZIP[39:], {}),
        (GZIP[:-1], {"content_encoding": "gzip"}),
        (TEXT, {"content_encoding": "gzip"}),
        (FORM % (b"file", b"x", GZIP[:-1]), FORMS),
        (FORM % (b"file", b"x", GZIP), {**FORMS, "content_encoding": "gzip"}),
    ],
)
async def test_of_a_damaged_gzip_nothing_is_kept(
    tmp_path: Path, body: bytes, headers: dict[str, str]
) -> None:
    """Not what could be read of it either."""
    with pytest.raises(APIError) as refused:
        await file_of(request([body], **headers), tmp_path)
    assert (refused.value.status, refused.value.code) == (400, "bad_gzip")
    assert list(tmp_path.iterdir()) == []
    if headers.get("content_type") is None:
        with pytest.raises(APIError) as refused:
            await receive_records(request([body], **headers), 10_000)
        assert (refused.value.status, refused.value.code) == (400, "bad_gzip")


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip,br", "*"])
async def test_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    """415, and the sentence says what can be sent."""
    for receiving in (
        receive_records(request([GZIP], content_encoding=encoding), 10_000),
        file_of(request([GZIP], content_encoding=encoding), tmp_path),
    ):
        with pytest.raises(APIError, match="Content-Encoding is gzip or none") as refused:
            await receiving
        assert refused.value.status == 415


async def test_bounds_count_what_comes_out(tmp_path: Path) -> None:
    """A packed file may be longer than what it holds, UTF-16 twice as long; a bomb is refused."""
    noise = Random(1).randbytes(1_000)
    wide = b"\xff\xfe" + b"x\0" * 1_000
    for body in (gzip.compress(noise), wide, gzip.compress(wide)):
        for length in ({}, {"content_length": str(len(body))}):
            assert (await file_of(request([body], **length), tmp_path)).size == 1_000
            assert len(await receive_records(request([body], **length), 1_000)) == 1_000
    bomb = gzip.compress(bytes(16 * 1024 * 1024)) * 100
    for body in (gzip.compress(noise + b"x"), wide + b"x\0", bomb):
        for receiving in (
            file_of(request([body]), tmp_path),
            receive_records(request([body]), 1_000),
        ):
            with pytest.raises(APIError) as refused:
                await receiving
            assert (refused.value.status, refused.value.code) == (413, "too_large")


async def test_a_gzip_that_never_holds_anything_is_refused(tmp_path: Path) -> None:
    """What goes in is bounded, too."""
    member = gzip.compress(b"")
    with pytest.raises(APIError) as refused:
        await file_of(request([member * 60_000]), tmp_path)
    assert refused.value.code == "too_large"


async def test_an_empty_gzip_is_an_empty_upload(tmp_path: Path) -> None:
    """Like a body of nothing that is declared to be packed, and marks without a text."""
    empty = gzip.compress(b"")
    for body, headers in (
        (empty, {}),
        (empty * 2, {"content_encoding": "gzip"}),
        (b"", {"content_encoding": "gzip"}),
        (b"\xff\xfe", {}),
        (gzip.compress(b"\xef\xbb\xbf"), {}),
        (FORM % (b"file", b"x", b""), FORMS),
    ):
        with pytest.raises(APIError) as refused:
            await file_of(request([body], **headers), tmp_path)
        assert (refused.value.status, refused.value.code) == (400, "empty_upload")


async def test_what_a_file_looks_like_is_told_of_what_it_holds(tmp_path: Path) -> None:
    """Unpacked and decoded, as its lines are; what is left packed is named."""
    table = "user_id,type,order_id\na,order,1\n"
    for body in (table.encode(), gzip.compress(table.encode()), table.encode("utf-16")):
        received = await file_of(request([body]), tmp_path)
        assert (
            received.looks_like == "it looks like CSV with a header: write one JSON object a line"
        )
    for body, words in ((gzip.compress(GZIP), "gzip"), (TEXT.decode().encode("utf-32"), "UTF-32")):
        received = await file_of(request([body]), tmp_path, 10_000)
        assert words in str(received.looks_like)


async def test_a_form_is_no_batch_of_records() -> None:
    """415, with the option of curl that sends the file itself."""
    with pytest.raises(APIError, match="--data-binary @FILE") as refused:
        await receive_records(request([FORM % (b"file", b"x", TEXT)], **FORMS), 10_000)
    assert refused.value.status == 415


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
