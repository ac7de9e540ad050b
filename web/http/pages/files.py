"""``/files`` and ``/files/{id}``: all uploads, or one."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from web.errors import APIError
from web.http.pages.page import Page
from web.service.contents import UPLOADS_SHOWN
from web.service.generation import Generation
from web.service.service import Service, service_of
from web.view.skipped_filter import SkippedFilter
from web.view.windows import read_number_cursor

REST: Final = "rest"
"""The cursor of what the first page does not show: that is known when it is asked for."""

_PAGE: Final = 20
_EXAMPLES: Final = 10

Facts = Mapping[str, Any]


async def files_page(request: Request) -> Response:
    """``GET /files``: those that matter now, and behind a cursor all, newest first.

    A cursor that is none is refused on the first page itself.
    """
    service = service_of(request.app)
    asked, cursor, refused = request.query_params.get("cursor"), None, ""
    if asked and asked != REST:
        try:
            cursor = read_number_cursor(request.query_params)
        except APIError as error:
            refused = error.message

    async def facts() -> Facts:
        stream = service.streaming.describe()
        if asked is None or asked == "" or refused:
            return {"stream": stream, "cursor": None, "files": [], "back": None, "next": None}
        return {"stream": stream, **_older(service.generation, cursor)}

    return Page(request, "files", facts, refused=refused)


async def file_page(request: Request) -> Response:
    """``GET /files/{id}``: one upload, its facts, and the first records that were skipped of it."""
    service = service_of(request.app)
    upload_id = request.path_params["upload_id"]
    service.generation.uploads.get(upload_id)  # there is no page of one that there never was

    async def facts() -> Facts:
        return await _one(service, upload_id)

    return Page(request, "file", facts)


def _older(generation: Generation, before: int | None) -> Facts:
    """Give a page of uploads made before the one numbered so, or that the first page lacks."""
    uploads = generation.uploads
    if before is None:
        shown, _ = uploads.shown(UPLOADS_SHOWN)
        first = {upload.id for upload in shown}
        newest, _ = uploads.newest(len(first) + 1)
        before = next((upload.created + 1 for upload in newest if upload.id not in first), 0)
    found, total = uploads.newest(_PAGE + 1, before)
    return {
        "cursor": str(before),
        "files": [uploads.describe(upload) for upload in found[:_PAGE]],
        "back": before + _PAGE if before + _PAGE <= total else None,
        "next": str(found[_PAGE - 1].created) if len(found) > _PAGE else None,
    }


async def _one(service: Service, upload_id: str) -> Facts:
    generation = service.generation
    upload = generation.uploads.describe(generation.uploads.get(upload_id))
    asked = SkippedFilter(upload=upload_id)
    with generation.threads.held():
        records = await generation.threads.read(
            lambda view: view.first_skipped(upload_id, _EXAMPLES)
        )
        _, by_reason, _ = await generation.threads.read(lambda view: view.skipped(None, 1, asked))
    return {"upload": upload, "records": records, "by_reason": by_reason}
