"""Which orders of one cart a page shows, and the addresses of those beside them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import quote_plus

from web.errors import bad_request
from web.http.pages.filters import cart_path
from web.view.orders_asked import OrdersAsked
from web.view.windows import read_orders_asked

SHOWS: Final[Mapping[str, str | None]] = MappingProxyType(
    {"open": "unpaid", "waiting": "waiting", "paid": "paid", "all": None}
)
"""What can be shown, each with its status in the API."""

SORTS: Final = ("newest", "oldest")


class OrdersShown(NamedTuple):
    """What the address of one cart asks for."""

    user_id: str
    show: str = "all"
    search: str = ""
    sort: str = "newest"
    cursor: str = ""

    def asked(self) -> OrdersAsked:
        """Give it as the view is asked; raises ``APIError`` (400)."""
        return read_orders_asked(self._query())

    def path(self, **changes: str | None) -> str:
        """Give the address with some of it changed; where not only the page is, of the first."""
        said = {name: value or "" for name, value in changes.items()}
        wanted = self._replace(**{"cursor": "", **said}) if changes else self
        kept = {
            "show": "" if wanted.show == "all" else wanted.show,
            "search": wanted.search,
            "sort": "" if wanted.sort == "newest" else wanted.sort,
            "cursor": wanted.cursor,
        }
        return _with_query(cart_path(self.user_id), kept)

    @property
    def place(self) -> str:
        """The address without its query, for a form."""
        return cart_path(self.user_id).partition("?")[0]

    def export(self, form: str) -> str:
        """Give the address of a download: all orders shown as CSV, or the whole cart as JSON."""
        place = cart_path(self.user_id)
        path, _, user = place.partition("?")
        if form == "json":
            return f"/api{place}"
        query = {name: value for name, value in self._query().items() if name != "cursor"}
        return _with_query(f"/api{path}/orders.csv{user and '?'}{user}", query)

    def _query(self) -> dict[str, str]:
        """Give it as a query of the API."""
        query = {
            "status": SHOWS[self.show] or "",
            "search": self.search,
            "sort": self.sort,
            "cursor": self.cursor,
        }
        return {name: value for name, value in query.items() if value}


def read_orders_shown(user_id: str, params: Mapping[str, str]) -> OrdersShown:
    """Read what a query asks for; raises ``APIError`` (400)."""
    for name, known in (("show", tuple(SHOWS)), ("sort", SORTS)):
        value = params.get(name)
        if value and value not in known:
            raise bad_request(f"{name} is one of {', '.join(known)}, not {value[:40]!r}")
    said = {name: params[name] for name in ("show", "search", "sort", "cursor") if params.get(name)}
    shown = OrdersShown(user_id, **said)
    shown.asked()
    return shown


def _with_query(path: str, query: Mapping[str, str]) -> str:
    said = "&".join(f"{name}={quote_plus(value)}" for name, value in query.items() if value)
    return f"{path}{'&' if '?' in path else '?'}{said}" if said else path
