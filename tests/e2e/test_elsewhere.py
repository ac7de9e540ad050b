"""Workers elsewhere, in the real program: an agent on this machine, and three hosts on a cable."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dataflow.synthetic import generate
from tests.e2e.comparison import assert_holds
from tests.kit.authority import Authority
from tests.kit.far_worker import FarWorker, await_workers, places, working
from tests.kit.hosts import Hosts
from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch, until
from tests.kit.signed_in import CHANGES, bearer, token_files

RECORDS = 8_000
RATE = 600
SLOW = 60


@pytest.fixture(scope="module")
def stream() -> bytes:
    return b"".join(generate(RECORDS, 300, 0.02, 12))


@pytest.fixture(scope="module")
def oracle(stream: bytes) -> Oracle:
    oracle = Oracle()
    oracle.feed(stream, "stream.jsonl")
    return oracle


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    """Three hosts on a cable; the test is skipped, in words, where there can be none."""
    if missing := Hosts.missing():
        pytest.skip(missing)
    with Hosts("hub", "left", "right") as hosts:
        yield hosts


def processed(server: Cartwatch, upload: str) -> int:
    return int(server.get(f"/api/uploads/{upload}")["processed"])


def starts(server: Cartwatch) -> list[str]:
    """Give the reasons of all starts, the first one first."""
    return [each["reason"] for each in reversed(server.get("/api/recovery")["history"])]


def until_restarted(server: Cartwatch, count: int, workers: int) -> None:
    """Wait until the flow was started so often, and runs as so many workers."""
    until(lambda: server.get("/api/recovery")["total"] >= count, 60)
    await_workers(server, workers)


def test_an_agent_joins_dies_and_leaves_and_the_data_are_exact(
    tmp_path: Path, stream: bytes, oracle: Oracle
) -> None:
    """While records flow: its child, itself and the first worker are killed; the server, too."""
    data = tmp_path / "data"
    with Cartwatch(data, "--snapshot-interval", "0.5") as server:
        server.settled()
        upload = server.upload(stream, "stream.jsonl", rate=RATE)
        with FarWorker(server.url) as first, FarWorker(server.url) as second:
            await_workers(server, 3)
            before = starts(server)  # one came a second behind the other, or they came together
            assert all(reason.endswith("joined") for reason in before[1:])
            told = places(server)
            assert [each["worker"] for each in told] == [0, 1, 2]
            assert told[0]["host"] is None
            assert told[0]["heard_at"] is None
            assert told[1]["host"]
            assert told[1]["heard_at"]
            os.kill(first.running(), signal.SIGKILL)
            until_restarted(server, len(before) + 1, 3)
            os.kill(server.flow_pid(), signal.SIGKILL)
            until_restarted(server, len(before) + 2, 3)
            child = second.running()
            second.kill()
            until(lambda: not psutil.pid_exists(child))
            until_restarted(server, len(before) + 3, 2)
            first.stop()
            until_restarted(server, len(before) + 4, 1)
            killed, of_this_machine, lost, left = starts(server)[len(before) :]
            assert killed.endswith("ended: killed by SIGKILL")
            assert of_this_machine == "killed by SIGKILL"
            assert lost.endswith("is gone")
            assert left.endswith("left")
            server.upload_in(upload, "done", 60)
        assert_holds(server, oracle, source="stream.jsonl")
        assert server.call("POST", "/api/prove").status == 202
        until(lambda: server.get("/api/prove")["state"] == "done")
        assert [server.get("/api/prove")[each] for each in ("lost", "twice")] == [0, 0]
        server.stop()


def test_an_agent_comes_again_to_a_server_that_was_away(
    tmp_path: Path, stream: bytes, oracle: Oracle
) -> None:
    """Stopped or killed: its worker has ended with it, and it takes part in the next one's flow."""
    data = tmp_path / "data"
    with Cartwatch(data, "--snapshot-interval", "0.5") as server:
        server.settled()
        port = server.url.rpartition(":")[2]
        with FarWorker(server.url) as agent:
            await_workers(server, 2)
            upload = server.upload(stream, "stream.jsonl", rate=RATE)
            until(lambda: processed(server, upload) > RECORDS // 10)
            child = agent.running()
            server.kill()
            until(lambda: not psutil.pid_exists(child))
            agent.says("trying again")
            with Cartwatch(data, "--port", port) as again:
                await_workers(again, 2)
                until(lambda: processed(again, upload) > RECORDS // 2)
                child = agent.running()
                again.stop()
                until(lambda: not psutil.pid_exists(child))
                assert again.errors() == ""
            with Cartwatch(data, "--port", port) as last:
                await_workers(last, 2)
                last.upload_in(upload, "done", 60)
                last.settled()
                assert_holds(last, oracle, source="stream.jsonl")
                ends = [each["ended_because"] for each in last.get("/api/recovery")["history"]]
                assert "the server was stopped" in ends
                agent.stop()
                last.stop()


@pytest.mark.timeout(240)
def test_what_is_stopped_elsewhere_holds_nothing_up_for_long(
    tmp_path: Path, stream: bytes, oracle: Oracle
) -> None:
    """A worker that hangs is killed and made anew; an agent that does is left out meanwhile."""
    with (
        Cartwatch(tmp_path / "data", "--snapshot-interval", "0.5") as server,
        FarWorker(server.url) as agent,
    ):
        await_workers(server, 2)
        upload = server.upload(stream, "stream.jsonl", rate=SLOW)
        until(lambda: processed(server, upload) > 0)
        child = agent.running()
        os.kill(child, signal.SIGSTOP)
        until_restarted(server, 3, 2)
        assert starts(server)[2] == "it had work and did nothing"
        assert not psutil.pid_exists(child)
        os.kill(agent.process.pid, signal.SIGSTOP)
        try:
            until(lambda: starts(server)[3:], 60)  # 15 s without a word
            await_workers(server, 1)
            assert starts(server)[3].endswith("said nothing for 15 s")
        finally:
            os.kill(agent.process.pid, signal.SIGCONT)
        await_workers(server, 2, 90)
        assert server.call("PATCH", f"/api/uploads/{upload}", {"rate": None}).status == 200
        server.upload_in(upload, "done", 60)
        server.settled()
        assert_holds(server, oracle, source="stream.jsonl")
        agent.stop()
        server.stop()


@pytest.mark.timeout(240)
def test_three_hosts_on_a_cable_and_one_is_cut_off(
    tmp_path: Path, hosts: Hosts, stream: bytes, oracle: Oracle
) -> None:
    """By TLS that is verified; the flow goes on with those that are left, and takes it back."""
    hub, left, right = hosts.all
    authority = Authority(tmp_path, hub.address)
    tokens = token_files(tmp_path)
    options = [f"--host={hub.address}", "--snapshot-interval=0.5", *tokens, *authority.options]
    far = [tokens[0], f"--ca={authority.ca}"]
    with Cartwatch(tmp_path / "data", *options, host=hub) as server:
        server.headers, server.ca = bearer(CHANGES), authority.ca
        server.settled()
        with (
            FarWorker(server.url, *far, host=left) as staying,
            FarWorker(server.url, *far, host=right) as cut,
        ):
            await_workers(server, 3)
            assert {*working(server)} == {None, "left", "right"}
            for each in (staying, cut):
                assert addresses_of(each.running()) <= {host.address for host in hosts.all}
                assert not listening(each.running())
            upload = server.upload(stream, "stream.jsonl", rate=SLOW)
            until(lambda: processed(server, upload) > SLOW)
            hosts.pull(right)
            until(lambda: working(server) == [None, "left"], 60)
            await_workers(server, 2)
            before = processed(server, upload)
            until(lambda: processed(server, upload) > before)
            hosts.plug(right)
            until(lambda: {*working(server)} == {None, "left", "right"}, 90)
            assert server.get(f"/api/uploads/{upload}")["state"] == "running"
            assert server.call("PATCH", f"/api/uploads/{upload}", {"rate": None}).status == 200
            server.upload_in(upload, "done", 60)
            server.settled()
            assert_holds(server, oracle, source="stream.jsonl")
            cut.stop()
            staying.stop()
        server.stop()


def addresses_of(pid: int) -> set[str]:
    """Give the addresses that a process is connected to."""
    sockets = psutil.Process(pid).net_connections()
    return {each.raddr.ip for each in sockets if each.raddr}


def listening(pid: int) -> bool:
    sockets = psutil.Process(pid).net_connections()
    return any(each.status == psutil.CONN_LISTEN for each in sockets)
