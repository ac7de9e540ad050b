"""The bound on what was released to the flow and is not yet in the view.

It is what lets a pause take hold at once, and a live record overtake a long upload: however long
the file, only so much of it stands before a record that comes now. Where such records come, it is
much less for a while, in smaller chunks: that costs the upload some of its speed.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from dataflow.chunks import MAX_CHUNK_LINES

MAX_BYTES: Final = 15 * 1024 * 1024
MAX_LINES: Final = 196_608
"""What is in the flow's hands and what it takes next: most of a second's work, at full speed."""

LIVE_S: Final = 3.0
"""For how long a live record lets others expect that they do not wait."""

LIVE_LINES: Final = 16_384
LIVE_CHUNK_LINES: Final = 8_192
"""What may stand before a live record, and how much of it is released at once: about a tenth of a
second's work."""


class RunAhead:
    """Chunks in flight, oldest first, over all uploads."""

    def __init__(
        self,
        most_bytes: int = MAX_BYTES,
        most_lines: int = MAX_LINES,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_bytes = most_bytes
        self._most_lines = most_lines
        self._now = now
        self._live_until = 0.0
        self._chunks: deque[tuple[int, int, int]] = deque()
        self._bytes = 0
        self._lines = 0
        self._position = 0
        self._room = asyncio.Event()
        self._room.set()

    def released(self, offset: int, size: int, lines: int) -> None:
        """Count a chunk, or several that end at ``offset``, as on their way.

        Not where the view has them by now: a quick flow may be told of before its feeder is.
        """
        if offset < self._position:
            return
        self._chunks.append((offset, size, lines))
        self._bytes += size
        self._lines += lines
        self._tell()

    def arrived(self, position: int) -> None:
        """Forget the chunks before this offset of the journal: the view has them."""
        self._position = max(self._position, position)
        while self._chunks and self._chunks[0][0] < position:
            _, size, lines = self._chunks.popleft()
            self._bytes -= size
            self._lines -= lines
        self._tell()

    def has_live(self) -> None:
        """Note that a live record came, and that others may: they are not to wait for long."""
        self._live_until = self._now() + LIVE_S
        self._tell()

    @property
    def most_at_once(self) -> int:
        """How many lines one chunk may have now."""
        return LIVE_CHUNK_LINES if self._is_live else MAX_CHUNK_LINES

    async def room(self, seconds: float) -> bool:
        """Wait until there is room, at most so long; tells whether there is."""
        try:
            async with asyncio.timeout(seconds):
                return await self._room.wait()
        except TimeoutError:
            return False

    def statistics(self) -> dict[str, int]:
        """Tell how much is in flight."""
        return {"chunks": len(self._chunks), "bytes": self._bytes, "lines": self._lines}

    @property
    def _is_live(self) -> bool:
        return self._now() < self._live_until

    def _tell(self) -> None:
        most = min(LIVE_LINES, self._most_lines) if self._is_live else self._most_lines
        if self._bytes < self._most_bytes and self._lines < most:
            self._room.set()
        else:
            self._room.clear()
