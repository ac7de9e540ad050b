"""What a list is asked for: a window of carts, and pages by cursor. Parsing only; pure.

The same parameters in the API, the socket and the URL of the page; a bad one is refused, never
bent to a good one.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from dataflow.cart import Status
from dataflow.records import REASONS
from web.errors import bad_request
from web.numbers import decimal_number
from web.view.orders_asked import OrdersAsked
from web.view.skipped_filter import STATES, SkippedFilter
from web.view.sorts import FILTERS, NEWEST, SORTS, Key, Sort, order_of

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 500
MAX_SEARCH: Final = 256
MAX_KEPT: Final = 100
_STATUSES: Final = [status.name.lower() for status in Status]
ORDER_SORTS: Final = ("newest", "oldest", "changed")
"""The orders of the orders of a cart, the usual one first."""

MAX_LABEL: Final = 1024
MAX_AGE_S: Final = 1e10
"""What nothing is as old as, in seconds: some centuries."""

OPEN: Final = ("unpaid", "waiting")
"""The filters of which an age can be asked for."""


class Window(NamedTuple):
    """Which carts, in which order, from where on: the parameters of ``GET /api/carts``.

    A ``limit`` of 0 is of the socket alone, for who looks at no carts.
    ``after`` is the key of the last cart of the page before; ``user`` narrows it to one cart.
    ``keep`` are users whose carts are told of, too, whatever the window holds: of the socket alone.
    ``older`` is the age in seconds that one id of the filter has at least, as it was written.
    """

    search: str = ""
    filter: str = "all"
    sort: str = NEWEST
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT
    user: str | None = None
    older: str | None = None
    keep: tuple[str, ...] = ()

    @property
    def order(self) -> Sort:
        """The order of its carts."""
        return order_of(self.sort, self.filter)

    @property
    def after(self) -> Key | None:
        """The decoded cursor: checked when the window was made."""
        return None if self.cursor is None else decode_cursor(self.cursor, self.order.kinds)

    def asked(self) -> dict[str, str | None]:
        """Tell the window as the socket's frames do."""
        return {
            "search": self.search,
            "filter": self.filter,
            "sort": self.sort,
            "cursor": self.cursor,
            "user": self.user,
            "older": self.older,
            "limit": None if self.limit == DEFAULT_LIMIT else str(self.limit),
        }


NO_CARTS: Final = Window(limit=0)
"""What a view looks at that shows no carts: figures and the rest alone."""


def read_window(params: Mapping[str, str], limit: int | None = None) -> Window:
    """Read a window from the parameters of a request; raises ``APIError`` (400)."""
    search = params.get("search", "")
    if len(search) > MAX_SEARCH:
        raise bad_request(f"search is longer than {MAX_SEARCH} characters, as no user id is")
    carts = _one_of("filter", params.get("filter", "all"), FILTERS)
    older = params.get("older")
    if older is not None:
        read_age(params, "older")
        if carts not in OPEN:
            raise bad_request(f"older goes with the filter {' or '.join(OPEN)}, not with {carts!r}")
    window = Window(
        search=search,
        filter=carts,
        sort=_one_of("sort", params.get("sort", NEWEST), SORTS),
        cursor=params.get("cursor") or None,
        limit=read_limit(params) if limit is None else limit,
        user=params.get("user") or None,
        older=older,
    )
    _ = window.after
    return window


def read_kept(users: Sequence[str] | str) -> tuple[str, ...]:
    """Read of which users to tell, too; raises ``APIError`` (400)."""
    if isinstance(users, str) or len(users) > MAX_KEPT or any(len(u) > MAX_SEARCH for u in users):
        raise bad_request(f"keep is a list of at most {MAX_KEPT} ids of users")
    return tuple(users)


def read_skipped_filter(params: Mapping[str, str]) -> SkippedFilter:
    """Read which skipped records are asked for; raises ``APIError`` (400)."""
    reason = params.get("reason")
    if reason is not None:
        _one_of("reason", reason, REASONS)
    state = params.get("state")
    if state is not None:
        _one_of("state", state, STATES)
    for name in ("source", "upload", "search"):
        if len(params.get(name, "")) > MAX_LABEL:
            raise bad_request(f"{name} is longer than {MAX_LABEL} characters")
    search = params.get("search") or None
    return SkippedFilter(reason, params.get("source"), params.get("upload"), state, search)


def read_ids(params: Mapping[str, str], name: str) -> list[int]:
    """Read ids that are apart by commas: at most as many as a page has rows."""
    text = params.get(name, "")
    parts = text.split(",") if text else []
    if len(parts) > MAX_LIMIT or not all(
        part.isascii() and part.isdecimal() and len(part) < 19 for part in parts
    ):
        raise bad_request(
            f"{name} is at most {MAX_LIMIT} whole numbers apart by commas, not {text[:40]!r}"
        )
    return [int(part) for part in parts]


def read_age(params: Mapping[str, str], name: str) -> float:
    """Read an age in seconds: a number over 0."""
    text = params.get(name, "")
    age = decimal_number(text)
    if age is None or not 0 < age <= MAX_AGE_S:
        raise bad_request(
            f"{name} is a number of seconds over 0 and at most {MAX_AGE_S:,.0f}, not {text[:40]!r}"
        )
    return age


def read_orders_asked(params: Mapping[str, str]) -> OrdersAsked:
    """Read which orders of a cart are asked for; raises ``APIError`` (400)."""
    status, search = params.get("status"), params.get("search", "")
    if len(search) > MAX_SEARCH:
        raise bad_request(f"search is longer than {MAX_SEARCH} characters, as no order id is")
    sort = _one_of("sort", params.get("sort", ORDER_SORTS[0]), ORDER_SORTS)
    return OrdersAsked(
        limit=read_limit(params),
        status=None if status is None else Status[_one_of("status", status, _STATUSES).upper()],
        is_newest_first=sort != "oldest",
        search=search,
        after=read_number_cursor(params),
        by_change=sort == "changed",
    )


def read_limit(params: Mapping[str, str], default: int = DEFAULT_LIMIT) -> int:
    """Read ``limit``: 1 to 500, or what it is where it is absent."""
    text = params.get("limit", str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= MAX_LIMIT):
        raise bad_request(f"limit is a whole number from 1 to {MAX_LIMIT}, not {text[:40]!r}")
    return int(text)


def read_number_cursor(params: Mapping[str, str]) -> int | None:
    """Read the cursor of a list that is kept in the order of a number."""
    cursor = params.get("cursor")
    if cursor is None or cursor == "":
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise bad_request(f"{cursor[:40]!r} is no cursor of this list")
    return int(cursor)


def encode_cursor(key: Key) -> str:
    """Make a cursor of the key of the last row of a page."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: tuple[type, ...]) -> Key:
    """Read a cursor back; raises ``APIError`` (400) for anything that we did not make."""
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        key = msgspec.json.decode(data, type=Key)
    except (ValueError, binascii.Error, msgspec.MsgspecError, UnicodeError, RecursionError):
        key = []
    fits = tuple(map(type, key)) == kinds and all(
        not isinstance(part, int) or abs(part) < 2**63 for part in key
    )
    if not fits:
        raise bad_request(f"{cursor[:40]!r} is no cursor of a list with this sort")
    return key


def _one_of(name: str, value: str, known: Iterable[str]) -> str:
    if value not in known:
        raise bad_request(f"{name} is one of {', '.join(known)}, not {value[:40]!r}")
    return value
