"""The bodies of the API, each once, with the bounds that its reader has."""

from collections.abc import Mapping
from typing import Any, Final

from dataflow.records import REASONS
from web.http.api.answers import JSON
from web.http.api.described.call import ANY, Body, Schema
from web.http.api.described.parameters import one_of, text
from web.intake.form import FIELD
from web.intake.replacement import MAX_FIND
from web.intake.stream import MAX_RATE as MAX_STREAM_RATE
from web.intake.stream import MAX_USERS, Asked
from web.intake.upload_states import ASKED, MAX_RATE, MAX_STEP
from web.view.skipped_filter import STATES
from web.view.windows import MAX_LABEL

_LINES: Final = "application/jsonl"
_BYTES: Final = "application/octet-stream"
_FORM: Final = "multipart/form-data"
_RECORD: Final = '{"user_id": "zoe", "type": "order", "order_id": 7}'
_MAX_ID: Final = 2**63 - 1


def _object(fields: Mapping[str, Schema], **more: Any) -> Schema:
    return {"type": "object", "properties": fields, "additionalProperties": False, **more}


def _or_null(schema: Mapping[str, Any]) -> Schema:
    both = {**schema, "type": [schema["type"], "null"]}
    return {**both, "enum": [*schema["enum"], None]} if "enum" in schema else both


_FLAG: Final = {"type": "boolean"}
_ID: Final = {"type": "integer", "minimum": 1, "maximum": _MAX_ID}
_UNTIL: Final = {"type": ["integer", "null"], "minimum": 0, "maximum": _MAX_ID}
_FILTERS: Final[Mapping[str, Schema]] = {
    "reason": _or_null(one_of(REASONS)),
    "source": _or_null(text(MAX_LABEL)),
    "upload": _or_null(text(MAX_LABEL)),
    "state": _or_null(one_of(STATES)),
    "search": _or_null(text(MAX_LABEL)),
}
_CHOICE: Final[Mapping[str, Schema]] = {
    **_FILTERS,
    "ids": {"type": "array", "items": _ID},
    "all": {"const": True},
}
_ONE_WAY: Final = {
    "oneOf": [
        {"required": ["ids"]},
        {"required": ["all"]},
        {"anyOf": [{"required": [name]} for name in _FILTERS]},
    ]
}
_RATE: Final = {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": MAX_RATE}

LINES: Final = Body(
    "Records as JSON Lines, one a line; any type but multipart is read as they are",
    {_LINES: {"type": "string", "minLength": 1}, _BYTES: ANY},
    _RECORD,
)
FILE: Final = Body(
    f"The file as it is, gzip and UTF-16 too; or a form with it in the field {FIELD}",
    {
        _LINES: {"type": "string", "minLength": 1},
        _BYTES: ANY,
        _FORM: {
            "type": "object",
            "properties": {FIELD: {"type": "string", "contentMediaType": _BYTES}},
            "required": [FIELD],
        },
    },
    _RECORD,
)
LINE: Final = Body("One line, with its end or without", {_BYTES: ANY}, _RECORD)
CHANGE: Final = Body(
    "Another rate, null for as fast as possible; another state; or both",
    {JSON: _object({"rate": _RATE, "state": one_of(ASKED)}, minProperties=1)},
    '{"rate": 50}',
)
STEP: Final = Body(
    "How many further lines",
    {
        JSON: _object(
            {"lines": {"type": "integer", "minimum": 1, "maximum": MAX_STEP}}, required=["lines"]
        )
    },
    '{"lines": 1}',
)
STREAM: Final = Body(
    "Lines a second, of how many users, and the share of bad ones; what is absent is usual",
    {
        JSON: _object(
            {
                "rate": {
                    "type": "number",
                    "minimum": 1,
                    "maximum": MAX_STREAM_RATE,
                    "default": Asked().rate,
                },
                "users": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_USERS,
                    "default": Asked().users,
                },
                "bad": {"type": "number", "minimum": 0, "maximum": 1, "default": Asked().bad},
            }
        )
    },
    '{"rate": 50}',
)
BULK: Final = Body(
    "Which records – by a filter, by ids, or all –, and what is found and replaced in each line",
    {
        JSON: _object(
            {
                **_CHOICE,
                "find": _or_null(text(MAX_FIND)),
                "replace": _or_null(text(MAX_FIND)),
                "regex": {**_FLAG, "default": False},
                "preview": {**_FLAG, "default": True},
                "until": _UNTIL,
            },
            **_ONE_WAY,
        )
    },
    '{"reason": "unknown_type", "find": "ordr", "replace": "order"}',
)
ASIDE: Final = Body(
    "Which records, as in a bulk; false takes back those that are aside",
    {JSON: _object({**_CHOICE, "aside": _FLAG}, required=["aside"], **_ONE_WAY)},
    '{"reason": "invalid_utf8", "aside": true}',
)
LOSS: Final = Body(
    "What is lost, as it was shown: so nothing is given up that nobody has seen",
    {
        JSON: _object(
            {
                "topic": {"type": "string"},
                "partition": {"type": "integer", "minimum": 0},
                "next": {"type": "integer", "minimum": 0},
                "go_on_at": {"type": "integer", "minimum": 0},
            },
            required=["topic", "partition", "next", "go_on_at"],
        )
    },
    '{"topic": "orders", "partition": 3, "next": 118, "go_on_at": 240}',
)
RESET: Final = Body(
    "That it is meant, and an upload that is replayed then",
    {
        JSON: _object(
            {"confirm": {"const": "reset"}, "replay": {"type": ["string", "null"]}},
            required=["confirm"],
        )
    },
    '{"confirm": "reset"}',
)
