"""The one who kills: carries out a plan, and counts whom it really met."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Collection
from random import Random
from typing import Final

from tests.chaos.agents import Agents
from tests.chaos.experiment import Experiment
from tests.chaos.plan import Kill, make_plan
from tests.chaos.program import GoneError
from tests.chaos.report import Report

POINT_WITHIN_S: Final = 2.0
"""How long a fault point may go unreached before the server is killed in its stead."""

FLOW_WITHIN_S: Final = 3.0
AGENTS_WITHIN_S: Final = 8.0
AMONG_AGENTS: Final = 0.7
"""How often it is waited for that all agents take part before somebody is killed."""

_REACHED: Final = re.compile(r"^fault: killed at (.+)$", re.MULTILINE)


class Tormentor:
    """Kills the server and its flow, and starts the server again."""

    def __init__(
        self,
        experiment: Experiment,
        seed: int,
        *,
        with_topics: bool = False,
        agents: Agents | None = None,
    ) -> None:
        self._experiment = experiment
        self._program = experiment.program
        self._plan = make_plan(seed, with_topics=with_topics, with_agents=agents is not None)
        self._random = Random(f"victims {seed}")
        self._by_hand: Counter[str] = Counter()
        self._agents = agents
        self._among_agents = 0

    def kill_all(self) -> None:
        """Carry out the plan until there were as many kills as planned."""
        while self._experiment.killed < self._experiment.planned:
            self._carry_out(next(self._plan))
            self._count()

    def start_cleanly(self) -> None:
        """Kill what runs, and start a server that no fault point ends."""
        self._kill_server("server")
        self._start("0.2")

    def kills(self) -> Counter[str]:
        """Count the kills by kind; those at a fault point by that."""
        reached = _REACHED.findall(self._program.written())
        return self._by_hand + Counter(f"at '{point}'" for point in reached)

    def write_figures(self, report: Report) -> None:
        """Write down whom it met."""
        report.kills = self.kills()
        if self._agents is not None:
            report.figures["kills while all agents took part"] = self._among_agents

    def _carry_out(self, kill: Kill) -> None:
        if kill.kind == "server, starting":
            self._kill_server("server")
            self._program.start(kill.interval, workers=kill.workers)
            self._experiment.pause(kill.after * 0.3)
            self._kill_server(kill.kind)
            return
        if kill.faults is not None or kill.kind == "server, recovering":
            self._kill_server("server")
        if not self._program.is_alive():
            self._start(kill.interval, kill.faults, kill.workers)
        if self._agents is not None and self._random.random() < AMONG_AGENTS:
            self._await_agents(self._agents)
        match kill.kind:
            case "server, recovering":
                self._experiment.pause(kill.after * 0.4)
                self._kill_server(kill.kind)
            case "server, at a point":
                self._wait_for_points(1)
            case "flow, at a point":  # more than once in a row, under one server
                self._wait_for_points(1 + int(kill.after * 3))
            case "server, twice in a row":
                self._experiment.pause(kill.after)
                self._kill_server(kill.kind)
                self._start(kill.interval, workers=kill.workers)
                self._kill_server(kill.kind)
            case "flow, starting":
                killed = self._kill_flow("flow")
                self._kill_flow(kill.kind, other_than=killed, after=kill.after * 0.3)
            case "flow, twice in a row":
                self._experiment.pause(kill.after)
                self._kill_flow(kill.kind, other_than=self._kill_flow(kill.kind))
            case "flow":
                self._experiment.pause(kill.after)
                self._kill_flow(kill.kind)
            case "agent" if self._agents is not None:
                self._experiment.pause(kill.after)
                self._agents.kill()
                self._by_hand[kill.kind] += 1
                self._count()
            case "worker elsewhere" if self._agents is not None:
                self._experiment.pause(kill.after)
                if self._agents.kill_worker():
                    self._by_hand[kill.kind] += 1
                    self._count()
            case "both":
                self._experiment.pause(kill.after)
                self._kill_flow(kill.kind)
                self._kill_server(kill.kind)
            case _:
                self._experiment.pause(kill.after)
                self._kill_server(kill.kind)

    def _start(self, interval: str, faults: str | None = None, workers: str = "2") -> None:
        """Start the server until it lives: it may be armed to die before."""
        while True:
            self._program.start(interval, faults, workers=workers)
            if self._program.wait_until_live():
                return
            self._count()

    def _kill_server(self, kind: str) -> None:
        if self._program.kill():
            self._by_hand[kind] += 1
            self._count()

    def _kill_flow(
        self, kind: str, *, other_than: Collection[int] = (), after: float = 0.0
    ) -> Collection[int]:
        """Kill a worker of the flow, ``after`` so many seconds from when it is there.

        Gives the pids of its workers, which are none ``other_than`` which it is to be.
        """
        end = time.monotonic() + FLOW_WITHIN_S
        while not (pids := self._program.flow_pids()) or {*pids} & {*other_than}:
            if not self._program.is_alive() or time.monotonic() > end:
                return ()
            self._hurry()
            self._experiment.pause(0.01)
        self._experiment.pause(after)
        if not self._program.kill_flow(self._random.choice(pids)):
            return ()
        self._by_hand[kind] += 1
        self._count()
        return pids

    def _await_agents(self, agents: Agents) -> None:
        """Wait until all take part, if they do in time: who was lost is kept waiting for longer."""
        end = time.monotonic() + AGENTS_WITHIN_S
        while self._program.is_alive() and time.monotonic() < end:
            if agents.all_take_part():
                self._among_agents += 1
                return
            self._experiment.pause(0.05)

    def _hurry(self) -> None:
        """Press the button that ends the supervisor's pause between two starts of the flow."""
        if not self._program.flow_pids():
            try:
                self._program.call("POST", "/api/flow/restart")
            except GoneError:
                return

    def _wait_for_points(self, deaths: int) -> None:
        """Wait until fault points have killed so often; where they do not, kill the server."""
        for _ in range(deaths):
            before = sum(self.kills().values())
            end = time.monotonic() + POINT_WITHIN_S
            while sum(self.kills().values()) == before:
                if time.monotonic() > end:
                    self._kill_server("server")
                    return
                self._hurry()
                self._experiment.pause(0.02)
            self._count()

    def _count(self) -> None:
        self._experiment.killed = sum(self.kills().values())
