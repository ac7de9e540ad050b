"""What the tests of faults do to a data folder, and how they start a command that must refuse."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dataflow.faults import VARIABLE
from dataflow.synthetic import generate
from tests.kit.nursery import run
from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch, until

NAME = "stream.jsonl"


def stream_of(records: int, seed: int) -> tuple[bytes, Oracle]:
    """Make a stream with bad lines in it, and what must come of it."""
    data = b"".join(generate(records, 40, 0.02, seed))
    oracle = Oracle()
    oracle.feed(data, NAME)
    return data, oracle


def generation_of(data: Path) -> Path:
    """Give the folder of the current generation."""
    return data / (data / "current").read_text().strip()


def refusal(*words: str, before: Callable[[], None] | None = None) -> str:
    """Run ``cartwatch`` with these words, which it must refuse; gives its one sentence."""
    if before is None:
        ended = run(*words)
    else:
        ended = subprocess.run(
            [sys.executable, "-m", "web", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            preexec_fn=before,
        )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("cartwatch: ")
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


def rebuild_killed(data: Path, point: str) -> subprocess.CompletedProcess[str]:
    """Run ``cartwatch rebuild``, which is killed where it comes to a fault point."""
    return run("rebuild", str(data), environment={VARIABLE: f"1:{point}=1"}, within=60)


def rebuild(data: Path, *options: str) -> str:
    """Run ``cartwatch rebuild``; gives what it said."""
    ended = run("rebuild", str(data), *options, within=60)
    assert ended.returncode == 0, ended.stderr
    assert "state and view agree" in ended.stdout
    return ended.stdout


@contextmanager
def no_room(*pids: int, size: int = 16 * 1024) -> Iterator[None]:
    """Let no file of these processes grow beyond ``size`` bytes, as a full disk would not."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, most) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        for pid, limits in before.items():
            with suppress(ProcessLookupError):  # a flow that could not write has ended
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def readiness(server: Cartwatch) -> str:
    """Give the sentence for which the server is not ready; empty where it is."""
    answer = server.call("GET", "/readyz")
    return "" if answer.status == 200 else str(answer.json()["error"]["message"])


def end_two_epochs(server: Cartwatch) -> None:
    """Have the flow snapshot all that it holds; blank lines are what makes an epoch end be told.

    The second of two ends only when the first is durable.
    """
    for _ in range(2):
        before = server.get("/api/recovery")["snapshot"]["taken_at"]
        assert server.call("POST", "/api/events", b"\n").status == 202
        until(lambda before=before: server.get("/api/recovery")["snapshot"]["taken_at"] != before)  # type: ignore[misc]
