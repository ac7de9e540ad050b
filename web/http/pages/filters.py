"""What a page says of facts: the filters of its templates. Pure.

The browser paints its rows from the very partials that the server renders them by, so that a row is
described once; these are the half of that description which `static/elements/` and `static/paint/`
say again, and a browser test compares the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import quote, quote_plus

from markupsafe import Markup

from dataflow.records import (
    INVALID_JSON,
    INVALID_ORDER_ID,
    INVALID_USER_ID,
    INVALID_UTF8,
    MISSING_FIELD,
    NOT_AN_OBJECT,
    TOO_LONG,
    UNKNOWN_TYPE,
)
from web.http.foreign import cut, foreign, quoted

STANDARD_PACES: Final = (None, 1, 10, 100, 1000)
_LOOKS_LIKE_A_NUMBER: Final = re.compile(r"-?[0-9]+\Z")
_LOOKS_LIKE_A_PARTITION: Final = re.compile(r"\A[A-Za-z0-9._-]+/[0-9]+\Z")


_RAW_SHOWN: Final = 160
_ID_END: Final = 8

REASON_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        TOO_LONG: "too long",
        INVALID_UTF8: "not UTF-8",
        INVALID_JSON: "not JSON",
        NOT_AN_OBJECT: "not an object",
        MISSING_FIELD: "a field is missing",
        INVALID_USER_ID: "bad user id",
        UNKNOWN_TYPE: "unknown type",
        INVALID_ORDER_ID: "bad order id",
    }
)
"""Why a record is skipped, as a person reads it."""


class Chip(NamedTuple):
    """One order on screen: its id as JSON text, as a person reads it, and what became of it."""

    order: str
    label: str
    status: str


def chips(cart: Mapping[str, Any]) -> list[Chip]:
    """The orders of a cart as chips: unpaid, waiting, then paid; the newest of each first."""
    groups = (
        ("unpaid", cart["unpaid_order_ids"]),
        ("waiting", cart["waiting_payment_ids"]),
        ("paid", cart["paid_order_ids"]),
    )
    return [Chip(json_id(id_), label(id_), status) for status, ids in groups for id_ in ids[::-1]]


def json_id(order_id: int | str) -> str:
    """The id as JSON text: `1` and `"1"` are two orders."""
    return json.dumps(order_id, ensure_ascii=False)


def label(order_id: int | str) -> str:
    """The id as a person reads it; a string of digits keeps its quotes, as it is no number."""
    if isinstance(order_id, str) and not _LOOKS_LIKE_A_NUMBER.match(order_id):
        return order_id
    return json_id(order_id)


def order_label(chip: Chip) -> Markup:
    """The id on a chip: quotes that tell a string of digits from a number are not of the id."""
    if chip.order == chip.label and chip.label.startswith('"'):
        return quoted(json.loads(chip.order))
    return foreign(chip.label)


def cart_path(user_id: str) -> str:
    """The link to one cart; no browser keeps a path segment `.` or `..`, so those are asked for."""
    if user_id in {".", ".."}:
        return f"/cart?user_id={user_id}"
    return "/carts/" + quote(user_id, safe="!'()*")


def more(cart: Mapping[str, Any], shown: int) -> int:
    """How many orders and payments of the cart its row does not show, of which it shows so many."""
    return max(0, int(cart["paid"] + cart["unpaid"] + cart["waiting"]) - shown)


def paid_percent(cart: Mapping[str, Any]) -> int:
    """The share of a cart's orders that is paid, rounded down so that 100 means all of them."""
    return _percent(cart["paid"], cart["paid"] + cart["unpaid"])


def processed_percent(upload: Mapping[str, Any]) -> int:
    """The share of an upload's lines that is processed, rounded down: 100 means all of them."""
    if upload["state"] == "done":
        return 100
    return _percent(upload["processed"], upload["lines"] or 0)


