"""A whole list on its way to somebody slow: written at the speed of the disk, read at any pace.

A thread reads the view in one transaction and writes to memory and, where it is much, on to a file
without a name, in the data folder: the reader is let go when the last row is written, and a crash
leaves nothing.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final, Protocol, TypeVar

BLOCK: Final = 64 * 1024
"""What is written, read and sent at once, in bytes: worth a trip through a thread."""

IN_MEMORY: Final = 1024 * 1024
"""For so many bytes no file is made: what is small can be read while the disk is full, too."""


class Reader(Protocol):
    """What reads the rows: a connection that no other has."""

    def begin(self) -> None:
        """Hold on to this moment."""

    def stop_when(self, is_over: Callable[[], bool]) -> None:
        """End what is being read when that is so."""

    def close(self) -> None:
        """Let it go."""


R = TypeVar("R", bound=Reader)


class Spool:
    """Rows of the view, as of one moment; to be closed by who made it."""

    def __init__(self, threads: Executor, folder: Path) -> None:
        """A file is made in ``folder`` where there is much to write."""
        self._threads = threads
        self._folder = folder
        self._head = bytearray()
        self._file: IO[bytes] | None = None
        self._written = 0
        self._news = asyncio.Event()
        self._begun = asyncio.Event()
        self._is_closed = False
        self._writing: asyncio.Future[None] | None = None

    async def begin(self, reader: Callable[[], R], rows: Callable[[R], Iterator[bytes]]) -> None:
        """Begin to write; later commits change nothing of it any more when this returns.

        Raises what the reading of its moment raises.
        """
        loop = asyncio.get_running_loop()
        self._writing = loop.run_in_executor(self._threads, self._write, loop, reader, rows)
        self._writing.add_done_callback(self._ended)
        await self._begun.wait()
        if self._writing.done():
            self._writing.result()

    async def is_whole(self, within: float) -> bool:
        """Wait for the last row, for some seconds; raises what the writing was ended by."""
        assert self._writing is not None
        await asyncio.wait([self._writing], timeout=within)
        if not self._writing.done():
            return False
        self._writing.result()
        return True

    @property
    def written(self) -> int:
        """Count the bytes that are written so far."""
        return self._written

    async def blocks(self) -> AsyncIterator[bytes]:
        """Read it from its beginning, after the writing; raises what that was ended by."""
        assert self._writing is not None
        at = 0
        while True:
            self._news.clear()
            is_over = self._writing.done()  # before the size is looked at, which is the last then
            size = min(BLOCK, self._written - at)
            if size:
                block = await self._read(at, size)
                at += len(block)
                yield block
            elif is_over:
                self._writing.result()
                return
            else:
                await self._news.wait()

    def close(self) -> None:
        """Let the file go, and end the writing, in whatever it is."""
        self._is_closed = True
        if self._writing is None or self._writing.done():
            self._close_file()  # else it is closed when that has ended

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()

    async def _read(self, at: int, size: int) -> bytes:
        """Read so many bytes, or those of them that are in memory."""
        head = len(self._head)
        if at < head:
            return bytes(self._head[at : at + size])
        assert self._file is not None
        return await asyncio.to_thread(os.pread, self._file.fileno(), size, at - head)

    def _write(
        self,
        loop: asyncio.AbstractEventLoop,
        reader: Callable[[], R],
        rows: Callable[[R], Iterator[bytes]],
    ) -> None:
        with closing(reader()) as view:
            view.stop_when(lambda: self._is_closed)
            view.begin()
            loop.call_soon_threadsafe(self._begun.set)
            for block in _blocks(rows(view)):
                self._keep(block)
                self._written += len(block)
                loop.call_soon_threadsafe(self._news.set)
                if self._is_closed:
                    return

    def _keep(self, block: bytes) -> None:
        if self._file is None:
            if len(self._head) + len(block) <= IN_MEMORY:
                self._head += block
                return
            self._file = TemporaryFile(  # noqa: SIM115 (closed with the spool)
                dir=self._folder, prefix=".export-", buffering=0
            )
        _write_whole(self._file.fileno(), block)

    def _ended(self, writing: asyncio.Future[None]) -> None:
        if self._is_closed:
            self._close_file()
            if not writing.cancelled():
                writing.exception()  # of no interest to anybody any more
        self._begun.set()
        self._news.set()


def _write_whole(file: int, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[os.write(file, rest) :]


def _blocks(rows: Iterator[bytes]) -> Iterator[bytes]:
    gathered: list[bytes] = []
    size = 0
    for row in rows:
        gathered.append(row)
        size += len(row)
        if size >= BLOCK:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)
