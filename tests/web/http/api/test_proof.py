"""The proof of the real program: while records flow, after kills, and of what is not right."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from dataflow.faults import VARIABLE
from dataflow.synthetic import generate
from tests.faults.folders import end_two_epochs, generation_of, rebuild
from tests.kit.running import Cartwatch, until
from web.data.paths import Paths, read_facts
from web.proof.launch import PROCESS, command, environment
from web.proof.report import Failed, Outcome, decode_report

TALL = b"".join(
    b'{"user_id": "tall", "type": "%s", "order_id": %d}\n' % (kind, number)
    for number in range(90)
    for kind in (b"order", b"payment")[: 1 + number % 2]
)
FAIL = b"FAIL HERE\n"
MIB = 1024 * 1024
MOST_BYTES = 100 * MIB
"""What a proof takes at any size, about: the contract's bound is three times that."""

MEASURED = f"""
import re, resource, sys
from pathlib import Path
from {PROCESS} import main
main()
status = Path("/proc/self/status")  # what getrusage tells on Linux begins with the parent's
if status.exists():
    peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak, file=sys.stderr)
"""


CRAMPED = f"""
import resource
from {PROCESS} import main
from web.proof import spool
spool._CACHE_KIB = 64
resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536))
main()
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def server(data: Path) -> Iterator[Cartwatch]:
    with Cartwatch(data) as server:
        server.settled()
        yield server


def proved(server: Cartwatch) -> dict[str, Any]:
    """Ask for a proof, and wait for its end: what is told until then is of this one."""
    answer = server.call("POST", "/api/prove")
    begun = msgspec.json.decode(answer.body)
    assert (answer.status, begun["state"], begun["lost"]) == (202, "running", None)

    def look() -> dict[str, Any] | None:
        told: dict[str, Any] = server.get("/api/prove")
        return None if told["state"] == "running" else told

    return until(look, 60)


def assert_agree(told: dict[str, Any]) -> None:
    assert told["state"] == "done", told
    assert (told["lost"], told["twice"], told["examples"]) == (0, 0, []), told
    assert told["journal"] == told["view"]


def fill(server: Cartwatch, events: int = 5_000) -> None:
    server.upload_in(server.upload(b"".join(generate(events, 50, 0.02, 7))), "done")
    server.upload_in(server.upload(TALL), "done")
    assert server.call("POST", "/api/events", FAIL).status == 202
    server.settled()


def proof_of(server: Cartwatch) -> psutil.Process | None:
    """Find the process of the proof."""
    for child in psutil.Process(server.pid).children():
        if PROCESS in child.cmdline():
            return child
    return None


def held_proof(server: Cartwatch) -> psutil.Process:
    """Begin a proof and stop its process where it stands."""
    assert server.call("POST", "/api/prove").status == 202
    process = until(lambda: proof_of(server))
    process.send_signal(signal.SIGSTOP)
    assert server.get("/api/prove")["state"] == "running"
    return process


def test_a_server_that_was_never_asked_has_no_proof(server: Cartwatch) -> None:
    """The fields are there, and null; then it tells what there is, which is what the API shows."""
    told = server.get("/api/prove")
    assert (told["state"], told["progress"]) == ("none", 0)
    assert all(told[name] is None for name in ("journal", "view", "lost", "twice", "seconds"))
    fill(server)
    told = proved(server)
    assert_agree(told)
    stats = server.get("/api/stats")
    figures = {name: stats[name] for name in ("carts", "unpaid", "paid", "waiting", "skipped")}
    assert told["view"] == {**figures, "completed": stats["paid"]}
    assert told["progress"] == 1
    assert told["seconds"] > 0


def test_a_second_proof_is_the_one_that_runs(server: Cartwatch) -> None:
    """202, and no other process; a new one begins when that has ended."""
    fill(server, 500)
    process = held_proof(server)
    for _ in range(2):
        answer = server.call("POST", "/api/prove")
        assert (answer.status, answer.json()["state"]) == (202, "running")
    found = [each for each in psutil.Process(server.pid).children() if PROCESS in each.cmdline()]
    assert [each.pid for each in found] == [process.pid]
    process.send_signal(signal.SIGCONT)
    until(lambda: server.get("/api/prove")["state"] == "done")
    assert_agree(proved(server))


def test_journal_and_view_agree_while_records_flow_and_after_every_kill(data: Path) -> None:
    """At whatever moment: in the middle of an upload, with the flow or the server just killed."""
    stream = b"".join(generate(24_000, 1_000, 0.02, 8))
    with Cartwatch(data) as server:
        server.settled()
        upload = server.upload(stream, rate=8_000)
        assert_agree(proved(server))
        os.kill(server.flow_pid(), signal.SIGKILL)
        assert_agree(proved(server))
        server.kill()
    with Cartwatch(data) as server:
        assert_agree(proved(server))
        server.call("PATCH", f"/api/uploads/{upload}", {"rate": None})
        server.upload_in(upload, "done")
        told = proved(server)
        assert_agree(told)
        assert told["journal"]["carts"] == 1_000
        server.stop()


def test_a_proof_finds_what_is_wrong_and_names_each(data: Path) -> None:
    """An order that was taken out, a completed one that stands there twice, a lost skipped one."""
    with Cartwatch(data) as server:
        server.settled()
        fill(server)
        (skipped,) = server.get("/api/skipped?source=api")["items"]
        end_two_epochs(server)  # or it is told again at the start, and so made right
        server.stop()
    with closing(sqlite3.connect(generation_of(data) / "view.db")) as db, db:
        db.execute("DELETE FROM orders WHERE user_id = 'tall' AND order_id = 7")
        db.execute("DELETE FROM skipped WHERE id = ?", (skipped["id"],))
        number, orders = db.execute(
            "SELECT range, orders FROM completed ORDER BY id DESC LIMIT 1"
        ).fetchone()
        user_id, order_id, seq = twice = msgspec.msgpack.decode(orders)[-1]
        db.execute(
            "INSERT INTO completed (range, count, orders) VALUES (?, 1, ?)",
            (number, msgspec.msgpack.encode([twice])),
        )
    with Cartwatch(data) as server:
        server.settled()
        told = proved(server)
        alarm = server.get("/api/recovery")["alarm"]
        ready = server.call("GET", "/readyz")
        said = server.errors()
        server.stop()
    assert (told["lost"], told["twice"]) == (2, 1)
    found = "a proof found that the view lacks 2 of what the journal says"
    assert found in said
    # The alarm is what was found first: by the proof, or by the look at the figures.
    assert found in alarm or f"{told['view']['paid']:,} paid orders, and " in alarm
    assert (ready.status, ready.json()["error"]["message"]) == (503, alarm)
    assert said.count(f"cartwatch: The data are not right: {alarm}.") == 1
    words = "\n".join(told["examples"])
    assert len(told["examples"]) == 3
    assert 'order 7 of "tall": paid ' in words
    assert f"skipped record {skipped['id']} " in words
    assert f'completed order {order_id} of "{user_id}"' in words
    assert f"2 times, as seq {seq}, {seq} in the view" in words
    assert told["view"]["paid"] == told["journal"]["paid"] - 1
    assert told["view"]["skipped"] == told["journal"]["skipped"] - 1
    assert told["view"]["completed"] == told["journal"]["completed"] + 1
    with Cartwatch(data) as server:
        until(lambda: server.get("/api/recovery")["state"] == "running" or None)
        assert server.get("/api/recovery")["alarm"] == alarm, "a start makes nothing right"
        server.stop()
    rebuild(data)
    with Cartwatch(data) as server:
        server.settled()
        assert server.get("/api/recovery")["alarm"] is None
        assert proved(server)["lost"] == 0
        server.stop()


def test_a_reset_ends_the_proof_that_runs(server: Cartwatch) -> None:
    """It has failed and says so; the outcome of one before a reset is not told after it."""
    fill(server, 500)
    process = held_proof(server)
    assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
    told = server.get("/api/prove")
    assert (told["state"], told["lost"]) == ("failed", None)
    assert "started over" in told["error"]
    assert not process.is_running()
    server.settled()
    assert_agree(proved(server))
    assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
    assert server.get("/api/prove")["state"] == "none"


def test_a_proof_that_is_killed_has_failed_and_leaves_nothing_behind(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files have no names; and the server goes on."""
    monkeypatch.setenv(VARIABLE, "1:view copied=1")
    with Cartwatch(data) as server:
        server.settled()
        fill(server, 500)
        before = {path.name for path in generation_of(data).iterdir()}
        told = proved(server)
        assert (told["state"], told["error"]) == (
            "failed",
            "its process was killed by SIGKILL",
        )
        assert {path.name for path in generation_of(data).iterdir()} == before
        assert server.get("/api/stats")["lag"] == 0
        server.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_proof_ends_with_its_server(data: Path, number: signal.Signals) -> None:
    """However that ends."""
    with Cartwatch(data) as server:
        server.settled()
        fill(server, 500)
        process = held_proof(server)
        if number == signal.SIGTERM:
            server.stop()
        else:
            server.kill()
            process.send_signal(signal.SIGCONT)
        assert psutil.wait_procs([process], timeout=10)[1] == []


