"""Records by ``POST /api/events``."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dataflow.file_kind import hint_of_lost_newlines
from dataflow.journal import API_SOURCE, KeyReusedError
from web.errors import APIError, bad_request
from web.http.api.answers import JSON
from web.http.api.described import bodies
from web.http.api.described import parameters as take
from web.http.api.described.call import Answer, described
from web.http.api.described.schemas import shape
from web.http.api.described.sections import TAKING_IN
from web.http.api.described.shapes import Appended
from web.http.receive import receive_records
from web.service.service import service_of

MAX_EVENTS_BYTES: Final = 8 * 1024 * 1024


@described(
    TAKING_IN,
    "Takes records in: at most 8 MiB of JSON Lines, durable before the answer.",
    Answer("The lines that they took", {JSON: shape(Appended)}, 202),
    head=(take.KEY,),
    body=bodies.LINES,
    refusals={
        415: "A form, or a Content-Encoding other than gzip",
        422: "This Idempotency-Key came before, with another body",
    },
)
async def post_events(request: Request) -> Response:
    """``POST /api/events``: records as JSON Lines, durable before the answer."""
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= take.MAX_KEY:
        raise bad_request(f"Idempotency-Key is 1 to {take.MAX_KEY} characters")
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
