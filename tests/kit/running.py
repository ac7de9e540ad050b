"""The real program, started as a person starts it, and the test's hands on it."""

from __future__ import annotations

import json
import re
import selectors
import signal
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import psutil

from tests.kit.hosts import Host
from tests.kit.nursery import start

START_S = 30.0
T = TypeVar("T")


class Answer(NamedTuple):
    """What the server answered: status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def until(look: Callable[[], T | None], within: float = 30.0, every: float | None = None) -> T:
    """Look again and again, so many seconds apart, until there is something to see; gives it.

    Unless it is told how often, it looks the less often the longer it has waited: a look at a
    server takes both of them a millisecond of what others need.
    """
    began = time.monotonic()
    while True:
        seen = look()
        if seen:
            return seen
        waited = time.monotonic() - began
        if waited > within:
            raise AssertionError(f"after {within} s still {seen!r}")
        time.sleep(min(max(waited / 10, 0.005), 0.1) if every is None else every)


def workers_of(pid: int) -> list[psutil.Process]:
    """Give the workers of the flow that a server, or an agent, has running."""
    return _children(pid, "dataflow.process")


def sorters_of(pid: int) -> list[psutil.Process]:
    """Give the process that sorts for a worker of the flow, if there is one now."""
    return _children(pid, "dataflow.sorter")


def has_ended(process: psutil.Process) -> bool:
    """Whether a process has ended, waited for or not; as it ends it has no command line already."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def _children(pid: int, module: str) -> list[psutil.Process]:
    """Give the children of a process that run a module; any may end while it is looked at."""
    found = []
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children():
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if module in child.cmdline():
                    found.append(child)
    return found


class Cartwatch:
    """One server on a data folder; prints what it wrote to stderr when it dies or a test fails."""

    def __init__(
        self,
        data: Path,
        *options: str,
        program: str = "web",
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        umask: int = -1,
        workers: int | None = 1,
        host: Host | None = None,
        forked: bool = True,
    ) -> None:
        """Start it, by the module ``program``, from another ``folder`` where that holds one.

        It need not be ``forked``: then it is started as a person starts it.

        Its flow is one worker, which starts faster; with None as many as where nobody says.

        Returns when its live line is there. ``headers`` are sent with every call; by the
        authority in the file ``ca`` a server that speaks TLS is verified. It may run on a ``host``
        of the test's own.
        """
        self._host = host
        self.data = data
        self.headers: dict[str, str] = {}
        self.ca: Path | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        words = [
            *("serve", "--port", "0", "--data", str(data)),
            *([] if workers is None else ["--workers", str(workers)]),
            *options,
        ]
        self.process = start(
            words,
            stderr=self._errors,
            environment=environment,
            umask=umask,
            program=program,
            folder=folder,
            host=host,
            forked=forked,
        )
        try:
            line = self._first_line()
            assert re.match("Cartwatch is live at https?://", line), f"{line!r}"
        except BaseException:
            self.close()
            raise
        self.url = line.split()[-1]

    @property
    def pid(self) -> int:
        return self.process.pid

    def flow_pid(self) -> int:
        """Wait until the flow's process runs, and give its pid."""
        return until(lambda: workers_of(self.pid))[0].pid

    def call(
        self,
        method: str,
        path: str,
        body: bytes | str | object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask it once; a body that is neither bytes nor text is sent as JSON."""
        if self._host is not None:
            return self._host.call(lambda: self._call(method, path, body, headers))
        return self._call(method, path, body, headers)

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | str | object,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        if body is not None and not isinstance(body, bytes | str):
            body = json.dumps(body)
        place = urlsplit(self.url)
        host, port = place.hostname or "", place.port
        connection = HTTPConnection(host, port, timeout=20)
        if place.scheme == "https":
            trust = ssl.create_default_context(cafile=self.ca)
            connection = HTTPSConnection(host, port, timeout=20, context=trust)
        try:
            data = body.encode() if isinstance(body, str) else body
            connection.request(method, path, data, {**self.headers, **(headers or {})})
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, fields, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """Read what must be there, as JSON."""
        answer = self.call("GET", path)
        assert answer.status == 200, answer
        return answer.json()

    def upload(self, data: bytes, name: str = "f.jsonl", **params: object) -> str:
        """Upload a file; gives its id."""
        query = "".join(f"&{key}={value}" for key, value in params.items())
        answer = self.call("POST", f"/api/uploads?name={name}{query}", data)
        assert answer.status == 201, answer
        return str(answer.json()["id"])

    def upload_in(self, upload: str, state: str, within: float = 30.0) -> dict[str, Any]:
        """Wait until an upload is in a state; gives it."""

        def look() -> dict[str, Any] | None:
            seen: dict[str, Any] = self.get(f"/api/uploads/{upload}")
            return seen if seen["state"] == state else None

        return until(look, within)

    def settled(self, within: float = 30.0) -> dict[str, Any]:
        """Wait until the flow runs and everything released is processed; gives the figures."""
        until(lambda: self.call("GET", "/readyz").status == 200, within)

        def look() -> dict[str, Any] | None:
            stats: dict[str, Any] = self.get("/api/stats")
            return stats if stats["lag"] == 0 else None

        return until(look, within)

    def link(self) -> str:
        """Read the line behind the live line, which it has where the token was made; gives it."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        assert line.startswith(f"Sign in with {self.url}/sign-in?token="), line
        return line.split()[-1]

    def kill(self) -> None:
        """End it by SIGKILL, as a crash does."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it in good order, within the time and with the status that the contract gives."""
        self.process.send_signal(number)
        status = self.process.wait(5)
        assert status == 0, f"exit status {status}\n{self.errors()}"

    def errors(self) -> str:
        """Give what it wrote to stderr so far."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    def close(self) -> None:
        """End it if it still runs, its flow too."""
        if self.process.poll() is None:
            self.kill()
        assert self.process.stdout is not None
        self.process.stdout.close()
        print(self.errors(), end="", file=sys.stderr)
        self._errors.close()

    def __enter__(self) -> Cartwatch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _first_line(self) -> str:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ)
            assert waiting.select(START_S), f"no live line within {START_S} s"
        return self.process.stdout.readline().decode().rstrip()
