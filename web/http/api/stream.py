"""The endless stream in the API: begun, looked at, ended."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.errors import not_found
from web.http.api.answers import read_json
from web.intake.stream import read_stream
from web.service.service import service_of


async def get_stream(request: Request) -> Response:
    """``GET /api/stream``: the one that runs, or null."""
    stream = service_of(request.app).streaming.stream
    return JSONResponse(None if stream is None else stream.describe())


async def post_stream(request: Request) -> Response:
    """``POST /api/stream``: begin one; 201, or 409 while one runs."""
    asked = read_stream(await read_json(request))
    stream = await service_of(request.app).streaming.begin(asked)
    return JSONResponse(stream.describe(), 201)


async def delete_stream(request: Request) -> Response:
    """``DELETE /api/stream``: end the one that runs; tells how it was, or 404."""
    ended = await asyncio.shield(service_of(request.app).streaming.end())
    if ended is None:
        raise not_found("no stream runs")
    return JSONResponse(ended.describe())
