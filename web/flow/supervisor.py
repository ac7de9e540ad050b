"""The flow's processes: started, watched, started again, and ended with the server.

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
from dataflow.logs import Logs
from dataflow.peers import free_addresses
from dataflow.recovery import REMEDY, RecoveryStoreError, purge
from dataflow.topics import Topics
from web.data.paths import Paths
from web.flow.processes import Processes
from web.flow.state import FlowState

_PATIENCE_S: Final = 2.0
_GIVE_UP_S: Final = 10.0
_POLL_S: Final = 0.02
_log = logging.getLogger(__name__)


class FlowStuckError(Exception):
    """An old flow holds its lock and does not end."""


class Supervisor:
    """Keeps one flow alive: so many workers of it."""

    def __init__(
        self,
        *,
        lock: Path,
        state: FlowState,
        snapshot_interval: float,
        workers: int,
        logs: Logs,
        begin: Callable[[str], Awaitable[str]],
        ended: Callable[[str], Awaitable[None]],
        changed: Callable[[], None],
        topics: Topics | None = None,
        refusal: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Prepare; ``begin`` writes a start down, given its reason, and gives the hub's secret.

        ``ended`` is told why, once for every call of ``begin``, also where that has failed. The
        flow reads ``topics``, too; where it has ended because it cannot go on with them,
        ``refusal`` says why in words, and it is not started again before somebody asks for it.
        """
        self._lock = lock
        self._state = state
        self._interval = snapshot_interval
        self._workers = workers
        self._logs = logs
        self._begin = begin
        self._ended = ended
        self._changed = changed
        self._topics = topics
        self._refusal = refusal
        self._processes = Processes([])
        self._asked: str | None = None
        self._given_up: str | None = None
        self._retry = asyncio.Event()
        self.pids: list[int] = []
        """The workers that there are, the first one first; none where the flow does not run."""

    async def run(self, paths: Paths, hub_url: str, reason: str) -> None:
        """Start the flow and start it again whenever it ends, until cancelled."""
        try:
            while True:
                self._retry.clear()
                self._asked = self._given_up = None
                refusal: str | None = None
                try:
                    processes = await self._start(paths, hub_url, reason)
                    why = why_it_ended(await processes.wait())
                    refusal = self._refusal()
                except (RecoveryStoreError, FlowStuckError, sqlite3.Error, OSError) as error:
                    why = str(error)
                self.pids = []
                if self._asked is not None:
                    reason = self._asked
                    await self._ended(reason)
                    continue
                reason = refusal or self._given_up or why
                _log.warning("The flow ended (%s).", reason)
                pause: float | None = None
                if refusal is None:
                    pause = self._state.ended(reason)
                else:
                    self._state.refused(_sentence(refusal))
                self._changed()
                await self._ended(reason)
                await self._pause(pause)
        finally:
            await self._kill()

    def restart(self, why: str) -> None:
        """End the flow's processes by SIGKILL; they are started again at once.

        Where there are none, some are being started or waited for: that it is at once, too.
        """
        self._retry.set()
        if self._processes.kill():
            self._asked = why
            self._state.restart("The flow was killed and is being started again.")
            self._changed()

    def give_up(self, why: str) -> None:
        """End the flow's processes by SIGKILL, as those that have failed."""
        if self._processes.kill():
            self._given_up = why

    async def _start(self, paths: Paths, hub_url: str, reason: str) -> Processes:
        secret = await self._begin(reason)
        lock = await claim(self._lock)
        # Shielded: a thread that is called off before it begins would never let the lock go.
        purged = await asyncio.shield(asyncio.to_thread(_purge, lock, paths.recovery))
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
            logs=self._logs,
            addresses=free_addresses(self._workers) if self._workers > 1 else (),
            topics=self._topics,
        )
        workers = [launch._replace(worker=worker) for worker in range(self._workers)]
        self._processes = await Processes.start(workers)
        self.pids = self._processes.pids
        self._changed()
        return self._processes

    async def _pause(self, seconds: float | None) -> None:
        """Wait so long, or until somebody asks for a start; without a number, for that alone."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._retry.wait()

    async def _kill(self) -> None:
        await self._processes.end()
        self.pids = []


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _purge(lock: FileLock, folder: Path) -> int:
    """Purge, and only then let the lock go: also where nobody waits for it any more."""
    try:
        return purge(folder)
    finally:
        lock.release()


async def claim(path: Path) -> FileLock:
    """Wait until no flow holds its lock, and take it; kill one that does not end by itself.

    The holder may be this process: a purge that nobody waits for any more.
    """
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
            if waited > _PATIENCE_S and not killed and error.pid not in (None, os.getpid()):
                _log.warning("Killing the flow of an earlier server, process %d.", error.pid)
                killed = True
                with contextlib.suppress(ProcessLookupError):
                    os.kill(error.pid, signal.SIGKILL)
        await asyncio.sleep(_POLL_S)


def why_it_ended(status: int) -> str:
    """Say in words what the status of an ended flow means."""
    if status < 0:
        known = -status in {each.value for each in signal.Signals}
        return f"killed by {signal.Signals(-status).name if known else f'signal {-status}'}"
    return (
        f"exit status {status}: the reason is in what it wrote to the terminal; where its state is"
        f" damaged, {REMEDY}"
    )