@contextmanager
def started(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start the process of a proof of a generation that has no server."""
    paths = Paths(folder, read_facts(folder, folder.name))
    with subprocess.Popen(
        words or command(paths),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(paths, os.environ),
    ) as process:
        yield process


def last_word(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    return process.stdout.read().splitlines()[-1]


def test_a_view_that_cannot_be_read_is_a_failure_in_words(data: Path) -> None:
    """As a damaged one, or one that is gone."""
    with Cartwatch(data) as server:
        server.settled()
        server.stop()
    view = generation_of(data) / "view.db"
    for damage in (lambda: view.write_bytes(b"no database" * 500), view.unlink):
        damage()
        with started(view.parent) as process:
            word = decode_report(last_word(process))
            assert isinstance(word, Failed)
            assert word.error.startswith("the proof could not be brought to its end: ")
            assert process.wait(10) == 1


def test_a_full_disk_is_a_failure_in_words(data: Path) -> None:
    """What does not fit into memory finds no room: the proof ends, and nothing else does."""
    with Cartwatch(data) as server:
        server.settled()
        fill(server, 20_000)
        words = (sys.executable, "-P", "-c", CRAMPED, f"--generation={generation_of(data)}")
        with started(generation_of(data), *words) as process:
            word = decode_report(last_word(process))
            assert isinstance(word, Failed)
            assert word.error.startswith("the proof could not be brought to its end: disk")
            assert word.error.endswith("it takes as much room as the data themselves while it runs")
        assert_agree(proved(server))
        server.stop()


def peak_of(folder: Path) -> int:
    """Make a proof of a generation; gives the most memory that it took."""
    words = (sys.executable, "-P", "-c", MEASURED, f"--generation={folder}")
    with started(folder, *words) as process:
        word = decode_report(last_word(process))
        assert isinstance(word, Outcome)
        assert (word.lost, word.twice) == (0, 0)
        assert process.stderr is not None
        return int(process.stderr.read())


def test_what_a_proof_takes_does_not_grow_with_what_it_proves(data: Path) -> None:
    """Carts, orders of one cart, skipped lines: it sorts in files, a part at a time."""
    peaks = []
    tall = b"".join(b'{"user_id":"t","type":"order","order_id":%d}\n' % n for n in range(60_000))
    with Cartwatch(data) as server:
        server.settled()
        for size in (1_000, 100_000):
            stream = b"".join(generate(size, size // 4, 0.1, size))
            server.upload_in(server.upload(stream), "done")
            server.upload_in(server.upload(tall[: 40 * size]), "done")
            peaks.append(peak_of(generation_of(data)))
        server.stop()
    small, large = peaks
    assert small < large < min(MOST_BYTES, small + 40 * MIB)
