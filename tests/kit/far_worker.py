"""``cartwatch worker`` as a person starts it, and the test's hands on it and on its child."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from tests.kit.hosts import Host
from tests.kit.nursery import start
from tests.kit.running import Cartwatch, until, workers_of


class FarWorker:
    """One agent; prints what it wrote to stderr when it is closed."""

    def __init__(
        self,
        url: str,
        *options: str,
        host: Host | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        self.process = start(
            ["worker", "--server", url, *options],
            stderr=self._errors,
            environment=environment,
            host=host,
        )

    def child(self) -> int | None:
        """Give the pid of the worker that runs now; None where none does."""
        return next((worker.pid for worker in workers_of(self.process.pid)), None)

    def running(self) -> int:
        """Wait until its worker runs, and give the pid of that."""
        return until(self.child)

    def errors(self) -> str:
        """Give what it wrote to stderr so far."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    def says(self, words: str, within: float = 30.0) -> None:
        """Wait until it has said something."""
        until(lambda: words in self.errors(), within)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it in good order, within the time and with the status that the contract gives."""
        self.process.send_signal(number)
        status = self.process.wait(5)
        assert status == 0, f"exit status {status}\n{self.errors()}"

    def ends(self) -> tuple[int, str]:
        """Wait until it has ended by itself; gives its status, and what it said."""
        return self.process.wait(30), self.errors()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        assert self.process.stdout is not None
        self.process.stdout.close()
        print(self.errors(), end="", file=sys.stderr)
        self._errors.close()

    def __enter__(self) -> FarWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def places(server: Cartwatch) -> list[dict[str, Any]]:
    """Give the workers of the flow that runs, and the agents that wait."""
    told: list[dict[str, Any]] = server.get("/api/dataflow")["places"]
    return told


def working(server: Cartwatch) -> list[str | None]:
    """Give the hosts of the workers of the flow that runs."""
    return [each["host"] for each in places(server) if each["worker"] is not None]


def await_workers(server: Cartwatch, count: int, within: float = 60.0) -> None:
    """Wait until so many workers run and have caught up."""

    def look() -> bool:
        is_ready = server.call("GET", "/readyz").status == 200
        return is_ready and len(working(server)) == count

    until(look, within)
