"""``/skipped``: the workbench of skipped records."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from web.errors import APIError, bad_request
from web.http.pages.page import Page
from web.numbers import whole_number
from web.service.service import Service, service_of
from web.view.skipped import SkippedRecord
from web.view.skipped_filter import ALL_SKIPPED, SkippedFilter
from web.view.windows import DEFAULT_LIMIT, read_ids, read_number_cursor, read_skipped_filter

_decode: Final = msgspec.json.Decoder().decode


async def skipped_page(request: Request) -> Response:
    """``GET /skipped``: a page of the records that the address asks for, and the one of ``id``.

    What it cannot ask for is refused on the page itself, above all records. ``rows`` names records
    that somebody sees by now, of which some may have left the page since: they are told beside it.
    """
    service = service_of(request.app)
    params = {name: value for name, value in request.query_params.items() if value}
    asked, cursor, chosen, refused = ALL_SKIPPED, None, None, ""
    seen: list[int] = []
    try:
        asked, cursor = read_skipped_filter(params), read_number_cursor(params)
        seen = read_ids(params, "rows")
        chosen = await _chosen(service, params)
    except APIError as error:
        refused = error.message

    async def facts() -> dict[str, Any]:
        return await _facts(service, asked, cursor, seen, chosen)

    return Page(request, "skipped", facts, refused=refused)


async def _chosen(service: Service, params: Mapping[str, str]) -> SkippedRecord | None:
    """Read the record that the address is of; raises ``APIError`` where there is none."""
    text = params.get("id")
    if text is None:
        return None
    number, record = whole_number(text), None
    if number is not None:
        record = await service.generation.threads.read(lambda view: view.one_skipped(number))
    if record is None:
        raise bad_request(f"there is no skipped record {text[:40]!r}")
    return record


async def _facts(
    service: Service,
    asked: SkippedFilter,
    cursor: int | None,
    seen: list[int],
    chosen: SkippedRecord | None,
) -> dict[str, Any]:
    threads = service.generation.threads
    with threads.held():
        found = await threads.read(lambda view: view.skipped(cursor, DEFAULT_LIMIT, asked))
        there = {row.id for row in found.page.rows}
        left = [number for number in seen if number not in there]
        above, back = (
            (0, None)
            if cursor is None
            else await threads.read(lambda view: view.above_skipped(cursor, DEFAULT_LIMIT, asked))
        )
        facets, others = await threads.read(lambda view: view.these_skipped(asked, left))
    # Of the filter in force one sees that it is, also where nothing matches it any more.
    chosen_reason = {} if asked.reason is None else {asked.reason: 0}
    facets = facets._replace(by_reason={**chosen_reason, **facets.by_reason})
    return {
        "asked": asked._asdict(),
        "cursor": None if cursor is None else str(cursor),
        "records": [_decode(row.json) for row in found.page.rows],
        "others": [msgspec.to_builtins(each) for each in others],
        "total": found.page.total,
        "following": found.page.next,
        "above": above,
        "back": back,
        "facets": facets._asdict(),
        "upload_name": _name(service, asked.upload),
        "chosen": None if chosen is None else msgspec.to_builtins(chosen),
    }


def _name(service: Service, upload: str | None) -> str | None:
    """Give the name of the one upload that is asked for; None where there is none, or no such."""
    if upload is None:
        return None
    try:
        return service.generation.uploads.get(upload).name
    except APIError:
        return None
