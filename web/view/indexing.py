"""The index of a view's carts: made when somebody first asks for it, and kept up to date then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from web.view.cart_row import Entry
from web.view.committer import Committer
from web.view.threads import Threads

if TYPE_CHECKING:
    from web.view.cart_index import CartIndex


class Unmoved(Protocol):
    """As much of the view's carts as is asked here."""

    def unmoved(self) -> dict[str, Entry]:
        """Give the carts that are not in their table yet."""


class Indexing:
    """Makes the index of a view, in its threads."""

    def __init__(
        self,
        table: Callable[[], Awaitable[Unmoved]],
        threads: Threads[Any],
        committer: Committer,
    ) -> None:
        """``table`` gives the carts of the view when it is known which of them are unmoved."""
        self._table = table
        self._threads = threads
        self._committer = committer
        self._index: CartIndex | None = None
        self._loading: asyncio.Task[CartIndex] | None = None

    def committed(self, carts: Mapping[str, Entry]) -> None:
        """Take the carts that changed in a commit."""
        if self._index is not None:
            self._index.committed(carts)

    @property
    def is_made(self) -> bool:
        """Whether it is there; where nobody has asked for it yet, its making begins."""
        if self._loading is None:
            self._begin()
        return self._loading is not None and self._loading.done() and self._index is not None

    def take(self) -> CartIndex | None:
        """Give it, or None while it is being made; raises, once, what has ended that."""
        if self.is_made:
            return self._index
        if self._loading is not None and self._loading.done():
            failed, self._loading = self._loading, None
            failed.result()
        return None

    async def get(self) -> CartIndex:
        """Give it; the first to ask waits until it is made, of all that is there."""
        loading = self._loading
        if loading is None or (loading.done() and self._index is None):
            loading = self._begin()
        return await asyncio.shield(loading)

    def _begin(self) -> asyncio.Task[CartIndex]:
        self._loading = asyncio.create_task(self._load(), name="cart index")
        return self._loading

    async def _load(self) -> CartIndex:
        with self._threads.held():
            table = await self._table()
            make, load_index = await self._threads.read(lambda _: _code())
            async with self._committer.turn:  # the table, the log and what comes later fit together
                index = self._index = make()
                unmoved, path = table.unmoved(), self._threads.path
                loading = await self._threads.begin(
                    lambda begun: load_index(index, path, unmoved, begun)
                )
            try:
                await loading
            except BaseException:
                self._index = None
                raise
            return index


def _code() -> tuple[type[CartIndex], Callable[..., None]]:
    """Import what makes an index and what loads it: with it comes an eighth of all the code."""
    from web.view.cart_index import CartIndex
    from web.view.index_load import load_index

    return CartIndex, load_index
