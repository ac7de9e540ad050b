"""Standard streams that are closed, full, without a reader, or read by nobody."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
import tty
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.kit.running import Cartwatch, until
from web.commands.terminal import printable, shown

LINE = b'{"user_id": "streams", "type": "order", "order_id": 1}\n'
CLOSED = ("<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-")
PROGRAM = (sys.executable, "-m", "web")


def shell(redirections: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command with some of its streams closed, as a shell closes them."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", *PROGRAM, *words],
        capture_output=True,
        timeout=60,
    )


def in_silence(done: subprocess.CompletedProcess[bytes], status: int = 0) -> bool:
    return done.returncode == status and b"rror" not in done.stderr


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "f.jsonl"
    path.write_bytes(LINE)
    return path


@pytest.mark.parametrize("closed", CLOSED)
def test_help_to_nobody_is_no_error(closed: str) -> None:
    """Whichever of the streams are closed."""
    assert in_silence(shell(closed, "--help"))


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_that_finds_no_room_or_no_reader_is_no_error(word: str) -> None:
    """No stream at all, a full device, and a pipe whose reader has gone."""
    for redirections in (CLOSED[-1], "> /dev/full"):
        assert in_silence(shell(redirections, word))
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*PROGRAM, word], stdout=writer, stderr=subprocess.PIPE, timeout=30)
    os.close(writer)
    assert in_silence(done)


@pytest.mark.parametrize("closed", CLOSED)
def test_a_bad_option_keeps_its_status(closed: str) -> None:
    """And its sentence, where anybody can hear it."""
    done = shell(closed, "--port", "x")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 0 if "2>&-" in closed else 1)


@pytest.mark.parametrize("redirection", [">&-", "> /dev/full", "1< /dev/null"])
def test_generate_says_that_nothing_takes_its_lines(redirection: str) -> None:
    """They are what it is for: a sentence and status 1, not success."""
    done = shell(redirection, "generate", "--events", "1000", "--users", "10")
    assert done.returncode == 1
    assert done.stderr.startswith(b"cartwatch: standard output cannot be written to: ")
    assert done.stderr.count(b"\n") == 1


def test_generate_needs_no_other_stream() -> None:
    """Standard input and standard error may be closed."""
    done = shell("<&- 2>&-", "generate", "--events", "1000", "--users", "10")
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 1_000)


@pytest.mark.parametrize("closed", CLOSED)
def test_a_replay_needs_no_stream(cartwatch: Cartwatch, file: Path, closed: str) -> None:
    """The file goes up, and the status says what became of it."""
    assert in_silence(shell(closed, "replay", str(file), "--server", cartwatch.url))


def test_a_replay_that_nobody_hears_keeps_its_statuses(cartwatch: Cartwatch, file: Path) -> None:
    """Of a file with bad lines, and of one that is not there."""
    bad = file.with_name("bad.jsonl")
    bad.write_bytes(b"FAIL HERE\n")
    for path, status in ((bad, 3), (file.with_name("none"), 1)):
        done = shell(CLOSED[-1], "replay", str(path), "--server", cartwatch.url)
        assert done.returncode == status


def test_a_replay_goes_on_when_nobody_reads_its_bar(cartwatch: Cartwatch, file: Path) -> None:
    """Both streams are a pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    words = [*PROGRAM, "replay", str(file), "--server", cartwatch.url]
    done = subprocess.run(words, stdout=writer, stderr=writer, timeout=60)
    os.close(writer)
    assert done.returncode == 0


