"""The exports of the API: every list with its own filters, as lines of JSON or as CSV."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from web.errors import bad_request
from web.http.addresses import user_of
from web.http.api.answers import no_cart
from web.http.api.described import parameters as take
from web.http.api.described.call import Answer, Described, Parameter, described
from web.http.api.described.schemas import text_of
from web.http.api.described.sections import CARTS, COMPLETED, ORDERS, SKIPPED
from web.http.api.exports import MEDIA_TYPES, ExportResponse
from web.http.resource import Call
from web.service.service import service_of
from web.view.carts import CartRows
from web.view.reader import ViewReader
from web.view.skipped_filter import SkippedFilter
from web.view.windows import Window, read_orders_asked, read_skipped_filter, read_window

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._@-]")
_NAMES: Final = {"jsonl": "JSON Lines", "csv": "CSV"}
_FORMS: Final = {"jsonl": "A line of JSON each", "csv": "A header, and a row each, by RFC 4180"}
_NAMED: Final = 80
"""So many characters of a user's id are in the name of a file, those that are safe everywhere."""


_BUSY: Final = {429: "Four exports are being sent"}
_NOBODY: Final = {404: "Nobody of this id has a cart"}


def _told(
    form: str,
    section: str,
    summary: str,
    *,
    query: Sequence[Parameter] = (),
    names: Sequence[Parameter] = (),
    refusals: Mapping[int, str] = _BUSY,
) -> Callable[[Call], Described]:
    """Describe an export, of one moment and in this form."""
    kind, about = MEDIA_TYPES[form].partition(";")[0], text_of(_FORMS[form])
    answer = Answer("All of them, as of one moment", {kind: about})
    return described(section, summary, answer, query=query, names=names, refusals=refusals)


def carts(name: str, rows: CartRows) -> Call:
    """Make the export of the carts of a search, filter and age."""
    form = name.rpartition(".")[2]

    @_told(
        form,
        CARTS,
        f"Exports all carts of a search, filter and age, or one, as {_NAMES[form]}.",
        query=(*take.CARTS, *take.ONE_CART),
        refusals={**_BUSY, **_NOBODY},
    )
    async def export(request: Request) -> Response:
        window = _carts_asked(request.query_params)
        of = service_of(request.app).generation.carts
        if window.user is not None and not (await of.page(window._replace(limit=1))).rows:
            raise no_cart(window.user)
        return ExportResponse(request, name, lambda threads: of.export(threads, window, rows))

    return export


def _carts_asked(params: Mapping[str, str]) -> Window:
    """Read what carts are asked for: those of a filter, or the one of ``user`` or ``user_id``."""
    named = {name for name in ("user", "user_id") if name in params}
    if not named:
        return read_window(params)
    name, *others = sorted(named | params.keys(), key=lambda each: (each not in named, each))
    if others:
        raise bad_request(f"{name} names one cart: {', '.join(others)} cannot narrow that any more")
    return Window(user=params[name])


def skipped(name: str, rows: Callable[[ViewReader, SkippedFilter], Iterator[bytes]]) -> Call:
    """Make the export of the skipped records of a filter."""
    form = name.rpartition(".")[2]

    @_told(
        form,
        SKIPPED,
        f"Exports all skipped records of a filter as {_NAMES[form]}.",
        query=take.SKIPPED,
    )
    async def export(request: Request) -> Response:
        asked = read_skipped_filter(request.query_params)
        return _export(request, name, lambda view: rows(view, asked))

    return export


def completed(name: str, rows: Callable[[ViewReader], Iterator[bytes]]) -> Call:
    """Make the export of the fulfilment feed."""
    form = name.rpartition(".")[2]

    @_told(form, COMPLETED, f"Exports the fulfilment feed as {_NAMES[form]}.")
    async def export(request: Request) -> Response:
        return _export(request, name, rows)

    return export


@_told(
    "csv",
    ORDERS,
    "Exports the orders of one cart, with their causes, as CSV.",
    query=take.ORDERS,
    names=(take.USER,),
    refusals={**_BUSY, **_NOBODY},
)
async def export_orders(request: Request) -> Response:
    """``GET /api/carts/{user_id}/orders.csv``: the orders of one cart, with their causes."""
    user_id, asked = user_of(request), read_orders_asked(request.query_params)
    of = service_of(request.app).generation.carts
    if not (await of.page(Window(user=user_id, limit=1))).rows:
        raise no_cart(user_id)
    name = _UNSAFE.sub("_", user_id)[:_NAMED]
    return ExportResponse(
        request, f"orders-{name}.csv", lambda threads: of.export_orders(threads, user_id, asked)
    )


def _export(request: Request, name: str, rows: Callable[[ViewReader], Iterator[bytes]]) -> Response:
    generation = service_of(request.app).generation
    return ExportResponse(request, name, lambda threads: generation.threads.export(threads, rows))
