"""What a page says of one order and its two records: filters of its templates. Pure.

`static/elements/cart/` says the same again, and a browser test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup

from web.http.foreign import quoted
from web.http.pages.filters import cut_id, label

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def shown_id(order_id: int | str) -> Markup:
    """The id of an order in a column; a string of digits keeps its quotes, as it is no number."""
    text = str(order_id)
    return cut_id(text) if label(order_id) == text else quoted(text)


def cause_path(cause: Mapping[str, Any]) -> str:
    """Where more is told of a record: what it corrected, or its file; empty where there is none."""
    if cause.get("skipped") is not None:
        return f"/skipped?id={cause['skipped']}"
    return f"/files/{cause['upload']}" if cause["upload"] else ""


def lasting(since: str | None, until: str | None) -> str:
    """How long it was from one time to another, in the largest unit that is whole."""
    if not since or not until:
        return ""
    seconds = max(0, int((_moment(until) - _moment(since)).total_seconds()))
    for unit, name in _UNITS:
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return "0 s"


def past(at: str | None, now: str) -> str:
    """When something was, until the page's own clock tells it: ``static/paint/clock.js``."""
    if not at:
        return ""
    ago = lasting(at, now)
    if ago == "0 s":
        return "just now"
    return f"{_moment(at):%-d %b}" if ago.endswith(" d") else f"{ago} ago"


def clock(at: str | None) -> str:
    """The time of a day; where one is, only the browser knows."""
    return f"{_moment(at):%H:%M:%S} UTC" if at else ""


def standing(order: Mapping[str, Any]) -> str:
    """How an order stands, or for how long it was open."""
    if order["status"] != "paid":
        return "open" if order["status"] == "unpaid" else "waiting"
    if order["paid_at"] < order["ordered_at"]:
        return "paid before its order"
    took = lasting(order["ordered_at"], order["paid_at"])
    return "paid at once" if took == "0 s" else took


def _moment(time: str) -> datetime:
    return datetime.fromisoformat(time)
