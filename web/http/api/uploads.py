"""The HTTP API of uploads: a file in, its progress, and its switches."""

import asyncio
import sqlite3
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dataflow.faults import reach
from web.errors import APIError, bad_request
from web.http.api.answers import JSON, read_json
from web.http.api.described import bodies
from web.http.api.described import parameters as take
from web.http.api.described.call import Answer, described
from web.http.api.described.schemas import page_of, shape
from web.http.api.described.sections import TAKING_IN
from web.http.api.described.shapes import DryRun, Upload
from web.http.receive import ReceivedFile, read_name, receive_file, receive_upload
from web.intake.dry_run import DryRuns
from web.intake.upload_states import read_rate_text
from web.service.generation import Generation
from web.service.service import Service, service_of
from web.view.windows import read_limit, read_number_cursor

MAX_RECEIVING: Final = 16
SEEN_WITHIN_S: Final = 2.0
"""How long the answer to a step waits for its lines to be processed."""

Described = dict[str, Any]


_NO_UPLOAD: Final = {404: "There is no such upload"}


@described(
    TAKING_IN,
    "Takes a file in, or says in a dry run what would come of it.",
    Answer("The upload: all of it is durable", {JSON: shape(Upload)}, 201),
    Answer("What would come of it, where check is true", {JSON: shape(DryRun)}),
    query=(take.NAME, take.RATE, take.CHECK),
    body=bodies.FILE,
    refusals={
        409: "Everything was started over meanwhile: nothing was kept",
        415: "A Content-Encoding other than gzip",
        429: "16 uploads, or a dry run, are under way",
    },
)
async def post_upload(request: Request) -> Response:
    """``POST /api/uploads``: take a file in; 201 when it is durable. Or a dry run of it."""
    service = service_of(request.app)
    rate = read_rate_text(request.query_params.get("rate"))
    name = request.query_params.get("name")
    read_name(name)
    if is_check(request):
        return await _check(request, service.settings.max_upload)
    state = request.app.state
    if state.receiving >= MAX_RECEIVING:
        raise APIError(
            429, "too_many_uploads", f"{MAX_RECEIVING} uploads are being received: wait for one"
        )
    state.receiving += 1
    try:
        upload = await _receive(request, service, name, rate)
    finally:
        state.receiving -= 1
    service.live.changed()
    return JSONResponse(upload, 201)


def is_check(request: Request) -> bool:
    """Whether nothing is to be taken in."""
    check = request.query_params.get("check", "false")
    if check not in ("true", "false"):
        raise bad_request(f"check is true or false, not {check[:40]!r}")
    return check == "true"


async def _check(request: Request, most: int) -> Response:
    """Say what would come of a file, of which nothing is kept."""
    dry_runs: DryRuns = request.app.state.dry_runs
    async with dry_runs.begin() as run:
        read = await receive_upload(request, run.text, most, run.hand_on)
        read_name(request.query_params.get("name") or read.name)
        outcome = msgspec.to_builtins(await run.outcome())
    examples = outcome.pop("examples")
    return JSONResponse({**outcome, "looks_like": read.looks_like, "examples": examples})


@described(
    TAKING_IN,
    "Lists uploads, the newest first.",
    Answer("A page of uploads", {JSON: page_of(Upload)}),
    query=take.PAGE,
)
async def list_uploads(request: Request) -> Response:
    """``GET /api/uploads``: a page of uploads, newest first."""
    uploads = service_of(request.app).generation.uploads
    limit = read_limit(request.query_params)
    found, total = uploads.newest(limit + 1, read_number_cursor(request.query_params))
    following = str(found[limit - 1].created) if len(found) > limit else None
    items = [uploads.describe(upload) for upload in found[:limit]]
    return JSONResponse({"items": items, "next": following, "total": total})


@described(
    TAKING_IN,
    "Gives one upload and how far it is.",
    Answer("The upload", {JSON: shape(Upload)}),
    names=(take.UPLOAD,),
    refusals=_NO_UPLOAD,
)
async def get_upload(request: Request) -> Response:
    """``GET /api/uploads/{id}``: one upload."""
    uploads = service_of(request.app).generation.uploads
    return JSONResponse(uploads.describe(uploads.get(request.path_params["upload_id"])))


