"""Isolation: what one who asks for much costs another who only looks on; and what idling costs.

A browser looks at one cart, for which a record is posted ten times a second; the delay is that from
before the ``POST`` until it has the frame. Meanwhile somebody else floods, uploads, exports,
searches, proves, or reads nothing.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, Final

import psutil
from websockets.sync.client import ClientConnection, connect

from dataflow.peers import free_addresses
from dataflow.synthetic import generate
from tests.bench.engine import EMPTY, engine_command
from tests.bench.figures import cpu_of, hundredth
from tests.bench.livez import Livez
from tests.bench.throughput import ROOT, tell
from tests.kit.frames import applied
from tests.kit.running import Cartwatch, until, workers_of

PROBE: Final = "probe"
EVERY_S: Final = 0.1
LEAST_S: Final = 6.0
REST_S: Final = 15.0
IDLE_S: Final = 20.0
GIB: Final = 1024**3
BOUNDS: Final = {"frame_delay_p99_ms": 250, "livez_p99_ms": 100, "idle_above_empty_percent": 2.0}


def measure(carts: int, upload_bytes: int) -> dict[str, Any]:
    """Measure each with so many carts, and with an upload of so many bytes."""
    with TemporaryDirectory(prefix="cartwatch-bench-") as name:
        folder = Path(name)
        lines = folder / "lines.jsonl"
        with lines.open("wb") as out:
            out.writelines(generate(carts, carts, 0.0))
        with Cartwatch(folder / "idle", workers=None) as server:
            idle = idling(server, folder)
            server.stop()
        with Cartwatch(
            folder / "data", "--max-upload", str(upload_bytes + 1), workers=None
        ) as server:
            server.settled()
            server.upload_in(server.upload(lines.read_bytes()), "done", within=600)
            looked_on(server, lambda: time.sleep(REST_S))  # what the load has left to be done
            quiet = looked_on(server, lambda: time.sleep(LEAST_S))
            told = {"quiet": quiet}
            for name, disturb in {
                "flood": lambda: flood(server, lines.read_bytes()),
                "upload": lambda: upload(server, upload_bytes),
                "export": lambda: export(server),
                "search": lambda: search(server),
                "proof": lambda: prove(server),
                "silent": lambda: silent(server),
            }.items():
                told[name] = looked_on(server, disturb)
                tell(f"{name}: {told[name]}")
            server.stop()
    return {"bench": "isolation", "carts": carts, **told, "idle": idle, "bounds": BOUNDS}


def looked_on(server: Cartwatch, disturb: Callable[[], None]) -> dict[str, float]:
    """Look on while somebody disturbs; gives the delays."""
    port = int(server.url.rsplit(":", 1)[1])
    with probing(server) as delays, Livez(port, every=0.02) as livez:
        began = time.monotonic()
        disturb()
        time.sleep(max(0.0, LEAST_S + began - time.monotonic()))
    return {
        "frame_p50_ms": hundredth(delays, 50),
        "frame_p99_ms": hundredth(delays, 99),
        "livez_p99_ms": hundredth(livez.delays, 99),
        "livez_longest_ms": round(max(livez.delays) * 1000),
    }


@contextmanager
def probing(server: Cartwatch) -> Iterator[list[float]]:
    """Post a record for the probe again and again, and note when its frame has come."""
    delays: list[float] = []
    posted: list[float] = []
    ended, first = Event(), Event()
    base = 0

    def post() -> None:
        while not ended.wait(EVERY_S):
            number = base + len(posted) + 1
            posted.append(time.monotonic())
            record = {"user_id": PROBE, "type": "order", "order_id": number}
            assert server.call("POST", "/api/events", json.dumps(record)).status == 202

    def listen(socket: ClientConnection) -> None:
        nonlocal base
        shown: dict[str, Any] = {}
        seen = 0
        while not (ended.is_set() and seen == len(posted)):
            shown = applied(shown, json.loads(socket.recv(timeout=30)))
            items = shown["carts"]["items"]
            orders = items[0]["unpaid"] if items else 0
            if not first.is_set():
                base = orders
                first.set()
            now = time.monotonic()
            while seen < orders - base:
                delays.append(now - posted[seen])
                seen += 1

    with connect(f"{server.url.replace('http', 'ws')}/ws?user={PROBE}", proxy=None) as socket:
        listening, posting = Thread(target=listen, args=(socket,)), Thread(target=post)
        listening.start()
        first.wait(30)
        posting.start()
        try:
            yield delays
        finally:
            ended.set()
            posting.join()
            listening.join()


def flood(server: Cartwatch, lines: bytes) -> None:
    """Upload very many records, as fast as possible."""
    server.upload_in(server.upload(lines), "done", within=600)


def upload(server: Cartwatch, size: int) -> None:
    """Upload a very large file, of which next to nothing is released."""
    block = b'{"user_id": "large", "type": "order", "order_id": 1}\n' * 10_000
    port = int(server.url.rsplit(":", 1)[1])
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    connection.putrequest("POST", "/api/uploads?name=large.jsonl&rate=0.01")
    connection.putheader("Content-Length", str(size // len(block) * len(block)))
    connection.endheaders()
    for _ in range(size // len(block)):
        connection.send(block)
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    name = json.loads(answer.read())["id"]
    connection.close()
    assert server.call("PATCH", f"/api/uploads/{name}", {"state": "cancelled"}).status == 200


def export(server: Cartwatch) -> None:
    """Read all carts whole."""
    port = int(server.url.rsplit(":", 1)[1])
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("GET", "/api/carts.jsonl")
    answer = connection.getresponse()
    while answer.read(1 << 20):
        pass
    connection.close()


def search(server: Cartwatch) -> None:
    """Look for orders by their number, one after the other."""
    for number in range(3):
        server.get(f"/api/orders/{10**9 + number}")


def prove(server: Cartwatch) -> None:
    """Have the view held to the journal."""
    server.call("POST", "/api/prove")
    done = until(lambda: (told := server.get("/api/prove"))["state"] != "running" and told, 600)
    assert (done["state"], done["lost"], done["twice"]) == ("done", 0, 0), done


def silent(server: Cartwatch) -> None:
    """Let clients come that take nothing: of sockets, and of an export."""
    port = int(server.url.rsplit(":", 1)[1])
    with ExitStack() as clients:
        for path in [*["/ws"] * 50, "/api/carts.jsonl"]:
            connection = HTTPConnection("127.0.0.1", port)
            clients.callback(connection.close)
            head = {"Upgrade": "websocket", "Connection": "Upgrade"} if path == "/ws" else {}
            key = {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
            connection.request("GET", path, headers={**head, **key} if head else {})
        time.sleep(LEAST_S)


def idling(server: Cartwatch, folder: Path) -> dict[str, float]:
    """Give what server and flow need of a core while one looks on, beside an empty flow.

    That has as many workers, and the same interval.
    """
    server.settled()
    of_server, flow = psutil.Process(server.pid), workers_of(server.pid)
    ended = Event()
    with (
        _empty_flow(folder, len(flow)) as empty,
        connect(f"{server.url.replace('http', 'ws')}/ws", proxy=None) as socket,
    ):
        reading = Thread(target=_read, args=(socket, ended))
        reading.start()
        time.sleep(LEAST_S)
        processes = {"server": [of_server], "flow": flow, "empty_flow": empty}
        used = {name: sum(map(cpu_of, some)) for name, some in processes.items()}
        time.sleep(IDLE_S)
        told = {
            f"{name}_percent": round((sum(map(cpu_of, some)) - used[name]) / IDLE_S * 100, 2)
            for name, some in processes.items()
        }
        ended.set()
        reading.join()
    told["workers"] = len(flow)
    told["above_empty_percent"] = round(told["flow_percent"] - told["empty_flow_percent"], 2)
    tell(f"idle: {told}")
    return told


@contextmanager
def _empty_flow(folder: Path, workers: int) -> Iterator[list[psutil.Process]]:
    """Run the empty flow as so many workers, of which the first one has the recovery store."""
    addresses = free_addresses(workers)
    with ExitStack() as running:
        processes = []
        for worker in range(workers):
            store = folder / f"empty-{worker}"
            command = engine_command(EMPTY, store, is_first=worker == 0)
            place = ["-i", str(worker), "-a", ";".join(addresses)] if workers > 1 else []
            process = subprocess.Popen([*command, *place], cwd=ROOT)
            running.callback(process.wait)
            running.callback(process.kill)
            processes.append(psutil.Process(process.pid))
        yield processes


def _read(socket: ClientConnection, ended: Event) -> None:
    while not ended.is_set():
        socket.recv(timeout=30)
