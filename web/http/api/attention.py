"""What asks for attention: open orders and payments of some age, and what went wrong."""

import time
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from web.http.api.answers import JSON
from web.http.resource import Later
from web.service.service import Service, service_of
from web.view.reader import ViewReader
from web.view.windows import read_age

_DAY_S: Final = 24 * 60 * 60.0


async def get_attention(request: Request) -> Response:
    """``GET /api/attention``: how many of each kind; ``older`` is ``--overdue`` where absent."""
    service, params = service_of(request.app), request.query_params
    older = read_age(params, "older") if "older" in params else service.settings.overdue

    async def make() -> bytes:
        return msgspec.json.encode(await _attention(service, older))

    return Later(make, JSON)


async def _attention(service: Service, older: float) -> dict[str, Any]:
    generation = service.generation
    since = time.time() - _DAY_S
    with generation.threads.held():
        recovered = await generation.threads.read(lambda view: view.recovered_since(since))
        skipped = await generation.threads.read(ViewReader.skipped_open)
        return {
            **await generation.carts.open_since(older),
            "skipped_open": skipped,
            "uploads_paused": generation.uploads.paused,
            "uploads_failed": generation.uploads.failed,
            "recoveries_today": recovered,
        }
