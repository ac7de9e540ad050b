"""The agents of a server: who comes in by ``/ws/worker``, and who of them takes part in a start.

A start is prepared with all of them at once: each says where its worker can listen, and tries to
call those before it, as the engine will. Who cannot is left out before anything is started: an
engine that calls in vain would call for ever.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

from starlette.websockets import WebSocket, WebSocketDisconnect

from dataflow.peers import address_of, free_addresses, listen, split_address
from dataflow.times import rfc3339
from dataflow.workers import MAX_WORKERS
from web.elsewhere.addresses import is_loopback, plain_address
from web.elsewhere.control import Control, read_word
from web.elsewhere.far_worker import FarWorker, Party
from web.elsewhere.messages import (
    ControlError,
    Hello,
    Prepare,
    Prepared,
    Reach,
    Reached,
    Refused,
    Unable,
    encode,
)
from web.elsewhere.roster import Roster
from web.version import version
from web.view.recoveries import JOINED

MAX_AGENTS: Final = 64
_HELLO_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.25
_POLICY: Final = 1008
_TRY_AGAIN: Final = 1013
_log = logging.getLogger(__name__)


class Place(NamedTuple):
    """Where a worker of the flow is, or an agent that waits.

    ``worker`` is None where it takes no part, and ``because`` says why then; ``host`` is None for
    this machine, which is never asked whether it is there.
    """

    worker: int | None
    host: str | None = None
    heard_at: str | None = None
    because: str | None = None


class Agents:
    """All that are connected."""

    def __init__(
        self,
        workers: int = 1,
        renew: Callable[[str], bool] = lambda _: False,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """The flow is so many ``workers`` of this machine.

        ``renew`` ends the flow to be started again, for a reason; it tells whether one ran.
        """
        self._here = workers
        self._renew = renew
        self._changed = changed
        self._roster = Roster(MAX_WORKERS - workers)
        self._agents: dict[int, Control] = {}
        self._came = 0
        self._turn = 0
        self._preparing = asyncio.Lock()
        self._able: set[int] = set()
        self._is_leaving = False

    def __len__(self) -> int:
        return len(self._agents)

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one that was let in, until it goes."""
        await websocket.accept()
        try:
            async with asyncio.timeout(_HELLO_S):
                hello = await read_word(websocket)
        except (TimeoutError, ControlError):
            await websocket.close(_POLICY, "an agent says hello first")
            return
        except WebSocketDisconnect:
            return
        if not isinstance(hello, Hello):
            await websocket.close(_POLICY, "an agent says hello first")
        elif len(self._agents) >= MAX_AGENTS:
            await websocket.close(_TRY_AGAIN, f"{MAX_AGENTS} agents are connected already")
        elif why := _refusal(hello, websocket):
            await websocket.send_text(encode(Refused(why)))
            await websocket.close(_POLICY)
        else:
            await self._serve(websocket, hello)

    async def run(self) -> None:
        """Start the flow again when somebody has come, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if not self._roster.has_waiting or self._is_leaving:
                continue
            now = time.monotonic()
            joining = await self._that_can_listen(self._roster.joining(now))
            if joining:
                hosts = [control.host for control in joining]
                who = f"a worker on {hosts[0]}" if len(hosts) == 1 else f"workers on {_and(hosts)}"
                # Where none runs, one is being started: it takes them, or the next look does this.
                self._renew(f"{who} {JOINED}")
            self._tell_who_waits(now)

    async def prepare(self) -> Party:
        """Choose who takes part in the next start, and make sure that they can."""
        async with self._preparing:
            return await self._prepare()

    async def _that_can_listen(self, joining: Sequence[int]) -> list[Control]:
        """Choose those for whom the flow is worth being started again, which ends those there.

        Each is asked once before a start.
        """
        async with self._preparing:
            new = [self._agents[each] for each in joining if each not in self._able]
            if new:
                self._turn += 1
                self._able |= {control.number for control, _ in await self._prepared(new)}
        able = self._able.intersection(joining)
        return [control for number, control in self._agents.items() if number in able]

    async def _prepare(self) -> Party:
        self._able.clear()
        self._turn += 1
        chosen = [self._agents[agent] for agent in self._roster.take(time.monotonic())]
        ready = await self._prepared(chosen)
        if not ready:
            return self._alone()
        reached = ready[0][0].reached
        with ExitStack() as opened:
            try:
                own = [opened.enter_context(listen(reached)) for _ in range(self._here)]
            except OSError as error:
                _log.error(
                    "No worker can listen at %s, where others are to call it: %s.", reached, error
                )
                for control, _ in ready:
                    control.let_go(f"reaches the server at {reached}, which is not there any more")
                return self._alone()
            addresses = [address_of(each) for each in own]
            ready = await self._in_reach(addresses, ready)
        workers = [self._worker(control, address) for control, address in ready]
        return Party((*addresses, *(each.address for each in workers)), workers)

    def leave(self) -> None:
        """Note that the server is being ended: who goes now is no loss."""
        self._is_leaving = True

    def describe(self, running: int) -> list[dict[str, Any]]:
        """Tell where so many workers are that the flow is, and who waits, one behind the other."""
        places = [Place(number) for number in range(running)]
        now = time.monotonic()
        for control in self._agents.values():
            heard_at = rfc3339(control.heard_at)
            worker = control.worker
            number = None if worker is None or worker.is_over else worker.worker
            if number is not None and number < running:
                places[number] = Place(number, control.host, heard_at)
            else:
                places.append(Place(None, control.host, heard_at, self._why(control, now)))
        return [place._asdict() for place in places]

    def _alone(self) -> Party:
        return Party(free_addresses(self._here) if self._here > 1 else ())

    async def _serve(self, websocket: WebSocket, hello: Hello) -> None:
        self._came += 1
        peer, reached = (str((websocket.scope[end] or ("",))[0]) for end in ("client", "server"))
        control = Control(websocket, hello, self._came, peer, plain_address(reached) or "")
        self._agents[control.number] = control
        self._roster.came(control.number, control.who, control.reached, time.monotonic())
        _log.info("An agent on %s has come.", control.host)
        self._changed()
        try:
            await control.serve()
        finally:
            _log.info("The agent on %s %s.", control.host, control.why_it_went)
            del self._agents[control.number]
            self._roster.went(control.number, time.monotonic(), in_order=control.has_left)
            if control.worker is not None:
                control.worker.lost(control.why_it_went)
            self._changed()

    async def _prepared(self, chosen: Sequence[Control]) -> list[tuple[Control, str]]:
        """Let agents prepare, all at once; gives those that could, and where they listen."""
        message = Prepare(self._turn)
        answers = await asyncio.gather(*(each.ask(message, self._turn) for each in chosen))
        ready = []
        for control, answer in zip(chosen, answers, strict=True):
            control.trouble = None
            if isinstance(answer, Prepared) and _is_address(answer.address):
                ready.append((control, answer.address))
            elif answer is not None:
                self._leave_out(control, answer.why if isinstance(answer, Unable) else str(answer))
        return ready

    async def _in_reach(
        self, own: Sequence[str], ready: Sequence[tuple[Control, str]]
    ) -> list[tuple[Control, str]]:
        """Let each call those before it, as the engine will; gives those that could."""
        all_ = [*own, *(address for _, address in ready)]
        answers = await asyncio.gather(
            *(
                control.ask(Reach(self._turn, tuple(all_[: len(own) + at])), self._turn)
                for at, (control, _) in enumerate(ready)
            )
        )
        called = set(own)
        kept = []
        for (control, address), answer in zip(ready, answers, strict=True):
            if not isinstance(answer, Reached):
                continue
            failed = [each for each in answer.failed if each in called]
            if failed:
                why = (
                    f"it cannot call {failed[0]}, a port of another worker: is a firewall between?"
                )
                self._leave_out(control, why)
            else:
                called.add(address)
                kept.append((control, address))
        return kept

    def _leave_out(self, control: Control, why: str) -> None:
        control.trouble = why
        _log.warning("The worker on %s takes no part: %s.", control.host, why)
        self._roster.failed(control.number, time.monotonic(), at_once=True)

    def _worker(self, control: Control, address: str) -> FarWorker:
        def blame(at_once: bool) -> None:
            self._roster.failed(control.number, time.monotonic(), at_once=at_once)

        control.worker = FarWorker(control.host, self._turn, address, control.say, blame)
        if not control.is_there:
            control.worker.lost(control.why_it_went)
        control.takes_part()
        return control.worker

    def _tell_who_waits(self, now: float) -> None:
        for agent, control in self._agents.items():
            if not self._roster.takes_part(agent):
                control.tell(self._why(control, now))

    def _why(self, control: Control, now: float) -> str:
        if self._roster.takes_part(control.number):
            return "the flow is being started"
        return control.trouble or self._roster.why_it_waits(control.number, now)


def _refusal(hello: Hello, websocket: WebSocket) -> str | None:
    """Say why an agent will never be one; None where it may."""
    if hello.version != version():
        return (
            f"this server is Cartwatch {version()}, and the worker is {hello.version[:80]}: both"
            " have to be of one version"
        )
    reached = str((websocket.scope["server"] or ("",))[0])
    if plain_address(reached) is None:
        return f"workers cannot call each other at {reached}: give the server by another address"
    listens = plain_address(hello.listen)
    if listens is None or (is_loopback(listens) and not is_loopback(reached)):
        return (
            f"no worker of another machine can call {hello.listen[:80]}: give --listen the address"
            " by which they reach it"
        )
    return None


def _is_address(address: str) -> bool:
    try:
        host, port = split_address(address)
    except ValueError:
        return False
    return plain_address(host) is not None and 0 < port < 65_536


def _and(hosts: Sequence[str]) -> str:
    return f"{', '.join(hosts[:-1])} and {hosts[-1]}"
