"""The threads of a view: the one that writes it, and a few that read, each with its connection."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Final, Generic, TypeVar

from web.view.damage import telling_damage
from web.view.spool import Reader, Spool

_READERS: Final = 3

T = TypeVar("T")
R = TypeVar("R", bound=Reader)


class Threads(Generic[R]):
    """Runs calls beside the event loop; who is in the middle of several may hold them open."""

    def __init__(self, path: Path, open_reader: Callable[[Path], R]) -> None:
        """``path`` is the view's file, which must be there before anything is read."""
        self.path = path
        self._open = partial(open_reader, path)
        self._writer = ThreadPoolExecutor(1, "view-writer")
        self._readers = ThreadPoolExecutor(_READERS, "view-reader")
        self._local = threading.local()
        self._open_readers: list[R] = []
        self._holders = 0
        self._let_go = asyncio.Event()
        self._let_go.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep them open over several calls, between which a reset may come."""
        self._holders += 1
        self._let_go.clear()
        try:
            yield
        finally:
            self._holders -= 1
            if self._holders == 0:
                self._let_go.set()

    async def write(self, call: Callable[..., T], *args: object, **kwargs: object) -> T:
        """Run a call of the view in its writing thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, lambda: call(*args, **kwargs))

    async def read(self, call: Callable[[R], T]) -> T:
        """Run a call in one of the reading threads, with its reader.

        Raises ``sqlite3.Error``, and ``OSError`` of files beside it.
        """

        def run() -> T:
            with telling_damage():
                return call(self._reader())

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def begin(self, call: Callable[[Callable[[], object]], T]) -> asyncio.Future[T]:
        """Begin a call in one of the reading threads; returns when it has said that it has begun.

        It gets what to call then: what it reads has to be of this moment.
        """
        loop = asyncio.get_running_loop()
        begun = asyncio.Event()

        def run() -> T:
            with telling_damage():
                return call(lambda: loop.call_soon_threadsafe(begun.set))

        running = loop.run_in_executor(self._readers, run)
        running.add_done_callback(lambda _: begun.set())
        await begun.wait()
        return running

    async def export(self, threads: Executor, rows: Callable[[R], Iterator[bytes]]) -> Spool:
        """Begin to write rows to a spool, as of one moment; the caller closes it.

        Neither a reset nor a slow client holds it up, nor does it them.
        """

        def sound(reader: R) -> Iterator[bytes]:
            with telling_damage():
                yield from rows(reader)

        with self.held(), ExitStack() as begun:
            spool = begun.enter_context(closing(Spool(threads, self.path.parent)))
            await spool.begin(self._open, sound)
            begun.pop_all()
        return spool

    async def close(self) -> None:
        """End the threads and close what they read with, once nobody holds them any more."""
        await self._let_go.wait()
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._readers.shutdown()
        self._writer.shutdown()
        for reader in self._open_readers:
            reader.close()

    def _reader(self) -> R:
        reader: R | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = self._open()
            self._open_readers.append(reader)
        return reader
