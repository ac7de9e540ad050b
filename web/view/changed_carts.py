"""The carts that have changed between two looks at the windows, each as it is now. Pure."""

from collections.abc import Mapping
from operator import attrgetter

from web.view.cart_row import CartRow, Entry, row_of
from web.view.sorts import Rank, Sort, span
from web.view.windows import Window


class ChangedCarts:
    """Some carts, asked by window for where each of them stands there."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries
        self._users = sorted(entries)
        self._rows: list[CartRow] | None = None
        self._ranks: dict[Sort, list[Rank]] = {}
        self._ranked: dict[tuple[Sort, str, int | None], list[tuple[str, Rank | None]]] = {}

    @property
    def users(self) -> list[str]:
        """Their users, in order."""
        return self._users

    def of(self, window: Window, until: int | None) -> list[tuple[str, Rank | None]]:
        """Give those of a window's search, with their ranks; None for one that is not in it now.

        ``until`` is the place since which an id of its filter has to be open, or before. Windows
        that differ in their search or cursor alone share what was found.
        """
        low, high = span(self._users, window.search)
        if low == high:
            return []
        kind = (window.order, window.filter, until)
        ranked = self._ranked.get(kind)
        if ranked is None:
            ranked = self._ranked[kind] = self._rank(*kind)
        return ranked[low:high]

    def _rank(self, order: Sort, carts: str, until: int | None) -> list[tuple[str, Rank | None]]:
        """Rank all of them, but those that a filter, or an age with it, leaves out."""
        if self._rows is None:
            self._rows = [row_of(user, self._entries[user]) for user in self._users]
        ranks = self._ranks.get(order)
        if ranks is None:
            ranks = self._ranks[order] = order.ranks(self._rows)
        if carts == "all":
            return list(zip(self._users, ranks, strict=True))
        fits = [count > 0 for count in map(attrgetter(carts), self._rows)]
        if until is not None:
            ages = map(attrgetter(f"oldest_{carts}"), self._rows)
            fits = [fit and age <= until for fit, age in zip(fits, ages, strict=True)]
        return [
            (user, rank if fit else None)
            for user, rank, fit in zip(self._users, ranks, fits, strict=True)
        ]
