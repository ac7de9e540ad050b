"""Workers and topics: the same records by one worker and by more, from a file and from a topic.

Each run is timed from the start of the upload, or from when the flow begins to read a topic that
holds all of them, until all is durable and visible; of each process it tells the seconds of a
processor that it used meanwhile. All ways take turns, as often; what is told are medians. The
tutorial's flow reads the same topic by the source that comes with the engine, once.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import psutil

from dataflow.synthetic import generate
from tests.bench.engine import TUTORIAL, engine_command
from tests.bench.figures import cpu_of
from tests.bench.throughput import BAD, LIMIT_S, POLL_S, ROOT, milder, tell, upload_file
from tests.bench.tutorial import BROKER_VARIABLE, TOPIC_VARIABLE
from tests.kafka.reading import brokers
from tests.kit.broker import Tansu
from tests.kit.running import Cartwatch, sorters_of, until, workers_of
from tests.kit.topic import Topic

PARTITIONS: Final = 4
_SENT_AT_ONCE: Final = 50_000
_BLOCK: Final = 64 * 1024
_MOST_BYTES: Final = 900_000
"""Of a message: brokers take a mebibyte, with what stands around it."""


class Run(NamedTuple):
    """One run: how long it took, and what each process used of a processor, in seconds."""

    seconds: float
    server: float
    workers: list[float]
    sorter: float


Way = Callable[[Path], Run]
"""What makes a run on a folder that is not there yet."""


def measure(records: int, users: int, workers: Sequence[int], runs: int) -> dict[str, Any]:
    """Run each number of workers as often, from a file and, where a broker is there, a topic."""
    first = workers[0]
    told: dict[str, Any] = {"bench": "cluster", "records": records, "users": users}
    with TemporaryDirectory(prefix="cartwatch-bench-") as name, ExitStack() as opened:
        folder = Path(name)
        file = folder / "records.jsonl"
        with file.open("wb") as out:
            out.writelines(map(_shorter, generate(records, users, BAD)))
        ways: dict[str, Way] = {f"workers_{n}": partial(_upload, file, n) for n in workers}
        missing = Tansu.missing()
        if missing is None:
            topic = Topic(opened.enter_context(Tansu()), partitions=PARTITIONS)
            _fill(topic, file)
            ways |= {f"kafka_{n}": partial(_read, topic, records, n) for n in workers}
        else:
            tell(f"No topic is read: {missing}.")
        told |= _in_turns(folder, ways, runs)
        told[f"times_{first}"] = _ratios(told, "workers", workers)
        if missing is None:
            tutorial = _tutorial(folder / "tutorial", topic, records)
            by_topic, by_file = (told[f"{way}_{first}"]["seconds"] for way in ("kafka", "workers"))
            told[f"kafka_times_{first}"] = _ratios(told, "kafka", workers)
            told["kafka_busiest"] = _busiest(told, workers)
            told["kafka_of_embedded"] = round(by_file / by_topic, 2)
            told["tutorial_kafka_s"] = round(tutorial, 2)
            told["kafka_times_tutorial"] = round(tutorial / by_topic, 2)
    return told


def _shorter(line: bytes) -> bytes:
    """Exchange what no broker takes as a message for another bad line."""
    return milder(line) if len(line) < _MOST_BYTES else b"FAIL HERE\n"


def _in_turns(folder: Path, ways: dict[str, Way], runs: int) -> dict[str, Any]:
    measured: dict[str, list[Run]] = {way: [] for way in ways}
    for turn in range(runs):
        for way, run in ways.items():
            measured[way].append(run(folder / f"{turn}-{way}"))
            tell(f"{way}: {measured[way][-1]}")
    return {way: _medians(of_way) for way, of_way in measured.items()}


def _medians(runs: Sequence[Run]) -> dict[str, Any]:
    by_worker = zip(*(run.workers for run in runs), strict=True)
    return {
        "seconds": median(run.seconds for run in runs),
        "server_cpu_s": median(run.server for run in runs),
        "workers_cpu_s": [median(used) for used in by_worker],
        "sorter_cpu_s": median(run.sorter for run in runs),
    }


def _ratios(told: dict[str, Any], way: str, workers: Sequence[int]) -> list[float]:
    """Tell how many times as fast as the first number of workers each number is."""
    seconds = [told[f"{way}_{number}"]["seconds"] for number in workers]
    return [round(seconds[0] / each, 2) for each in seconds]


def _busiest(told: dict[str, Any], workers: Sequence[int]) -> list[float]:
    """Tell what the busiest process of the flow uses, as a share of that of the first number."""
    runs = [told[f"kafka_{number}"] for number in workers]
    used = [max(*run["workers_cpu_s"], run["sorter_cpu_s"]) for run in runs]
    return [round(each / used[0], 2) for each in used]


def _upload(file: Path, workers: int, folder: Path) -> Run:
    with Cartwatch(folder, workers=workers) as server:
        server.settled()
        with _used(server) as run:
            path = f"/api/uploads/{upload_file(server.url, file)['id']}"
            until(lambda: bool(server.get(path)["state"] == "done"), LIMIT_S, POLL_S)
        server.stop()
    return run[0]


def _read(topic: Topic, records: int, workers: int, folder: Path) -> Run:
    folder.mkdir()
    options = (*brokers(folder / "data", topic), f"--topic={topic.name}")
    with Cartwatch(folder / "data", *options, workers=workers) as server:
        until(lambda: bool(server.get("/api/recovery")["state"] == "running"), every=0.005)
        with _used(server) as run:
            until(lambda: _counted(server.get("/api/stats")) == records, LIMIT_S, POLL_S)
        server.stop()
    return run[0]


def _counted(stats: dict[str, Any]) -> int:
    return int(stats["events"] + stats["skipped"])


@contextmanager
def _used(server: Cartwatch) -> Iterator[list[Run]]:
    """Measure what happens meanwhile; the run is there at its end."""
    processes = [psutil.Process(server.pid), *workers_of(server.pid)]
    before = [cpu_of(process) for process in processes]
    began = time.monotonic()
    run: list[Run] = []
    yield run
    seconds = time.monotonic() - began
    used = [round(cpu_of(each) - at, 2) for each, at in zip(processes, before, strict=True)]
    sorters = sorters_of(processes[1].pid)
    run.append(Run(round(seconds, 2), used[0], used[1:], round(sum(map(cpu_of, sorters)), 2)))


def _fill(topic: Topic, file: Path) -> None:
    """Send the lines of a file to the partitions in turn, as a producer without keys does."""
    with file.open("rb") as lines:
        turn = 0
        while some := [line.rstrip(b"\n") for line in islice(lines, _SENT_AT_ONCE)]:
            topic.send(some, turn % PARTITIONS)
            turn += 1


def _tutorial(folder: Path, topic: Topic, records: int) -> float:
    """Run the tutorial's flow over the topic; gives the seconds until its last line is written.

    It writes one for each record. Where the topic ends no broker has to say, so it is killed then.
    """
    command = engine_command(TUTORIAL, folder)
    variables = {BROKER_VARIABLE: topic.broker.address, TOPIC_VARIABLE: topic.name}
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        written = 0
        while written < records and (block := os.read(process.stdout.fileno(), _BLOCK)):
            written += block.count(b"\n")
        seconds = time.monotonic() - began
        process.kill()
    if written < records:
        raise RuntimeError(f"the tutorial's flow ended after {written} of {records} records")
    tell(f"tutorial: {seconds:.2f} s")
    return seconds