@described(
    TAKING_IN,
    "Gives an upload another pace, pauses it, lets it go on, or cancels it.",
    Answer("The upload", {JSON: shape(Upload)}),
    names=(take.UPLOAD,),
    body=bodies.CHANGE,
    refusals={**_NO_UPLOAD, 409: "It has ended"},
)
async def patch_upload(request: Request) -> Response:
    """``PATCH /api/uploads/{id}``: another rate or state."""
    asked = await read_json(request)
    upload_id = request.path_params["upload_id"]
    return JSONResponse(await asyncio.shield(_change(service_of(request.app), upload_id, asked)))


@described(
    TAKING_IN,
    "Takes the same file in once more, as a new upload.",
    Answer("The new upload", {JSON: shape(Upload)}, 201),
    names=(take.UPLOAD,),
    refusals=_NO_UPLOAD,
)
async def replay_upload(request: Request) -> Response:
    """``POST /api/uploads/{id}/replay``: the same file once more, as a new upload."""
    service = service_of(request.app)
    upload = await asyncio.shield(_replay(service, request.path_params["upload_id"]))
    service.live.changed()
    return JSONResponse(upload, 201)


@described(
    TAKING_IN,
    "Releases some further lines of a paused upload, which stays paused.",
    Answer("The upload", {JSON: shape(Upload)}),
    names=(take.UPLOAD,),
    body=bodies.STEP,
    refusals={**_NO_UPLOAD, 409: "It is not paused"},
)
async def step_upload(request: Request) -> Response:
    """``POST /api/uploads/{id}/step``: some further lines of a paused upload, which stays so."""
    asked = await read_json(request)
    upload_id = request.path_params["upload_id"]
    return JSONResponse(await asyncio.shield(_step(service_of(request.app), upload_id, asked)))


# What has begun to be written is brought to its end, also where who asked for it goes away: so
# these run shielded.


async def _change(service: Service, upload_id: str, asked: object) -> Described:
    async with service.writing() as generation:
        uploads = generation.uploads
        return uploads.describe(await uploads.change(upload_id, asked))


async def _step(service: Service, upload_id: str, asked: object) -> Described:
    async with service.writing() as generation:
        uploads = generation.uploads
        stepped = await uploads.step(upload_id, asked)
    return uploads.describe(await uploads.until_processed(stepped, SEEN_WITHIN_S))


async def _replay(service: Service, upload_id: str) -> Described:
    async with service.writing() as generation:
        uploads = generation.uploads
        return uploads.describe(await uploads.replay(uploads.get(upload_id)))


async def _receive(
    request: Request, service: Service, name: str | None, rate: float | None
) -> Described:
    """Receive a file and take it in; 409 where everything was started over meanwhile."""
    generation = service.generation
    try:
        received = await receive_file(
            request, generation.paths.uploads, service.settings.max_upload
        )
    except APIError as error:
        if error.status >= 500 and service.generation is not generation:  # its folder is gone
            raise _started_over() from error
        raise
    return await asyncio.shield(_take_in(service, generation, received, name, rate))


async def _take_in(
    service: Service,
    generation: Generation,
    received: ReceivedFile,
    name: str | None,
    rate: float | None,
) -> Described:
    """Place a file and add it, where no reset can come between; or leave nothing of it."""
    folder = generation.paths.uploads
    try:
        label = read_name(name or received.name)
        async with service.writing() as in_force:
            if in_force is not generation:
                raise _started_over()
            await asyncio.to_thread(received.place, folder)
            reach("file placed")
            upload = await generation.uploads.add(
                label,
                file=received.file,
                size=received.size,
                lines=received.lines,
                rate=rate,
                looks_like=received.looks_like,
            )
            return generation.uploads.describe(upload)
    except (APIError, OSError, sqlite3.Error):
        await asyncio.to_thread(received.discard, folder)
        raise


def _started_over() -> APIError:
    return APIError(
        409,
        "started_over",
        "everything was started over while the upload came in, and nothing of it was kept: send it"
        " again",
    )
