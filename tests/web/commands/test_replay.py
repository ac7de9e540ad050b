"""``cartwatch replay`` against a server that answers as each test wants it to."""

import io
import json
import sys
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
UPLOAD = {"id": "u/1", "name": "in.jsonl", "lines": 4, "processed": 0, "state": "running"}
LINES = b"one\ntwo\nthree\nfour\n"


def running(processed: int, **fields: Any) -> Answer:
    return 200, {**UPLOAD, "processed": processed, **fields}


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
                fake.body = (
                    self._chunked() if "Content-Length" not in self.headers else self._sized()
                )
            self._answer(*fake.upload)

        def do_GET(self) -> None:
            fake.asked.append(self.path)
            answer = fake.polls.pop(0)
            if answer is None:
                self.close_connection = True  # dropped without a word
            else:
                self._answer(*answer)

        def _sized(self) -> bytes:
            return self.rfile.read(int(self.headers["Content-Length"]))

        def _chunked(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

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


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    output = capsys.readouterr()
    assert output.out == ""
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
    assert "4.00/4.00" in last_line(capsys)


def test_an_upload_that_is_done_at_once_is_not_asked_for(fake: FakeServer, file: Path) -> None:
    """The answer to the upload counts as the first look at it."""
    fake.upload = (201, {**UPLOAD, "state": "done", "processed": 4})
    assert run(fake, file) == 0
    assert fake.asked == []


def test_the_rate_and_the_name_reach_the_server(fake: FakeServer, tmp_path: Path) -> None:
    """Any name is a label: nothing in it can change what is asked for."""
    path = tmp_path / "a&rate=9 ü?#%.jsonl"
    path.write_bytes(LINES)
    fake.upload = (201, {**UPLOAD, "state": "done"})
    assert run(fake, path, rate=2.5) == 0
    assert fake.query == {"name": [path.name], "rate": ["2.5"]}


def test_standard_input_is_sent_in_chunks(
    fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream of unknown length is passed on as it comes, under the name of stdin."""
    data = LINES * 100_000
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    fake.polls = [running(4, state="done")]
    assert run(fake, "-") == 0
    assert fake.headers["Transfer-Encoding"] == "chunked"
    assert fake.query == {"name": ["stdin"]}
    assert fake.body == data


@pytest.mark.parametrize(
    ("upload", "polls", "sentence"),
    [
        (refusal(413, "at most 10 bytes"), [], "refused: at most 10 bytes"),
        (refusal(507, "the disk is full"), [], "refused: the disk is full"),
        ((200, {}), [], "refused: it answered with 200 OK"),
        ((201, UPLOAD), [running(1, state="cancelled")], "the upload of in.jsonl was cancelled"),
        (
            (201, UPLOAD),
            [running(1, state="failed", error="its file is gone")],
            "the upload of in.jsonl failed: its file is gone",
        ),
        ((201, UPLOAD), [refusal(404, "there is no upload 'u/1'")], "refused: there is no upload"),
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
    """Refused, cancelled, failed or gone: the server's own words, and never a traceback."""
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
    [("none.jsonl", "none.jsonl cannot be read: No such file"), (".", "cannot be read: Is a dir")],
)
def test_a_file_that_cannot_be_read_is_a_sentence(
    fake: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, sentence: str
) -> None:
    """Missing, or no file at all: nothing is sent."""
    assert run(fake, tmp_path / name) == 1
    assert sentence in last_line(capsys)
    assert fake.query == {}


@pytest.mark.parametrize("server", ["http://", "ftp://x", "http://x:99999", "", "http://[::1"])
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


def test_a_file_that_grows_is_sent_as_long_as_it_was(
    fake: FakeServer, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that is still written to is a whole upload of what it held at the start."""
    before = file.stat()
    with file.open("ab") as log:
        log.write(b"five\n")
    monkeypatch.setattr(Path, "stat", lambda *_, **__: before)
    fake.polls = [running(4, state="done")]
    assert run(fake, file) == 0
    assert fake.body == LINES
