"""The carts that changed last, in memory: the first pages of the default list, without a query.

An index on what changes with every record would cost the view a third of its writing time. So
only the newest are kept at hand, as they were committed; what reaches further back is looked up
elsewhere. The newest is who was changed by the latest record, whatever commit brought it: as bytes,
encoded carts stand in this order, so nothing has to be decoded for it.

In a flood thousands of carts change between two looks. So commits are kept as they came, and are
put together where somebody looks or when they have become many: then most of them are old, and are
let go by one comparison each.
"""

from collections.abc import Mapping
from heapq import nlargest
from itertools import chain, islice
from typing import Final

from dataflow.cart import begin_at
from web.view.cart_row import CartRow, Entry, row_of
from web.view.damage import telling_damage
from web.view.sorts import NEWEST
from web.view.windows import Window

MOST: Final = 4_096
_SURPLUS: Final = 4
"""How many times as many there may be before the oldest are let go."""

_UNREAD: Final = 16
"""How many times as many may come before they are put together though nobody looks."""

_SAMPLED: Final = 256
_FEW: Final = 4
"""How many times as many carts as are asked for are looked at before all of them."""


class RecentCarts:
    """The newest carts, about ``most`` or more; all where there are no more than that."""

    def __init__(
        self, carts: Mapping[str, Entry] | None = None, *, floor: bytes = b"", most: int = MOST
    ) -> None:
        """Begin with some carts: all of those that, as encoded, are not less than ``floor``."""
        self._most = most
        self._commits = [dict(carts or {})]
        self._floor = floor

    def put(self, carts: dict[str, Entry]) -> None:
        """Take carts that changed just now; nobody may change the dictionary after that."""
        newest = self._commits[-1]
        if len(newest) + len(carts) <= self._most:  # so the same few users are not many carts
            newest |= carts
        else:
            self._commits.append(carts if len(carts) > self._most else carts.copy())
        if sum(map(len, self._commits)) > _UNREAD * self._most:
            self._gather()

    def find(self, window: Window, count: int) -> list[CartRow] | None:
        """Find the newest rows of a window from its cursor on; None where the view must be asked.

        That is where they are not enough, and for any order but theirs, or where it has to be
        counted how many there are.
        """
        if window.sort != NEWEST or window.search or window.older or window.user is not None:
            return None
        carts = [item for item in self._gather().items() if item[1][0] >= self._floor]
        if window.after is not None and isinstance(before := window.after[0], int):
            end = begin_at(max(before, 0))
            carts = [item for item in carts if item[1][0] < end]
        found: list[CartRow] = []
        for most in (_FEW * count, len(carts)):
            newest = nlargest(most, carts, key=_encoded)
            rows = (row_of(*item) for item in newest)
            wanted = (row for row in rows if window.filter == "all" or getattr(row, window.filter))
            with telling_damage():
                found = list(islice(wanted, count))
            if len(found) == count or len(newest) == len(carts):
                break
        return found if len(found) == count or not self._floor else None

    def _gather(self) -> dict[str, Entry]:
        """Put together what came, without the oldest where there are many; gives all of it."""
        gathered, *others = self._commits
        floor = self._floor
        if sum(map(len, self._commits)) > _SURPLUS * self._most:
            # About half as many again as are wanted: exactly so many would cost a sort of all.
            step = max(1, self._most // _SAMPLED)
            entries = chain.from_iterable(commit.values() for commit in self._commits)
            sampled = sorted(entry[0] for entry in islice(entries, 0, None, step))
            floor = max(floor, sampled[-(3 * self._most // (2 * step))])
        if floor == self._floor:
            for commit in others:
                gathered |= commit
        else:
            self._floor = floor
            items = chain.from_iterable(commit.items() for commit in self._commits)
            gathered = {user_id: entry for user_id, entry in items if entry[0] >= floor}
        self._commits = [gathered]
        return gathered


def _encoded(item: tuple[str, Entry]) -> bytes:
    return item[1][0]
