"""Workers elsewhere, of a server that is killed: agents that are killed, too, and come again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.chaos.program import GoneError, Program
from tests.kit.nursery import Process, start
from tests.kit.running import workers_of


@contextmanager
def agents_of(program: Program, number: int, seed: int) -> Iterator[Agents | None]:
    """Have so many agents of a program while something is done; None where there are to be none."""
    if not number:
        yield None
        return
    agents = Agents(program, number, Random(f"agents {seed}"))
    try:
        yield agents
    finally:
        agents.close()


class Agents:
    """So many agents on this machine; what they write to stderr stands with that of the server."""

    def __init__(self, program: Program, number: int, random: Random) -> None:
        self._program = program
        self._random = random
        self._errors = program.log.open("ab")
        self._agents = [self._start() for _ in range(number)]

    def all_take_part(self) -> bool:
        """Whether each has a worker in the flow that runs."""
        try:
            answer = self._program.call("GET", "/api/dataflow")
        except GoneError:
            return False
        places = answer.json()["places"] if answer.status == 200 else []
        working = [each for each in places if each["host"] and each["worker"] is not None]
        return len(working) == len(self._agents)

    def kill(self) -> None:
        """End one by SIGKILL, and start another in its stead."""
        chosen = self._random.randrange(len(self._agents))
        self._end(self._agents[chosen])
        self._agents[chosen] = self._start()

    def kill_worker(self) -> bool:
        """End the worker of one by SIGKILL; False where none has one."""
        pids = [worker.pid for agent in self._agents for worker in workers_of(agent.pid)]
        try:
            os.kill(self._random.choice(pids), signal.SIGKILL)
        except (IndexError, ProcessLookupError):
            return False
        return True

    def close(self) -> None:
        """Leave nothing running and nothing open."""
        for agent in self._agents:
            self._end(agent)
        self._errors.close()

    def _start(self) -> Process:
        return start(["worker", "--server", self._program.url], stderr=self._errors)

    def _end(self, agent: Process) -> None:
        agent.kill()
        agent.wait(10)
        if agent.stdout is not None:
            agent.stdout.close()