def paces(rate: float | None) -> Sequence[float | None]:
    """The paces to choose from; the one in force is always among them."""
    return STANDARD_PACES if rate in STANDARD_PACES else (rate, *STANDARD_PACES)


def pace_words(pace: float | None) -> str:
    """A pace as a person reads it, to its last digit."""
    if pace is None:
        return "as fast as possible"
    return f"{Decimal(repr(pace)):,f} {plural(pace, 'record')} a second"


def plural(many: float | None, one: str) -> str:
    """The word for so many of something, from the word for one."""
    return one if many == 1 else f"{one}s"


def count(many: int, one: str) -> str:
    """So many of something."""
    return f"{number(many)} {plural(many, one)}"


def count_or_dash(many: int) -> str:
    """A count in a column: there a nought is no news."""
    return number(many) if many else "–"


def cut_id(text: str) -> Markup:
    """An id in a column, which cuts a long one before its end: ids differ there."""
    return foreign(text) if len(text) <= 2 * _ID_END else cut(text, _ID_END)


def number(count: int | None) -> str:
    """A count with its thousands set apart; an unknown one is a dash."""
    return "–" if count is None else f"{count:,}"


def rate(per_second: float) -> str:
    """A rate: one decimal below ten, whole above."""
    return f"{per_second:.1f}" if 0 < per_second < 9.95 else f"{per_second:,.0f}"


def place_word(source: str, upload: object = None) -> str:
    """Say what the number of a record is in its source: a line, or an offset of a partition.

    Of no upload only a partition of a topic is named by a slash and a number.
    """
    return "offset" if upload is None and _LOOKS_LIKE_A_PARTITION.search(source) else "line"


def reason_words(reason: str) -> str:
    """A reason as a person reads it."""
    return REASON_WORDS.get(reason, reason)


def reasons(by_reason: Mapping[str, int]) -> str:
    """The counts of each reason in words, the most frequent first."""
    ordered = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {reason_words(reason)}" for reason, count in ordered)


def cut_raw(raw: str) -> str:
    """As much of a raw text as a row has room for."""
    return raw if len(raw) <= _RAW_SHOWN else f"{raw[: _RAW_SHOWN - 1]}…"


def age(seconds: float) -> str:
    """How long something has been, in one unit."""
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:g} s"


def overdue_path(attention: Mapping[str, Any], status: str) -> str:
    """The carts with such an id that waits for too long, the one that waits longest first."""
    older = f"{attention['older']:g}"
    return "/?" + _query({"filter": status, "older": older, "sort": "oldest"})


def first_page(window: Mapping[str, Any]) -> str:
    """The address of the same window at its first page."""
    return next_page(window, None)


def next_page(window: Mapping[str, Any], cursor: str | None) -> str:
    """The address of the same window at a cursor; what is the default is left out."""
    query = {
        "search": window["search"],
        "filter": "" if window["filter"] == "all" else window["filter"],
        "older": window["older"] or "",
        "sort": "" if window["sort"] == "recent" else window["sort"],
        "cursor": cursor or "",
    }
    kept = _query({name: value for name, value in query.items() if value})
    return f"/?{kept}" if kept else "/"


def export_path(window: Mapping[str, Any]) -> str:
    """The download of all carts in a window's search and filter, or of its one cart."""
    if window["user"] is not None:
        return "/api/carts.jsonl?" + _query({"user": window["user"]})
    asked = {
        name: window[name] for name in ("search", "filter", "older") if window[name] is not None
    }
    return f"/api/carts.jsonl?{_query(asked)}"


def _query(params: Mapping[str, str]) -> str:
    """Encode a query as `URLSearchParams` does: other than Python's, it keeps `*` and not `~`."""
    encoded = (f"{name}={quote_plus(value, safe='*')}" for name, value in params.items())
    return "&".join(encoded).replace("~", "%7E")


def _percent(part: int, whole: int) -> int:
    return min(100, 100 * part // whole) if whole else 0
