"""The page as the server first writes it: a snapshot in, HTML out.

Pure rendering, after the view and before the browser. The browser clones its rows from the very
partials used here (`_cart.html`, `_upload.html`, `_skipped.html`, `_chip.html`, `_start.html`), so
that a row is described once; the filters below are the half of that description which
`static/elements/` and `static/paint/` say again, and a browser test compares the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from web.http import assets
from web.settings import asset_folder
from web.view.cart_item import CartItem
from web.view.recoveries import Recovery
from web.view.skipped import SkippedRecord
from web.view.sorts import FILTERS, SORTS

STANDARD_PACES: Final = (None, 1, 10, 100, 1000)
SHEETS: Final = (
    "styles/tokens.css",
    "styles/base.css",
    "styles/controls.css",
    "styles/layout.css",
    "styles/header.css",
    "styles/figures.css",
    "styles/carts.css",
    "styles/chips.css",
    "styles/uploads.css",
    "styles/skipped.css",
    "styles/recovery.css",
    "styles/agreement.css",
)
_LOOKS_LIKE_A_NUMBER: Final = re.compile(r"-?[0-9]+\Z")


class Chip(NamedTuple):
    """One order on screen: its id as JSON text, as a person reads it, and what became of it."""

    order: str
    label: str
    status: str


def prepare() -> None:
    """Read every template now: a page is never made of templates from after an upgrade."""
    environment = _environment()
    for name in environment.list_templates():
        environment.get_template(name)


def render_dashboard(
    snapshot: Mapping[str, Any], *, wanted: str | None, complaint: str = ""
) -> str:
    """The whole page for a snapshot frame.

    `wanted` is the user id of `/carts/{user_id}`, or None for `/`; `complaint` says what is wrong
    with what the address asks for. All of it came from outside: the environment escapes it.
    """
    template = _environment().get_template("dashboard.html")
    return template.render(
        snapshot=snapshot,
        wanted=wanted,
        complaint=complaint,
        modules=assets.installed().names(".js"),
        blank=_blank(),
    )


def render_not_found(path: str, complaint: str = "") -> str:
    """The page for an address that nothing lives at, or that cannot be read: a `complaint`."""
    return _environment().get_template("not_found.html").render(path=path, complaint=complaint)


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


def cart_path(user_id: str) -> str:
    """The link to one cart; no browser keeps a path segment `.` or `..`, so those are searched."""
    if user_id in {".", ".."}:
        return f"/?search={user_id}"
    return "/carts/" + quote(user_id, safe="!'()*")


def more(cart: Mapping[str, Any]) -> int:
    """How many ids of the cart its row does not show."""
    shown = sum(
        len(cart[ids]) for ids in ("paid_order_ids", "unpaid_order_ids", "waiting_payment_ids")
    )
    return int(cart["paid"] + cart["unpaid"] + cart["waiting"]) - shown


def paid_percent(cart: Mapping[str, Any]) -> int:
    """The share of a cart's orders that is paid, rounded down so that 100 means all of them."""
    return _percent(cart["paid"], cart["paid"] + cart["unpaid"])


def processed_percent(upload: Mapping[str, Any]) -> int:
    """The share of an upload's lines that is processed, rounded down: 100 means all of them."""
    if upload["state"] == "done":
        return 100
    return _percent(upload["processed"], upload["lines"] or 0)


def paces(rate: int | None) -> Sequence[int | None]:
    """The paces to choose from; the one in force is always among them."""
    return STANDARD_PACES if rate in STANDARD_PACES else (rate, *STANDARD_PACES)


def pace_words(pace: int | None) -> str:
    """A pace as a person reads it."""
    if pace is None:
        return "as fast as possible"
    return f"{pace:,} record a second" if pace == 1 else f"{pace:,} records a second"


def number(count: int | None) -> str:
    """A count with its thousands set apart; an unknown one is a dash."""
    return "–" if count is None else f"{count:,}"


def rate(per_second: float) -> str:
    """A rate: one decimal below ten, whole above."""
    return f"{per_second:.1f}" if 0 < per_second < 9.95 else f"{per_second:,.0f}"


def reasons(by_reason: Mapping[str, int]) -> str:
    """The counts of each reason, the most frequent first."""
    ordered = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {reason}" for reason, count in ordered)


def first_page(window: Mapping[str, Any]) -> str:
    """The address of the same window at its first page."""
    return next_page(window, None)


def next_page(window: Mapping[str, Any], cursor: str | None) -> str:
    """The address of the same window at a cursor; what is the default is left out."""
    query = {
        "search": window["search"],
        "filter": "" if window["filter"] == "all" else window["filter"],
        "sort": "" if window["sort"] == "recent" else window["sort"],
        "cursor": cursor or "",
    }
    kept = urlencode({name: value for name, value in query.items() if value})
    return f"/?{kept}" if kept else "/"


def export_path(window: Mapping[str, Any]) -> str:
    """The download of all carts in a window's search and filter."""
    query = urlencode({"search": window["search"], "filter": window["filter"]})
    return f"/api/carts.jsonl?{query}"


def _percent(part: int, whole: int) -> int:
    return min(100, 100 * part // whole) if whole else 0


def _blank() -> Mapping[str, Any]:
    """What the rows to be cloned are rendered from: every part there, nothing in it."""
    return {
        "chip": Chip("", "", "unpaid"),
        "cart": msgspec.structs.asdict(CartItem()),
        "upload": {
            "id": "",
            "name": "",
            "state": "queued",
            "lines": 0,
            "processed": 0,
            "accepted": 0,
            "skipped": 0,
            "duplicates": 0,
            "rate": None,
            "looks_like": None,
        },
        "skipped": msgspec.structs.asdict(SkippedRecord()),
        "start": msgspec.structs.asdict(Recovery()),
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(asset_folder("templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,  # as the assets: what a server shows does not change under it
    )
    for rendering in (
        cart_path,
        chips,
        export_path,
        first_page,
        more,
        next_page,
        number,
        pace_words,
        paces,
        paid_percent,
        processed_percent,
        rate,
        reasons,
    ):
        environment.filters[rendering.__name__] = rendering
    environment.globals.update(
        asset=assets.installed().address,
        filters=FILTERS.items(),
        sorts=[(name, sort.words) for name, sort in SORTS.items()],
        sheets=SHEETS,
    )
    return environment
