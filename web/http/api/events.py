"""Records by ``POST /api/events``."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dataflow.file_kind import hint_of_lost_newlines
from dataflow.journal import API_SOURCE, KeyReusedError
from web.errors import APIError, bad_request
from web.http.receive import receive_records
from web.service.service import service_of

MAX_EVENTS_BYTES: Final = 8 * 1024 * 1024
_MAX_KEY: Final = 256


async def post_events(request: Request) -> Response:
    """``POST /api/events``: records as JSON Lines, durable before the answer."""
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= _MAX_KEY:
        raise bad_request(f"Idempotency-Key is 1 to {_MAX_KEY} characters")
    body = await receive_records(request, MAX_EVENTS_BYTES)
    try:
        # Also where who posted goes away, a reset waits until all of it is written.
        appended = await asyncio.shield(service_of(request.app).append_events(body, key))
    except KeyReusedError:
        raise APIError(
            422, "key_reused", "this Idempotency-Key came before, with another body"
        ) from None
    answer = {"source": API_SOURCE, **appended._asdict()}
    if (hint := hint_of_lost_newlines(body)) is not None:
        answer["hint"] = hint
    return JSONResponse(answer, 202)
