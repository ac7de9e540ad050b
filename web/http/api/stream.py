"""The endless stream in the API: begun, told of, ended."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.errors import not_found
from web.http.api.answers import JSON, read_json
from web.http.api.described import bodies
from web.http.api.described.call import Answer, described
from web.http.api.described.flow_shapes import Stream
from web.http.api.described.schemas import or_null, shape
from web.http.api.described.sections import TAKING_IN
from web.intake.stream import read_asked
from web.service.service import service_of


@described(
    TAKING_IN,
    "Begins an endless stream of synthetic records.",
    Answer("The stream: its first line is durable", {JSON: shape(Stream)}, 201),
    body=bodies.STREAM,
    refusals={409: "A stream runs already"},
)
async def post_stream(request: Request) -> Response:
    """``POST /api/stream``: begin one; 201 when its first line is durable."""
    asked = read_asked(await read_json(request))
    # Also where who asked goes away, a reset waits until it has begun.
    begun = await asyncio.shield(service_of(request.app).begin_stream(asked))
    return JSONResponse(begun, 201)


@described(
    TAKING_IN,
    "Gives the endless stream that runs, or null.",
    Answer("The stream", {JSON: or_null(shape(Stream))}),
)
async def get_stream(request: Request) -> Response:
    """``GET /api/stream``: the stream that runs, or null."""
    return JSONResponse(service_of(request.app).streaming.describe())


@described(
    TAKING_IN,
    "Ends the endless stream.",
    Answer("The stream as it was then", {JSON: shape(Stream)}),
    refusals={404: "No stream runs"},
)
async def delete_stream(request: Request) -> Response:
    """``DELETE /api/stream``: end it; gives it as it was then."""
    ended = await asyncio.shield(service_of(request.app).streaming.end())
    if ended is None:
        raise not_found("no stream runs: begin one first")
    return JSONResponse(ended)