def test_a_replay_of_a_closed_standard_input_is_a_sentence(cartwatch: Cartwatch) -> None:
    """It cannot be read; one that is open and empty is refused by the server."""
    done = shell("<&-", "replay", "-", "--server", cartwatch.url)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"cartwatch: standard input is closed" in done.stderr
    done = shell("< /dev/null", "replay", "-", "--server", cartwatch.url)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"empty" in done.stderr


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Leave the data of a server that was stopped."""
    data = tmp_path_factory.mktemp("left") / "data"
    with Cartwatch(data) as server:
        assert server.call("POST", "/api/events", LINE).status == 202
        server.settled()
        server.stop()
    return data


@pytest.mark.parametrize("closed", CLOSED)
def test_a_rebuild_needs_no_stream(left: Path, tmp_path: Path, closed: str) -> None:
    """It ends as it would with all of them."""
    data = shutil.copytree(left, tmp_path / "data")
    assert in_silence(shell(closed, "rebuild", str(data)))


def test_a_rebuild_that_nobody_hears_keeps_its_status(tmp_path: Path) -> None:
    """Where there is nothing to rebuild."""
    assert shell(CLOSED[-1], "rebuild", str(tmp_path / "none")).returncode == 1


class Server:
    """A server whose streams are the test's; what it does is seen in its data folder."""

    def __init__(self, data: Path, redirections: str = "", **streams: int) -> None:
        words = [*PROGRAM, "serve", "--port", "0", "--data", str(data)]
        shell = ["sh", "-c", f'exec "$@" {redirections}', "sh", *words]
        self.process = subprocess.Popen(shell, **streams)  # type: ignore[call-overload]
        self._lock = data / "flow.lock"

    def new_flow(self, but: int = 0) -> int:
        """Wait until a flow runs that is another than this one; gives its pid."""

        def look() -> int | None:
            text = self._lock.read_text() if self._lock.exists() else ""
            pid = int(text or 0)
            return pid if pid not in (0, but, self.process.pid) else None

        return until(look)

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        assert self.process.wait(5) == 0

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


@pytest.mark.parametrize("closed", CLOSED)
def test_a_server_needs_no_stream(tmp_path: Path, closed: str) -> None:
    """No file of the data gets the number of a closed one; a signal ends it with status 0."""
    with Server(tmp_path / "data", closed) as server:
        server.new_flow()
        files = psutil.Process(server.process.pid).open_files()
        assert files
        assert not {0, 1, 2} & {each.fd for each in files}
        server.end(signal.SIGTERM)


def test_a_server_whose_live_line_nobody_reads_lives(tmp_path: Path) -> None:
    """Both streams are a pipe whose reader has gone; what it warns of is dropped."""
    reader, writer = os.pipe()
    os.close(reader)
    with Server(tmp_path / "data", stdout=writer, stderr=writer) as server:
        os.close(writer)
        flow = server.new_flow()
        os.kill(flow, signal.SIGKILL)  # which it warns of
        server.new_flow(but=flow)
        server.end(signal.SIGINT)


def test_a_terminal_that_is_stopped_stops_no_server(tmp_path: Path) -> None:
    """As by Ctrl-S: what stderr has no room for is dropped; the server goes on, and ends."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    os.set_blocking(theirs, False)
    with suppress(BlockingIOError):
        while True:
            os.write(theirs, b"x" * 64)
    os.set_blocking(theirs, True)
    with Server(tmp_path / "data", stdout=subprocess.DEVNULL, stderr=theirs) as server:
        flow = server.new_flow()
        os.kill(flow, signal.SIGKILL)
        server.new_flow(but=flow)
        server.end(signal.SIGTERM)
    os.close(ours)
    os.close(theirs)


def test_what_is_no_character_for_a_terminal_is_a_mark() -> None:
    """Bytes that are no UTF-8, and what would steer a terminal or turn a line about."""
    assert printable("caf\udce9 \x1b[2J\r\n\x00\x9b\u2028\u202e") == "caf� �[2J������"
    assert printable("Zoë – 日本 👩‍👧") == "Zoë – 日本 👩‍👧"


def test_a_long_path_is_not_for_pages() -> None:
    """A sentence stays one that can be read."""
    assert len(shown(Path("/" + "x" * 5_000))) == 201
    assert shown("short") == "short"


def test_ctrl_c_at_a_replay_that_waits_says_what_goes_on(cartwatch: Cartwatch, file: Path) -> None:
    """The file is there: only the waiting is over."""
    slow = file.with_name("interrupted.jsonl")
    slow.write_bytes(LINE * 1_000)
    words = [*PROGRAM, "replay", str(slow), "--rate", "1", "--server", cartwatch.url]
    with subprocess.Popen(words, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = b""
        while b"lines/s" not in said:
            said += os.read(process.stderr.fileno(), 4_096)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert said.endswith(b"cartwatch: stopped waiting; what was uploaded goes on there\n")
        assert process.wait(30) == 1
    uploads = cartwatch.get("/api/uploads")["items"]
    (upload,) = [each for each in uploads if each["name"] == slow.name]
    assert upload["state"] == "running"
    cartwatch.call("PATCH", f"/api/uploads/{upload['id']}", {"state": "cancelled"})
