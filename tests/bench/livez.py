"""Whether a server is alive, asked again and again by a process that does nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from http.client import HTTPConnection
from threading import Thread

from tests.bench.throughput import ROOT


class Livez:
    """Asks a server on a port every so many seconds, each time by a connection of its own."""

    def __init__(self, port: int, *, every: float = 0.05) -> None:
        self.delays: list[float] = []
        self._command = [sys.executable, "-m", "tests.bench.livez", str(port), str(every)]

    def __enter__(self) -> Livez:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        )
        return self

    def __exit__(self, *error: object) -> None:
        told = self._process.communicate(b"")[0]
        assert self._process.returncode == 0
        self.delays += json.loads(told)


def ask(port: int, every: float) -> None:
    """Ask until standard input ends; prints the seconds that each answer took."""
    delays = []
    waiting = Thread(target=sys.stdin.read)
    waiting.start()
    while waiting.is_alive():
        began = time.monotonic()
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/livez")
        assert connection.getresponse().status == 200
        connection.close()
        delays.append(time.monotonic() - began)
        time.sleep(every)
    print(json.dumps(delays))


if __name__ == "__main__":
    ask(int(sys.argv[1]), float(sys.argv[2]))
