"""The parameters of the API, each once: what it means, and the bounds that its reader has."""

from collections.abc import Iterable
from typing import Final

from dataflow.cart import Status
from dataflow.records import REASONS
from web.history.timeline import STEPS
from web.http.api.described.call import HEADER, Parameter, Schema
from web.http.receive import MAX_NAME
from web.intake.upload_states import MAX_RATE
from web.view.skipped_filter import STATES
from web.view.sorts import FILTERS, NEWEST, SORTS
from web.view.windows import (
    DEFAULT_LIMIT,
    MAX_AGE_S,
    MAX_LABEL,
    MAX_LIMIT,
    MAX_SEARCH,
    ORDER_SORTS,
)

MAX_KEY: Final = 256
"""Characters of an ``Idempotency-Key``."""


def one_of(words: Iterable[str], default: str | None = None) -> Schema:
    """Make the schema of one of some words."""
    schema: dict[str, object] = {"type": "string", "enum": list(words)}
    return schema if default is None else {**schema, "default": default}


def text(most: int, least: int = 0) -> Schema:
    """Make the schema of a text of so many characters."""
    schema: dict[str, object] = {"type": "string", "maxLength": most}
    return {**schema, "minLength": least} if least else schema


def limit(default: int = DEFAULT_LIMIT) -> Parameter:
    """Make ``limit`` with its default."""
    bounds = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": default}
    return Parameter("limit", "How many rows at most", bounds)


_AGE: Final[Schema] = {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_AGE_S}
_ID: Final[Schema] = {"type": "string", "minLength": 1}
_FLAG: Final[Schema] = {"type": "boolean", "default": False}

CURSOR: Final = Parameter(
    "cursor",
    "Goes on behind a page: its next",
    {"type": "string", "pattern": "^[0-9]{1,18}$"},
)
CART_CURSOR: Final = Parameter("cursor", "Goes on behind a page: its next, with the same sort", _ID)
PAGE: Final = (limit(), CURSOR)

OLDER: Final = Parameter(
    "older", "With the filters unpaid and waiting: one such id of so many seconds, or older", _AGE
)
AGE: Final = Parameter("older", "Open for so many seconds, or longer; absent: --overdue", _AGE)
SEARCH: Final = Parameter("search", "What the user's id begins with", text(MAX_SEARCH))
CARTS: Final = (
    SEARCH,
    Parameter("filter", "Carts with at least one such id", one_of(FILTERS, next(iter(FILTERS)))),
    OLDER,
    Parameter("sort", "The order of the carts", one_of(SORTS, NEWEST)),
)
ONE_CART: Final = (
    Parameter("user", "The one cart of this user; nothing else goes with it", _ID),
    Parameter("user_id", "The same", _ID),
)
ORDERS: Final = (
    Parameter("status", "Orders of this status", one_of(each.name.lower() for each in Status)),
    Parameter(
        "sort",
        "By age, or by when each got its status",
        one_of(ORDER_SORTS, ORDER_SORTS[0]),
    ),
    Parameter("search", "What the order's id begins with, as text", text(MAX_SEARCH)),
)
SKIPPED: Final = (
    Parameter("reason", "Skipped for this reason", one_of(REASONS)),
    Parameter("source", "Of this source, as by_source names it", text(MAX_LABEL, 1)),
    Parameter("upload", "Of the upload with this id", text(MAX_LABEL, 1)),
    Parameter("state", "What became of it", one_of(STATES)),
    Parameter("search", "A part of the raw text, letter by letter", text(MAX_LABEL)),
)
FORCE: Final = Parameter("force", "Send it though one was sent before", _FLAG)
RANGE: Final = Parameter("range", "How far back", one_of(STEPS, next(iter(STEPS))))

NAME: Final = Parameter(
    "name", "What the file is called: a label, never a path", text(MAX_NAME), example="orders.jsonl"
)
RATE: Final = Parameter(
    "rate",
    "Lines a second; absent: as fast as possible",
    {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_RATE},
)
CHECK: Final = Parameter("check", "A dry run: nothing is taken in", _FLAG)

USER: Final = Parameter("user_id", "The user's id, percent-encoded", _ID, example="zoe")
ORDER: Final = Parameter("order_id", "The order's id, as text", _ID, example="7")
RECORD: Final = Parameter("record_id", "The id of a skipped record", _ID, example="1")
UPLOAD: Final = Parameter("upload_id", "The id of an upload", _ID, example="UPLOAD")
KEY: Final = Parameter(
    "Idempotency-Key",
    "The same key with the same body takes nothing in again, until a reset",
    text(MAX_KEY, 1),
    HEADER,
    example="1",
)
