"""What is this file? Asked of the real program, by everything that takes records in."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.kit.running import Cartwatch, until
from tests.web.http.test_api import ORDER, post, refused

FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.gz"\r\n\r\n%s\r\n--b--\r\n'
FORM_TYPE = {"content-type": "multipart/form-data; boundary=b"}
MOST = 2_000_000  # the ``--max-upload`` of the shared server


def orders(user: str, count: int = 3) -> bytes:
    return b"".join(ORDER % (user.encode(), b"%d" % number) for number in range(count))


def utf_16(text: bytes) -> bytes:
    return text.decode().encode("utf-16")


def taken_in(cartwatch: Cartwatch, body: bytes, **headers: str) -> dict[str, Any]:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = cartwatch.call("POST", "/api/uploads?name=kind", body, fields)
    assert answer.status == 201, answer
    return cartwatch.upload_in(answer.json()["id"], "done")


def test_a_packed_file_and_utf_16_are_read_as_what_they_hold(cartwatch: Cartwatch) -> None:
    """Uploaded or posted: the same carts, and sizes and lines of the text."""
    packing: list[Callable[[bytes], bytes]] = [
        gzip.compress,
        utf_16,
        lambda text: gzip.compress(utf_16(text)),
        lambda text: gzip.compress(text[:70]) + gzip.compress(text[70:]),
    ]
    for number, pack in enumerate(packing):
        user = f"held-{number}"
        text = orders(user) + b"bad\n"
        shown = taken_in(cartwatch, pack(text))
        assert (shown["bytes"], shown["lines"]) == (len(text), 4)
        assert (shown["accepted"], shown["skipped"], shown["looks_like"]) == (3, 1, None)
        (row,) = cartwatch.get("/api/skipped?source=kind&limit=1")["items"]
        assert (row["upload"], row["line"], row["raw"]) == (shown["id"], 4, "bad")
        assert taken_in(cartwatch, FORM % pack(text), **FORM_TYPE)["duplicates"] == 3
        answer = post(cartwatch, pack(text)).json()
        assert answer["last_line"] - answer["first_line"] == 3
        assert len(cartwatch.get(f"/api/carts/{user}")["unpaid_order_ids"]) == 3


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", "gzip, identity"])
def test_a_declared_gzip_is_unpacked(cartwatch: Cartwatch, encoding: str) -> None:
    """In whatever letters; one that is none is refused, never taken for text."""
    text = orders("declared")
    assert taken_in(cartwatch, gzip.compress(text), content_encoding=encoding)["accepted"] == 3
    assert post(cartwatch, gzip.compress(text), content_encoding=encoding).status == 202
    assert refused(post(cartwatch, text, content_encoding=encoding), 400) == "bad_gzip"


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "utf-8"])
@pytest.mark.parametrize("path", ["/api/uploads?name=x", "/api/events"])
def test_another_encoding_is_415(cartwatch: Cartwatch, path: str, encoding: str) -> None:
    """And nothing of it becomes a skipped record."""
    before = cartwatch.settled()["skipped"]
    answer = cartwatch.call("POST", path, orders("other"), {"content-encoding": encoding})
    assert refused(answer, 415) == "unsupported_encoding"
    assert cartwatch.settled()["skipped"] == before
    assert cartwatch.call("POST", path, orders("id"), {"content-encoding": "identity"}).status < 300


@pytest.mark.parametrize("path", ["/api/uploads?name=x", "/api/events"])
def test_of_a_damaged_gzip_nothing_is_kept(cartwatch: Cartwatch, path: str) -> None:
    """Cut, damaged, or with something behind it: 400 in words, and no record of it."""
    packed = gzip.compress(orders("damaged", 2_000))
    before, uploads = cartwatch.settled(), cartwatch.get("/api/uploads")["total"]
    for body in (packed[:-1], packed[:2], packed + b"garbage", packed[:-8] + bytes(8)):
        assert refused(cartwatch.call("POST", path, body), 400) == "bad_gzip"
    after = cartwatch.settled()
    assert (after["events"], after["skipped"]) == (before["events"], before["skipped"])
    assert cartwatch.get("/api/uploads")["total"] == uploads
    folder = cartwatch.data / "generation-000001" / "uploads"
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("path", ["/api/uploads?name=x", "/api/events"])
def test_a_bomb_is_refused_within_bounded_memory(cartwatch: Cartwatch, path: str) -> None:
    """Two gibibytes of NULs in two megabytes: 413, and the server has not grown by them."""
    bomb = gzip.compress(bytes(64 * 1024 * 1024)) * 32
    server = psutil.Process(cartwatch.pid)
    before = server.memory_info().rss
    for _ in range(3):
        assert refused(cartwatch.call("POST", path, bomb), 413) == "too_large"
    assert server.memory_info().rss - before < 64 * 1024 * 1024


def test_the_bound_of_an_upload_counts_what_comes_out(cartwatch: Cartwatch) -> None:
    """Exactly as much is taken; UTF-16 may be twice as long before it is text."""
    line = b" " * 999 + b"\n"
    text = line * (MOST // len(line))
    assert len(text) == MOST
    for pack in (gzip.compress, utf_16):
        assert taken_in(cartwatch, pack(text))["bytes"] == MOST
        assert refused(cartwatch.call("POST", "/api/uploads", pack(text + b" ")), 413)


def test_a_key_knows_the_records_however_they_were_packed(cartwatch: Cartwatch) -> None:
    """What came out is what counts: the same answer, and 422 for other records."""
    text = orders("key")
    first = post(cartwatch, text, idempotency_key="kind").json()
    for body in (gzip.compress(text), gzip.compress(text, 1), utf_16(text)):
        assert post(cartwatch, body, idempotency_key="kind").json() == first
    other = gzip.compress(orders("key-2"))
    assert refused(post(cartwatch, other, idempotency_key="kind"), 422) == "key_reused"


def test_a_form_of_events_is_415(cartwatch: Cartwatch) -> None:
    """Its boundaries are no records; what to send instead stands in the sentence."""
    before = cartwatch.settled()["skipped"]
    answer = cartwatch.call("POST", "/api/events", FORM % orders("form"), FORM_TYPE)
    assert refused(answer, 415) == "unsupported_media_type"
    assert "--data-binary @" in answer.json()["error"]["message"]
    assert cartwatch.settled()["skipped"] == before


def test_records_without_their_newlines_get_a_hint(cartwatch: Cartwatch) -> None:
    """In the answer and in the skipped record; a batch with newlines, or of one, gets none."""
    text = orders("hint")
    answer = post(cartwatch, text.replace(b"\n", b""))
    assert answer.status == 202
    assert "--data-binary" in answer.json()["hint"]
    cartwatch.settled()
    (row,) = cartwatch.get("/api/skipped?source=api&limit=1")["items"]
    assert row["line"] == answer.json()["first_line"]
    assert "--data-binary" in row["message"]
    for body in (text, text.replace(b"\n", b"") + b"\n", text.split(b"\n")[0], b"x"):
        assert post(cartwatch, body).json().keys() == {"source", "first_line", "last_line"}


def test_units_that_are_no_characters_are_skipped_with_their_lines(cartwatch: Cartwatch) -> None:
    """The records around them are taken in; a byte too many at the end is a line of its own."""
    lone = '{"user_id": "\ud800"}\n'.encode("utf-16-le", "surrogatepass")
    text = orders("units").decode().encode("utf-16-le")
    shown = taken_in(cartwatch, b"\xff\xfe" + text + lone + text + b"x")
    assert (shown["lines"], shown["accepted"], shown["skipped"]) == (8, 6, 2)
    rows = cartwatch.get("/api/skipped?source=kind&limit=2")["items"]
    assert [(row["line"], row["reason"]) for row in rows] == [
        (8, "invalid_utf8"),
        (4, "invalid_utf8"),
    ]


def test_two_files_that_were_put_together_are_named(cartwatch: Cartwatch) -> None:
    """The second byte-order mark is where the second file begins, packed or in UTF-16 too."""
    text = b"\xef\xbb\xbf" + orders("twice")
    why = "line 4 is not JSON: a byte-order mark at column 1: two files were put together"
    for whole in (text * 2, gzip.compress(text) * 2, utf_16(orders("twice")) * 2):
        shown = taken_in(cartwatch, whole)
        assert (shown["accepted"], shown["skipped"]) == (5, 1)
        (row,) = cartwatch.get("/api/skipped?source=kind&limit=1")["items"]
        assert (row["line"], row["column"], row["message"]) == (4, 1, why)


def test_what_a_file_looks_like_stands_wherever_it_is_described(cartwatch: Cartwatch) -> None:
    """In the answer, alone, in the list and in a replay; and null for a file of records."""
    body = json.dumps([{"user_id": "a", "type": "order", "order_id": 1}]).encode()
    answer = cartwatch.call("POST", "/api/uploads?name=array.json", body)
    said = "it looks like a JSON array: write one record a line"
    assert answer.json()["looks_like"] == said
    upload = answer.json()["id"]
    assert cartwatch.upload_in(upload, "done")["looks_like"] == said
    assert cartwatch.get("/api/uploads?limit=1")["items"][0]["looks_like"] == said
    again = cartwatch.call("POST", f"/api/uploads/{upload}/replay").json()
    assert again["looks_like"] == said
    cartwatch.upload_in(again["id"], "done")
    assert taken_in(cartwatch, orders("sound"))["looks_like"] is None


def test_an_upload_that_pauses_itself_says_what_it_looks_like(cartwatch: Cartwatch) -> None:
    """In place of the question whether it is the right file."""
    body = b"user_id,type,order_id\n" + b"a,order,1\n" * 20_000
    upload = cartwatch.upload(body, "orders.csv")
    why = cartwatch.upload_in(upload, "paused")["paused_because"]
    assert why.endswith("it looks like CSV with a header: write one JSON object a line")
    cartwatch.call("PATCH", f"/api/uploads/{upload}", {"state": "cancelled"})
    cartwatch.upload_in(upload, "cancelled")


def test_the_sentence_outlives_a_crash_and_a_reset_with_its_replay(tmp_path: Path) -> None:
    """It was told once, when the file was taken in."""
    with Cartwatch(tmp_path / "data") as server:
        upload = server.upload(b"\x89PNG\r\n\x1a\n" + bytes(100), "image.png")
        said = server.upload_in(upload, "done")["looks_like"]
        assert "PNG" in said
        server.kill()
    with Cartwatch(tmp_path / "data") as server:
        assert server.get(f"/api/uploads/{upload}")["looks_like"] == said
        answer = server.call("POST", "/api/reset", {"confirm": "reset", "replay": upload})
        assert answer.json()["upload"]["looks_like"] == said
        until(lambda: server.get("/api/uploads")["items"][0]["state"] == "done")
        server.stop()
