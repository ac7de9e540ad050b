"""The worker that an agent runs: the flow's process, without anything of a data folder.

It gets an empty folder, as none but the first worker keeps anything, and publishes to the server
itself. It ends with its agent: that holds the pipe which is its standard input.
"""

import asyncio
import os
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

from dataflow.launch import Launch
from web.elsewhere.messages import Start

_PREFIX: Final = "cartwatch-worker-"
_LOCK: Final = "lock"


class Child:
    """One worker at a time, or none."""

    def __init__(self, hub: str, ca: Path | None) -> None:
        """It publishes at ``hub``, which proves who it is to the authorities of a file."""
        self._hub = hub
        self._ca = ca
        self._process: asyncio.subprocess.Process | None = None
        self._folder: TemporaryDirectory[str] | None = None

    async def start(self, asked: Start) -> asyncio.subprocess.Process:
        """Start it; there is none before. Raises ``OSError``."""
        _remove_left()
        prefix = f"{_PREFIX}{os.getpid()}-"
        self._folder = TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        launch = Launch(
            generation=folder,
            lock=folder / _LOCK,
            hub=self._hub,
            secret=asked.secret,
            execution=asked.execution,
            groups=asked.groups,
            snapshot_interval=asked.snapshot_interval,
            logs=asked.logs,
            worker=asked.worker,
            addresses=asked.addresses,
            hub_ca=self._ca,
        )
        self._process = await asyncio.create_subprocess_exec(
            *launch.command(),
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C at the terminal is for the agent
            env=launch.environment(os.environ),
        )
        return self._process

    def kill(self) -> None:
        """End it by SIGKILL, where it lives."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):  # it ended in this very moment
                self._process.kill()

    async def end(self) -> None:
        """End it by SIGKILL, and leave nothing of it."""
        self.kill()
        if self._process is not None:
            await self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _remove_left() -> None:
    """Remove the folders of agents that were killed; they are empty, and named by their agents."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdecimal() and not _is_there(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # or no process can have that number
        return False
    except PermissionError:  # it is another user's
        pass
    return True
