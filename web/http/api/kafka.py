"""The topics in the API: how far each partition was read, and the decision about what is lost."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.errors import bad_request
from web.http.api.answers import JSON, read_json
from web.http.api.described import bodies
from web.http.api.described.call import Answer, described
from web.http.api.described.kafka_shapes import GivenUp, Topics
from web.http.api.described.schemas import shape
from web.http.api.described.sections import FLOW
from web.service.service import service_of

_ASKED: Final[dict[str, type]] = {"topic": str, "partition": int, "next": int, "go_on_at": int}


@described(
    FLOW,
    "Tells how the topics of Kafka are read: each partition with its lag, and what is lost.",
    Answer("How it stands", {JSON: shape(Topics)}),
)
async def get_kafka(request: Request) -> Response:
    """``GET /api/kafka``: how topics are read."""
    return JSONResponse(service_of(request.app).generation.kafka.describe())


@described(
    FLOW,
    "Gives up records of a topic that are lost, as GET /api/kafka has shown them.",
    Answer(
        "It is durable; the flow is started again when nothing else is lost",
        {JSON: shape(GivenUp)},
        202,
    ),
    body=bodies.LOSS,
    refusals={409: "Nothing of the kind is lost, or the view has these records"},
)
async def accept_loss(request: Request) -> Response:
    """``POST /api/kafka/accept-loss``: go on without records that are lost."""
    asked: Any = await read_json(request)
    if not isinstance(asked, dict) or asked.keys() != _ASKED.keys():
        raise bad_request(f"the body is an object with {', '.join(_ASKED)}, as they were shown")
    for name, kind in _ASKED.items():
        if type(asked[name]) is not kind and not (name == "go_on_at" and asked[name] is None):
            raise bad_request(f"{name} is not as it was shown")
    if not all(0 <= (asked[name] or 0) < 2**63 for name in ("partition", "next", "go_on_at")):
        raise bad_request("partition, next and go_on_at are numbers from 0 on")
    service = service_of(request.app)
    async with service.writing():
        service.accept_loss(asked["topic"], asked["partition"], asked["next"], asked["go_on_at"])
    return JSONResponse({"go_on_at": asked["go_on_at"]}, 202)
