"""``/completed``: the fulfilment feed, its newest page first."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from web.errors import APIError
from web.http.pages.page import Page
from web.service.service import service_of
from web.view.windows import DEFAULT_LIMIT, read_number_cursor


async def completed_page(request: Request) -> Response:
    """``GET /completed?cursor=``: what completed after a ``seq``; without one, the newest."""
    after, refused = None, ""
    try:
        after = read_number_cursor(request.query_params)
    except APIError as error:
        refused = error.message

    async def facts() -> dict[str, Any]:
        service = service_of(request.app)
        threads = service.generation.threads
        shown = await threads.read(lambda view: view.completed_shown(after, DEFAULT_LIMIT))
        items = msgspec.json.decode(b"[" + b",".join(row.json for row in shown.rows) + b"]")
        return {
            "completed": {**shown._asdict(), "items": items},
            "topic": service.describe_topic(),
        }

    return Page(request, "completed", facts, refused=refused)
