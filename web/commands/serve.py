"""The server's process: its sockets, the applications on them, the service, and their end."""

import asyncio
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import uvicorn
import uvloop
from starlette.types import ASGIApp
from typing_extensions import override

from dataflow import faults
from dataflow.kafka_config import KafkaConfigError
from dataflow.logs import begin_for_all
from web.commands.admitting import Admitted, admit, live_lines, nobody, read_given
from web.commands.listening import listen, listen_for_flow, url_of
from web.commands.opening import (
    StartError,
    damage_as_sentence,
    open_folder,
    opening_as_sentence,
)
from web.data.folder import DataFolder
from web.data.privacy import keep_private
from web.elsewhere.messages import HUB_PATH
from web.http.app import create_app, create_hub_app
from web.http.arrivals import WAITING_ROOM, Arrivals, WaitingRoom
from web.http.connections import HTTPConnection, most_connections, raise_file_limit
from web.http.handshakes import Handshakes
from web.http.sockets import PING_EVERY_S, PONG_WITHIN_S, Socket
from web.http.turnstile import Turnstile
from web.service.service import Service
from web.settings import CompletedTopic, Settings
from web.topic.outlet import refuse_unusable

_GRACE_S: Final = 2
_NO_ERRORS: Final = frozenset(
    {
        "Invalid UTF-8 sequence received from client.",
        # Who is refused a socket by an answer in words: uvicorn takes that for a mistake.
        "ASGI callable returned without completing handshake.",
    }
)
_MAX_MESSAGE_BYTES: Final = 2 * 1024 * 1024


class _Server(uvicorn.Server):
    """uvicorn, but signals are not its own, and no error: the process ends with status 0.

    Who connects is taken in by its own ``Arrivals``; with ``tls``, through a handshake.
    """

    def __init__(self, config: uvicorn.Config, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(config)
        self._tls = tls

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup([])
        turnstile = Turnstile(asyncio.get_running_loop().call_later)
        make, make_waited = self._connection, partial(self._connection, has_waited=True)
        room = WaitingRoom(turnstile, make, make_waited, self._is_full)
        self.lifespan.state[WAITING_ROOM] = room
        self._entry = room if self._tls is None else Handshakes(self._tls, make)
        self._arrivals = Arrivals(sockets or [], self._entry)
        self._arrivals.begin()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._arrivals.end()
        await self._entry.end()
        await super().shutdown(sockets)

    def _connection(self, *, has_waited: bool = False) -> HTTPConnection:
        connection = HTTPConnection(self.config, self.server_state, self.lifespan.state)
        connection.has_waited = has_waited
        return connection

    def _is_full(self) -> bool:
        waiting: WaitingRoom = self.lifespan.state[WAITING_ROOM]
        return len(waiting) + len(self.server_state.connections) >= most_connections()

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """End it in good order; asked a second time, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


def run(settings: Settings, work: Callable[[Service], Awaitable[None]] | None = None) -> bool:
    """Serve until a signal ends it; raises ``StartError`` where it cannot start.

    With ``work``, serve nobody in particular until that is done, and release no upload. Gives
    whether it was done.
    """
    keep_private()
    begin_for_all("cartwatch", settings.logs)
    faults.arm("server")
    raise_file_limit()
    sys.setswitchinterval(0.0005)
    # What is imported later may meet a full disk, and Python would keep the half of a module.
    sys.dont_write_bytecode = True
    # Who sends what is none, or may not come in, is told so: it is no error of the server's.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg not in _NO_ERRORS)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_serve(settings, work))
    finally:
        # All is ended in good order: a signal that comes now finds nothing left to end.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)


async def _serve(settings: Settings, work: Callable[[Service], Awaitable[None]] | None) -> bool:
    given = read_given(settings.admission)
    if settings.completed_topic is not None:
        _refuse_unusable(settings.completed_topic)
    listening = listen(settings.host, settings.port)
    for_flow = listen_for_flow()
    folder, service = _open(settings)
    admitted = Admitted(nobody()) if work is not None else admit(settings, given, folder)
    front = _server(create_app(service, admitted.access), given.tls)
    hub = _server(create_hub_app(service))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, _end, front, service)
    working: asyncio.Future[None] | None = None
    serving = asyncio.create_task(front.serve(sockets=listening))
    hub_serving = asyncio.create_task(hub.serve(sockets=[for_flow]))
    try:
        # uvicorn tells its start by a flag and nothing else.
        while not (front.started and hub.started) and not serving.done():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        ends: list[asyncio.Future[None]] = [serving, hub_serving, service.crashed]
        hub_url = f"{url_of(for_flow, 'ws')}{HUB_PATH}"
        if not serving.done() and work is None:
            print(live_lines(settings, listening[0], admitted), flush=True)
            service.start(hub_url)
        elif work is not None:
            service.start(hub_url, release=False)
            working = asyncio.ensure_future(work(service))
            ends.append(working)
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        service.leave()
        front.should_exit = True
        await serving
    finally:
        if working is not None:
            working.cancel()
            await asyncio.wait([working])
        await service.stop()
        hub.should_exit = True
        await hub_serving
        folder.release()
    for ended in ends:
        if ended.done() and not ended.cancelled():
            with damage_as_sentence(settings.data):
                ended.result()
    return working is not None and not working.cancelled()


def _end(front: _Server, service: Service) -> None:
    service.leave()
    front.stop()


def _server(app: ASGIApp, tls: ssl.SSLContext | None = None) -> _Server:
    """Make what serves an application: people and programs at one, the flow at another."""
    config = uvicorn.Config(
        app,
        http=HTTPConnection,
        ws=Socket,
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # it would believe whoever is on this machine
        timeout_graceful_shutdown=_GRACE_S,
        ws_max_size=_MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_EVERY_S,
        ws_ping_timeout=PONG_WITHIN_S,
    )
    return _Server(config, tls)


def _refuse_unusable(target: CompletedTopic) -> None:
    """Raise ``StartError`` where no client of Kafka can be made as it is asked for."""
    try:
        refuse_unusable(target)
    except KafkaConfigError as error:
        raise StartError(str(error)) from error


def _open(settings: Settings) -> tuple[DataFolder, Service]:
    folder = open_folder(settings.data)
    with opening_as_sentence(settings.data):
        return folder, Service(settings, folder)
