"""Recovery: how soon a server with much state is back, and what the state costs meanwhile.

A folder is filled with carts and orders, everything is killed by SIGKILL, and the next start is
timed: until the page shows carts, and until the flow has caught up. Then the same records go
through this server and, before and after, through an empty one, and through a cart of very many
orders and small ones: what counts are the ratios.
"""

import json
import random
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.throughput import LIMIT_S, MIB, POLL_S, PeakMemory, tell, upload_file
from tests.kit.running import Cartwatch, until

PAID = 0.2
TALL_ORDERS = 200_000
SMALL_ORDERS = 10
PROBES = 20_000
SINGLES = 200


def measure(carts: int, orders: int, records: int) -> dict[str, Any]:
    """Fill, kill, start again, load; gives the result as it is printed."""
    with TemporaryDirectory(prefix="cartwatch-bench-") as name:
        folder = Path(name)
        load = write(folder / "load.jsonl", mixed(records, carts, orders))
        before = on_empty(folder / "empty-1", load)
        with Cartwatch(folder / "full", workers=None) as server:
            ready(server)
            seconds = run(server, write(folder / "fill.jsonl", filling(carts, orders)))
            tell(f"filled with {carts:,} carts and {orders:,} orders in {seconds:.0f} s")
            server.kill()
        result = start_again(folder / "full", load)
        empty = [before, on_empty(folder / "empty-2", load)]
        result["throughput_share"] = round(mean(empty) / result["load_s"], 2)
        result["load_on_empty_s"] = [round(seconds, 2) for seconds in empty]
        result |= tall_cart(folder)
    return {"bench": "recovery", "carts": carts, "orders": orders, **result}


def on_empty(data: Path, load: Path) -> float:
    """Put the load through a new server; gives the seconds."""
    with Cartwatch(data, workers=None) as server:
        ready(server)
        seconds = run(server, load)
        server.stop()
    tell(f"the load on an empty store: {seconds:.2f} s")
    return seconds


def start_again(data: Path, load: Path, *options: str) -> dict[str, Any]:
    """Start on a full folder after a kill; gives how soon page and flow are back, and memory."""
    began = time.monotonic()
    with Cartwatch(data, *options, workers=None) as server:
        page = server.call("GET", "/").body
        shown = time.monotonic() - began
        assert b"data-cart=" in page, "the page shows no cart"
        ready(server)
        caught_up = time.monotonic() - began
        tell(f"page after {shown:.2f} s, caught up after {caught_up:.2f} s")
        with PeakMemory(server.pid) as memory:
            seconds = run(server, load)
        tell(f"the load on this store: {seconds:.2f} s, peak {memory.peak / MIB:.0f} MiB")
        server.stop()
    return {
        "page_s": round(shown, 2),
        "caught_up_s": round(caught_up, 2),
        "load_s": round(seconds, 2),
        "peak_mb": round(memory.peak / MIB),
    }


def tall_cart(folder: Path) -> dict[str, Any]:
    """Compare what a record costs in a cart of very many orders and in small ones."""
    with Cartwatch(folder / "tall", workers=None) as server:
        ready(server)
        small_users = [f"small-{number}" for number in range(PROBES // SMALL_ORDERS)]
        run(server, write(folder / "tall.jsonl", orders_of(["tall"], range(TALL_ORDERS))))
        in_upload, one_by_one = {}, {}
        for kind, users in (("small", small_users), ("tall", ["tall"])):
            ids = range(TALL_ORDERS, TALL_ORDERS + PROBES)
            probes = write(folder / f"{kind}.jsonl", orders_of(users, ids))
            in_upload[kind] = run(server, probes)
            began = time.monotonic()
            for number in range(SINGLES):
                line = next(orders_of([users[0]], range(10**9 + number, 10**9 + number + 1)))
                assert server.call("POST", "/api/events", line).status == 202
                until(lambda: server.get("/api/stats")["lag"] == 0)
            one_by_one[kind] = time.monotonic() - began
        server.stop()
    ratios = [costs["tall"] / costs["small"] for costs in (in_upload, one_by_one)]
    tell(f"a record of the tall cart costs {ratios[0]:.2f} and, one by one, {ratios[1]:.2f} times")
    return {"tall_in_upload": round(ratios[0], 2), "tall_one_by_one": round(ratios[1], 2)}


def filling(carts: int, orders: int) -> Iterator[bytes]:
    """Give orders of every cart, some of them paid."""
    draw = random.Random(1).random
    for number in range(orders):
        user = number if number < carts else int(draw() * carts)
        yield record(f"user-{user:07}", "order", number)
        if draw() < PAID:
            yield record(f"user-{user:07}", "payment", number)


def mixed(records: int, carts: int, first: int) -> Iterator[bytes]:
    """Give new orders of any of the carts, every second of them paid at once."""
    draw = random.Random(2).random
    for number in range(first, first + records // 2):
        user = f"user-{int(draw() * carts):07}"
        yield record(user, "order", number)
        yield record(user, "payment", number)


def orders_of(users: list[str], ids: range) -> Iterator[bytes]:
    """Give new orders, of these users in turn."""
    for number in ids:
        yield record(users[number % len(users)], "order", number)


def record(user_id: str, kind: str, order_id: int) -> bytes:
    """Give one line."""
    return b'{"user_id": "%s", "type": "%s", "order_id": %d}\n' % (
        user_id.encode(),
        kind.encode(),
        order_id,
    )


def write(path: Path, lines: Iterable[bytes]) -> Path:
    """Write lines to a file; gives its path."""
    with path.open("wb") as file:
        file.writelines(lines)
    return path


def run(server: Cartwatch, file: Path) -> float:
    """Upload a file; gives the seconds until it is done."""
    began = time.monotonic()
    upload = upload_file(server.url, file)
    while upload["state"] != "done":
        if time.monotonic() - began > LIMIT_S:
            raise RuntimeError(f"not done within {LIMIT_S:.0f} s: {json.dumps(upload)}")
        time.sleep(POLL_S)
        upload = server.get(f"/api/uploads/{upload['id']}")
    return time.monotonic() - began


def ready(server: Cartwatch) -> None:
    """Wait until the flow has caught up."""
    until(lambda: server.call("GET", "/readyz").status == 200, 120)
