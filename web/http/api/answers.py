"""What the API reads and answers alike everywhere: JSON, pages of lists, refusals."""

import errno
import sqlite3
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse

from dataflow.journal_errors import ChangedError
from web.data.journal_file import FROM_A_COPY
from web.errors import APIError, bad_request, not_found
from web.http.receive import receive_body
from web.proof.report import REMEDY
from web.view.damage import DamagedViewError
from web.view.page import Page

MAX_JSON_BYTES: Final = 64 * 1024
JSON: Final = "application/json"
DAMAGED: Final = "damaged"
"""The code of what is an alarm, too."""

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def error_response(error: APIError) -> JSONResponse:
    """Refuse a request: one shape for every error of the API."""
    return JSONResponse(error.body(), error.status)


def storage_error(error: sqlite3.Error | OSError | ChangedError) -> APIError:
    """Say what is the matter with the data folder, or with journal or view in it."""
    if isinstance(error, ChangedError):
        return APIError(503, DAMAGED, f"the journal is damaged ({error}): {FROM_A_COPY}")
    if isinstance(error, DamagedViewError):
        return APIError(503, DAMAGED, f"the view is damaged ({error}): {REMEDY}")
    is_full = (
        error.sqlite_errorcode == sqlite3.SQLITE_FULL
        if isinstance(error, sqlite3.Error) and hasattr(error, "sqlite_errorcode")
        else getattr(error, "errno", None) in _FULL
    )
    if is_full:
        return APIError(507, "disk_full", "the disk is full: nothing was changed")
    return APIError(503, "storage", f"the data folder cannot be used: {error}")


async def read_json(request: Request, most: int = MAX_JSON_BYTES) -> object:
    """Read a JSON body of at most so many bytes; refuses anything else."""
    body = await receive_body(request, most, "a request")
    try:
        return msgspec.json.decode(body)
    except msgspec.ValidationError:
        raise bad_request("the body holds a number that is too large") from None
    except (msgspec.MsgspecError, RecursionError):
        raise bad_request("the body is not JSON") from None


def page_json(page: Page, **fields: object) -> bytes:
    """Encode a page of a list, its rows as they were read; ``fields`` come beside them."""
    items = b",".join(row.json for row in page.rows)
    rest = msgspec.json.encode({"next": page.next, "total": page.total, **fields})
    return b'{"items":[' + items + b"]," + rest[1:]


def no_cart(user_id: str) -> APIError:
    """Say that nobody of this id has a cart."""
    return not_found(f"there is no cart of {user_id[:80]!r}")
