"""The pages of all windows that somebody looks at, kept from one look to the next.

A look costs what has changed. A page that no changed cart concerns is not touched; one whose rows
have changed in place needs no query of its order; only one that is not full any more is read anew.
Values are told at once. Which carts they are, and their order, is told as often as a viewer is
worth: no eye follows a list that is another one twenty times a second, and whole carts are most of
what it costs.
"""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple, Protocol

from web.view.changed_carts import ChangedCarts
from web.view.key_range import KeyRange
from web.view.page import Page, Row
from web.view.sorts import Rank
from web.view.told_carts import ReadError, Rows, ToldCarts
from web.view.windows import Window

MARGIN: Final = 50
"""Carts that are known behind each page, where there are not too many windows for that."""

MOST_IN_MARGINS: Final = 250_000
"""Carts that are known behind the pages of all windows together."""

LONGEST_S: Final = 2.0
"""How long a page may show an older order: for as long a browser's list rests."""

SHORTEST_S: Final = 0.25
"""How long an order rests where somebody new looks."""

ORDER_BYTES_S: Final = 16 * 1024
"""What a second of a viewer carries of orders, and of the carts that are new in them."""

_AGED_S: Final = 2.0
"""How often pages of carts of some age are read anew: what is old enough grows by itself."""

_INDEX_S: Final = 0.05
"""How soon is looked again where the index is being made."""


class Carts(Rows, Protocol):
    """As much of a view's carts as is asked for here."""

    def take_changed(self) -> ChangedCarts | None:
        """Give the carts that have changed since the last time; None where they are too many."""

    async def ranges(self, windows: Sequence[Window], margin: int) -> list[KeyRange | None]:
        """Read the ranges of windows; None where that cannot be yet."""

    async def totals(self, asked: Sequence[tuple[Window, int | None]]) -> list[int]:
        """Count the carts of windows, each with its ``until``."""

    def total(self, window: Window) -> int | None:
        """Tell how many carts a window has, where that need not be counted."""


class Shown(NamedTuple):
    """What a window shows: its page, and the carts that its viewers asked to be told of, too."""

    page: Page
    kept: list[Row]


class Looked(NamedTuple):
    """What a look has found: what windows show, and why others could not be read.

    Of neither is one whose order is not known yet. ``due_at`` is when to look again, if not before.
    """

    shown: dict[Window, Shown]
    failed: dict[Window, ReadError]
    due_at: float | None


