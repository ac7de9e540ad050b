"""The one stream that may run: begun and ended by hand, also ended by a reset or a full disk."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable

from web.errors import APIError
from web.intake.stream import Stream, StreamAsked

_log = logging.getLogger(__name__)


class Streaming:
    """Runs at most one stream at a time."""

    def __init__(self, append: Callable[[bytes], Awaitable[object]]) -> None:
        """``append`` takes lines in, durably."""
        self._append = append
        self._task: asyncio.Task[None] | None = None
        self.stream: Stream | None = None

    async def begin(self, asked: StreamAsked) -> Stream:
        """Begin one, whose first line is taken in; raises ``APIError`` (409) while one runs."""
        if self.stream is not None:
            raise APIError(409, "stream_runs", "a stream runs: end it before another one begins")
        stream = self.stream = Stream(asked, self._append)
        self._task = asyncio.create_task(self._run(stream), name="stream")
        return stream

    async def end(self) -> Stream | None:
        """End the one that runs, if there is one; no line of it is taken in after this."""
        stream, task = self.stream, self._task
        if stream is None or task is None:
            return None
        task.cancel()
        await asyncio.wait([task])
        return stream

    async def _run(self, stream: Stream) -> None:
        try:
            await stream.run()
        except (sqlite3.Error, OSError, APIError) as error:
            _log.error("The stream ended: %s.", error)
        finally:
            self.stream = self._task = None
