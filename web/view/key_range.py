"""The first carts of a window, kept sorted from commit to commit: its page and a margin. Pure.

Carts that change move in and out of it without a query. Only where so many have left that the page
is not full any more, and more carts come behind it, it has to be read anew.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable

from web.view.changed_carts import ChangedCarts
from web.view.sorts import Rank
from web.view.windows import Window, encode_cursor


class KeyRange:
    """The carts of a window from its cursor on, up to an end: every one that there is."""

    def __init__(
        self, window: Window, ranks: Iterable[Rank], *, is_whole: bool, until: int | None = None
    ) -> None:
        """``ranks`` stand in order; it ``is_whole`` where no cart comes behind the last of them.

        ``until`` is the place since which an id of the filter has to be open, or before.
        """
        self.until = until
        self._window = window
        self._ranks = [*ranks]
        self._of = {rank[-1]: rank for rank in self._ranks}
        self._kept = max(window.limit + 1, len(self._ranks))
        self._begin = None if window.after is None else window.order.rank(window.after)
        self._end = None if is_whole else self._ranks[-1]

    @property
    def users(self) -> list[str]:
        """The users of the page."""
        return [str(rank[-1]) for rank in self._ranks[: self._window.limit]]

    @property
    def last(self) -> Rank | None:
        """The rank that another page begins behind; None where there is none."""
        limit = self._window.limit
        return self._ranks[limit - 1] if len(self._ranks) > limit else None

    @property
    def next(self) -> str | None:
        """The cursor of the page behind it; None where there is none."""
        last = self.last
        return None if last is None else encode_cursor(self._window.order.key_of(last))

    @property
    def suffices(self) -> bool:
        """Whether it is known what the page holds, and whether another one comes behind it."""
        return self._end is None or len(self._ranks) > self._window.limit

    @property
    def total(self) -> int | None:
        """How many carts the window has; None where these are not all."""
        return len(self._ranks) if self._end is None and self._begin is None else None

    def take(self, changed: ChangedCarts) -> bool:
        """Take carts as they are now; tells whether one of them is of the window's search."""
        those = changed.of(self._window, self.until)
        for user_id, rank in those:
            before = self._of.get(user_id)
            if rank == before:
                continue
            if before is not None:
                del self._ranks[bisect_left(self._ranks, before)]
                del self._of[user_id]
            if rank is not None and self._reaches(rank):
                insort(self._ranks, rank)
                self._of[user_id] = rank
        if len(self._ranks) > self._kept + self._window.limit:
            self._cut()
        return bool(those)

    def _reaches(self, rank: Rank) -> bool:
        return (self._begin is None or rank > self._begin) and (
            self._end is None or rank <= self._end
        )

    def _cut(self) -> None:
        """Let go what is far behind the page."""
        for rank in self._ranks[self._kept :]:
            del self._of[rank[-1]]
        del self._ranks[self._kept :]
        self._end = self._ranks[-1]
