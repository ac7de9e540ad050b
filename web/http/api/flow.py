"""The flow in the API: its figures, its starts, its switches, and whether all is well."""

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.errors import APIError, bad_request
from web.http.api.answers import JSON, read_json
from web.http.api.described import bodies
from web.http.api.described import parameters as take
from web.http.api.described.call import Answer, described
from web.http.api.described.flow_shapes import Drawn, Flow, Killed, Stats, Status
from web.http.api.described.schemas import shape
from web.http.api.described.sections import FLOW, STATE, WATCHING
from web.http.api.described.shapes import StartedOver
from web.http.resource import Later
from web.http.visitor import is_stranger
from web.service.service import Service, service_of
from web.view.windows import read_limit, read_number_cursor

STARTS_TOLD: Final = 20
"""Starts of the flow that are told where no limit is asked for: a page reads them often."""


@described(STATE, "Gives the figures.", Answer("The figures, as of now", {JSON: shape(Stats)}))
async def get_stats(request: Request) -> Response:
    """``GET /api/stats``: the figures."""
    return JSONResponse(service_of(request.app).contents.stats())


@described(
    FLOW,
    "Gives the flow as it is drawn, with what went through each of its steps.",
    Answer("Its steps, and the ways between them", {JSON: shape(Drawn)}),
)
async def get_dataflow(request: Request) -> Response:
    """``GET /api/dataflow``: the flow drawn, with what went through each of its steps."""
    return JSONResponse(service_of(request.app).contents.dataflow())


@described(
    FLOW,
    "Tells what the flow is doing, and lists its starts, the newest first.",
    Answer("Its state, and a page of its starts", {JSON: shape(Flow)}),
    query=(take.limit(STARTS_TOLD), take.CURSOR),
)
async def get_recovery(request: Request) -> Response:
    """``GET /api/recovery``: what the flow is doing, and its starts, the newest first."""
    service = service_of(request.app)
    limit = read_limit(request.query_params, STARTS_TOLD)
    cursor = read_number_cursor(request.query_params)

    async def make() -> bytes:
        return msgspec.json.encode(await describe_recovery(service, limit, cursor))

    return Later(make, JSON)


async def describe_recovery(service: Service, limit: int, cursor: int | None) -> dict[str, Any]:
    """Tell what the flow is doing, and a page of its starts."""
    starts = await service.generation.threads.read(lambda view: view.recoveries(limit, cursor))
    newest = starts.newest
    return {
        **service.contents.flow(),
        "current": newest if newest is not None and newest.ended_at is None else None,
        "history": starts.items,
        "next": starts.next,
        "total": starts.total,
        "snapshot": await service.describe_snapshot(),
        "places": service.contents.places(),
        "agreement": service.upkeep.agreement.describe(),
    }


@described(
    FLOW,
    "Kills the processes of the flow and lets it recover.",
    Answer("What was killed", {JSON: shape(Killed)}, 202),
)
async def restart_flow(request: Request) -> Response:
    """``POST /api/flow/restart``: kill the flow's processes and let it recover."""
    service = service_of(request.app)
    killed = service.supervisor.pids
    service.supervisor.restart("a person killed it")
    return JSONResponse({"killed": killed[0] if killed else None}, 202)


@described(
    FLOW,
    "Starts over: carts, records, uploads, counters and keys are gone.",
    Answer("It is durable", {JSON: shape(StartedOver)}, 202),
    body=bodies.RESET,
    refusals={404: "There is no such upload to be replayed"},
)
async def reset(request: Request) -> Response:
    """``POST /api/reset``: start over, and replay one upload where that is asked for."""
    asked = await read_json(request)
    if not isinstance(asked, dict) or asked.get("confirm") != "reset":
        raise bad_request('the body is {"confirm": "reset"}, with "replay": an upload\'s id or not')
    replay = asked.get("replay")
    if asked.keys() - {"confirm", "replay"} or not isinstance(replay, str | None):
        raise bad_request("replay is the id of an upload")
    service = service_of(request.app)
    upload = await service.reset(replay)
    answer: dict[str, Any] = {"generation": service.generation.name}
    if upload is not None:
        answer["upload"] = service.generation.uploads.describe(upload)
    return JSONResponse(answer, 202)


@described(
    WATCHING,
    "Tells that the server is alive, whatever the load.",
    Answer("It is", {JSON: shape(Status)}),
    is_always_answered=True,
)
async def livez(_: Request) -> Response:
    """``GET /livez``: the server is alive."""
    return JSONResponse({"status": "alive"})


@described(
    WATCHING,
    "Tells whether the flow has recovered and everything can be written.",
    Answer("It has", {JSON: shape(Status)}),
    refusals={503: "It has not; the sentence says why"},
    is_always_answered=True,
)
async def readyz(request: Request) -> Response:
    """``GET /readyz``: the flow has recovered and everything can be written."""
    why = service_of(request.app).readiness()
    if why is not None:
        why = "not ready: the reason is told who has a token" if is_stranger(request.scope) else why
        raise APIError(503, "not_ready", why)
    return JSONResponse({"status": "ready"})
