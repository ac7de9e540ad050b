"""Fan-out: how long a record takes to very many viewers, and what they cost.

The viewers are in this process, at the server's side of the loopback; what they need of the
processor is told, as there are two cores for all of it. A delay is that from before a ``POST``
until a viewer has a frame whose figures count its records.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import chain, product
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any, Final

import psutil
import uvloop

from tests.bench.figures import cpu_of, hundredth
from tests.bench.livez import Livez
from tests.bench.throughput import tell
from tests.bench.viewers import Posted, Viewers, shown_by
from tests.kit.running import Cartwatch

USERS: Final = 2_000
BATCHES_A_SECOND: Final = 20
SETTLE_S: Final = 2.0
KEPT: Final = 20
BOUNDS: Final = {
    "one_window_p99_ms": 120,
    "distinct_200_p99_ms": 250,
    "distinct_1000_p99_ms": 500,
    "connected_5000_p99_ms": 400,
    "bytes_a_second": 60 * 1024,
    "cpu_beside_a_bare_broadcast": 1.3,
    "back_within_s": 10,
    "livez_longest_ms": 100,
}


def measure(rate: int, seconds: float) -> dict[str, Any]:
    """Measure all of it at ``rate`` records a second, each for so many seconds."""
    return uvloop.run(_measure(rate, seconds))


async def _measure(rate: int, seconds: float) -> dict[str, Any]:
    with TemporaryDirectory(prefix="cartwatch-bench-") as name:
        data = Path(name) / "data"
        with Cartwatch(data, workers=None) as server:
            bench = Bench(server, rate, seconds)
            await bench.fill()
            idle = await bench.idle(5_000)
            alone = await bench.load([""])
            one = await bench.load([""] * 1_000)
            one_beside = await bench.load([""] * 1_000, silent=50)
            few = await bench.load(distinct(200))
            few_beside = await bench.load(distinct(200), silent=50)
            many = await bench.load(distinct(1_000))
            most = await bench.load([""] * 5_000)
            bare = await bare_broadcast(one["payload"], one["frames_a_second"], seconds)
            back = await bench.returned(5_000)
            bench.server.stop()
    added = one["server_cpu"] - alone["server_cpu"]
    return {
        "bench": "fanout",
        "records_a_second": rate,
        "alone": alone,
        "one_window_1000": one,
        "one_window_1000_beside_50_silent": one_beside,
        "distinct_200": few,
        "distinct_200_beside_50_silent": few_beside,
        "distinct_1000": many,
        "one_window_5000": most,
        "bytes_of_an_idle_viewer": idle,
        "cpu_added": round(added, 3),
        "cpu_added_bare": round(bare, 3),
        "cpu_beside_a_bare_broadcast": round(added / bare, 2),
        "return_of_5000": back,
        "bounds": BOUNDS,
    }


def distinct(number: int) -> list[str]:
    """Make windows: all carts in every order and filter, then those of ever other searches."""
    kinds = list(
        product(("all", "unpaid", "paid", "waiting"), ("recent", "user", "unpaid", "oldest"))
    )
    wide = [f"filter={each}&sort={sort}" for each, sort in kinds]
    narrow = (
        f"search=user-{prefix}&filter={each}&sort={sort}"
        for (each, sort), prefix in product(kinds, range(1, 100))
    )
    return list(chain(wide, narrow))[:number]


class Bench:
    """A server under a load, and those who look at it."""

    def __init__(self, server: Cartwatch, rate: int, seconds: float) -> None:
        self.server = server
        self._rate = rate
        self._seconds = seconds
        self._random = random.Random(2026)
        self._orders = 0
        self._posted = Posted(0)
        self._viewers = Viewers(server.url, self._posted)

    async def fill(self) -> None:
        """Give every user some orders."""
        self.server.settled()
        for _ in range(10):
            await asyncio.to_thread(self._post, USERS)
        await asyncio.to_thread(self.server.settled)

    async def load(self, queries: Sequence[str], *, silent: int = 0) -> dict[str, Any]:
        """Let viewers look on for a while; gives what it took."""
        await self._viewers.join([""] * silent, reads=False)
        await self._viewers.join(queries, keep=KEPT)
        readers = [viewer for viewer in self._viewers.all if viewer.reads]
        process = psutil.Process(self.server.pid)
        async with self._flowing():
            await asyncio.sleep(SETTLE_S)
            for viewer in readers:
                viewer.begin()
            began, server, client = time.monotonic(), cpu_of(process), time.process_time()
            await asyncio.sleep(self._seconds)
            took = time.monotonic() - began
            server_cpu = (cpu_of(process) - server) / took
            client_cpu = (time.process_time() - client) / took
            frames = sum(viewer.frames for viewer in readers)
            received = sum(viewer.bytes for viewer in readers)
            delays = [delay for viewer in readers for delay in viewer.delays]
        await self._until_all_have(self._posted.events[-1], readers)
        await self._hold_to_the_truth(queries, readers)
        assert self._viewers.lost == 0
        self._viewers.leave()
        told = {
            "p50_ms": hundredth(delays, 50),
            "p99_ms": hundredth(delays, 99),
            "frames_a_second": round(frames / took / len(readers), 1),
            "kb_a_second": round(received / took / len(readers) / 1024, 1),
            "payload": round(received / max(frames, 1)),
            "server_cpu": round(server_cpu, 2),
            "client_cpu": round(client_cpu, 2),
        }
        tell(f"{len(queries)} viewers, {len({*queries})} windows, {silent} silent: {told}")
        return told

    async def idle(self, number: int) -> int:
        """Give what one more viewer takes of the server's memory, in bytes."""
        process = psutil.Process(self.server.pid)
        await asyncio.to_thread(self.server.settled)
        before = process.memory_info().rss
        await self._viewers.join([""] * number)
        await asyncio.sleep(SETTLE_S)
        taken = process.memory_info().rss - before
        self._viewers.leave()
        tell(f"an idle viewer: {taken / number:,.0f} bytes")
        return round(taken / number)

    async def returned(self, number: int) -> dict[str, Any]:
        """Kill the server among its viewers; gives how long it takes until all are back."""
        await self._viewers.join([""] * number)
        await asyncio.to_thread(self.server.kill)
        self._viewers.leave()
        port = self._viewers.port
        coming = asyncio.create_task(self._viewers.come_back("", number))
        self.server = await asyncio.to_thread(Cartwatch, self.server.data, "--port", str(port))
        try:
            began = time.monotonic()
            with Livez(port, every=0.02) as livez:
                await coming
            took = time.monotonic() - began
        finally:
            self._viewers.leave()
        told = {
            "back_within_s": round(took, 1),
            "livez_p99_ms": hundredth(livez.delays, 99),
            "livez_longest_ms": round(max(livez.delays) * 1000),
        }
        tell(f"{number} viewers are back: {told}")
        return told

    @asynccontextmanager
    async def _flowing(self) -> AsyncIterator[None]:
        """Post records at the rate meanwhile."""
        ended = Event()

        def post() -> None:
            due = time.monotonic()
            while not ended.is_set():
                self._post(self._rate // BATCHES_A_SECOND)
                due = max(due + 1 / BATCHES_A_SECOND, time.monotonic() - 1)
                ended.wait(max(0.0, due - time.monotonic()))

        posting = asyncio.create_task(asyncio.to_thread(post))
        try:
            yield
        finally:
            ended.set()
            await posting

    def _post(self, number: int) -> None:
        lines = []
        for _ in range(number):
            self._orders += 1
            kind, order = "order", self._orders
            if self._orders % 2 == 0:
                kind, order = "payment", max(1, self._orders - self._random.randrange(1, 200, 2))
            user = f"user-{order % USERS}"
            lines.append(json.dumps({"user_id": user, "type": kind, "order_id": order}))
        self._posted.add(number)
        answer = self.server.call("POST", "/api/events", "\n".join(lines))
        assert answer.status == 202, answer

    async def _until_all_have(self, events: int, readers: Sequence[Any]) -> None:
        end = time.monotonic() + 20
        while any(viewer.events != events for viewer in readers):
            assert time.monotonic() < end, "somebody does not get the final state"
            await asyncio.sleep(0.05)

    async def _hold_to_the_truth(self, queries: Sequence[str], readers: Sequence[Any]) -> None:
        """Hold what some viewers show in the end to what the API says."""
        await asyncio.sleep(SETTLE_S + 0.5)
        for query, viewer in zip(queries, readers, strict=True):
            if viewer.kept is not None:
                truth = await asyncio.to_thread(self.server.get, f"/api/carts?{query}")
                assert shown_by(viewer.kept)["carts"] == truth, query


async def bare_broadcast(size: int, rate: float, seconds: float) -> float:
    """Give what 1,000 sockets add to a bare loop that broadcasts so many bytes so often."""
    used = []
    for number in (1, 1_000):
        bare = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.broadcasting", str(size), str(rate)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert bare.stdout is not None
        assert bare.stdin is not None
        viewers = Viewers(f"http://127.0.0.1:{int(await bare.stdout.readline())}", Posted(0))
        await viewers.join([""] * number)
        process = psutil.Process(bare.pid)
        before, began = cpu_of(process), time.monotonic()
        await asyncio.sleep(seconds)
        used.append((cpu_of(process) - before) / (time.monotonic() - began))
        viewers.leave()
        bare.stdin.close()
        await bare.wait()
    tell(f"a bare broadcast of {size} bytes, {rate} a second: {used}")
    return used[1] - used[0]
