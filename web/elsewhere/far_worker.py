"""A worker of one start of the flow that an agent runs on its machine, and all of one start."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dataflow.launch import Launch
from web.elsewhere.messages import FromServer, Start, Stop


class FarEnd(NamedTuple):
    """How a worker elsewhere came to its end: in words, and the status where it had one."""

    why: str
    status: int | None = None


class FarWorker:
    """One of them; ``address`` is where it listens for those behind it."""

    def __init__(
        self,
        host: str,
        turn: int,
        address: str,
        say: Callable[[FromServer], None],
        blame: Callable[[bool], None],
    ) -> None:
        """``say`` sends a message to its agent; ``blame`` notes a failure against that."""
        self.host = host
        self.turn = turn
        self.address = address
        self.worker: int | None = None
        self._say = say
        self._blame = blame
        self.is_over = False
        self._end: asyncio.Future[FarEnd] = asyncio.get_running_loop().create_future()

    def start(self, launch: Launch) -> None:
        """Let it be started, by what of a launch concerns another machine."""
        self.worker = launch.worker
        self._say(
            Start(
                self.turn,
                launch.worker,
                launch.addresses,
                launch.execution,
                launch.secret,
                launch.groups,
                launch.snapshot_interval,
                *launch.logs,
            )
        )

    async def wait(self) -> FarEnd:
        """Wait until it has come to its end."""
        return await asyncio.shield(self._end)

    def stop(self) -> None:
        """Let it be ended at once. What it may still do meanwhile counts for nothing."""
        if not self.is_over:
            self.is_over = True
            self._say(Stop(self.turn))

    def ended(self, status: int) -> None:
        """Hear that it has ended by itself."""
        self.is_over = True
        self._come_to_end(FarEnd(f"the worker on {self.host} ended", status))

    def lost(self, why: str) -> None:
        """Hear that its agent is not there any more."""
        self.is_over = True
        self._come_to_end(FarEnd(f"the worker on {self.host} {why}"))

    def blame(self, *, at_once: bool = False) -> None:
        """Note that the flow ended because of it; ``at_once`` where it would again."""
        self._blame(at_once)

    def _come_to_end(self, end: FarEnd) -> None:
        if not self._end.done():
            self._end.set_result(end)


class Party(NamedTuple):
    """The workers of a start: their addresses, by their numbers, and the last ones, elsewhere.

    A worker that is alone has no address.
    """

    addresses: Sequence[str] = ()
    elsewhere: Sequence[FarWorker] = ()
