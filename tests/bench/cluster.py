"""Workers: the same file through one worker of the flow and through several, in turns.

From the start of the upload until all of it is durable and visible; of each process the seconds of
a processor that it used meanwhile. Medians of as many runs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psutil

from dataflow.synthetic import generate
from tests.bench.figures import cpu_of
from tests.bench.throughput import BAD, tell, upload_file
from tests.kit.running import Cartwatch, until

LIMIT_S = 600.0


class Run(NamedTuple):
    """One run: how long it took, and what server and workers used of a processor, in seconds."""

    seconds: float
    server: float
    workers: list[float]


def measure(records: int, users: int, workers: Sequence[int], runs: int) -> dict[str, Any]:
    """Run each number of workers as often, in turns."""
    measured: dict[int, list[Run]] = {number: [] for number in workers}
    with TemporaryDirectory(prefix="cartwatch-bench-") as name:
        file = Path(name) / "records.jsonl"
        with file.open("wb") as out:
            out.writelines(generate(records, users, BAD))
        for turn in range(runs):
            for number, of_number in measured.items():
                of_number.append(_run(Path(name) / f"{turn}-{number}", file, number))
                tell(f"{number} workers: {of_number[-1]}")
    told = {f"workers_{number}": _medians(of_number) for number, of_number in measured.items()}
    first = median(run.seconds for run in measured[workers[0]])
    ratios = {
        f"times_{workers[0]}": [
            round(first / median(run.seconds for run in of_number), 2)
            for of_number in measured.values()
        ]
    }
    return {"bench": "cluster", "records": records, "users": users, **told, **ratios}


def _run(folder: Path, file: Path, workers: int) -> Run:
    with Cartwatch(folder, workers=workers) as server:
        server.settled()
        flow = [
            child
            for child in psutil.Process(server.pid).children()
            if "dataflow.process" in child.cmdline()
        ]
        processes = [psutil.Process(server.pid), *flow]
        before = [cpu_of(process) for process in processes]
        began = time.monotonic()
        upload = upload_file(server.url, file)["id"]
        path = f"/api/uploads/{upload}"
        until(lambda: server.get(path)["state"] == "done", LIMIT_S)
        seconds = time.monotonic() - began
        used = [cpu_of(each) - at for each, at in zip(processes, before, strict=True)]
        server.stop()
    return Run(round(seconds, 2), round(used[0], 2), [round(each, 2) for each in used[1:]])


def _medians(runs: Sequence[Run]) -> dict[str, Any]:
    by_worker = zip(*(run.workers for run in runs), strict=True)
    return {
        "seconds": median(run.seconds for run in runs),
        "server_cpu_s": median(run.server for run in runs),
        "workers_cpu_s": [median(used) for used in by_worker],
    }
