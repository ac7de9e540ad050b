"""Which style sheets a page names: one that is of every page, and one of its view.

A sheet is written for one part of a page. It is served within one that holds all that a page
begins with, as each request before the first paint is a wait.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EVERY_PAGE: Final = "styles/every-page.css"
_BESIDE: Final = "styles/cart.css"
"""What a list needs where a cart stands beside it."""

_STARTS: Final = "styles/starts.css"
_TOPIC: Final = "styles/topic.css"
VIEW_SHEETS: Final[Mapping[str, tuple[str, ...]]] = {
    "carts": (
        "styles/attention.css",
        "styles/figures.css",
        "styles/carts.css",
        "styles/uploads.css",
        "styles/skipped.css",
    ),
    "files": ("styles/uploads.css", "styles/files.css"),
    "file": ("styles/uploads.css", "styles/files.css", "styles/skipped.css"),
    "cart": ("styles/carts.css", "styles/cart.css"),
    "completed": ("styles/carts.css", "styles/cart.css", "styles/completed.css", _TOPIC),
    "flow": ("styles/history.css", "styles/graph.css", "styles/stopwatch.css", _TOPIC, _STARTS),
    "recovery": ("styles/recovery.css", "styles/agreement.css", _STARTS),
    "skipped": ("styles/bench.css", "styles/record.css"),
}
"""What a view needs beyond the sheets of every page; it is known by the name of its template."""


def sheets_of(view: str, *, has_cart_beside: bool) -> tuple[str, ...]:
    """Give the paths of the sheets of a view, behind that of every page."""
    return (_of(view), _BESIDE) if has_cart_beside else (_of(view),)


def _of(view: str) -> str:
    return f"styles/{view}-view.css"


JOINED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        EVERY_PAGE: (
            "styles/tokens.css",
            "styles/base.css",
            "styles/controls.css",
            "styles/foreign.css",
            "styles/layout.css",
            "styles/header.css",
            "styles/chips.css",
            "styles/dock.css",
        ),
        **{_of(view): parts for view, parts in VIEW_SHEETS.items()},
    }
)
"""What each of these sheets holds, in its order."""
