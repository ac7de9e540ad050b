"""The carts of the view as they are asked for: by pages, one by one, counted, or all of them.

What only the table can answer has the unmoved rows moved to it first, between two commits; and
some of them are moved whenever there is time.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

from web.errors import APIError
from web.view.audit import count_view
from web.view.cart_row import CartRow, Entry, row_of
from web.view.cart_table import CartTable
from web.view.changed_carts import ChangedCarts
from web.view.committer import Committer
from web.view.completed import FeedCount
from web.view.indexing import Indexing
from web.view.key_range import KeyRange
from web.view.order_search import OrdersFound
from web.view.orders import OrdersPage
from web.view.orders_asked import OrdersAsked
from web.view.page import Found, Page, Row
from web.view.reader import OpenSince, ViewReader
from web.view.spool import Spool
from web.view.threads import Threads
from web.view.totals import Counted, Totals
from web.view.windows import Window

if TYPE_CHECKING:
    from web.view.cart_index import CartIndex

_OFTEN: Final = 4
"""How often rows of a search are looked at before it had been better to move all that wait."""

_QUIET_SHARE: Final = 0.5
"""The share of a quiet time that moving rows takes: what comes then is not held up for long."""

MOST_CHANGED: Final = 4_096
"""Carts that may change between two looks at the windows before these are better read anew."""

CartRows = Callable[[ViewReader, Window, Sequence[CartRow]], Iterator[bytes]]
"""Writes the carts of a window, of which some are not in their table yet."""

MOST_SEARCHES: Final = 8
"""Orders that may be looked for by their number, one of them at a time."""

LONGEST_REST_S: Final = 0.25
"""How long the moving of rows rests at most, also where there are none to move."""


class Carts:
    """Reads and moves the carts of a view, in its threads."""

    def __init__(
        self, table: CartTable, threads: Threads[ViewReader], committer: Committer, totals: Totals
    ) -> None:
        """``totals`` are those of what was committed, brought up to date by the caller."""
        self._of_view = table
        self._threads = threads
        self._committer = committer
        self._totals = totals
        self._recent = table.recent
        self._indexing = Indexing(self._table, threads, committer)
        self._feed = FeedCount()
        self._changed: dict[str, Entry] | None = None
        self._searching = asyncio.Lock()
        self._searches = 0

    def committed(self, carts: dict[str, Entry]) -> None:
        """Take the carts that changed in a commit, in the order of ``changed``."""
        self._recent.put(carts)
        self._indexing.committed(carts)
        if self._changed is not None:
            self._changed.update(carts)
            if len(self._changed) > MOST_CHANGED:
                self._changed = None

    def take_changed(self) -> ChangedCarts | None:
        """Give the carts that have changed since the last time; None where they are too many."""
        changed, self._changed = self._changed, {}
        return None if changed is None else ChangedCarts(changed)

    async def page(self, window: Window) -> Page:
        """Read one page: from memory where the newest suffice, else by the index."""
        with self._threads.held():
            rows = self._recent.find(window, window.limit + 1)
            if rows is not None:
                total = self._totals.figures.of(window.filter)
                return await self._threads.read(lambda view: view.page(window, total, rows))
            return await self._indexed(window)

    async def ranges(self, windows: Sequence[Window], margin: int) -> list[KeyRange | None]:
        """Read the ranges of some windows, each of its page and up to ``margin`` carts behind it.

        They hold all that was committed before this was called. None where an index is needed that
        is being made: ask again in a moment.
        """
        with self._threads.held():
            found = [self._recent_range(window, margin) for window in windows]
            missing = [at for at, each in enumerate(found) if each is None]
            index = self._indexing.take() if missing else None
            if index is not None:
                asked = [windows[at] for at in missing]
                read = await self._threads.read(lambda view: _ranges(index, view, asked, margin))
                for at, each in zip(missing, read, strict=True):
                    found[at] = each
            return found

    async def totals(self, asked: Sequence[tuple[Window, int | None]]) -> list[int]:
        """Count the carts of windows, whatever their cursors, each with its ``until``."""
        if not asked:
            return []
        with self._threads.held():
            index = await self._indexing.get()
            return await self._threads.read(lambda _: [index.count(*each) for each in asked])

    def total(self, window: Window) -> int | None:
        """Tell how many carts a window has, where that is known of all; None for others."""
        is_of_all = not window.search and window.older is None
        return self._totals.figures.of(window.filter) if is_of_all else None

    def _recent_range(self, window: Window, margin: int) -> KeyRange | None:
        wanted = window.limit + margin + 1
        rows = self._recent.find(window, wanted)
        if rows is None:
            return None
        return KeyRange(window, window.order.ranks(rows), is_whole=len(rows) < wanted)

    async def some(self, users: Sequence[str]) -> list[Row]:
        """Read the carts of these users, of those that there are, as a page has them."""
        if not users:
            return []
        with self._threads.held():
            found = Found(0, [(user_id,) for user_id in users])
            return (await self._page_of(Window(limit=len(users)), found)).rows

    async def whole(self, user_id: str) -> bytes | None:
        """Read the whole summary of one cart, as JSON; None where there is none."""
        with self._threads.held():
            row = (await self._table()).get(user_id)
            return await self._threads.read(lambda view: view.cart(user_id, row))

    async def orders(self, user_id: str, asked: OrdersAsked) -> OrdersPage | None:
        """Read a page of the orders of one cart; None where there is no such cart."""
        with self._threads.held():
            row = (await self._table()).get(user_id)
            return await self._threads.read(lambda view: view.orders(user_id, row, asked))

    async def with_order(self, text: str) -> OrdersFound:
        """Find the carts that have an order or a waiting payment of exactly this text."""
        if self._searches >= MOST_SEARCHES:
            raise APIError(
                429,
                "too_many_searches",
                f"{MOST_SEARCHES} orders are being looked for: wait until one is found",
            )
        self._searches += 1
        try:
            # One after the other: each reads all carts, and others want to read, too.
            async with self._searching:
                with self._threads.held():
                    table = await self._table()
                    return await self._threads.read(
                        lambda view: view.with_order(text, table.unmoved())
                    )
        finally:
            self._searches -= 1

    def is_indexed(self) -> bool:
        """Tell whether ages can be counted at once; where not, begin to make that so."""
        return self._indexing.is_made

    async def open_since(self, older: float) -> dict[str, OpenSince]:
        """Count the carts with an unpaid, and with a waiting id that is so old or older."""
        with self._threads.held():
            index = await self._indexing.get()
            return await self._threads.read(lambda view: view.open_since(index, older))

    async def export(self, threads: Executor, window: Window, rows: CartRows) -> Spool:
        """Begin to write all of a window's search and filter, in its order, as ``rows`` does."""
        with self._threads.held():
            await self.unmoved(window)  # moves them, where they are many
            async with self._committer.turn:  # the log and the table at the same moment
                found = (await self._table()).search(window)
                unmoved = [row_of(*item) for item in found.items()]
                return await self._threads.export(threads, lambda view: rows(view, window, unmoved))

    async def export_orders(self, threads: Executor, user_id: str, asked: OrdersAsked) -> Spool:
        """Begin to write the orders of one cart, as a table."""
        with self._threads.held():
            async with self._committer.turn:
                row = (await self._table()).get(user_id)
                return await self._threads.export(
                    threads, lambda view: view.orders_table(user_id, row, asked)
                )

    async def unmoved(self, window: Window) -> list[CartRow]:
        """Move rows to the table for a window; gives those that it lacks where that is not done.

        That is where nothing can be written now, and where so few of these rows are in the search
        that it is sooner done to look at them than to move all.
        """
        table = await self._table()
        found = await self._threads.read(lambda _: table.search(window))
        if _OFTEN * len(found) >= table.unmoved_count:
            try:
                await self.move_all()
            except sqlite3.Error:
                found = await self._threads.read(lambda _: table.search(window))
            else:
                found = {}
        return await self._threads.read(lambda _: [row_of(*item) for item in found.items()])

    async def move_all(self) -> None:
        """Move all rows that are unmoved now to their table, however many come meanwhile."""
        with self._threads.held():
            table = await self._table()
            at_round = table.all_moved_at_round
            while table.rounds < at_round:
                await self._move(table, even_if_changed=True)

    async def tidy(self, *, is_quiet: bool) -> float:
        """Move some rows where it is time; gives the seconds to wait before the next time.

        Where it is not quiet, that is above a pressure of 1 and in a moment without a commit, and
        the moving takes a share of the time that grows with the pressure: all of it at 2.
        """
        with self._threads.held():
            table = await self._table()
            share = _QUIET_SHARE if is_quiet else min(table.pressure - 1, 1.0)
            if table.pressure == 0 or share <= 0:
                return LONGEST_REST_S
            if share < 1:
                await self._committer.drain()
            took = await self._move(table)
            return min(took / share - took, LONGEST_REST_S)

    async def count_unmoved(self) -> int:
        """Count the rows that are not in their table yet."""
        return (await self._table()).unmoved_count

    async def begin_audit(self) -> asyncio.Future[Counted]:
        """Begin to count what the view holds at this moment: to be called between two commits."""
        unmoved = (await self._table()).unmoved()
        path, feed = self._threads.path, self._feed
        return await self._threads.begin(lambda begun: count_view(path, unmoved, feed, begun))

    async def _indexed(self, window: Window) -> Page:
        """Read a page of the users that the index finds, as their carts are now."""
        if window.user is not None:
            found = Found(0, [(window.user,)])
        else:
            index = await self._indexing.get()
            found = await self._threads.read(
                lambda view: index.find(window, view.until(window), window.limit + 1)
            )
        return await self._page_of(window, found)

    async def _page_of(self, window: Window, found: Found) -> Page:
        table = await self._table()
        unmoved = {user_id: table.get(user_id) for user_id in found.users}
        return await self._threads.read(lambda view: view.page_of(window, found, unmoved))

    async def _move(self, table: CartTable, *, even_if_changed: bool = False) -> float:
        """Go a step on between two commits; gives how long it took, in seconds."""
        async with self._committer.turn:
            began = time.monotonic()
            await self._threads.write(table.move, even_if_changed=even_if_changed)
            return time.monotonic() - began

    async def _table(self) -> CartTable:
        """Give the carts of the view when it is known which of them are unmoved."""
        if not self._of_view.is_loaded:
            await self._threads.write(self._of_view.load)
        return self._of_view


def _ranges(
    index: CartIndex, view: ViewReader, windows: Sequence[Window], margin: int
) -> list[KeyRange]:
    """Find the ranges of windows by the index."""
    found = []
    for window in windows:
        wanted = window.limit + margin + 1
        until = view.until(window)
        ranks = index.find(window, until, wanted).ranks
        found.append(KeyRange(window, ranks, is_whole=len(ranks) < wanted, until=until))
    return found
