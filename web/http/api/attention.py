"""What asks for attention: open orders and payments of some age, and what went wrong."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from web.http.api.answers import JSON
from web.http.api.described import parameters as take
from web.http.api.described.call import Answer, described
from web.http.api.described.schemas import shape
from web.http.api.described.sections import STATE
from web.http.api.described.shapes import Attention
from web.http.resource import Later
from web.service.service import service_of
from web.view.windows import read_age


@described(
    STATE,
    "Counts what asks for attention: open orders of some age, and what went wrong.",
    Answer("How many of each, and since when the oldest is", {JSON: shape(Attention)}),
    query=(take.AGE,),
)
async def get_attention(request: Request) -> Response:
    """``GET /api/attention``: how many of each kind; ``older`` is ``--overdue`` where absent."""
    service, params = service_of(request.app), request.query_params
    older = read_age(params, "older") if "older" in params else None

    async def make() -> bytes:
        return msgspec.json.encode(await service.attention.look(service.generation, older))

    return Later(make, JSON)
