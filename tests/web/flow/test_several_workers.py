"""A flow of several workers, in the real program: one answer, whatever their number was before."""

from __future__ import annotations

import os
import re
import signal
import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import psutil
import pytest

from dataflow.synthetic import generate
from tests.kit.nursery import run
from tests.kit.running import Cartwatch, until

RECORDS = b"".join(generate(6_000, 900, bad=0.02, seed=5))


def workers_of(server: Cartwatch) -> list[int]:
    """Give the pids of the workers that live, the first one first."""
    found = []
    for child in psutil.Process(server.pid).children():
        try:
            words = child.cmdline()
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        found += [(word, child.pid) for word in words if word.startswith("--worker=")]
    return [pid for _, pid in sorted(found)]


def are_others(server: Cartwatch, before: list[int]) -> bool:
    """Whether three workers live, and none of them did before."""
    now = workers_of(server)
    return len(now) == 3 and not {*now} & {*before}


def told(server: Cartwatch) -> dict[str, Any]:
    """Give all that must be the same for any number of workers."""
    lasting = ("/api/carts.jsonl?sort=user", "/api/skipped.jsonl", "/api/completed.jsonl")
    facts: dict[str, Any] = {path: server.call("GET", path).body for path in lasting}
    stats = server.settled()
    return facts | {name: stats[name] for name in ("carts", "unpaid", "paid", "skipped", "events")}


def without_times(told: Any) -> Any:
    """Leave out when things happened and to which upload, which differ from run to run."""
    if not isinstance(told, bytes):
        return told
    return re.sub(rb'"(\w+_at|upload)":("[^"]*"|null)', b"", told)


def prove(server: Cartwatch) -> None:
    server.call("POST", "/api/prove")
    proof = until(lambda: (now := server.get("/api/prove"))["state"] != "running" and now)
    assert (proof["state"], proof["lost"], proof["twice"]) == ("done", 0, 0), proof


def test_any_number_of_workers_goes_on_where_another_stopped(tmp_path: Path) -> None:
    """Stopped with 2, started with 5, 1 and 3: carts, counters and feed stay what they are.

    A file that is added then ends as it does where there was one worker from the beginning.
    """
    data = tmp_path / "data"
    with Cartwatch(data, "--snapshot-interval", "0.1", workers=2) as server:
        ended = server.upload_in(server.upload(RECORDS), "done")["finished_at"]
        until(lambda: (server.get("/api/recovery")["snapshot"]["taken_at"] or "") > ended)
        before = told(server)
        assert len(workers_of(server)) == 2
        server.stop()
    for workers in (5, 1, 3):
        with Cartwatch(data, workers=workers) as server:
            assert told(server) == before
            until(lambda: server.get("/api/recovery")["agreement"])
            recovery = server.get("/api/recovery")
            assert recovery["current"]["workers"] == workers
            assert recovery["current"]["carts_restored"] == before["carts"]
            assert recovery["agreement"]["agree"]
            if workers == 3:
                server.upload_in(server.upload(RECORDS[: len(RECORDS) // 2]), "done")
                server.settled()
                several = told(server)
                prove(server)
            server.stop()
    with Cartwatch(tmp_path / "alone") as server:
        for part in (RECORDS, RECORDS[: len(RECORDS) // 2]):
            server.upload_in(server.upload(part), "done")
        alone = told(server)
        server.stop()
    for name in alone:
        assert without_times(several[name]) == without_times(alone[name]), name


def test_where_one_worker_is_killed_all_start_again(tmp_path: Path) -> None:
    """Whichever it is: the engine knows none that comes back. Each is one recovery, without a loss.

    What the others say as they break off is nothing that a person has to read.
    """
    with Cartwatch(tmp_path / "data", "--snapshot-interval", "0.1", workers=3) as server:
        server.settled()
        upload = server.upload(RECORDS, rate=5_000)
        for which, events in ((0, 1_000), (2, 3_000)):
            until(lambda: server.get("/api/recovery")["state"] == "running")
            until(lambda events=events: server.get("/api/stats")["events"] > events)  # type: ignore[misc]
            before = workers_of(server)
            os.kill(before[which], signal.SIGKILL)
            until(lambda before=before: are_others(server, before))  # type: ignore[misc]
        server.upload_in(upload, "done")
        assert server.settled()["lag"] == 0
        prove(server)
        history = server.get("/api/recovery")["history"]
        assert [start["reason"] for start in history] == [
            "killed by SIGKILL",
            "killed by SIGKILL",
            "the server was started",
        ]
        server.stop()
        assert server.errors() == 2 * "cartwatch: The flow ended (killed by SIGKILL).\n"


def test_with_the_server_all_workers_end(tmp_path: Path) -> None:
    """However it dies; and a stop is as quick as ever."""
    with Cartwatch(tmp_path / "data", workers=3) as server:
        server.settled()
        workers = workers_of(server)
        server.kill()
        until(lambda: not any(map(psutil.pid_exists, workers)))
    with Cartwatch(tmp_path / "data", workers=3) as server:
        server.settled()
        workers = workers_of(server)
        server.stop()
        assert not any(map(psutil.pid_exists, workers))


def test_workers_speak_to_each_other_on_loopback_and_to_nobody_once_they_have_met(
    tmp_path: Path,
) -> None:
    """Their ports have no login: they are shut as soon as all are connected."""
    with Cartwatch(tmp_path / "data", workers=3) as server:
        server.settled()
        for pid in workers_of(server):
            sockets = psutil.Process(pid).net_connections()
            assert not [each for each in sockets if each.status == psutil.CONN_LISTEN]
            called = {each.raddr.ip for each in sockets if each.raddr}
            assert called
            assert all(ip_address(each).is_loopback for each in called)
        words = psutil.Process(workers_of(server)[0]).cmdline()
        for word in words:
            if word.startswith("--address="):
                host, _, port = word.partition("=")[2].rpartition(":")
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection((host, int(port)), timeout=5)
        server.stop()


@pytest.mark.parametrize("number", ["0", "17", "two", "1.5", ""])
def test_a_number_of_workers_that_there_cannot_be_is_refused(tmp_path: Path, number: str) -> None:
    """In a sentence, before anything is made."""
    ended = run("serve", "--port", "0", "--data", str(tmp_path / "d"), "--workers", number)
    assert ended.returncode == 2
    assert "is not a number of workers from 1 to 16" in ended.stderr
    assert not (tmp_path / "d").exists()
