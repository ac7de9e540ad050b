"""The dry run, of the real program: it says what an upload would, and takes nothing in."""

import gzip
import os
import signal
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from dataflow.synthetic import generate
from tests.kit.running import Answer, Cartwatch, until
from tests.web.http.test_api import ORDER, PAYMENT, refused

PATH = "/api/uploads?name=dry&check=true"
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n%s\r\n--b--\r\n'
FORM_TYPE = {"content-type": "multipart/form-data; boundary=b"}


def check(cartwatch: Cartwatch, body: bytes, **headers: str) -> dict[str, Any]:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = cartwatch.call("POST", PATH, body, fields)
    assert answer.status == 200, answer
    told: dict[str, Any] = answer.json()
    return told


def test_it_tells_what_would_come_of_every_kind_of_body(cartwatch: Cartwatch) -> None:
    """The same of raw bytes, of a form, packed, and in UTF-16; and nothing is there after it."""
    text = ORDER % (b"dry", b"1") + b"bad\n\n" + PAYMENT % (b"dry", b"1") + ORDER % (b"d2", b"1")
    before = cartwatch.settled(), cartwatch.get("/api/uploads")["total"]
    for body, headers in (
        (text, {}),
        (FORM % text, FORM_TYPE),
        (gzip.compress(text), {}),
        (gzip.compress(text), {"content-encoding": "gzip"}),
        (text.decode().encode("utf-16"), {}),
    ):
        assert check(cartwatch, body, **headers) == {
            "lines": 5,
            "accepted": 3,
            "skipped": 1,
            "blank": 1,
            "by_reason": {"invalid_json": 1},
            "users": 2,
            "orders": 2,
            "payments": 1,
            "looks_like": None,
            "examples": [
                {
                    "line": 2,
                    "reason": "invalid_json",
                    "message": "line 2 is not JSON: expected a value at column 1",
                    "column": 1,
                    "raw": "bad",
                    "raw_cut": False,
                }
            ],
        }
    after = cartwatch.settled(), cartwatch.get("/api/uploads")["total"]
    for each in (before[0], after[0]):
        del each["events_per_second"], each["viewers"]
    assert before == after
    assert cartwatch.call("GET", "/api/carts/dry").status == 404


def test_it_says_what_the_upload_then_does(cartwatch: Cartwatch) -> None:
    """To the record: the same counts, reasons and sentences."""
    body = b"[\n" + b"".join(generate(3_000, 20, bad=0.02, seed=5))[:1_900_000]
    told = check(cartwatch, body)
    shown = cartwatch.upload_in(cartwatch.upload(body, "dry-then-wet"), "done")
    for name in ("lines", "accepted", "skipped", "blank", "looks_like"):
        assert told[name] == shown[name]
    listed = cartwatch.get("/api/skipped?source=dry-then-wet&limit=500")
    rows = listed["items"][::-1][:20]
    assert [{name: row[name] for name in told["examples"][0]} for row in rows] == told["examples"]
    reasons = [row["reason"] for row in listed["items"]]
    assert told["by_reason"] == {reason: reasons.count(reason) for reason in set(reasons)}
    assert 0 < told["users"] <= 20
    assert told["orders"] + told["payments"] == told["accepted"]


def test_it_names_what_is_no_json_lines(cartwatch: Cartwatch) -> None:
    """As the upload would, with the first lines that were skipped."""
    told = check(cartwatch, b"user_id,type,order_id\na,order,1\nb,order,2\n")
    assert "CSV" in told["looks_like"]
    assert (told["accepted"], told["skipped"], len(told["examples"])) == (0, 3, 3)


@pytest.mark.parametrize(
    ("query", "body", "status", "code"),
    [
        ("check=true", b"", 400, "empty_upload"),
        ("check=true", b"\xef\xbb\xbf", 400, "empty_upload"),
        ("check=true", b"x" * 2_000_001, 413, "too_large"),
        ("check=true", b"\x1f\x8b\x08damaged", 400, "bad_gzip"),
        ("check=true&rate=0", b"x\n", 400, "bad_request"),
        (f"check=true&name={'x' * 256}", b"x\n", 400, "bad_request"),
        *((f"check={word}", b"x\n", 400, "bad_request") for word in ("", "yes", "1", "True")),
    ],
)
def test_what_could_not_be_taken_in_is_refused_alike(
    cartwatch: Cartwatch, query: str, body: bytes, status: int, code: str
) -> None:
    """And what is neither true nor false is refused, too: nothing is taken in by mistake."""
    before = cartwatch.get("/api/uploads")["total"]
    assert refused(cartwatch.call("POST", f"/api/uploads?{query}", body), status) == code
    assert cartwatch.get("/api/uploads")["total"] == before


def children(pid: int) -> list[psutil.Process]:
    return [each for each in psutil.Process(pid).children() if "tally" in " ".join(each.cmdline())]


class Sender:
    """A client that sends the beginning of a file and stops there."""

    def __init__(self, cartwatch: Cartwatch) -> None:
        place = urlsplit(cartwatch.url)
        self.connection = HTTPConnection(place.hostname or "", place.port, timeout=20)
        self.connection.putrequest("POST", PATH)
        self.connection.putheader("transfer-encoding", "chunked")
        self.connection.endheaders()
        line = ORDER % (b"d", b"1")
        self.connection.send(b"%x\r\n%b\r\n" % (len(line), line))
        (self.process,) = until(lambda: children(cartwatch.pid))


def test_one_that_is_under_way_keeps_others_out_and_ends_with_its_client(tmp_path: Path) -> None:
    """429 meanwhile; nothing is left of one whose client hangs up, nor of a killed server's."""
    with Cartwatch(tmp_path / "data") as server:
        server.settled()
        sender = Sender(server)
        answer: Answer = server.call("POST", PATH, b"x\n")
        assert refused(answer, 429) == "check_running"
        assert server.upload_in(server.upload(ORDER % (b"u", b"1")), "done")["accepted"] == 1
        sender.connection.close()
        until(lambda: not sender.process.is_running())
        files = list((server.data / "generation-000001" / "uploads").iterdir())
        assert len(files) == 1, "of the upload beside it"
        until(lambda: server.call("POST", PATH, b"x\n").status == 200)
        sender = Sender(server)
        server.kill()
        until(lambda: not sender.process.is_running())
        assert sorted((server.data / "generation-000001" / "uploads").iterdir()) == files
        sender.connection.close()
        assert "Traceback" not in server.errors()


@pytest.mark.parametrize("is_killed", [False, True])
def test_one_that_hangs_holds_no_end_up(tmp_path: Path, is_killed: bool) -> None:
    """The server ends in good order, or dies: its process with it."""
    with Cartwatch(tmp_path / "data") as server:
        sender = Sender(server)
        until(lambda: sender.process.nice() > 0)  # it has begun
        os.kill(sender.process.pid, signal.SIGSTOP)
        sender.connection.send(b"0\r\n\r\n")  # the body ends, and what would come of it is awaited
        if is_killed:
            server.kill()
        else:
            server.stop()
        until(lambda: not sender.process.is_running())
        sender.connection.close()
        assert "Traceback" not in server.errors()


def test_it_gives_way_to_whatever_else_is_to_do(tmp_path: Path) -> None:
    """By its niceness, which no load can take from it."""
    with Cartwatch(tmp_path / "data") as server:
        sender = Sender(server)
        until(lambda: sender.process.nice() == 10 + os.nice(0))
        sender.connection.close()
        until(lambda: not sender.process.is_running())
