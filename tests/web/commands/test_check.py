"""``cartwatch replay --check``, by the real program: it says what would be, and nothing is."""

import io
import socket
import sys
from pathlib import Path

import pytest

from tests.kit.running import Cartwatch
from tests.web.http.test_api import ORDER, PAYMENT
from web.commands.check import check
from web.commands.cli import main

GOOD = ORDER % (b"check", b"1") + PAYMENT % (b"check", b"1") + ORDER % (b"check", b"2")


def checked(cartwatch: Cartwatch, file: Path, data: bytes) -> int:
    file.write_bytes(data)
    before = cartwatch.get("/api/uploads")["total"]
    status = main(["replay", str(file), "--check", "--server", cartwatch.url])
    assert cartwatch.get("/api/uploads")["total"] == before
    assert cartwatch.call("GET", "/api/carts/check").status == 404
    return status


def test_it_prints_what_would_be_accepted_and_skipped(
    cartwatch: Cartwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reasons, the most frequent first, and the first lines that would be skipped."""
    data = b"{}\nbad\n" + GOOD + b"\n[]\nbad"
    assert checked(cartwatch, tmp_path / "f.jsonl", data) == 0
    assert capsys.readouterr() == (
        "f.jsonl: 3 would be accepted (2 orders and 1 payment of 1 user), 4 skipped, 1 blank;"
        " nothing was taken in\n"
        "  2 invalid_json\n"
        "  1 missing_field\n"
        "  1 not_an_object\n"
        "  line 1 lacks 'user_id' and 'type' and 'order_id'\n"
        "  line 2 is not JSON: expected a value at column 1\n"
        "  line 7 is a list, not an object\n"
        "  line 8 is not JSON: expected a value at column 1\n",
        "",
    )


def test_of_many_that_would_be_skipped_it_says_how_many_more_there_are(
    cartwatch: Cartwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind the first twenty, each in words."""
    assert checked(cartwatch, tmp_path / "f.jsonl", GOOD + b"null\n" * 1_207) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "  line 4 is null, not an object"
    assert lines[21:] == ["  line 23 is null, not an object", "  … and 1,187 more"]


def test_all_good_is_one_line(
    cartwatch: Cartwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing else is to be said."""
    assert checked(cartwatch, tmp_path / "f.jsonl", GOOD) == 0
    said = "f.jsonl: 3 would be accepted (2 orders and 1 payment of 1 user), 0 skipped;"
    assert capsys.readouterr() == (f"{said} nothing was taken in\n", "")


def test_where_nothing_would_be_accepted_the_status_is_3(
    cartwatch: Cartwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what the file looks like."""
    assert checked(cartwatch, tmp_path / "f.csv", b"user_id,type,order_id\na,order,1\n") == 3
    out, error = capsys.readouterr()
    assert out.startswith(
        "f.csv: 0 would be accepted, 2 skipped; nothing was taken in\n  2 invalid_json\n"
    )
    assert error.startswith("cartwatch: nothing of f.csv would be accepted: it looks like CSV")
    assert error.count("\n") == 1


def test_standard_input_is_checked_too(
    cartwatch: Cartwatch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Read to its end first."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD)))
    assert check("-", server=cartwatch.url) == 0
    assert capsys.readouterr().out.startswith("stdin: 3 would be accepted")


def test_what_cannot_be_checked_is_one_sentence_and_status_1(
    cartwatch: Cartwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty file, none at all, and nobody who would answer."""
    assert checked(cartwatch, tmp_path / "f.jsonl", b"") == 1
    assert "the upload is empty" in capsys.readouterr().err
    assert check(str(tmp_path / "none"), server=cartwatch.url) == 1
    assert "none cannot be read" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert check(str(tmp_path / "f.jsonl"), server=f"http://127.0.0.1:{port}") == 1
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    assert "nothing listens there" in error
