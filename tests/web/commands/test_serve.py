"""The server's process: how it starts and how it ends."""

import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.sync.client import connect

from tests.kit.running import Cartwatch, until

LINE = b'{"user_id": "u%d", "type": "order", "order_id": %d}\n'


def lines(count: int) -> bytes:
    return b"".join(LINE % (number % 50, number) for number in range(count))


def gone(*pids: int) -> bool:
    """Wait until processes have ended; bounded."""
    processes = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    _, alive = psutil.wait_procs(processes, timeout=10)
    return not alive


def has_more_events(server: Cartwatch, before: int) -> bool:
    return bool(server.get("/api/stats")["events"] > before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_5_seconds_with_status_0_and_no_flow_is_left(
    tmp_path: Path, number: signal.Signals
) -> None:
    """In silence; while a browser looks on and an upload runs at its pace."""
    with Cartwatch(tmp_path / "data") as server:
        server.settled()
        flow = server.flow_pid()
        server.upload(lines(50_000), rate=5_000)
        with connect(server.url.replace("http", "ws") + "/ws", proxy=None) as browser:
            browser.recv(timeout=20)
            server.stop(number)
        assert gone(flow)
        assert server.errors() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_that_come_while_it_ends_change_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Impatient hands, and managers that ask again and again: to the last moment it is status 0."""
    with Cartwatch(tmp_path / "data") as server:
        server.settled()
        while server.process.poll() is None:
            server.process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                server.process.wait(0.02)
        assert server.process.returncode == 0
        assert server.errors() == ""


def test_it_ends_while_it_starts(tmp_path: Path) -> None:
    """A signal right after the live line is heard too."""
    with Cartwatch(tmp_path / "data") as server:
        server.stop()
        assert server.errors() == ""


def test_a_client_that_says_nothing_does_not_hold_it_up(tmp_path: Path) -> None:
    """Half a request, half an upload: the end comes all the same."""
    with Cartwatch(tmp_path / "data") as server:
        place = urlsplit(server.url)
        address = (place.hostname or "", place.port or 0)
        head = f"POST /api/uploads HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 9\r\n\r\nx"
        with socket.create_connection(address) as silent, socket.create_connection(address) as half:
            half.sendall(head.encode())
            silent.sendall(b"GET / HT")
            server.settled()
            server.stop()
    uploads = tmp_path / "data" / "generation-000001" / "uploads"
    assert list(uploads.iterdir()) == []


def test_when_the_server_is_killed_its_flow_ends_and_the_next_start_needs_no_clean_up(
    tmp_path: Path,
) -> None:
    """Whatever was going on: what was accepted is there, once, and the upload goes on."""
    data = tmp_path / "data"
    upload = None
    for _ in range(3):
        with Cartwatch(data) as server:
            if upload is None:
                upload = server.upload(lines(20_000), rate=1_000)  # not done before the last kill
                assert server.call("POST", "/api/events", lines(10)).status == 202
            flow = server.flow_pid()
            before = server.get("/api/stats")["events"]
            until(partial(has_more_events, server, before))
            server.kill()
            assert gone(flow)
    with Cartwatch(data) as server:
        assert upload is not None
        server.call("PATCH", f"/api/uploads/{upload}", {"rate": None})
        shown = server.upload_in(upload, "done")
        assert (shown["processed"], shown["accepted"]) == (20_000, 20_000)
        stats = server.settled()
        assert (stats["events"], stats["carts"], stats["unpaid"]) == (20_010, 50, 20_000)
        assert stats["duplicates"] == 10
        history = server.get("/api/recovery")["history"]
        assert len(history) == 4
        server.stop()


def test_reads_and_writes_work_while_the_flow_is_down(tmp_path: Path) -> None:
    """Pages and durable writes come before recovery; it says that it is not ready."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        server.call("POST", "/api/events", lines(5))
        server.settled()
        server.stop()
    recovery = data / "generation-000001" / "recovery"
    aside = recovery.rename(data / "aside")
    with Cartwatch(data) as server:
        until(lambda: server.get("/api/recovery")["state"] == "down")
        assert server.call("GET", "/").status == 200
        assert server.get("/api/stats")["carts"] == 5
        assert server.call("POST", "/api/events", lines(1)).status == 202
        assert server.get("/api/stats")["lag"] == 1
        answer = server.call("GET", "/readyz")
        assert (answer.status, answer.json()["error"]["code"]) == (503, "not_ready")
        assert server.call("GET", "/livez").status == 200
        aside.rename(recovery)
        assert server.call("POST", "/api/flow/restart").status == 202
        assert server.settled()["events"] == 6
        server.stop()


def status_after(number: signal.Signals, module: str, *words: str) -> int:
    """Send a signal to the command as soon as it has loaded a module; gives its status.

    Its standard input is open, and nothing comes by it.
    """
    command = [sys.executable, "-X", "importtime", "-m", "web", *words]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.decode().rsplit("|", 1)[-1].strip() == module:
                process.send_signal(number)
                break
        said = process.stderr.read()
        status = process.wait(5)
    assert b"Traceback" not in said
    return status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("module", ["click.core", "uvicorn", "web.service.service"])
def test_a_signal_before_it_is_live_ends_it_in_silence(
    tmp_path: Path, module: str, number: signal.Signals
) -> None:
    """While it still loads its own code, the status is 0 as well."""
    assert status_after(number, module, "--port", "0", "--data", str(tmp_path / "data")) == 0


def test_a_command_that_is_interrupted_before_it_has_begun_says_so_by_its_status() -> None:
    """Nothing was sent, and nobody is to think that it was; there is nothing else to say."""
    assert status_after(signal.SIGINT, "click.core", "replay", "-") == 130


SIGNALLED = """
import os, signal, sys, weakref
from web.commands import early

class Thing: pass

getattr(early, sys.argv[1])()
thing = Thing()
gone = weakref.ref(thing, lambda _: os.kill(os.getpid(), int(sys.argv[2])))
del thing
print("lived on")
"""


@pytest.mark.parametrize(
    ("way", "number", "status"),
    [
        ("end_at_signals", signal.SIGTERM, 0),
        ("end_at_signals", signal.SIGINT, 0),
        ("end_at_interrupts", signal.SIGINT, 130),
    ],
)
def test_a_signal_before_a_command_has_begun_is_lost_nowhere(
    way: str, number: signal.Signals, status: int
) -> None:
    """In a callback of the interpreter's, which would swallow any exception, as little."""
    words = [sys.executable, "-c", SIGNALLED, way, str(int(number))]
    ended = subprocess.run(words, capture_output=True, timeout=30)
    assert (ended.returncode, ended.stdout, ended.stderr) == (status, b"", b"")
