"""Skipped records one by one, and their corrections: checked, sent, set aside."""

import asyncio
from contextlib import closing
from io import BytesIO
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from dataflow.correction import StillBad, check_line, line_of
from dataflow.correction import described as as_recorded
from dataflow.whole_lines import WholeLine, WholeLines
from web.errors import APIError, bad_request, not_found
from web.http.api.answers import JSON, read_json
from web.http.api.described import bodies
from web.http.api.described import parameters as take
from web.http.api.described.call import Answer, described
from web.http.api.described.schemas import shape, text_of
from web.http.api.described.sections import SKIPPED
from web.http.api.described.shapes import BadLine, Bulk, Changed, ValidLine
from web.http.receive import receive_line
from web.http.resource import HEAD, Later
from web.http.visitor import may_change, read_only
from web.intake.bulk_asked import BulkAsked, read_aside, read_bulk, refused
from web.intake.replacement import PatternError
from web.numbers import whole_number
from web.service.bulk import resubmit_in_bulk, set_aside
from web.service.generation import Generation
from web.service.kafka import Kafka
from web.service.service import Service, service_of
from web.tasks import to_its_end
from web.view.json_line import encode_line
from web.view.skipped import SkippedRecord

MAX_BULK_BYTES: Final = 1024 * 1024
"""The longest body that names records by their ids: some tens of thousands of them."""

MAX_BULKS: Final = 2


_BYTES: Final = "application/octet-stream"
_NO_RECORD: Final = {404: "There is no such skipped record"}
_STARTED_OVER: Final = "Everything was started over meanwhile: nothing more was done"


@described(
    SKIPPED,
    "Gives one skipped record.",
    Answer("The record", {JSON: shape(SkippedRecord)}),
    names=(take.RECORD,),
    refusals=_NO_RECORD,
)
async def get_skipped(request: Request) -> Response:
    """``GET /api/skipped/{id}``: one record."""
    record = await _find(service_of(request.app).generation, request)

    async def make() -> bytes:
        return encode_line(record)

    return Later(make, JSON)


@described(
    SKIPPED,
    "Gives the whole line of a skipped record as it came, however long.",
    Answer("The line, without its end", {_BYTES: text_of("Its bytes")}),
    names=(take.RECORD,),
    refusals={
        **_NO_RECORD,
        410: "It came from a topic, which does not hold it any more",
        503: "It came from a topic, and no broker gives it now",
    },
)
async def get_raw(request: Request) -> Response:
    """``GET /api/skipped/{id}/raw``: its whole line, as it came."""
    generation = service_of(request.app).generation
    record = await _find(generation, request)
    number = record.id
    place = await generation.threads.read(lambda view: view.whole_line(number))
    assert place is not None
    if place[0]:
        line = await asyncio.to_thread(_whole_line, generation, place)
    else:
        line = await asyncio.to_thread(_of_topic, generation.kafka, record)
    headers = {
        "content-length": str(line.size),
        "content-disposition": f'attachment; filename="skipped-{number}.txt"',
    }
    if request.method == HEAD:
        line.file.close()
        return Response(headers=headers, media_type=_BYTES)
    return StreamingResponse(line.pieces(), headers=headers, media_type=_BYTES)


@described(
    SKIPPED,
    "Says what the flow would make of a line; nothing is taken in.",
    Answer("The record, or why it is none", {JSON: {"oneOf": [shape(ValidLine), shape(BadLine)]}}),
    body=bodies.LINE,
    refusals={415: "A form, or a Content-Encoding other than gzip"},
)
async def post_check(request: Request) -> Response:
    """``POST /api/check``: what the flow would make of a line."""
    outcome = check_line(line_of(await receive_line(request)))
    if isinstance(outcome, StillBad):
        return JSONResponse({"valid": False, **outcome._asdict()})
    return JSONResponse({"valid": True, "event": as_recorded(outcome)})


