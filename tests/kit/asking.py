"""Asking a view for pages of carts as the server does: by its index, without its threads."""

from collections.abc import Mapping
from pathlib import Path

from web.view.cart_index import CartIndex
from web.view.cart_row import Entry, row_of
from web.view.index_load import load_index
from web.view.page import Found, Page
from web.view.reader import ViewReader
from web.view.windows import Window


class AskedView:
    """A view that nobody writes to; ``unmoved`` are the carts that its table lacks."""

    def __init__(self, path: Path, unmoved: Mapping[str, Entry] | None = None) -> None:
        self.reader = ViewReader(path)
        self._unmoved = dict(unmoved or {})
        self._index = CartIndex()
        load_index(self._index, path, self._unmoved, lambda: None)

    def page(self, window: Window) -> Page:
        """Read a page."""
        if window.user is not None:
            found = Found(0, [(window.user,)])
        else:
            until = self.reader.until(window)
            found = self._index.find(window, until, window.limit + 1)
        rows = {
            user: row_of(user, self._unmoved[user]) if user in self._unmoved else None
            for user in found.users
        }
        return self.reader.page_of(window, found, rows)

    def close(self) -> None:
        """Close the file."""
        self.reader.close()
