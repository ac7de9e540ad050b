"""The carts that somebody is told of, each as its row is now: read once for all windows."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from web.view.page import Row
from web.view.windows import Window

ReadError = sqlite3.Error | OSError


class Rows(Protocol):
    """As much of a view's carts as is read here."""

    async def some(self, users: Sequence[str]) -> list[Row]:
        """Read the carts of these users, of those that there are."""


class ToldCarts:
    """Rows by their users, as long as a window tells of them."""

    def __init__(self, carts: Rows) -> None:
        self._carts = carts
        self._rows: dict[str, Row] = {}
        self._windows: defaultdict[str, set[Window]] = defaultdict(set)
        self._unread: set[str] = set()

    def begin(self, window: Window, users: Iterable[str]) -> None:
        """Tell of some users from now on."""
        for user_id in users:
            if user_id not in self._rows:
                self._unread.add(user_id)
            self._windows[user_id].add(window)

    def end(self, window: Window, users: Iterable[str]) -> None:
        """Tell of some users no more."""
        for user_id in users:
            windows = self._windows[user_id]
            windows.discard(window)
            if not windows:
                del self._windows[user_id]
                self._rows.pop(user_id, None)
                self._unread.discard(user_id)

    def changed(self, users: Collection[str] | None) -> None:
        """Hear whose carts have changed; None for any that there is."""
        told = self._windows.keys()
        self._unread.update(told if users is None else told & users)

    def concerned(self) -> set[Window]:
        """Give the windows that tell of carts that have changed since they were read."""
        return {window for user_id in self._unread for window in self._windows[user_id]}

    async def read(self) -> dict[Window, ReadError]:
        """Read what has changed: all at once, or where that fails window by window."""
        try:
            await self._read(self._unread)
        except (sqlite3.Error, OSError):
            failed: dict[Window, ReadError] = {}
            for window in self.concerned():
                unread = {each for each in self._unread if window in self._windows[each]}
                try:
                    await self._read(unread)
                except (sqlite3.Error, OSError) as error:
                    failed[window] = error
            return failed
        return {}

    def rows(self, users: Iterable[str], before: list[Row]) -> list[Row]:
        """Give the carts of users, of those that there are; ``before`` itself where it is these."""
        rows = [row for user in users if (row := self._rows.get(user)) is not None]
        return before if rows == before else rows

    async def _read(self, users: set[str]) -> None:
        asked = list(users)
        rows = await self._carts.some(asked)
        self._rows.update((str(row.id), row) for row in rows)
        self._unread.difference_update(asked)
