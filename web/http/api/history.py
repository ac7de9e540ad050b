"""The figures over time in the API."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from web.errors import bad_request
from web.history.timeline import STEPS
from web.http.api.answers import JSON
from web.http.api.described import parameters as take
from web.http.api.described.call import Answer, described
from web.http.api.described.flow_shapes import History
from web.http.api.described.schemas import shape
from web.http.api.described.sections import STATE
from web.http.resource import Later
from web.service.service import service_of

_DEFAULT: Final = "10m"


@described(
    STATE,
    "Gives figures over time, and the kills, starts and resets among them.",
    Answer("600 points at most, up to the last second", {JSON: shape(History)}),
    query=(take.RANGE,),
)
async def get_history(request: Request) -> Response:
    """``GET /api/history?range=``: the last ten minutes, hour or day."""
    name = request.query_params.get("range", _DEFAULT)
    if name not in STEPS:
        raise bad_request(f"range is one of {', '.join(STEPS)}, not {name[:40]!r}")

    async def make() -> bytes:
        return service_of(request.app).history.answer(name)

    return Later(make, JSON)
