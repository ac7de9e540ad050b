"""The carts that changed last, in memory: the first pages of the default list, without a query.

An index on what changes with every record would cost the view a third of its writing time. So
only the newest are kept at hand, as they were committed; what reaches further back is read by a
scan of the view.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from web.view.cart_row import CartRow, Entry, row_of
from web.view.sorts import NEWEST
from web.view.windows import Window

MOST: Final = 4_096


class RecentCarts:
    """The newest carts by ``changed``; whole where there are no more than ``most`` carts."""

    def __init__(
        self, carts: Iterable[tuple[str, Entry]] = (), *, is_whole: bool, most: int = MOST
    ) -> None:
        """Begin with the newest carts, oldest of them first."""
        self._most = most
        self._carts = dict(carts)
        self._is_whole = is_whole

    @property
    def changed(self) -> int:
        """The greatest ``changed`` of all carts; 0 where there is none."""
        newest = next(reversed(self._carts.values()), None)
        return 0 if newest is None else newest[1]

    def put(self, carts: Iterable[tuple[str, Entry]]) -> None:
        """Take carts that changed just now, in the order of ``changed``."""
        for user_id, entry in carts:
            self._carts.pop(user_id, None)
            self._carts[user_id] = entry
        surplus = len(self._carts) - self._most
        if surplus > 0:
            for user_id in list(islice(self._carts, surplus)):
                del self._carts[user_id]
            self._is_whole = False

    def find(self, window: Window, count: int) -> list[CartRow] | None:
        """Find the newest rows of a window from its cursor on; None where the view must be asked.

        That is where they are not enough, and for any order but theirs.
        """
        if window.sort != NEWEST:
            return None
        before = window.after[0] if window.after else None
        found = []
        for user_id, entry in reversed(self._carts.items()):
            if isinstance(before, int) and entry[1] >= before:
                continue
            if is_searched(user_id, window) and matches(row := row_of(user_id, entry), window):
                found.append(row)
                if len(found) == count:
                    return found
        return found if self._is_whole else None


def matches(row: CartRow, window: Window) -> bool:
    """Whether a row is in a window's search and filter."""
    if window.filter != "all" and not getattr(row, window.filter):
        return False
    return is_searched(row.user_id, window)


def is_searched(user_id: str, window: Window) -> bool:
    """Whether a user is in a window's search."""
    return user_id.startswith(window.search) and window.user in (None, user_id)
