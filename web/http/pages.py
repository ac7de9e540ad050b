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
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import quote, quote_plus

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from web.http import assets
from web.http.foreign import foreign, holdable, quoted, visible
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
    "styles/foreign.css",
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


def render_dashboard(snapshot: Mapping[str, Any], *, wanted: str | None, refused: str = "") -> str:
    """The whole page for a snapshot frame.

    `wanted` is the user id of `/carts/{user_id}`, or None for `/`; `refused` says why the carts are
    not those that the address asks for. Everything in `snapshot` came from outside: the
    environment escapes all of it.
    """
    template = _environment().get_template("dashboard.html")
    return template.render(
        snapshot=snapshot,
        wanted=wanted,
        refused=refused,
        modules=assets.installed().names(".js"),
        blank=_blank(),
    )


def render_refusal(status: int, message: str) -> str:
    """The page for an address that nothing lives at, or whose page cannot be made."""
    template = _environment().get_template("refusal.html")
    return template.render(is_there=status != 404, message=message)


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


def sentence(words: str) -> str:
    """What is said elsewhere in the middle of a sentence, as one of its own."""
    return f"{words[:1].upper()}{words[1:]}."


def count(many: int, one: str) -> str:
    """So many of something."""
    return f"{number(many)} {plural(many, one)}"


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
        finalize=holdable,
    )
    for rendering in (
        cart_path,
        chips,
        count,
        export_path,
        first_page,
        foreign,
        more,
        next_page,
        number,
        order_label,
        pace_words,
        paces,
        paid_percent,
        plural,
        processed_percent,
        rate,
        reasons,
        sentence,
        visible,
    ):
        environment.filters[rendering.__name__] = rendering
    environment.globals.update(
        asset=assets.installed().address,
        filters=FILTERS.items(),
        sorts=[(name, sort.words) for name, sort in SORTS.items()],
        sheets=SHEETS,
    )
    return environment
