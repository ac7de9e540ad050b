"""Exports: whole lists, each as of one moment, sent at the pace of who asked."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from web.errors import APIError
from web.http.api.answers import DAMAGED, storage_error
from web.http.resource import HEAD, until_it_leaves
from web.tasks import first_of
from web.view.spool import Spool

MAX_EXPORTS: Final = 4
PATIENCE_S: Final = 5.0
"""How long an answer waits for its last row, to tell its length, or that the disk is full."""

MEDIA_TYPES: Final = {
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8; header=present",
}
_log = logging.getLogger(__name__)


class Exports:
    """The places for exports, and the threads that write them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MAX_EXPORTS, "export")
        self._taken = 0

    @contextmanager
    def place(self) -> Iterator[Executor]:
        """Take a place; raises ``APIError`` (429) where there is none."""
        if self._taken >= MAX_EXPORTS:
            raise APIError(
                429,
                "too_many_exports",
                f"{MAX_EXPORTS} exports are being sent: wait until one is done",
            )
        self._taken += 1
        try:
            yield self._threads
        finally:
            self._taken -= 1


class ExportResponse(Response):
    """A file; ``begin`` makes its spool, and the name says what is in it."""

    def __init__(
        self, request: Request, name: str, begin: Callable[[Executor], Awaitable[Spool]]
    ) -> None:
        super().__init__(
            headers={"content-disposition": f'attachment; filename="{name}"'},
            media_type=MEDIA_TYPES[name.rpartition(".")[2]],
        )
        del self.headers["content-length"]
        self._name = name
        self._exports: Exports = request.app.state.exports
        self._met_damage: Callable[[str], None] = request.app.state.service.met_damage
        self._begin = begin

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == HEAD:
            await super().__call__(scope, receive, send)
            return
        with self._exports.place() as threads:
            await first_of(self._send(threads, send), until_it_leaves(receive))

    async def _send(self, threads: Executor, send: Send) -> None:
        with closing(await self._begin(threads)) as spool:
            if await spool.is_whole(PATIENCE_S):
                self.headers["content-length"] = str(spool.written)
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            try:
                async for block in spool.blocks():
                    await send({"type": "http.response.body", "body": block, "more_body": True})
            except (sqlite3.Error, OSError) as error:
                # The status is on its way: that the end is missing tells the client.
                refusal = storage_error(error)
                if refusal.code == DAMAGED:
                    self._met_damage(refusal.message)
                _log.error("The export %s was cut short: %s.", self._name, error)
                return
            await send({"type": "http.response.body"})
