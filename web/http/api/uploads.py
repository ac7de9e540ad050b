"""The HTTP API of uploads: a file in, its progress, and its switches."""

import asyncio
import sqlite3
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.errors import APIError
from web.http.api.answers import read_json
from web.http.receive import ReceivedFile, read_name, receive_file
from web.intake.upload_states import read_rate_text
from web.service.generation import Generation
from web.service.service import Service, service_of
from web.view.windows import read_limit, read_number_cursor

MAX_RECEIVING: Final = 16


async def post_upload(request: Request) -> Response:
    """``POST /api/uploads``: take a file in; 201 when it is durable."""
    service = service_of(request.app)
    rate = read_rate_text(request.query_params.get("rate"))
    name = request.query_params.get("name")
    read_name(name)
    state = request.app.state
    if state.receiving >= MAX_RECEIVING:
        raise APIError(
            429, "too_many_uploads", f"{MAX_RECEIVING} uploads are being received: wait for one"
        )
    state.receiving += 1
    try:
        generation = service.generation
        received = await receive_file(
            request, generation.paths.uploads, service.settings.max_upload
        )
        # Once the file is there, who asked for it may go: it is either added whole or removed.
        upload = await asyncio.shield(_add(service, generation, received, name, rate))
    finally:
        state.receiving -= 1
    service.live.changed()
    return JSONResponse(upload, 201)


async def list_uploads(request: Request) -> Response:
    """``GET /api/uploads``: a page of uploads, newest first."""
    uploads = service_of(request.app).generation.uploads
    limit = read_limit(request.query_params)
    found, total = uploads.newest(limit + 1, read_number_cursor(request.query_params))
    following = str(found[limit - 1].created) if len(found) > limit else None
    items = [uploads.describe(upload) for upload in found[:limit]]
    return JSONResponse({"items": items, "next": following, "total": total})


async def get_upload(request: Request) -> Response:
    """``GET /api/uploads/{id}``: one upload."""
    uploads = service_of(request.app).generation.uploads
    return JSONResponse(uploads.describe(uploads.get(request.path_params["upload_id"])))


async def patch_upload(request: Request) -> Response:
    """``PATCH /api/uploads/{id}``: another rate or state."""
    service = service_of(request.app)
    upload_id = request.path_params["upload_id"]
    asked = await read_json(request)
    async with service.writing() as generation:
        uploads = generation.uploads
        uploads.get(upload_id)
        upload = await uploads.change(upload_id, asked)
    return JSONResponse(uploads.describe(upload))


async def replay_upload(request: Request) -> Response:
    """``POST /api/uploads/{id}/replay``: the same file once more, as a new upload."""
    service = service_of(request.app)
    async with service.writing() as generation:
        uploads = generation.uploads
        upload = await uploads.replay(uploads.get(request.path_params["upload_id"]))
    service.live.changed()
    return JSONResponse(uploads.describe(upload), 201)


async def _add(
    service: Service,
    generation: Generation,
    received: ReceivedFile,
    name: str | None,
    rate: float | None,
) -> dict[str, object]:
    try:
        async with service.writing() as in_force:
            if in_force is not generation:
                raise APIError(409, "started_over", "everything was started over meanwhile")
            upload = await generation.uploads.add(
                read_name(name or received.name),
                file=received.file,
                size=received.size,
                lines=received.lines,
                rate=rate,
                looks_like=received.looks_like,
            )
            return generation.uploads.describe(upload)
    except (APIError, sqlite3.Error):
        (generation.paths.uploads / received.file).unlink(missing_ok=True)
        raise
