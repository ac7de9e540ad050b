"""The carts that have changed between two looks at the windows, each as it is now. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping

from web.view.cart_row import CartRow, Entry, row_of
from web.view.sorts import TOP, Rank
from web.view.windows import Window


class ChangedCarts:
    """Some carts, asked by window for where each of them stands there."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries
        self._users = sorted(entries)
        self._rows: dict[str, CartRow] = {}
        self._ranked: dict[tuple[str, str], list[tuple[str, Rank | None]]] = {}

    @property
    def users(self) -> list[str]:
        """Their users, in order."""
        return self._users

    def of(self, window: Window, until: int | None) -> list[tuple[str, Rank | None]]:
        """Give those of a window's search, with their ranks; None for one that is not in it now.

        ``until`` is the place since which an id of its filter has to be open, or before. Windows
        that differ in their search or cursor alone share what was found.
        """
        low, high = 0, len(self._users)
        if window.search:
            low = bisect_left(self._users, window.search)
            high = bisect_right(self._users, window.search + TOP, low)
        if until is not None:
            return [self._rank(user, window, until) for user in self._users[low:high]]
        if low == high:
            return []
        kind = (window.sort, window.filter)
        ranked = self._ranked.get(kind)
        if ranked is None:
            ranked = self._ranked[kind] = [self._rank(user, window, None) for user in self._users]
        return ranked[low:high]

    def _rank(self, user_id: str, window: Window, until: int | None) -> tuple[str, Rank | None]:
        row = self._rows.get(user_id)
        if row is None:
            row = self._rows[user_id] = row_of(user_id, self._entries[user_id])
        fits = window.filter == "all" or getattr(row, window.filter) > 0
        if fits and until is not None:
            fits = getattr(row, f"oldest_{window.filter}") <= until
        return user_id, window.order.rank(window.order.key(row), user_id) if fits else None
