"""The flow's process: started, watched, started again, and ended with the server.

Before each start nothing else may run on the recovery store: the flow's lock is waited for (a
flow whose server was killed is dying), or its holder is killed. Then the store is purged.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from dataflow.launch import Launch
from dataflow.locks import FileLock, FolderLockedError
from dataflow.recovery import REMEDY, RecoveryStoreError, purge
from web.data.paths import Paths
from web.flow.state import FlowState

_PATIENCE_S: Final = 2.0
_GIVE_UP_S: Final = 10.0
_POLL_S: Final = 0.02
_log = logging.getLogger(__name__)


class FlowStuckError(Exception):
    """An old flow holds its lock and does not end."""


class Supervisor:
    """Keeps one process of the flow alive."""

    def __init__(
        self,
        *,
        lock: Path,
        state: FlowState,
        snapshot_interval: float,
        begin: Callable[[str], Awaitable[str]],
        ended: Callable[[str], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        """Prepare; ``begin`` writes a start down, given its reason, and gives the hub's secret."""
        self._lock = lock
        self._state = state
        self._interval = snapshot_interval
        self._begin = begin
        self._ended = ended
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._restarting: str | None = None
        self._retry = asyncio.Event()
        self.pid: int | None = None

    async def run(self, paths: Paths, hub_url: str, reason: str) -> None:
        """Start the flow and start it again whenever it ends, until cancelled."""
        try:
            while True:
                try:
                    await self._start(paths, hub_url, reason)
                    assert self._process is not None
                    status = await self._process.wait()
                    why = _why(status)
                except (RecoveryStoreError, FlowStuckError, sqlite3.Error, OSError) as error:
                    why = str(error)
                self.pid = None
                asked, self._restarting = self._restarting, None
                await self._ended(asked or why)
                if asked is not None:
                    reason = asked
                    continue
                _log.warning("The flow ended (%s).", why)
                pause = self._state.ended(why)
                self._changed()
                reason = why
                await self._pause(pause)
        finally:
            await self._kill()

    def restart(self, why: str) -> None:
        """End the flow's process by SIGKILL; it is started again at once."""
        self._retry.set()
        if self._process is not None and self._process.returncode is None:
            self._restarting = why
            self._state.restart("The flow was killed and is being started again.")
            self._process.kill()
            self._changed()

    async def _start(self, paths: Paths, hub_url: str, reason: str) -> None:
        secret = await self._begin(reason)
        lock = await claim(self._lock)
        try:
            purged = await asyncio.to_thread(purge, paths.recovery)
        finally:
            lock.release()
        if purged:
            _log.info("Purged %d snapshots of epochs that never finished.", purged)
        launch = Launch(
            generation=paths.folder,
            lock=self._lock,
            hub=hub_url,
            secret=secret,
            execution=self._state.execution,
            groups=paths.facts.key_groups,
            snapshot_interval=self._interval,
        )
        self._process = await asyncio.create_subprocess_exec(
            *launch.command(),
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
            env=launch.environment(os.environ),
        )
        self.pid = self._process.pid
        self._changed()

    async def _pause(self, seconds: float) -> None:
        self._retry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._retry.wait()

    async def _kill(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
        self.pid = None


async def claim(path: Path) -> FileLock:
    """Wait until no flow holds its lock, and take it; kill one that does not end by itself."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    killed = False
    while True:
        try:
            return FileLock(path)
        except FolderLockedError as error:
            waited = loop.time() - began
            if waited > _GIVE_UP_S:
                raise FlowStuckError(f"an old flow does not end: {error}") from error
            if waited > _PATIENCE_S and not killed and error.pid is not None:
                _log.warning("Killing the flow of an earlier server, process %d.", error.pid)
                killed = True
                with contextlib.suppress(ProcessLookupError):
                    os.kill(error.pid, signal.SIGKILL)
        await asyncio.sleep(_POLL_S)


def _why(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return (
        f"exit status {status}: the reason is in what it wrote to the terminal; where its state is"
        f" damaged, {REMEDY}"
    )
