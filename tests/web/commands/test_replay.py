"""``cartwatch replay`` against a server that answers as each test wants it to."""

import io
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typing_extensions import override

from web.commands.replay import PATIENCE_S, POLL_S, replay

Answer = tuple[int, dict[str, Any]]
UPLOAD = {
    "id": "u/1",
    "name": "in.jsonl",
    "lines": 4,
    "processed": 0,
    "accepted": 0,
    "skipped": 0,
    "duplicates": 0,
    "state": "running",
}
LINES = b"one\ntwo\nthree\nfour\n"


def running(processed: int, **fields: Any) -> Answer:
    return 200, {**UPLOAD, "processed": processed, "accepted": processed, **fields}


def refusal(status: int, message: str) -> Answer:
    return status, {"error": {"code": "refused", "message": message}}


@dataclass
class FakeServer:
    """What it will answer to the upload and to each further question, and what it was sent."""

    url: str = ""
    upload: Answer = (201, UPLOAD)
    polls: list[Answer | None] = field(default_factory=list)
    reads_all: bool = True
    body: bytes = b""
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


def _handler(fake: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            fake.query, fake.headers = parse_qs(parts.query), dict(self.headers)
            if fake.reads_all:
                fake.body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(*fake.upload)

        def do_GET(self) -> None:
            fake.asked.append(self.path)
            answer = fake.polls.pop(0)
            if answer is None:
                self.close_connection = True  # dropped without a word
            else:
                self._answer(*answer)

        def _answer(self, status: int, answer: dict[str, Any]) -> None:
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(data)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


class QuietServer(ThreadingHTTPServer):
    """A server that says nothing when a client goes away."""

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        return


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    fake = FakeServer()
    with QuietServer(("127.0.0.1", 0), _handler(fake)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield fake
        server.shutdown()
        thread.join()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_bytes(LINES)
    return path


class Clock:
    """Time that passes only in pauses; ``at`` are things to do when a pause comes."""

    def __init__(self, at: Callable[[], None] | None = None) -> None:
        self.now = 0.0
        self._at = at

    def pause(self, seconds: float) -> None:
        self.now += seconds
        if self._at is not None:
            self._at()


def run(
    fake: FakeServer, file: object, *, rate: float | None = None, clock: Clock | None = None
) -> int:
    clock = clock or Clock()
    return replay(str(file), rate=rate, server=fake.url, pause=clock.pause, clock=lambda: clock.now)


def last_line(capsys: pytest.CaptureFixture[str], out: str = "") -> str:
    output = capsys.readouterr()
    assert output.out == out
    assert "Traceback" not in output.err
    return output.err.rstrip("\n").rsplit("\n", 1)[-1].rsplit("\r", 1)[-1]


def test_it_ends_well_only_when_the_upload_is_done(
    fake: FakeServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All lines processed is not yet done: it asks on until the state says so."""
    fake.polls = [running(2), running(4), running(4, state="done")]
    assert run(fake, file) == 0
    assert fake.body == LINES
    assert fake.query == {"name": ["in.jsonl"]}
    assert fake.headers["Content-Length"] == str(len(LINES))
    assert fake.asked == ["/api/uploads/u%2F1"] * 3
    assert "| 4/4 [" in last_line(capsys, "in.jsonl: 4 accepted, 0 skipped\n")


def test_an_upload_that_is_done_at_once_is_not_asked_for(fake: FakeServer, file: Path) -> None:
    """The answer to the upload counts as the first look at it."""
    fake.upload = (201, {**UPLOAD, "state": "done", "processed": 4, "accepted": 4})
    assert run(fake, file) == 0
    assert fake.asked == []


def test_the_rate_and_the_name_reach_the_server(fake: FakeServer, tmp_path: Path) -> None:
    """Any name is a label: nothing in it can change what is asked for."""
    path = tmp_path / "a&rate=9 ü?#%.jsonl"
    path.write_bytes(LINES)
    fake.upload = (201, {**UPLOAD, "state": "done", "accepted": 4})
    assert run(fake, path, rate=2.5) == 0
    assert fake.query == {"name": [path.name], "rate": ["2.5"]}


def test_standard_input_is_read_to_its_end_first(
    fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream of unknown length is sent as a whole, under the name of stdin."""
    data = LINES * 100_000
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    fake.polls = [running(4, state="done")]
    assert run(fake, "-") == 0
    assert fake.headers["Content-Length"] == str(len(data))
    assert fake.query == {"name": ["stdin"]}
    assert fake.body == data


def test_a_file_at_standard_input_is_sent_from_where_it_stands(
    fake: FakeServer, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``{ read line; cartwatch replay -; } < file`` sends what the line left."""
    with file.open("rb") as lines:
        lines.seek(4)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(lines))
        fake.polls = [running(3, state="done")]
        assert run(fake, "-") == 0
    assert fake.body == LINES[4:]


def test_a_pipe_in_the_place_of_a_file_is_read_to_its_end_first(
    fake: FakeServer, tmp_path: Path
) -> None:
    """As ``<(command)`` in a shell gives it."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(LINES,))
    writer.start()
    fake.polls = [running(4, state="done")]
    assert run(fake, path) == 0
    writer.join()
    assert (fake.body, fake.query) == (LINES, {"name": ["pipe"]})


def test_no_room_for_standard_input_is_a_sentence(
    fake: FakeServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """It names the variable that gives it another place; nothing is sent."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINES)))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert run(fake, "-") == 1
    line = last_line(capsys)
    assert line.startswith("cartwatch: standard input cannot be read to its end")
    assert "TMPDIR" in line
    assert fake.query == {}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"accepted": 7, "skipped": 1, "duplicates": 1}, "7 accepted (1 a repeat), 1 skipped"),
        ({"accepted": 7, "duplicates": 3}, "7 accepted (3 repeats), 0 skipped"),
        ({"accepted": 1, "skipped": 2_000}, "1 accepted, 2,000 skipped"),
        ({"accepted": 1, "blank": 1_000}, "1 accepted, 0 skipped, 1,000 blank"),
    ],
)
def test_it_says_what_was_accepted_and_skipped(
    fake: FakeServer,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    fields: dict[str, int],
    said: str,
) -> None:
    """On stdout, by the counts that the upload ended with."""
    fake.polls = [running(2), (200, {**UPLOAD, **fields, "processed": 4, "state": "done"})]
    assert run(fake, file) == 0
    assert capsys.readouterr().out == f"in.jsonl: {said}\n"


@pytest.mark.parametrize("hint", [None, "it looks like a CSV file"])
def test_where_nothing_was_accepted_the_status_is_3(
    fake: FakeServer, file: Path, capsys: pytest.CaptureFixture[str], hint: str | None
) -> None:
    """And it says what the file looks like, where the server knows."""
    fake.polls = [running(4, accepted=0, skipped=4, state="done", looks_like=hint)]
    assert run(fake, file) == 3
    line = last_line(capsys, "in.jsonl: 0 accepted, 4 skipped\n")
    assert line == "cartwatch: nothing of in.jsonl was accepted" + (f": {hint}" if hint else "")


def test_a_file_of_which_something_was_accepted_is_named_too_where_lines_were_skipped(
    fake: FakeServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last element of an array, which has no comma behind it, is a record."""
    hint = "it looks like a JSON array: write one record a line"
    fake.polls = [running(4, accepted=1, skipped=3, state="done", looks_like=hint)]
    assert run(fake, file) == 0
    assert last_line(capsys, "in.jsonl: 1 accepted, 3 skipped\n") == f"cartwatch: in.jsonl: {hint}"


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_an_upload_that_ended_otherwise_says_how_far_it_came(
    fake: FakeServer, file: Path, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    """What was accepted before that is kept there."""
    fake.polls = [running(2, accepted=1, skipped=1, state=state, error="its file is gone")]
    assert run(fake, file) == 1
    assert state in last_line(capsys, "in.jsonl: 1 accepted, 1 skipped\n")


@pytest.mark.parametrize(
    ("upload", "polls"),
    [
        ((201, UPLOAD), [running(1), refusal(404, "there is no upload 'u/1'")]),
        (
            (409, {"error": {"code": "started_over", "message": "everything was started over"}}),
            [],
        ),
    ],
)
def test_an_upload_that_a_reset_took_is_a_sentence_and_status_1(
    fake: FakeServer,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    upload: Answer,
    polls: list[Answer | None],
) -> None:
    """Caught while it was sent, or gone while it was waited for: it says to send it once more."""
    fake.upload, fake.polls = upload, polls
    assert run(fake, file) == 1
    line = last_line(capsys)
    assert "everything was started over" in line
    assert "send it once more" in line


@pytest.mark.parametrize("answer", [{}, {"id": 1}, {"error": None}, {**UPLOAD, "lines": "many"}])
def test_an_answer_that_is_no_upload_is_a_sentence(
    fake: FakeServer, file: Path, capsys: pytest.CaptureFixture[str], answer: dict[str, Any]
) -> None:
    """Whatever else listens at that address is no Cartwatch."""
    fake.upload = (200, answer)
    assert run(fake, file) == 1
    assert "but not with an upload: is it a Cartwatch?" in last_line(capsys)


def test_a_name_that_is_no_utf_8_is_a_label(
    fake: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be decoded reaches the server, and the terminal, as a mark."""
    path = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    path.write_bytes(LINES)
    fake.upload = (201, {**UPLOAD, "state": "done", "accepted": 4})
    assert run(fake, path) == 0
    assert fake.query == {"name": ["caf�.jsonl"]}
    path.unlink()
    capsys.readouterr()
    assert run(fake, path) == 1
    assert "caf�.jsonl cannot be read" in last_line(capsys)


def test_what_a_server_says_does_not_steer_the_terminal(
    fake: FakeServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names and sentences come from outside: each stays one line, of text."""
    name = "\x1b[2Ja\nb"
    fake.upload = (201, {**UPLOAD, "name": name})
    fake.polls = [running(1, name=name, state="failed", error="\x1b]0;x\x07\u2028")]
    assert run(fake, file) == 1
    assert last_line(capsys, "�[2Ja�b: 1 accepted, 0 skipped\n").endswith("failed: �]0;x��")


def test_a_file_that_becomes_shorter_is_a_sentence(
    fake: FakeServer,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was promised cannot be sent: nothing is taken in."""
    before = file.stat()
    file.write_bytes(LINES[:4])
    monkeypatch.setattr(os, "fstat", lambda _: before)
    assert run(fake, file) == 1
    assert "the file became shorter while it was read" in last_line(capsys)


@pytest.mark.parametrize(
    ("upload", "polls", "sentence"),
    [
        (refusal(413, "at most 10 bytes"), [], "refused: at most 10 bytes"),
        (refusal(507, "the disk is full"), [], "refused: the disk is full"),
        ((301, {}), [], "refused: it answered with 301 Moved Permanently"),
        ((201, UPLOAD), [refusal(403, "sign in first")], "refused: sign in first"),
    ],
)
def test_every_other_end_is_a_sentence_and_status_1(
    fake: FakeServer,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    upload: Answer,
    polls: list[Answer | None],
    sentence: str,
) -> None:
    """Refused, at once or later: the server's own words, and never a traceback."""
    fake.upload, fake.polls = upload, polls
    assert run(fake, file) == 1
    line = last_line(capsys)
    assert line.startswith("cartwatch: ")
    assert sentence in line


def test_a_refusal_before_the_whole_body_is_heard(
    fake: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server that answers and hangs up in the middle of the body is named in a sentence."""
    path = tmp_path / "large.jsonl"
    path.write_bytes(b"x" * 50_000_000)
    fake.reads_all, fake.upload = False, refusal(413, "at most 10 bytes")
    assert run(fake, path) == 1
    line = last_line(capsys)
    assert line.startswith("cartwatch: ")
    assert fake.url in line


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("none.jsonl", "none.jsonl cannot be read: no such file"), (".", "cannot be read: is a dir")],
)
def test_a_file_that_cannot_be_read_is_a_sentence(
    fake: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, sentence: str
) -> None:
    """Missing, or no file at all: nothing is sent."""
    assert run(fake, tmp_path / name) == 1
    assert sentence in last_line(capsys)
    assert fake.query == {}


@pytest.mark.parametrize(
    "server",
    [
        "http://",
        "ftp://x",
        "http://x:99999",
        "http://x:8_0",
        "",
        "http://[::1",
        "http://a..b",
        "http://" + "x" * 64,
        "http://a b",
        "http://a\x7fb",
    ],
)
def test_an_address_that_is_none_is_a_sentence(
    file: Path, capsys: pytest.CaptureFixture[str], server: str
) -> None:
    """A mistyped address is said to be one, before anything is sent."""
    assert replay(str(file), rate=None, server=server) == 1
    assert "is not the address of a server" in last_line(capsys)


def test_a_server_that_is_not_there_is_a_sentence(
    fake: FakeServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing listens at the address: said with the address."""
    assert replay(str(file), rate=None, server="http://127.0.0.1:1") == 1
    assert "upload to http://127.0.0.1:1 failed: nothing listens there" in last_line(capsys)


def test_a_server_that_restarts_is_waited_for(fake: FakeServer, file: Path) -> None:
    """Dropped connections and errors of a server on its way up pass, for up to a minute."""
    fake.polls = [None, refusal(503, "starting"), None, running(2), None, running(4, state="done")]
    assert run(fake, file) == 0
    assert len(fake.asked) == 6


def test_a_server_that_stays_away_is_given_up_after_a_minute(
    fake: FakeServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted from the last answer, not from the start."""
    clock = Clock()
    fake.polls = [None] * 100 + [running(1)] + [None] * 200
    assert run(fake, file, clock=clock) == 1
    assert "has not answered for 60 s" in last_line(capsys)
    assert PATIENCE_S + 99 * POLL_S <= clock.now + 1.5 <= PATIENCE_S + 104 * POLL_S


def test_a_pause_is_told_once_and_waited_out(
    fake: FakeServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Why it pauses stands on the terminal; when somebody resumes it, the replay goes on."""
    paused = running(2, state="paused", paused_because="most of it is skipped")
    fake.polls = [paused, paused, running(3), running(4, state="done")]
    assert run(fake, file) == 0
    assert capsys.readouterr().err.count("cartwatch: paused: most of it is skipped (waiting") == 1


def test_ctrl_c_ends_the_waiting_with_a_sentence(
    fake: FakeServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who stops waiting reads that the upload itself goes on, and gets status 1."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    assert run(fake, file, clock=Clock(interrupt)) == 1
    assert last_line(capsys).startswith("cartwatch: stopped waiting")


def test_ctrl_c_before_all_is_sent_says_so(
    fake: FakeServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing goes on there: what was not sent whole is not taken in."""

    class Interrupted(io.BytesIO):
        @override
        def read(self, size: int | None = -1) -> bytes:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Interrupted()))
    assert run(fake, "-") == 1
    assert last_line(capsys) == "cartwatch: stopped before the whole file was sent"


def test_a_file_that_grows_is_sent_as_long_as_it_was(
    fake: FakeServer, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that is still written to is a whole upload of what it held at the start."""
    before = file.stat()
    with file.open("ab") as log:
        log.write(b"five\n")
    monkeypatch.setattr(os, "fstat", lambda _: before)
    fake.polls = [running(4, state="done")]
    assert run(fake, file) == 0
    assert fake.body == LINES
