"""The carts that changed last, in memory: the first pages of the default list, without a query.

An index on what changes with every record would cost the view a third of its writing time. So
only the newest are kept at hand, as they were committed; what reaches further back is read by a
scan of the view.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from web.windows import Window

MOST: Final = 4_096


class CartRow(NamedTuple):
    """A row of the view's carts; ``changed`` grows with every change of any cart."""

    user_id: str
    version: int
    unpaid: int
    paid: int
    waiting: int
    changed: int
    updated_at: float
    lists: bytes
    key_group: int


class RecentCarts:
    """The newest rows by ``changed``; whole where there are no more than ``most`` carts."""

    def __init__(self, rows: Iterable[CartRow] = (), *, is_whole: bool, most: int = MOST) -> None:
        """Begin with the newest rows, oldest of them first."""
        self._most = most
        self._rows = {row.user_id: row for row in rows}
        self._is_whole = is_whole

    def put(self, rows: Iterable[CartRow]) -> None:
        """Take rows that changed just now, in the order of ``changed``."""
        for row in rows:
            self._rows.pop(row.user_id, None)
            self._rows[row.user_id] = row
        for user_id in list(self._rows)[: max(0, len(self._rows) - self._most)]:
            del self._rows[user_id]
            self._is_whole = False

    def find(self, window: Window, before: int | str | None, count: int) -> list[CartRow] | None:
        """Find the newest rows of a window behind a place; None where the view must be asked."""
        found = []
        for row in reversed(self._rows.values()):
            if isinstance(before, int) and row.changed >= before:
                continue
            if matches(row, window):
                found.append(row)
                if len(found) == count:
                    return found
        return found if self._is_whole else None


def matches(row: CartRow, window: Window) -> bool:
    """Whether a row is in a window's search and filter."""
    if window.filter != "all" and not getattr(row, window.filter):
        return False
    return row.user_id.startswith(window.search) and window.user in (None, row.user_id)
