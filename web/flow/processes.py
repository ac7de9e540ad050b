"""The processes of one start of the flow: its workers, started together and ended together.

The engine knows no worker that comes back: where one ends, the others are of no use. Those of this
machine come first; those elsewhere are started when these can be called, as they call at once.
"""

import asyncio
import os
import signal
from collections.abc import Sequence
from typing import NamedTuple

from dataflow.launch import Launch
from dataflow.parent import CHANGED, SORTER_ENDED
from dataflow.peers import not_listening
from dataflow.recovery import REMEDY
from web.data.journal_file import FROM_A_COPY
from web.elsewhere.far_worker import FarWorker

_LISTENING_S = 5.0
_POLL_S = 0.02
_LAST_WORD_S = 0.5
"""How long those are waited for that end together: the first seen need not be the first ended."""


class End(NamedTuple):
    """Which worker ended, and how; ``status`` is None where nobody knows it."""

    status: int | None
    why: str
    far: FarWorker | None = None

    @property
    def is_final(self) -> bool:
        """Whether it would end so again: somebody has to do something before."""
        return self.status == CHANGED

    @property
    def is_cause(self) -> bool:
        """Whether it ended by something else than the end of another worker."""
        return self.status is None or self.status < 0 or self.status in (SORTER_ENDED, CHANGED)


class Processes:
    """The workers of one start, the first one first."""

    def __init__(
        self,
        processes: Sequence[asyncio.subprocess.Process],
        elsewhere: Sequence[FarWorker] = (),
    ) -> None:
        self._processes = processes
        self._elsewhere = elsewhere

    def __len__(self) -> int:
        return len(self._processes) + len(self._elsewhere)

    @classmethod
    async def start(
        cls, launches: Sequence[Launch], elsewhere: Sequence[FarWorker] = ()
    ) -> "Processes":
        """Start each that is of this machine; where one cannot be, none is. Raises ``OSError``.

        Those ``elsewhere`` are a part of it, and begin by ``begin_elsewhere``.
        """
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
            await cls(started, elsewhere).end()
            raise
        return cls(started, elsewhere)

    async def begin_elsewhere(self, launch: Launch) -> None:
        """Start those elsewhere, when those of this machine listen, or some seconds have passed."""
        if not self._elsewhere:
            return
        here = len(self._processes)
        missing = list(launch.addresses[:here])
        ends_at = asyncio.get_running_loop().time() + _LISTENING_S
        while missing and asyncio.get_running_loop().time() < ends_at:
            if any(process.returncode is not None for process in self._processes):
                return
            try:
                missing = await asyncio.to_thread(not_listening, missing)
            except OSError:  # the system does not tell: then the engine tries again
                break
            await asyncio.sleep(_POLL_S)
        for worker, far in enumerate(self._elsewhere, here):
            far.start(launch._replace(worker=worker))

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes of this machine, the first worker's first."""
        return [process.pid for process in self._processes]

    async def wait(self) -> End:
        """Wait until one has ended, and end the others; gives how the one has.

        Where several have, that one is the first which was ended by a signal, or is gone: the
        others follow.
        """
        waiting = {
            *(asyncio.ensure_future(_ended(process)) for process in self._processes),
            *(asyncio.ensure_future(_ended_elsewhere(each)) for each in self._elsewhere),
        }
        try:
            ended, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            end = _cause(ended)
            if others and not end.is_cause:
                more, _ = await asyncio.wait(others, timeout=_LAST_WORD_S)
                end = _cause(ended | more)
            await self.end()
        finally:
            for each in waiting:
                each.cancel()
        if end.far is not None and end.status is not None:
            end.far.blame()
        return end

    def kill(self) -> bool:
        """Send SIGKILL to those of this machine that live; False where there is none.

        Those elsewhere are told to end.
        """
        is_there = False
        for process in self._processes:
            if process.returncode is None:
                try:
                    process.kill()
                except ProcessLookupError:  # it ended in this very moment
                    continue
                is_there = True
        for far in self._elsewhere:
            far.stop()
        return is_there

    def blame_elsewhere(self, *, at_once: bool) -> None:
        """Note that it did nothing with those elsewhere, whichever of them it was.

        With ``at_once`` it never came up, and would not the next time.
        """
        for far in self._elsewhere:
            far.blame(at_once=at_once)

    async def end(self) -> None:
        """Kill those that live, and wait until all of this machine have ended.

        One elsewhere is not waited for: it has no part of the store, and what it may still say is
        the word of an older execution.
        """
        self.kill()
        for process in self._processes:
            await process.wait()


async def _ended(process: asyncio.subprocess.Process) -> End:
    status = await process.wait()
    return End(status, why_it_ended(status))


async def _ended_elsewhere(far: FarWorker) -> End:
    end = await far.wait()
    if end.status is None:
        return End(None, end.why, far)
    return End(end.status, f"{end.why}: {_status_in_words(end.status)}", far)


def _cause(ended: set[asyncio.Task[End]]) -> End:
    """Choose of those that have ended the one by which the others did."""
    return min((each.result() for each in ended), key=lambda end: not end.is_cause)


def why_it_ended(status: int) -> str:
    """Say in words what the status of an ended flow means."""
    if status < 0:
        return _status_in_words(status)
    if status == SORTER_ENDED:
        return "the process that parses for it was gone"
    if status == CHANGED:
        return f"records were changed, which it has named on the terminal: {FROM_A_COPY}"
    return (
        f"{_status_in_words(status)}: the reason is in what it wrote to the terminal; where that is"
        f" a full disk, make room; where its state is damaged, {REMEDY}"
    )


def _status_in_words(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    known = -status in {each.value for each in signal.Signals}
    return f"killed by {signal.Signals(-status).name if known else f'signal {-status}'}"
