"""The server's process: a socket, the application on it, the service beside it, and their end."""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
import uvloop
from typing_extensions import override

from dataflow import faults
from web.commands.opening import StartError, damage_as_sentence, open_folder, opening_as_sentence
from web.commands.terminal import why
from web.data.folder import DataFolder
from web.http.app import create_app
from web.service.service import Service
from web.settings import Settings

_GRACE_S: Final = 2
_BACKLOG: Final = 512
_MAX_MESSAGE_BYTES: Final = 2 * 1024 * 1024


class _Server(uvicorn.Server):
    """uvicorn, but the signals that end it are no error: the process ends with status 0."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
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
    logging.basicConfig(level=logging.WARNING, format="cartwatch: %(message)s")
    faults.arm("server")
    # What passes through here holds no cycles; the collector would walk it for nothing.
    gc.set_threshold(1_000_000, 10, 10)
    sys.setswitchinterval(0.0005)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings, work))


async def _serve(settings: Settings, work: Callable[[Service], Awaitable[None]] | None) -> bool:
    listening = _listen(settings)
    port = listening.getsockname()[1]
    hub_url = f"ws://127.0.0.1:{port}/ws/publish"
    folder, service = _open(settings)
    config = uvicorn.Config(
        create_app(service),
        http="httptools",
        ws="websockets-sansio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        ws_max_size=_MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        # uvicorn tells its start by a flag and nothing else.
        while not server.started and not serving.done():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        ends: list[asyncio.Future[None]] = [serving, service.crashed]
        if not serving.done() and work is None:
            print(f"Cartwatch is live at http://{_in_address(settings.host)}:{port}", flush=True)
            service.start(hub_url)
        elif work is not None:
            service.start(hub_url, release=False)
            ends.append(asyncio.ensure_future(work(service)))
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        await service.stop()
        folder.release()
    for ended in ends:
        if ended.done():
            with damage_as_sentence(settings.data):
                ended.result()
    return len(ends) > 2 and ends[2].done()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise StartError(
            f"cannot listen on {settings.host} port {settings.port}: {why(error)};"
            " --port 0 takes any free one"
        ) from error
    listening.setblocking(False)
    return listening


def _open(settings: Settings) -> tuple[DataFolder, Service]:
    folder = open_folder(settings.data)
    with opening_as_sentence(settings.data):
        return folder, Service(settings, folder)


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
