"""A view as the server first writes it: a snapshot and its facts in, HTML out.

Pure rendering, after the view and before the browser, which swaps one view for another in place:
all of a view, its rows to be cloned too, stands in the `<main>` of its page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from jinja2 import DictLoader, Environment, StrictUndefined

from web.http import assets
from web.http.foreign import foreign, holdable, visible
from web.http.pages import (
    agreement_words,
    bench,
    drawn_flow,
    drawn_history,
    far_words,
    filters,
    order_filters,
    start_words,
    topics_words,
    upload_words,
)
from web.http.pages.compiled import KeptTemplates
from web.http.pages.visitor import ANYBODY, Visitor
from web.http.sheets import EVERY_PAGE, sheets_of
from web.settings import asset_folder
from web.view.cart_item import CartItem
from web.view.recoveries import Recovery
from web.view.skipped import SkippedRecord
from web.view.sorts import FILTERS, SORTS
from web.words import sentence

_ADDRESS: Final = re.compile(r'( (?:href|src|action|data-address)=")/')
"""The begin of an address of this server. Quotes of all that came from outside are escaped, so
this is nowhere but in the markup of our own templates."""


def prepare() -> None:
    """Read every template now: a page is never made of templates from after an upgrade.

    Each is compiled when it is first needed: a start does not wait for what it does not show.
    """
    _environment()


def render_view(
    view: str,
    snapshot: Mapping[str, Any],
    *,
    visitor: Visitor = ANYBODY,
    refused: str = "",
    **facts: object,
) -> str:
    """The whole page of a view for a snapshot frame, and what else it shows, as a visitor sees it.

    `refused` says why what is shown is not what the address asks for. Everything in a snapshot and
    in facts came from outside: the environment escapes all of it.
    """
    template = _environment().get_template(f"{view}.html")
    html = template.render(
        snapshot=snapshot,
        refused=refused,
        view=view,
        view_sheets=sheets_of(view, has_cart_beside="beside" in facts),
        blank=_blank(),
        may_change=visitor.may_change,
        signed_in=visitor.signed_in,
        **facts,
    )
    return _below(visitor.root, html)


def render_refusal(
    status: int, message: str, visitor: Visitor = ANYBODY, *, is_file: bool = False
) -> str:
    """The page for an address that nothing lives at, or whose page cannot be made.

    That of a file which there never was leads to those that there are.
    """
    template = _environment().get_template("refusal.html")
    return _below(
        visitor.root, template.render(is_there=status != 404, is_file=is_file, message=message)
    )


def _below(root: str, html: str) -> str:
    """Put what stands before every address before each: here, and so in no template."""
    return _ADDRESS.sub(rf"\g<1>{root}/", html) if root else html


def render_page(
    name: str, *, sheets_beside: tuple[str, ...], root: str = "", **facts: object
) -> str:
    """A page of its own that is no view: nothing on it changes, and it has no script."""
    template = _environment().get_template(f"{name}.html")
    return _below(root, template.render(sheets=(EVERY_PAGE, *sheets_beside), **facts))


def render_sign_in(message: str, then: str, root: str = "") -> str:
    """The page to sign in at; `message` says why the last try was none, `then` where it leads."""
    template = _environment().get_template("sign_in.html")
    return _below(root, template.render(message=message, then=then))


def _blank() -> Mapping[str, Any]:
    """What the rows to be cloned are rendered from: every part there, nothing in it."""
    return {
        "chip": filters.Chip("", "", "unpaid"),
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
            "paused_because": None,
            "finished_at": None,
        },
        "found": {"user_id": "", "status": ""},
        "skipped": msgspec.structs.asdict(SkippedRecord()),
        "order": {
            "order_id": "",
            "status": "unpaid",
            "ordered_at": None,
            "paid_at": None,
            "order": None,
            "payment": None,
        },
        "completed": {"seq": 0, "user_id": "", "order_id": "", "completed_at": ""},
        "start": msgspec.structs.asdict(Recovery()),
        "far": {"worker": 0, "host": "", "heard_at": None, "because": None},
        "mark": drawn_history.DrawnMark("", "0%", "started", "", ""),
    }


def _modules(view: str) -> tuple[str, ...]:
    """Name the scripts that a view begins with."""
    return assets.installed().reached_from("main.js", f"views/{view}.js")


@cache
def _environment() -> Environment:
    folder = asset_folder("templates")
    environment = Environment(
        loader=DictLoader({path.name: path.read_text("utf-8") for path in folder.glob("*.html")}),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,  # as the assets: what a server shows does not change under it
        bytecode_cache=KeptTemplates(),
        finalize=holdable,
    )
    for rendering in (
        foreign,
        visible,
        bench.caret_pad,
        bench.corrected_user,
        bench.fate,
        bench.skipped_path,
        bench.skipped_query,
        filters.age,
        filters.cart_path,
        filters.chips,
        filters.count,
        filters.count_or_dash,
        filters.cut_id,
        filters.cut_raw,
        filters.export_path,
        filters.first_page,
        filters.json_id,
        filters.more,
        filters.next_page,
        filters.number,
        filters.order_label,
        filters.overdue_path,
        filters.pace_words,
        filters.paces,
        filters.paid_percent,
        filters.plural,
        filters.processed_percent,
        filters.rate,
        filters.place_word,
        filters.reason_words,
        filters.reasons,
        sentence,
        order_filters.cause_path,
        order_filters.clock,
        order_filters.lasting,
        order_filters.past,
        order_filters.shown_id,
        order_filters.standing,
        agreement_words.agreement_outcome,
        agreement_words.agreement_text,
        agreement_words.agreement_words,
        drawn_flow.drawn_steps,
        drawn_flow.flow_path,
        drawn_flow.workers_words,
        drawn_history.draw,
        far_words.far_places,
        far_words.far_words,
        start_words.duration,
        start_words.size,
        start_words.start_end,
        start_words.start_outcome,
        start_words.start_phase,
        start_words.start_reason,
        start_words.start_restored,
        start_words.start_resumed,
        start_words.start_source,
        topics_words.loss_shown,
        topics_words.topics_words,
        upload_words.by_count,
        upload_words.first_to_see,
        upload_words.has_ended,
        upload_words.is_alarming,
        upload_words.looks,
        upload_words.state_time,
        upload_words.state_word,
        upload_words.why,
    ):
        environment.filters[rendering.__name__] = rendering
    environment.globals.update(
        agreement_differs=agreement_words.agreement_differs,
        agreement_value=agreement_words.agreement_value,
        asset=assets.installed().address,
        modules=_modules,
        filters=FILTERS.items(),
        sorts=[(name, sort.words) for name, sort in SORTS.items()],
        sheets=(EVERY_PAGE,),
        state_words=bench.STATE_WORDS.items(),
    )
    return environment
