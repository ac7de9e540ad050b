"""The one endless stream that may run on the generation in force: begun, told of, ended."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import count
from random import SystemRandom
from typing import Any, Final

from dataflow.synthetic import endless
from web.errors import APIError
from web.intake.stream import STREAM_SOURCE, Asked, Stream
from web.service.generation import Generation

_LINES_OF_A_GENERATION: Final = 10**12
"""More than any has: each generation has so many numbers of orders for itself."""


class Streaming:
    """A stream or none; whoever begins or ends one waits for whoever does so just now."""

    def __init__(
        self,
        start: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]],
        changed: Callable[[], None],
    ) -> None:
        """``start`` makes a task; ``changed`` is called where there are further records."""
        self._start = start
        self._changed = changed
        self._stream: Stream | None = None
        self._running: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def describe(self) -> dict[str, Any] | None:
        """Give the stream that runs as the API shows it; None where there is none."""
        return None if self._stream is None else self._stream.describe()

    async def begin(self, generation: Generation, asked: Asked) -> dict[str, Any]:
        """Begin one, whose first line is durable when this returns; gives it.

        Raises ``APIError`` (409) while one runs, ``sqlite3.Error`` where it cannot be written.
        """
        async with self._turn:
            if self._stream is not None:
                raise APIError(409, "stream_runs", "a stream runs already: end it first")
            uploads = generation.uploads

            def released(last_line: int) -> None:
                uploads.other_released(STREAM_SOURCE, last_line)
                self._changed()

            # No stream on this generation has had more orders than lines.
            before = uploads.lines_of(STREAM_SOURCE)
            number = generation.paths.facts.number - 1
            ids = count(number * _LINES_OF_A_GENERATION + before + 1)
            lines = endless(asked.users, asked.bad, ids, SystemRandom())
            stream = Stream(asked, lines, generation.journal, generation.run_ahead, released)
            await stream.begin()
            self._stream = stream
            self._running = self._start(stream.run(), "stream")
            self._running.add_done_callback(self._ended)
            return stream.describe()

    async def end(self) -> dict[str, Any] | None:
        """End the stream; gives it as it was then, None where there was none."""
        async with self._turn:
            stream, running = self._stream, self._running
            if stream is None or running is None:
                return None
            stream.stop()
            await asyncio.wait([running])
            return stream.describe()

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._stream = self._running = None
        self._changed()
