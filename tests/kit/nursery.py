"""Processes of the program without what each start imports: half a second of a processor each.

The tests start some hundreds. One that is forked from a process that has imported everything is
what ``python -m web`` is by then, with streams, folder and environment of its own; so are its flows
(``tests.kit.adopted``). Where the command line, the interpreter or the machine is what a test is
about, it starts a real one.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from tests.kit.hosts import Host, inside

ROOT: Final = Path(__file__).parents[2]
MOST_BYTES: Final = 200_000
"""The most that a word of either side takes, the whole environment of a process among it."""

_ROOM: Final = "-" * 2_000
"""What stands at the end of the command line of the process that forks, and of those forked: each
shows its own words there."""


class Nursery:
    """Has one process that forks, for as long as this one lives."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._nurse = subprocess.Popen(
                [sys.executable, "-m", "tests.kit.nurse", str(theirs.fileno()), _ROOM],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
            )
        self._ended: dict[int, int] = {}

    def close(self) -> None:
        self._control.close()
        self._nurse.wait()

    def start(
        self,
        words: Sequence[str],
        streams: tuple[int, int, int],
        environment: Mapping[str, str],
        umask: int = -1,
        folder: Path | None = None,
    ) -> int:
        """Start ``cartwatch`` with these words; gives its process id."""
        asked = {
            "words": words,
            "environment": dict(environment),
            "umask": umask,
            "folder": str(folder or Path.cwd()),
        }
        socket.send_fds(self._control, [json.dumps(asked).encode()], streams)
        while True:
            pid, status = self._hear()
            if status is None:
                return pid
            self._ended[pid] = status

    def status(self, pid: int, within: float | None) -> int | None:
        """Wait for so many seconds until a process has ended; gives its status, or None."""
        end = None if within is None else time.monotonic() + within
        while pid not in self._ended:
            try:
                self._control.settimeout(None if end is None else max(0.0, end - time.monotonic()))
                ended, status = self._hear()
            except (TimeoutError, BlockingIOError):
                return None
            finally:
                self._control.settimeout(None)
            assert status is not None
            self._ended[ended] = status
        return self._ended.pop(pid)

    def _hear(self) -> tuple[int, int | None]:
        word = self._control.recv(MOST_BYTES)
        assert word, "the process that forks has ended"
        told = json.loads(word)
        return told["pid"], told.get("status")


def run(
    *words: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    within: float = 30.0,
) -> subprocess.CompletedProcess[str]:
    """Run ``cartwatch`` with these words, and with nothing on its stdin, to its end."""
    env = {**os.environ, **(environment or {})}
    if not _is_quick(env):
        return subprocess.run(
            [sys.executable, "-m", "web", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=folder,
            env=env,
            timeout=within,
        )
    with TemporaryFile() as out, TemporaryFile() as err, Path(os.devnull).open() as nothing:
        streams = nothing.fileno(), out.fileno(), err.fileno()
        pid = nursery().start(words, streams, env, folder=folder)
        status = nursery().status(pid, within)
        if status is None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(["cartwatch", *words], within)
        said = []
        for each in (out, err):
            each.seek(0)
            said.append(each.read().decode(errors="replace"))
    return subprocess.CompletedProcess(["cartwatch", *words], status, *said)


@cache
def nursery() -> Nursery:
    """Give the nursery of this process."""
    made = Nursery()
    atexit.register(made.close)
    return made


class Forked:
    """One process, with as much of ``subprocess.Popen`` as tests use."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        stderr: IO[bytes],
        env: Mapping[str, str],
        umask: int = -1,
    ) -> None:
        """Start ``cartwatch`` with these words; what it writes to stdout is to be read here."""
        reading, writing = os.pipe()
        self.stdout: IO[bytes] = os.fdopen(reading, "rb")
        with os.fdopen(writing, "wb") as out, Path(os.devnull).open() as nothing:
            streams = nothing.fileno(), out.fileno(), stderr.fileno()
            self.pid = nursery().start(words, streams, env, umask)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._end(0.0)

    def wait(self, timeout: float | None = None) -> int:
        status = self._end(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(f"cartwatch ({self.pid})", timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended, which is not told yet
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _end(self, within: float | None) -> int | None:
        if self.returncode is None:
            self.returncode = nursery().status(self.pid, within)
        return self.returncode


Process = Forked | subprocess.Popen[bytes]
"""One process of the program, quickly started or not."""


def start(
    words: Sequence[str],
    *,
    stderr: IO[bytes],
    environment: Mapping[str, str] | None = None,
    umask: int = -1,
    program: str = "web",
    folder: Path | None = None,
    host: Host | None = None,
    forked: bool = True,
) -> Process:
    """Start ``cartwatch`` with these words; what it writes to stdout is to be read here.

    By the module ``program``, from another ``folder`` where that holds one, on a ``host`` of the
    test's own, or because it is not to be ``forked``: then it is a real start.
    """
    env = {**os.environ, **(environment or {})}
    if forked and (program, folder, host) == ("web", None, None) and _is_quick(env):
        return Forked(words, stderr=stderr, env=env, umask=umask)
    return subprocess.Popen(
        [*inside(host), sys.executable, "-m", program, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=folder,
        env=env,
        umask=umask,
    )


def _is_quick(environment: Mapping[str, str]) -> bool:
    """Whether a start may be a quick one: in tests, not where it is measured, and on Linux.

    With a search path it is a real one: there may be what each start is to import.
    """
    is_test = "PYTEST_VERSION" in os.environ and sys.platform == "linux"
    return is_test and "PYTHONPATH" not in environment
