"""One generation of the data, opened: journal, view, totals, uploads, and the threads they use.

A reset replaces all of it at once. The view has one writing thread; readers have a few of their
own, each with its own connection.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from typing import Final, TypeVar

from web.data.journal_file import open_journal, refuse_gap
from web.data.paths import Paths
from web.intake.run_ahead import RunAhead
from web.intake.uploads import Uploads
from web.view.audit import count_view
from web.view.cart_row import CartRow, row_of
from web.view.cart_table import CartTable
from web.view.committer import Committer
from web.view.page import Page
from web.view.reader import ViewReader
from web.view.spool import Rows, Spool
from web.view.totals import Counted
from web.view.view import Outcome, View
from web.view.windows import Window

_READERS: Final = 3
_OFTEN: Final = 4
"""How often rows of a search are looked at before it had been better to move all that wait."""

_QUIET_SHARE: Final = 0.5
"""The share of a quiet time that moving rows takes: what comes then is not held up for long."""

LONGEST_REST_S: Final = 0.25
"""How long the moving of rows rests at most, also where there are none to move."""

T = TypeVar("T")


class Generation:
    """Everything that a reset starts over."""

    def __init__(
        self,
        paths: Paths,
        committed: Callable[[Outcome], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        """Open it; raises ``JournalError``, ``ViewError``, ``sqlite3.Error`` or ``OSError``."""
        self.paths = paths
        self.journal = open_journal(paths.journal)
        self.view = View(paths.view)
        refuse_gap(paths.journal, self.journal.end(), self.view.position())
        self.totals = self.view.totals()
        self.recent = self.view.carts.recent
        self.run_ahead = RunAhead()
        self.uploads = Uploads(self.journal, paths.uploads, self.totals, self.run_ahead, changed)
        self.committer = Committer(lambda batches: self.write(self.view.commit, batches), committed)
        self._writer = ThreadPoolExecutor(1, "view-writer")
        self._readers = ThreadPoolExecutor(_READERS, "view-reader")
        self._local = threading.local()
        self._open_readers: list[ViewReader] = []
        self._holders = 0
        self._let_go = asyncio.Event()
        self._let_go.set()

    @property
    def name(self) -> str:
        """The number of this generation, as the frames tell it."""
        return str(self.paths.facts.number)

    @property
    def failure(self) -> str | None:
        """Why nothing can be written now; None where it can."""
        if self.journal.failure is not None:
            return f"the journal cannot be written: {self.journal.failure}"
        return self.committer.failure

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the files open over several steps, between which a reset may come."""
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

    async def read(self, call: Callable[[ViewReader], T]) -> T:
        """Run a call in one of the reading threads, with its reader."""
        return await asyncio.get_running_loop().run_in_executor(
            self._readers, lambda: call(self._reader())
        )

    async def carts(self, window: Window) -> Page:
        """Read one page of carts: from memory where the newest suffice, else from the view."""
        rows = self.recent.find(window, window.limit + 1)
        with self.held():
            asks_table = rows is None or window.search or window.user is not None
            unmoved = await self.unmoved(window) if asks_table else []
            figures = self.totals.figures
            return await self.read(lambda view: view.carts(window, figures, rows, unmoved))

    async def cart(self, user_id: str) -> bytes | None:
        """Read the whole summary of one cart; None where there is none."""
        row = (await self._table()).get(user_id)
        return await self.read(lambda view: view.cart(user_id, row))

    async def unmoved(self, window: Window) -> list[CartRow]:
        """Catch the table up for a window; gives the rows that it lacks where it is not done.

        That is where nothing can be written now, and where so few of these rows are in the search
        that it is sooner done to look at them than to move all.
        """
        carts = await self._table()
        found = await self.read(lambda _: carts.search(window))
        if _OFTEN * len(found) >= carts.unmoved_count:
            try:
                await self.move_all()
            except sqlite3.Error:
                found = await self.read(lambda _: carts.search(window))
            else:
                found = {}
        return await self.read(lambda _: [row_of(*item) for item in found.items()])

    async def move_all(self) -> None:
        """Move all rows that are unmoved now to their table, however many come meanwhile."""
        with self.held():
            carts = await self._table()
            at_round = carts.all_moved_at_round
            while carts.rounds < at_round:
                await self._move(carts, even_if_changed=True)

    async def tidy_table(self, *, is_quiet: bool) -> float:
        """Move some cart rows where it is time; gives the seconds to wait before the next time.

        Where it is not quiet, that is above a pressure of 1 and in a moment without a commit, and
        the moving takes a share of the time that grows with the pressure: all of it at 2.
        """
        with self.held():
            carts = await self._table()
            share = _QUIET_SHARE if is_quiet else min(carts.pressure - 1, 1.0)
            if carts.pressure == 0 or share <= 0:
                return LONGEST_REST_S
            if share < 1:
                await self.committer.drain()
            took = await self._move(carts)
            return min(took / share - took, LONGEST_REST_S)

    async def _move(self, carts: CartTable, *, even_if_changed: bool = False) -> float:
        """Go a step on between two commits; gives how long it took, in seconds."""
        async with self.committer.turn:
            began = time.monotonic()
            await self.write(carts.move, even_if_changed=even_if_changed)
            return time.monotonic() - began

    async def count_unmoved(self) -> int:
        """Count the cart rows that are not in their table yet."""
        return (await self._table()).unmoved_count

    async def begin_audit(self) -> asyncio.Future[Counted]:
        """Begin to count what the view holds at this moment: to be called between two commits."""
        unmoved = (await self._table()).unmoved()
        loop = asyncio.get_running_loop()
        begun = asyncio.Event()
        counting = loop.run_in_executor(
            self._readers,
            count_view,
            self.paths.view,
            unmoved,
            lambda: loop.call_soon_threadsafe(begun.set),
        )
        counting.add_done_callback(lambda _: begun.set())
        await begun.wait()
        return counting

    async def _table(self) -> CartTable:
        """Give the carts of the view when it is known which of them are unmoved."""
        carts = self.view.carts
        if not carts.is_loaded:
            await self.write(carts.load)
        return carts

    async def export(self, threads: Executor, rows: Rows) -> Spool:
        """Begin to write rows to a spool, as of one moment; the caller closes it.

        Neither a reset nor a slow client holds it up, nor does it them.
        """
        with self.held(), ExitStack() as begun:
            spool = begun.enter_context(closing(Spool(threads, self.paths.folder)))
            await spool.begin(self.paths.view, rows)
            begun.pop_all()
        return spool

    async def export_carts(self, threads: Executor, window: Window) -> Spool:
        """Begin to write all carts of a window's search and filter, whole, in its order."""
        with self.held():
            await self.unmoved(window)  # moves them, where they are many
            async with self.committer.turn:  # the log and the table at the same moment
                found = (await self._table()).search(window)
                unmoved = [row_of(*item) for item in found.items()]
                return await self.export(threads, lambda view: view.all_carts(window, unmoved))

    async def close(self) -> None:
        """Stop releasing and close the files; what was acknowledged is in them."""
        await self.uploads.stop()
        await self._let_go.wait()
        await asyncio.to_thread(self._close_files)

    def _close_files(self) -> None:
        self._readers.shutdown()
        self._writer.shutdown()
        for reader in self._open_readers:
            reader.close()
        self.view.close()
        self.journal.close()

    def _reader(self) -> ViewReader:
        reader: ViewReader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = ViewReader(self.paths.view)
            self._open_readers.append(reader)
        return reader