@described(
    SKIPPED,
    "Sends the corrected line of a skipped record.",
    Answer("The record as it is then: what was sent is durable", {JSON: shape(SkippedRecord)}, 202),
    names=(take.RECORD,),
    query=(take.FORCE,),
    body=bodies.LINE,
    refusals={
        **_NO_RECORD,
        409: "A correction was sent before",
        415: "A form, or a Content-Encoding other than gzip",
        422: "The line is still bad, for the reason that is the code",
    },
)
async def resubmit(request: Request) -> Response:
    """``POST /api/skipped/{id}/resubmit``: send a corrected line; 202 when that is durable."""
    force = request.query_params.get("force", "false")
    if force not in ("true", "false"):
        raise bad_request(f"force is true or false, not {force[:40]!r}")
    service = service_of(request.app)
    await _find(service.generation, request)
    line = line_of(await receive_line(request))
    outcome = check_line(line)
    if isinstance(outcome, StillBad):
        raise APIError(422, outcome.reason, f"the correction is still bad: {outcome.message}")
    record = await to_its_end(_send(service, request, line, again=force == "true"))
    return Response(encode_line(record), 202, media_type=JSON)


@described(
    SKIPPED,
    "Mends many skipped records alike: looks what would come of it, or sends them.",
    Answer("What would become of them", {JSON: shape(Bulk)}),
    Answer("All that are valid, and were not before, are sent", {JSON: shape(Bulk)}, 202),
    body=bodies.BULK,
    refusals={409: _STARTED_OVER, 429: "Two bulks are on their way"},
)
async def resubmit_many(request: Request) -> Response:
    """``POST /api/skipped/resubmit``: mend many alike; 202 when all that can be is sent."""
    asked = read_bulk(await read_json(request, MAX_BULK_BYTES))
    if not asked.is_preview and not may_change(request.scope):
        raise read_only()

    async def make() -> bytes:
        working = _in_bulk(request, asked)
        try:
            found = await (working if asked.is_preview else to_its_end(working))
        except PatternError as error:
            raise refused(error) from None
        return msgspec.json.encode(found)

    return Later(make, JSON, 200 if asked.is_preview else 202)


async def _in_bulk(request: Request, asked: BulkAsked) -> dict[str, Any]:
    """Take a place among the bulks; raises ``APIError`` (429) where there is none."""
    state = request.app.state
    if state.bulks >= MAX_BULKS:
        raise APIError(
            429, "too_many_bulks", f"{MAX_BULKS} bulks are on their way: wait until one is done"
        )
    state.bulks += 1
    try:
        return await resubmit_in_bulk(service_of(request.app), asked)
    finally:
        state.bulks -= 1


@described(
    SKIPPED,
    "Sets skipped records aside that will never be mended, or takes them back.",
    Answer("How many were changed", {JSON: shape(Changed)}),
    body=bodies.ASIDE,
    refusals={409: _STARTED_OVER},
)
async def post_aside(request: Request) -> Response:
    """``POST /api/skipped/aside``: set records aside, or take them back."""
    asked = read_aside(await read_json(request, MAX_BULK_BYTES))
    changed = await to_its_end(set_aside(service_of(request.app), asked))
    return JSONResponse({"changed": changed})


async def _send(service: Service, request: Request, line: bytes, *, again: bool) -> SkippedRecord:
    async with service.writing() as generation:
        number = (await _find(generation, request)).id
        if not await generation.corrections.send([(number, line)], again=again):
            raise APIError(
                409,
                "sent_before",
                f"a correction of the skipped record {number} was sent before: with ?force=true"
                " it is sent again, as a record of its own",
            )
        return await _find(generation, request)


async def _find(generation: Generation, request: Request) -> SkippedRecord:
    text: str = request.path_params["record_id"]
    number = whole_number(text)
    record = None
    if number is not None and str(number) == text:
        record = await generation.threads.read(lambda view: view.one_skipped(number))
    if record is None:
        raise not_found(f"there is no skipped record {text[:40]!r}")
    return record


def _of_topic(kafka: Kafka, record: SkippedRecord) -> WholeLine:
    value = kafka.read_value(record.source, record.line) or b""
    return WholeLine(BytesIO(value), 0, len(value))


def _whole_line(generation: Generation, place: tuple[int, int]) -> WholeLine:
    with closing(WholeLines(generation.paths.journal, generation.paths.uploads)) as lines:
        return lines.find(*place)
