"""Asking: how long an answer takes at very many carts while records flow in.

A folder is filled with carts and orders; then records come in at a pace, and each question is asked
again and again, one after the other. What counts is the time by which 95 of 100 answers are there.
"""

import random
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from tests.bench.recovery import filling, mixed, ready, run, write
from tests.bench.throughput import tell, upload_file
from tests.kit.running import Cartwatch

BOUNDS_MS = {
    "first page": 30,
    "search": 100,
    "oldest unpaid": 100,
    "most unpaid": 100,
    "older": 100,
    "attention": 20,
    "orders": 50,
    "order": 2_000,
}
"""What each question may take at the most, in ms."""

ROUNDS = 100
RARE = 10
"""How often the question is asked that looks through all carts."""


def measure(carts: int, orders: int, rate: int) -> dict[str, Any]:
    """Fill, let records come in, ask; gives the result as it is printed."""
    with TemporaryDirectory(prefix="cartwatch-bench-") as name:
        folder = Path(name)
        with Cartwatch(folder / "data", workers=None) as server:
            ready(server)
            seconds = run(server, write(folder / "fill.jsonl", filling(carts, orders)))
            tell(f"filled with {carts:,} carts and {orders:,} orders in {seconds:.0f} s")
            load = write(folder / "load.jsonl", mixed(rate * 600, carts, orders))
            upload = upload_file(server.url, load)
            server.call("PATCH", f"/api/uploads/{upload['id']}", {"rate": rate})
            questions = made(server, carts, orders)
            for ask in questions.values():
                ask()  # the first one of some loads what all others find
            began = time.monotonic()
            before = server.get("/api/stats")["events"]
            times = {question: timed(question, ask) for question, ask in questions.items()}
            flowed = (server.get("/api/stats")["events"] - before) / (time.monotonic() - began)
            server.call("PATCH", f"/api/uploads/{upload['id']}", {"state": "cancelled"})
            server.stop()
    return {
        "bench": "ask",
        "carts": carts,
        "orders": orders,
        "records_a_second": round(flowed),
        "p95_ms": {question: p95(some) for question, some in times.items()},
        "p50_ms": {question: round(median(some) * 1000, 1) for question, some in times.items()},
        "bounds_ms": BOUNDS_MS,
    }


def made(server: Cartwatch, carts: int, orders: int) -> dict[str, Callable[[], object]]:
    """Give each question; what it is about is drawn anew each time."""
    draw = random.Random(3)
    half = half_age(server)

    def ask(path: str) -> object:
        return server.get(path)

    return {
        "first page": lambda: ask("/api/carts"),
        "search": lambda: ask(f"/api/carts?search=user-{draw.randrange(100):02}"),
        "oldest unpaid": lambda: ask("/api/carts?filter=unpaid&sort=oldest"),
        "most unpaid": lambda: ask("/api/carts?filter=unpaid&sort=unpaid"),
        "older": lambda: ask(f"/api/carts?filter=unpaid&older={half()}"),
        "attention": lambda: ask(f"/api/attention?older={half()}"),
        "orders": lambda: ask(f"/api/carts/user-{draw.randrange(carts):07}/orders"),
        "order": lambda: ask(f"/api/orders/{quote(str(draw.randrange(orders)))}"),
    }


def half_age(server: Cartwatch) -> Callable[[], float]:
    """Give an age that about half of the carts meet: that of the cart in the middle by its age."""
    total = server.get("/api/carts?filter=unpaid&limit=1")["total"]
    low, high = 0.001, 3600.0
    for _ in range(20):
        age = (low + high) / 2
        met = server.get(f"/api/attention?older={age}")["unpaid"]["carts"]
        low, high = (age, high) if met > total / 2 else (low, age)
    then = time.time() - low
    tell(f"half of the carts have been open since {datetime.fromtimestamp(then)}")
    return lambda: round(time.time() - then, 3)


def timed(question: str, ask: Callable[[], object]) -> list[float]:
    """Ask again and again; gives the seconds of each answer."""
    times = []
    for _ in range(RARE if question == "order" else ROUNDS):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    tell(f"{question}: {p95(times)} ms")
    return times


def p95(times: list[float]) -> float:
    """Give the time by which 95 of 100 are through, in ms."""
    return round(quantiles(times, n=20, method="inclusive")[-1] * 1000, 1)