class _ShownPage:
    """One window: its carts as they are, and the order that was told last."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.is_list = window.limit > 0 and window.user is None
        self.range: KeyRange | None = None
        self.read_at = 0.0
        self.users: list[str] = [] if window.user is None else [window.user]
        self.last: Rank | None = None
        self.next: str | None = None
        self.total: int | None = None
        self.settles_at = self.eager_at = 0.0
        self.shown: Shown | None = None

    @property
    def told(self) -> set[str]:
        """Whom it tells of."""
        return {*self.users, *self.window.keep}

    def is_unread(self, now: float) -> bool:
        """Whether what is known does not say any more what it shows."""
        if not self.is_list:
            return False
        is_aged = self.window.older is not None and now - self.read_at >= _AGED_S
        return self.range is None or not self.range.suffices or is_aged

    @property
    def is_unsettled(self) -> bool:
        """Whether the order is another one than was told."""
        known = self.range
        return known is not None and (
            self.shown is None or known.users != self.users or known.last != self.last
        )

    def settle(self, known: KeyRange) -> None:
        """Tell the order as it is."""
        self.users, self.last, self.next = known.users, known.last, known.next

    def rest(self, now: float, size: int) -> None:
        """Let the order rest, which took so many bytes to tell."""
        self.settles_at = now + min(LONGEST_S, size / ORDER_BYTES_S)
        self.eager_at = min(self.settles_at, now + SHORTEST_S)


class ShownPages:
    """Pages by their windows; used by one task at a time."""

    def __init__(self, carts: Carts) -> None:
        self._carts = carts
        self._pages: dict[Window, _ShownPage] = {}
        self._told = ToldCarts(carts)

    async def look(
        self, windows: Collection[Window], eager: Collection[Window], now: float
    ) -> Looked:
        """Bring the pages of exactly these windows up to date; what has not changed is the same.

        The order of those that are ``eager`` is told at once: somebody new looks.
        """
        self._follow(windows)
        pages = list(self._pages.values())
        failed = await self._read([page for page in pages if page.is_unread(now)], now)
        due = [now + _INDEX_S for page in pages if page.is_list and page.range is None]
        came: dict[Window, set[str]] = {}
        for page in pages:
            if page.range is not None and page.is_unsettled:
                if page.window in eager:
                    page.settles_at = page.eager_at
                if now < page.settles_at:
                    due.append(page.settles_at)
                    continue
                before = page.told
                page.settle(page.range)
                came[page.window] = page.told - before
                self._told.begin(page.window, came[page.window])
                self._told.end(page.window, before - page.told)
        concerned = {page.window for page in pages if page.shown is None}
        concerned |= came.keys() | self._told.concerned()
        failed |= await self._told.read()
        failed |= await self._count(pages)
        for page in pages:
            if page.window not in failed:
                self._show(page, is_concerned=page.window in concerned)
        for window, users in came.items():
            page = self._pages[window]
            new = self._told.rows(users, [])
            page.rest(now, sum(len(row.json) for row in new) + sum(map(len, page.users)))
        shown = {page.window: page.shown for page in pages if page.shown is not None}
        return Looked(shown, failed, min(due, default=None))

    def _follow(self, windows: Collection[Window]) -> None:
        """Take what has changed since the last look, and which windows there are now."""
        changed = self._carts.take_changed()
        for window in self._pages.keys() - windows:
            self._told.end(window, self._pages.pop(window).told)
        for page in self._pages.values():
            if changed is None:
                page.range = page.total = None
            elif page.range is not None and page.range.take(changed):
                page.total = None
        self._told.changed(None if changed is None else changed.users)
        for window in set(windows).difference(self._pages):
            page = self._pages[window] = _ShownPage(window)
            self._told.begin(window, page.told)

    async def _read(self, pages: list[_ShownPage], now: float) -> dict[Window, ReadError]:
        """Read the order of some pages: all at once, or where that fails one by one."""
        if not pages:
            return {}
        margin = min(MARGIN, MOST_IN_MARGINS // len(self._pages))
        try:
            ranges = await self._carts.ranges([page.window for page in pages], margin)
        except (sqlite3.Error, OSError) as error:
            if len(pages) == 1:
                return {pages[0].window: error}
            failed: dict[Window, ReadError] = {}
            for page in pages:
                failed |= await self._read([page], now)
            return failed
        for page, known in zip(pages, ranges, strict=True):
            page.range, page.read_at, page.total = known, now, None
        return {}

    async def _count(self, pages: list[_ShownPage]) -> dict[Window, ReadError]:
        """Count the carts of windows of which that is not known."""
        unknown = []
        for page in pages:
            if page.range is not None and page.total is None:
                page.total = page.range.total
                if page.total is None and self._carts.total(page.window) is None:
                    unknown.append((page, page.range.until))
        try:
            totals = await self._carts.totals([(page.window, until) for page, until in unknown])
        except (sqlite3.Error, OSError) as error:
            return {page.window: error for page, _ in unknown}
        for (page, _), total in zip(unknown, totals, strict=True):
            page.total = total
        return {}

    def _show(self, page: _ShownPage, *, is_concerned: bool) -> None:
        """Make what a page shows, where its order is known and it is another than before."""
        before, window = page.shown, page.window
        if before is None and page.is_list and page.range is None:
            return
        rows, kept = ([], []) if before is None else (before.page.rows, before.kept)
        if is_concerned:
            rows, kept = self._told.rows(page.users, rows), self._told.rows(window.keep, kept)
        total = len(rows) if window.user is not None else self._carts.total(window)
        shown = Shown(Page(rows, page.total if total is None else total, page.next), kept)
        if shown != before:
            page.shown = shown
