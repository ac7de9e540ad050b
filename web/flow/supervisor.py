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
from dataflow.recovery import RecoveryStoreError, purge
from dataflow.topics import Topics
from web.data.paths import Paths
from web.elsewhere.far_worker import Party
from web.flow.processes import Processes
from web.flow.state import FlowState, Phase
from web.words import sentence

_PATIENCE_S: Final = 2.0
_GIVE_UP_S: Final = 10.0
_POLL_S: Final = 0.02
_log = logging.getLogger(__name__)


class FlowStuckError(Exception):
    """An old flow holds its lock and does not end."""


class Supervisor:
    """Keeps one flow alive: so many workers of it here, and those that there are elsewhere."""

    def __init__(
        self,
        *,
        lock: Path,
        state: FlowState,
        snapshot_interval: float,
        workers: int,
        logs: Logs,
        begin: Callable[[str, int], Awaitable[str]],
        ended: Callable[[str], Awaitable[None]],
        changed: Callable[[], None],
        topics: Topics | None = None,
        refusal: Callable[[], str | None] = lambda: None,
        prepare: Callable[[], Awaitable[Party]] | None = None,
    ) -> None:
        """Prepare; ``begin`` writes a start down, and gives the hub's secret.

        It is given the reason, and how many workers there are. ``prepare`` says where they are, of
        which those of this machine come first; without it all are here.

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
        self._prepare = prepare or self._all_here
        self._is_leaving = False
        self._processes = Processes([])
        self._asked: str | None = None
        self._given_up: str | None = None
        self._settled: str | None = None
        self._retry = asyncio.Event()
        self.pids: list[int] = []
        """The workers that there are, the first one first; none where the flow does not run."""
        self.workers = workers
        """How many workers the flow is, elsewhere too; where it does not run, was at last."""

    @property
    def running(self) -> int:
        """Count the workers that there are, elsewhere too."""
        return len(self._processes) if self.pids else 0

    async def run(self, paths: Paths, hub_url: str, reason: str) -> None:
        """Start the flow and start it again whenever it ends, until cancelled."""
        try:
            while True:
                self._retry.clear()
                self._asked = self._given_up = self._settled = None
                refusal: str | None = None
                try:
                    processes = await self._start(paths, hub_url, reason)
                    end = await processes.wait()
                    why = end.why
                    await self._until_wanted()
                    refusal = why if end.is_final else self._refusal()
                    if self._given_up is not None:
                        never_came_up = self._state.phase is not Phase.UP
                        processes.blame_elsewhere(at_once=never_came_up)
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
                    self._state.refused(sentence(refusal))
                self._changed()
                await self._ended(reason)
                await self._pause(pause)
                reason = self._settled or reason
        finally:
            await self._kill()

    def leave(self) -> None:
        """Note that the server is being ended: a flow that ends now is not started again."""
        self._is_leaving = True

    def renew(self, why: str) -> bool:
        """End the flow's processes to start them with other ones; False where there are none.

        Then they are started sooner or later anyhow, and not sooner by this.
        """
        if not self._processes.kill():
            return False
        self._asked = why
        self._state.restart(f"The flow is being started again: {why}.")
        self._changed()
        return True

    def restart(self, why: str) -> None:
        """End the flow's processes by SIGKILL; they are started again at once.

        Where there are none, some are being started or waited for: that it is at once, too.
        """
        self._retry.set()
        if self._processes.kill():
            self._asked = why
            self._state.restart("The flow was killed and is being started again.")
            self._changed()

    def go_on(self, why: str) -> None:
        """Start the flow that cannot go on: what that was by is settled, and why it is started."""
        self._settled = why
        self._retry.set()

    def give_up(self, why: str) -> None:
        """End the flow's processes by SIGKILL, as those that have failed."""
        if self._processes.kill():
            self._given_up = why

    async def _start(self, paths: Paths, hub_url: str, reason: str) -> Processes:
        party = await self._prepare()
        workers = self._workers + len(party.elsewhere)
        secret = await self._begin(reason, workers)
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
            addresses=tuple(party.addresses),
            topics=self._topics,
        )
        here = [launch._replace(worker=worker) for worker in range(self._workers)]
        self._processes = await Processes.start(here, party.elsewhere)
        self.pids, self.workers = self._processes.pids, workers
        self._changed()
        await self._processes.begin_elsewhere(launch)
        return self._processes

    async def _all_here(self) -> Party:
        return Party(free_addresses(self._workers) if self._workers > 1 else ())

    async def _until_wanted(self) -> None:
        """Go on only where the server does."""
        if self._is_leaving:
            await asyncio.get_running_loop().create_future()

    async def _pause(self, seconds: float | None) -> None:
        """Wait so long, or until somebody asks for a start; without a number, for that alone."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._retry.wait()

    async def _kill(self) -> None:
        await self._processes.end()
        self.pids = []


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
