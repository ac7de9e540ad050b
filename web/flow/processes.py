"""The processes of one start of the flow: its workers, started together and ended together.

The engine knows no worker that comes back: where one ends, the others are of no use.
"""

import asyncio
import os
from collections.abc import Sequence

from dataflow.launch import Launch


class Processes:
    """The workers of one start, the first one first."""

    def __init__(self, processes: Sequence[asyncio.subprocess.Process]) -> None:
        self._processes = processes

    @classmethod
    async def start(cls, launches: Sequence[Launch]) -> "Processes":
        """Start each; where one cannot be started, none is. Raises ``OSError``."""
        started: list[asyncio.subprocess.Process] = []
        try:
            for launch in launches:
                process = await asyncio.create_subprocess_exec(
                    *launch.command(),
                    stdin=asyncio.subprocess.PIPE,
                    start_new_session=True,
                    env=launch.environment(os.environ),
                )
                started.append(process)
        except BaseException:
            await cls(started).end()
            raise
        return cls(started)

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes, the first worker's first."""
        return [process.pid for process in self._processes]

    async def wait(self) -> int:
        """Wait until one has ended, and end the others; gives the status of the one.

        Where several have, that one is the first which was ended by a signal: the others follow.
        """
        waiting = [asyncio.ensure_future(process.wait()) for process in self._processes]
        ended, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        status = min(each.result() for each in ended)
        await self.end()
        await asyncio.wait(waiting)
        return status

    def kill(self) -> bool:
        """Send SIGKILL to those that live; False where there is none."""
        is_there = False
        for process in self._processes:
            if process.returncode is None:
                try:
                    process.kill()
                except ProcessLookupError:  # it ended in this very moment
                    continue
                is_there = True
        return is_there

    async def end(self) -> None:
        """Kill those that live, and wait until all have ended."""
        self.kill()
        for process in self._processes:
            await process.wait()
