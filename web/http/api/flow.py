"""The flow in the API: its figures, its starts, its switches, and whether all is well."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.errors import APIError, bad_request
from web.http.api.answers import read_json, service_of


async def get_stats(request: Request) -> Response:
    """``GET /api/stats``: the figures."""
    return JSONResponse(service_of(request).contents.stats())


async def get_recovery(request: Request) -> Response:
    """``GET /api/recovery``: what the flow is doing, and every start of it."""
    service = service_of(request)
    starts = await service.generation.read(lambda view: view.recoveries())
    current = starts[0] if starts and starts[0]["ended_at"] is None else None
    return JSONResponse(
        {
            **service.contents.flow(),
            "current": current,
            "history": starts,
            "snapshot": await service.describe_snapshot(),
            "agreement": service.upkeep.agreement.describe(),
        }
    )


async def restart_flow(request: Request) -> Response:
    """``POST /api/flow/restart``: kill the flow's process and let it recover."""
    service = service_of(request)
    killed = service.supervisor.pid
    service.supervisor.restart("a person restarted it")
    return JSONResponse({"killed": killed}, 202)


async def reset(request: Request) -> Response:
    """``POST /api/reset``: start over, and replay one upload where that is asked for."""
    asked = await read_json(request)
    if not isinstance(asked, dict) or asked.get("confirm") != "reset":
        raise bad_request('the body is {"confirm": "reset"}, with "replay": an upload\'s id or not')
    replay = asked.get("replay")
    if asked.keys() - {"confirm", "replay"} or not isinstance(replay, str | None):
        raise bad_request("replay is the id of an upload")
    service = service_of(request)
    upload = await service.reset(replay)
    answer: dict[str, Any] = {"generation": service.generation.name}
    if upload is not None:
        answer["upload"] = service.generation.uploads.describe(upload)
    return JSONResponse(answer, 202)


async def livez(_: Request) -> Response:
    """``GET /livez``: the server is alive."""
    return JSONResponse({"status": "alive"})


async def readyz(request: Request) -> Response:
    """``GET /readyz``: the flow has recovered and everything can be written."""
    why = service_of(request).readiness()
    if why is not None:
        raise APIError(503, "not_ready", why)
    return JSONResponse({"status": "ready"})
