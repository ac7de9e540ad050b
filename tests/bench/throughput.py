"""Throughput: the same records through Cartwatch's whole way and through the tutorial's flow.

Ours is timed from the start of the upload until every line of it is durable and visible (the
upload is ``done``); the tutorial's from the start of its process to its end, with recovery on and
its output thrown away. Three runs of ours stand around one of the tutorial's, on one file; beside
them stands how long the same file takes where it is just read at once and grouped.
"""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import psutil

from dataflow.synthetic import generate
from tests.bench import limit
from tests.bench.engine import TUTORIAL, engine_command
from tests.bench.tutorial import FILE_VARIABLE
from tests.kit.running import Cartwatch, until

ROOT = Path(__file__).parents[2]
BAD = 0.001
POLL_S = 0.05
SAMPLE_S = 0.2
LIMIT_S = 1_800.0
MIB = 1024 * 1024


def measure(records: int, users: int) -> dict[str, Any]:
    """Run ours, the tutorial's, and ours twice more; gives the result as it is printed."""
    with TemporaryDirectory(prefix="cartwatch-bench-") as name:
        folder = Path(name)
        file = folder / "records.jsonl"
        with file.open("wb") as out:
            out.writelines(map(milder, generate(records, users, BAD)))
        tell(f"{records:,} records of {users:,} users, {file.stat().st_size / MIB:.0f} MiB")
        first, peak = run_cartwatch(folder / "run-1", file, records)
        tutorial = run_tutorial(folder / "tutorial", file)
        others = [run_cartwatch(folder / f"run-{number}", file, records) for number in (2, 3)]
        at_once = limit.measure(file)
        tell(f"read at once: {at_once:.2f} s")
    times = [first, *(seconds for seconds, _ in others)]
    middle = median(times)
    return {
        "bench": "throughput",
        "records": records,
        "users": users,
        "tutorial_s": round(tutorial, 2),
        "cartwatch_s": [round(seconds, 2) for seconds in times],
        "cartwatch_median_s": round(middle, 2),
        "ratio": round(tutorial / middle, 2),
        "at_once_s": round(at_once, 3),
        "times_at_once": round(middle / at_once, 2),
        "peak_mb": round(max(peak, *(each for _, each in others)) / MIB),
    }


def milder(line: bytes) -> bytes:
    """Exchange the two kinds of bad line that would end the tutorial's flow for another kind."""
    return b"FAIL HERE\n" if b"\\ud800" in line or b"\xe9" in line else line


def run_cartwatch(folder: Path, file: Path, records: int) -> tuple[float, int]:
    """Upload the file to a server of its own; gives the seconds, and its peak memory in bytes."""
    folder.mkdir()
    with Cartwatch(folder / "data", workers=None) as server:
        until(lambda: server.call("GET", "/readyz").status == 200)
        with PeakMemory(server.pid) as memory:
            began = time.monotonic()
            upload = upload_file(server.url, file)
            while upload["state"] != "done":
                if upload["state"] in ("paused", "cancelled", "failed"):
                    raise RuntimeError(f"the upload did not run through: {upload}")
                if time.monotonic() - began > LIMIT_S:
                    raise RuntimeError(f"not done within {LIMIT_S:.0f} s: {upload}")
                time.sleep(POLL_S)
                upload = server.get(f"/api/uploads/{upload['id']}")
            seconds = time.monotonic() - began
        counted = upload["accepted"] + upload["skipped"] + upload["blank"]
        if not counted == upload["processed"] == upload["lines"] == records:
            raise RuntimeError(f"the counters do not add up to {records}: {upload}")
        server.stop()
    tell(f"cartwatch: {seconds:.2f} s, peak {memory.peak / MIB:.0f} MiB")
    return seconds, memory.peak


def run_tutorial(folder: Path, file: Path) -> float:
    """Run the tutorial's flow over the file, with a snapshot a second; gives the seconds."""
    command = engine_command(TUTORIAL, folder)
    began = time.monotonic()
    subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, FILE_VARIABLE: str(file)},
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=LIMIT_S,
    )
    seconds = time.monotonic() - began
    tell(f"tutorial: {seconds:.2f} s")
    return seconds


def upload_file(url: str, file: Path) -> dict[str, Any]:
    """Upload a file; gives the upload as the server answers it."""
    place = urlsplit(url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=LIMIT_S)
    try:
        with file.open("rb") as body:
            connection.request("POST", f"/api/uploads?name={file.name}", body)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status != 201:
        raise RuntimeError(f"the upload was refused: {answer.status} {text.decode()}")
    upload: dict[str, Any] = json.loads(text)
    return upload


class PeakMemory:
    """Samples what a process and all of its children take, while it is entered.

    The sum of their resident sets: pages that they share count for each, so it is at least what
    they take. To ask for the exact share holds the processes up, and the time is measured, too.
    """

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="peak-memory")

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            size = 0
            for process in (self._process, *self._process.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    size += process.memory_info().rss
            self.peak = max(self.peak, size)
            if self._ended.wait(SAMPLE_S):
                return


def tell(what: str) -> None:
    """Say how far it is, on stderr."""
    print(what, file=sys.stderr, flush=True)
