"""Skipped: how fast bad lines are taken in beside good ones, and what many cost a page afterwards.

Good lines, bad lines of every kind and good lines again go through a server of their own each. A
refresh of the page is what the server reads and encodes after a commit, for all windows and for the
first page of carts; it is timed on the generation itself, without the network.
"""

import asyncio
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Any

from dataflow.database import transaction
from dataflow.messages import RecordsSkipped, Taken
from dataflow.records import REASONS, Skipped
from dataflow.synthetic import generate
from tests.bench.recovery import ready, write
from tests.bench.throughput import LIMIT_S, POLL_S, tell, upload_file
from tests.kit.running import Cartwatch
from web.data.folder import DataFolder
from web.flow.state import FlowState
from web.service.attention import Attention
from web.service.contents import Contents
from web.service.generation import Generation
from web.view.outcome import Outcome
from web.view.places import append_places
from web.view.skipped import append_skipped
from web.view.view import View
from web.view.windows import Window

USERS = 100_000
SHORT = 4_096
AT_ONCE = 8_192
REFRESHES = 300


def measure(records: int, few: int, many: int) -> dict[str, Any]:
    """Take all in and refresh; gives the result as it is printed."""
    with TemporaryDirectory(prefix="cartwatch-bench-") as name:
        folder = Path(name)
        good = write(folder / "good.jsonl", generate(records, USERS, 0.0))
        bad = write(folder / "bad.jsonl", bad_lines(records))
        first = take_in(folder / "good-1", good)
        bad_s = take_in(folder / "bad", bad)
        good_s = mean((first, take_in(folder / "good-2", good)))
        refresh = {size: asyncio.run(refreshed(folder / f"{size}", size)) for size in (few, many)}
    return {
        "bench": "skipped",
        "records": records,
        "good_s": round(good_s, 2),
        "bad_s": round(bad_s, 2),
        "speed_of_good": round(good_s / bad_s, 2),
        "few": few,
        "many": many,
        "refresh_few_ms": round(refresh[few] * 1000, 3),
        "refresh_many_ms": round(refresh[many] * 1000, 3),
        "refresh_ratio": round(refresh[many] / refresh[few], 2),
    }


def bad_lines(count: int) -> Iterator[bytes]:
    """Give bad lines of every kind that is short, in turn."""
    lines = generate(2 * count, USERS, 1.0)
    return islice((line for line in lines if len(line) < SHORT), count)


def take_in(data: Path, file: Path) -> float:
    """Upload a file to a new server; gives the seconds until it is done, though it is all bad."""
    with Cartwatch(data, workers=None) as server:
        ready(server)
        began = time.monotonic()
        upload = upload_file(server.url, file)
        while upload["state"] != "done":
            if time.monotonic() - began > LIMIT_S:
                raise RuntimeError(f"not done within {LIMIT_S:.0f} s: {upload}")
            if upload["state"] == "paused":  # most of it is bad, as it is meant to be
                server.call("PATCH", f"/api/uploads/{upload['id']}", {"state": "running"})
            time.sleep(POLL_S)
            upload = server.get(f"/api/uploads/{upload['id']}")
        seconds = time.monotonic() - began
        server.stop()
    tell(f"{file.name}: {seconds:.2f} s, {upload['accepted']:,} accepted")
    return seconds


async def refreshed(data: Path, size: int) -> float:
    """Keep so many skipped records; gives the seconds of a refresh of the page."""
    folder = DataFolder(data)
    paths = folder.current()
    view = View(paths.view)
    for first in range(1, size + 1, AT_ONCE):
        lines = range(first, min(first + AT_ONCE, size + 1))
        records = [Skipped(n, REASONS[n % len(REASONS)], "why", 1, "FAIL", False) for n in lines]
        with transaction(view._db) as db:
            chunk = Taken(first + 1, first, len(lines), "u", "f.jsonl", first, 1.0)
            append_places(db, [chunk])
            append_skipped(db, [RecordsSkipped(chunk, 0, 0, records, 0, lines[-1])])
    view.close()
    generation = Generation(paths, _nothing, lambda: None)
    contents = Contents(lambda: generation, FlowState(), lambda: None, lambda: 1, Attention(1800.0))
    times = []
    for _ in range(REFRESHES):
        began = time.perf_counter()
        async with contents.moment() as moment:
            await moment.content(Window())
        times.append(time.perf_counter() - began)
    await generation.close()
    folder.release()
    tell(f"a refresh with {size:,} skipped records: {median(times) * 1000:.3f} ms")
    return median(times)


async def _nothing(_: Outcome) -> None:
    """Nobody hears of commits."""
