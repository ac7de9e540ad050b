"""The program under fire: one data folder, one port, started as often as it is killed."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import SystemRandom
from types import MappingProxyType
from typing import Final

from dataflow.faults import VARIABLE
from tests.kit.nursery import Process, run, start
from tests.kit.running import Answer, workers_of

LIVE_WITHIN_S: Final = 30.0
ANSWER_WITHIN_S: Final = 20.0
REBUILT_WITHIN_S: Final = 120.0


class GoneError(Exception):
    """The server did not answer: it was dead, or (``asked``) died before the answer was here."""

    def __init__(self, why: Exception, *, asked: bool) -> None:
        super().__init__(repr(why))
        self.asked = asked


class DiedError(AssertionError):
    """The server ended in a way that nobody asked for."""


class Program:
    """The server of one laboratory; what it and its flow write to stderr is kept in one file.

    ``brokers`` are the words that name them to whoever reads topics, ``options`` what else it is
    started with, in an environment with ``variables``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        brokers: Sequence[str] = (),
        options: Sequence[str] = (),
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._brokers = [*brokers]
        self._options = [*options]
        self._variables = dict(variables)
        self.data = folder / "data"
        self.log = folder / "stderr.txt"
        self.port = _free_port()
        self.starts = 0
        self._errors = self.log.open("ab")
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Where it is live whenever it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, interval: str = "1", faults: str | None = None, *, workers: str = "2") -> None:
        """Start it and return at once; nothing of it may be running."""
        assert not self.is_alive()
        self.starts += 1
        self._close_output()
        self._process = start(
            [
                *("serve", "--data", str(self.data), "--port", str(self.port)),
                *("--snapshot-interval", interval, "--workers", workers),
                *(*self._brokers, *self._options),
            ],
            stderr=self._errors,
            environment={**self._variables, VARIABLE: faults or ""},
        )

    def wait_until_live(self) -> bool:
        """Wait for its live line; False where it was killed before (by a fault point)."""
        assert self._process is not None
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            if not waiting.select(LIVE_WITHIN_S):
                raise DiedError(f"no live line within {LIVE_WITHIN_S} s")
        line = self._process.stdout.readline()
        if line == f"Cartwatch is live at {self.url}\n".encode():
            return True
        self._process.wait(10)
        if not self.is_alive() and line == b"":
            return False
        raise DiedError(f"instead of its live line it wrote {line!r}")

    def is_alive(self) -> bool:
        """Whether it runs; raises ``DiedError`` where it ended otherwise than by SIGKILL."""
        status = None if self._process is None else self._process.poll()
        if status not in (None, -signal.SIGKILL):
            raise DiedError(f"the server ended by itself with status {status}")
        return self._process is not None and status is None

    def kill(self) -> bool:
        """End the server by SIGKILL; False where it was dead already."""
        if not self.is_alive():
            return False
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)
        return True

    def flow_pids(self) -> list[int]:
        """Give the pids of the flow's workers that run."""
        if self._process is None:
            return []
        return [worker.pid for worker in workers_of(self._process.pid)]

    def kill_flow(self, pid: int) -> bool:
        """End a worker of the flow by SIGKILL; False where it was dead already."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def stop(self) -> None:
        """End it in good order, as the contract says: within 5 s, with status 0."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(5)
        if status != 0:
            raise DiedError(f"asked to end, the server ended with status {status}")
        self._close_output()
        self._process = None

    def rebuild(self) -> None:
        """Make view and state anew; nothing of it may be running."""
        ended = run("rebuild", str(self.data), *self._brokers, within=REBUILT_WITHIN_S)
        self._errors.write(ended.stderr.encode())
        self._errors.flush()
        if ended.returncode != 0:
            raise DiedError(f"cartwatch rebuild ended with status {ended.returncode}")

    def close(self) -> None:
        """Leave nothing running and nothing open."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)
        self._close_output()
        self._errors.close()

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask it once; raises ``GoneError`` where the whole answer did not come."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_WITHIN_S)
        began = time.monotonic()
        asked = False
        try:
            connection.connect()
            asked = True
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, fields, answer.read())
        except (OSError, HTTPException) as error:
            if time.monotonic() - began > ANSWER_WITHIN_S - 1:
                raise DiedError(f"no answer to {method} {path} in {ANSWER_WITHIN_S} s") from error
            raise GoneError(error, asked=asked) from error
        finally:
            connection.close()

    def written(self) -> str:
        """Give all that was written to stderr."""
        return self.log.read_text(errors="replace")

    def _close_output(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()


def _free_port() -> int:
    """Find a port that no client is given by chance while the server is dead.

    Another one each time: two experiments of the same seed may run side by side.
    """
    random = SystemRandom()
    for _ in range(100):
        port = random.randrange(11_000, 30_000)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise DiedError("no free port")
