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

    def put(self, carts: dict[str, Entry]) -> None:
        """Take carts that changed just now, in the order of ``changed``."""
        newest = list(islice(reversed(carts.items()), self._most + 1))  # one more tells of more
        for user_id, entry in reversed(newest):
            self._carts.pop(user_id, None)
            self._carts[user_id] = entry
        surplus = len(self._carts) - self._most
        if surplus > 0:
            for user_id in list(islice(self._carts, surplus)):
                del self._carts[user_id]
            self._is_whole = False

    def find(self, window: Window, count: int) -> list[CartRow] | None:
        """Find the newest rows of a window from its cursor on; None where the view must be asked.

        That is where they are not enough, and for any order but theirs, or where it has to be
        counted how many there are.
        """
        if window.sort != NEWEST or window.search or window.older or window.user is not None:
            return None
        before = window.after[0] if window.after else None
        found = []
        for user_id, entry in reversed(self._carts.items()):
            if isinstance(before, int) and entry[1] >= before:
                continue
            row = row_of(user_id, entry)
            if window.filter == "all" or getattr(row, window.filter):
                found.append(row)
                if len(found) == count:
                    return found
        return found if self._is_whole else None
