"""A reverse proxy before the real program: it serves one path, and strips it or does not."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import Future
from contextlib import closing
from threading import Thread
from urllib.parse import urlsplit

_ELSEWHERE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


class Proxy:
    """What stands before a server, on a free port; ``asked`` is what browsers asked it for.

    It ``strips`` the path or does not; where that is None, it does with every second request.

    A request a connection, but for websockets, whose bytes pass as they are. Whatever is not below
    the path is answered by nobody: 404.
    """

    def __init__(self, server: str, root: str, *, strips: bool | None) -> None:
        parts = urlsplit(server)
        self._server = parts.hostname, parts.port
        self._root, self._strips = root, strips
        self.asked: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._begun: Future[int] = Future()
        self._thread = Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    @property
    def elsewhere(self) -> list[str]:
        """What was asked for that is not below the path."""
        return [path for path in self.asked if not f"{path}?".startswith(self._below)]

    @property
    def _below(self) -> tuple[str, str]:
        return f"{self._root}/", f"{self._root}?"

    def __enter__(self) -> Proxy:
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._begun.result(10)}{self._root}"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self) -> None:
        self._end = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            tasks = set[asyncio.Task[None]]()

            def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                tasks.add(group.create_task(self._pass_on(reader, writer)))

            listening = await asyncio.start_server(come, "127.0.0.1", 0)
            self._begun.set_result(listening.sockets[0].getsockname()[1])
            await self._end.wait()
            listening.close()
            for task in tasks:
                task.cancel()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, rest = head.split(b" ", 2)
                self.asked.append(target.decode())
                if not f"{target.decode()}?".startswith(self._below):
                    writer.write(_ELSEWHERE)
                    return
                strips = len(self.asked) % 2 == 0 if self._strips is None else self._strips
                if strips:
                    target = b"/" + target.removeprefix(self._root.encode()).removeprefix(b"/")
                if not _UPGRADE.search(rest):
                    rest = _CONNECTION.sub(b"", rest)[:-2] + b"Connection: close\r\n\r\n"
                back, forth = await asyncio.open_connection(*self._server)
                with closing(forth):
                    forth.write(b" ".join((method, target, rest)))
                    sending = asyncio.create_task(_pour(reader, forth))
                    await _pour(back, writer)
                    sending.cancel()
            except (OSError, asyncio.IncompleteReadError):
                return  # one of the two is gone


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while block := await source.read(65_536):
        sink.write(block)
        await sink.drain()
