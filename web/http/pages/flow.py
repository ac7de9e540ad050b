"""``/flow`` and ``/flow/recovery``: the flow over time, drawn, killed, proved; all its starts."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dataflow.times import rfc3339_or_none
from web.errors import APIError
from web.history.timeline import STEPS
from web.http.api.flow import STARTS_TOLD, describe_recovery
from web.http.pages.drawn_flow import STEP_WORDS
from web.http.pages.page import Page
from web.service.service import service_of
from web.view.windows import read_number_cursor

RANGES: Final = tuple(STEPS)
_STARTS_SHOWN: Final = 5


async def flow_page(request: Request) -> Response:
    """``GET /flow?range=&step=``: figures over time, the drawn flow, its last starts, the proof."""
    service = service_of(request.app)
    span = request.query_params.get("range") or RANGES[0]
    step = request.query_params.get("step") or None
    refused = ""
    if step is not None and step not in STEP_WORDS:
        refused = f"step is one of {', '.join(STEP_WORDS)}, not {step[:40]!r}"
        step = None
    if span not in RANGES:
        refused = f"range is one of {', '.join(RANGES)}, not {span[:40]!r}"
        span = RANGES[0]

    async def facts() -> dict[str, Any]:
        return {
            "span": span,
            "step": step,
            "history": msgspec.json.decode(service.history.answer(span)),
            "dataflow": service.contents.dataflow(),
            "recovery": msgspec.to_builtins(await describe_recovery(service, _STARTS_SHOWN, None)),
            "kafka": service.generation.kafka.describe(),
            "proof": service.proof.describe(),
            "topic": service.describe_topic(),
            "proved_at": rfc3339_or_none(service.proof.ended_at),
        }

    return Page(request, "flow", facts, refused=refused)


async def recovery_page(request: Request) -> Response:
    """``GET /flow/recovery?cursor=``: what the flow does now, and every start of it."""
    service = service_of(request.app)
    cursor, refused = None, ""
    try:
        cursor = read_number_cursor(request.query_params)
    except APIError as error:
        refused = error.message

    async def facts() -> dict[str, Any]:
        told = await describe_recovery(service, STARTS_TOLD, cursor)
        return {"recovery": msgspec.to_builtins(told), "cursor": cursor}

    return Page(request, "recovery", facts, refused=refused)
