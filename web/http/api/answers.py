"""What the API answers with, and what it reads alike everywhere: JSON, pages, exports, refusals."""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from web.errors import APIError, bad_request
from web.http.receive import receive_body
from web.service.service import Service
from web.view.page import Page
from web.view.reader import ViewReader

MAX_JSON_BYTES: Final = 64 * 1024
JSON: Final = "application/json"
_LINES: Final = "application/jsonl"


def error_response(error: APIError) -> JSONResponse:
    """Refuse a request: one shape for every error of the API."""
    return JSONResponse(error.body(), error.status)


async def read_json(request: Request) -> object:
    """Read a small JSON body; refuses anything else."""
    body = await receive_body(request, MAX_JSON_BYTES, "a request")
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        raise bad_request("the body is not JSON") from None


def service_of(request: Request) -> Service:
    """Give the service that a request is for."""
    service: Service = request.app.state.service
    return service


def page_response(page: Page, **fields: object) -> Response:
    """Answer a page of a list, its rows as they were read."""
    items = b",".join(row.json for row in page.rows)
    rest = msgspec.json.encode({"next": page.next, "total": page.total, **fields})
    return Response(b'{"items":[' + items + b"]," + rest[1:], media_type=JSON)


def export_response(
    request: Request, name: str, call: Callable[[ViewReader], Iterator[bytes]]
) -> Response:
    """Answer a whole list as lines of JSON, streamed."""
    rows = service_of(request).generation.export(call)
    return StreamingResponse(
        iterate_in_threadpool(_joined(rows)),
        media_type=_LINES,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _joined(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Gather lines to pieces of a size that is worth a trip through a thread."""
    gathered: list[bytes] = []
    size = 0
    for row in rows:
        gathered.append(row)
        size += len(row)
        if size >= 64 * 1024:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)
