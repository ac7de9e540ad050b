"""A line of the stream: an event of a cart, a blank, or a record to skip – never an exception.

The rules are those of the contract: RFC 8259 per line, one record a line, and for every other line
the first reason that applies. What the fast decoder (msgspec) refuses is read again by the standard
library, which says where and why and accepts the numbers that msgspec finds too large for a field
that nobody reads.
"""

import codecs
import json
import re
from itertools import accumulate
from typing import Any, Final, NamedTuple, NewType, NoReturn

import msgspec

MAX_LINE_BYTES: Final = 1024 * 1024
MAX_RAW_BYTES: Final = 4096
MAX_ID_CHARS: Final = 256
MAX_DEPTH: Final = 512
"""How deep a record may be nested: a number of our own, the same whoever reads it.

The decoders' own is what is left of the stack, which is another one in each thread and process.
"""

BOM: Final = codecs.BOM_UTF8
_MARK: Final = BOM.decode()

OrderId = int | str
Reason = NewType("Reason", str)

TOO_LONG: Final = Reason("too_long")
INVALID_UTF8: Final = Reason("invalid_utf8")
INVALID_JSON: Final = Reason("invalid_json")
NOT_AN_OBJECT: Final = Reason("not_an_object")
MISSING_FIELD: Final = Reason("missing_field")
INVALID_USER_ID: Final = Reason("invalid_user_id")
UNKNOWN_TYPE: Final = Reason("unknown_type")
INVALID_ORDER_ID: Final = Reason("invalid_order_id")
REASONS: Final = (
    TOO_LONG,
    INVALID_UTF8,
    INVALID_JSON,
    NOT_AN_OBJECT,
    MISSING_FIELD,
    INVALID_USER_ID,
    UNKNOWN_TYPE,
    INVALID_ORDER_ID,
)

_WIRE_BYTES: Final = 5
"""What Confluent's serializers put before the JSON: a zero and the number of a schema."""

_decode = msgspec.json.Decoder().decode


class Event(NamedTuple):
    """An order or a payment of one user: what the rules of a cart are fed with."""

    user_id: str
    order_id: OrderId
    is_payment: bool


class Skipped(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A record that is not an event: where it stood, why it was skipped, and its text.

    ``line`` counts from 1 within its source, ``column`` in characters from 1. ``raw`` is the first
    4 KiB of the line, undecodable bytes as ``�``; ``raw_cut`` says that there was more.
    """

    line: int
    reason: Reason
    message: str
    column: int | None
    raw: str
    raw_cut: bool


def parse_line(line: bytes, number: int, *, is_json: bool = True) -> Event | Skipped | None:
    r"""Read one line without its ``\n``: an event, a record to skip, or None where it is blank.

    Where it is known that a fast decoder calls it no JSON, it is not asked again.
    """
    line = line.removesuffix(b"\r")
    if len(line) > MAX_LINE_BYTES:
        return _skip(line, number, TOO_LONG, "is longer than 1 MiB")
    if not line.strip(b" \t\r"):
        return None
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        column = len(line[: error.start].decode()) + 1
        return _skip(
            line, number, INVALID_UTF8, f"is not UTF-8: bad byte at column {column}", column
        )
    record = _decoded(line, text, is_json=is_json)
    if isinstance(record, _NotJSON):
        return _skip(line, number, INVALID_JSON, f"is not JSON: {record.why}", record.column)
    return _read_record(record, line, number)


def is_too_deep(text: bytes) -> bool:
    """Whether a text, as far as it is JSON, is nested more than ``MAX_DEPTH`` deep.

    Nearly every text is known not to be by its length, or by how many brackets it has in all.
    """
    if len(text) <= MAX_DEPTH or text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return False
    brackets = _STRING.sub(b"", text).translate(None, _NO_BRACKET)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > MAX_DEPTH


def parse_value(
    value: bytes | None, offset: int, *, is_json: bool = True
) -> Event | Skipped | None:
    """Read the value of a topic's record: as a line, though it may go over several of them."""
    if value is None:
        return Skipped(
            offset, NOT_AN_OBJECT, f"offset {offset} has no value (a tombstone)", None, "", False
        )
    if len(value) <= MAX_LINE_BYTES and not value.strip(b" \t\r\n"):
        return None
    outcome = parse_line(value, offset, is_json=is_json)
    if not isinstance(outcome, Skipped):
        return outcome
    words = f"offset {outcome.message.removeprefix('line ').removesuffix(_TWO_FILES)}"
    if value[:1] == b"\0" and len(value) > _WIRE_BYTES:
        words += (
            "; its first five bytes may be those of the Confluent wire format (a schema's number),"
            " as of Avro or Protobuf: let the producer write JSON without a schema registry"
        )
    return msgspec.structs.replace(outcome, message=words)


def _read_record(record: object, line: bytes, number: int) -> Event | Skipped:
    """Apply the rules of the fields, in the order of the reasons."""
    if not isinstance(record, dict):
        return _skip(line, number, NOT_AN_OBJECT, f"is {_kind(record)}, not an object")
    missing = [name for name in ("user_id", "type", "order_id") if name not in record]
    if missing:
        return _skip(line, number, MISSING_FIELD, f"lacks {' and '.join(map(repr, missing))}")
    user_id, kind, order_id = record["user_id"], record["type"], record["order_id"]
    if type(user_id) is int:
        user_id = str(user_id)
    if type(user_id) is not str or not 0 < len(user_id) <= MAX_ID_CHARS:
        why = _wrong_id(user_id, "an integer")
        return _skip(line, number, INVALID_USER_ID, f"has a user_id that is {why}")
    if type(kind) is not str or kind not in ("order", "payment"):
        got = json.dumps(_shown(kind), ensure_ascii=False)
        what = f"has the type {got}, which is neither 'order' nor 'payment'"
        return _skip(line, number, UNKNOWN_TYPE, what)
    if not _is_order_id(order_id):
        why = _wrong_id(order_id, "a 64-bit integer")
        return _skip(line, number, INVALID_ORDER_ID, f"has an order_id that is {why}")
    return Event(user_id, order_id, kind == "payment")


def _is_order_id(value: object) -> bool:
    if type(value) is int:
        return -(2**63) <= value < 2**63
    return type(value) is str and 0 < len(value) <= MAX_ID_CHARS


class _NotJSON(NamedTuple):
    """Why a line is not JSON; ``column`` where it can be told."""

    why: str
    column: int | None = None


class _ConstantError(ValueError):
    """A constant that only JavaScript knows, such as ``NaN``."""


_TWO_FILES: Final = ": two files were put together"
_TOO_DEEP: Final = _NotJSON("nested too deeply")
_BEYOND: Final = object()  # stands for a number too large for any id


def _read_integer(digits: str) -> object:
    return int(digits) if len(digits) <= MAX_ID_CHARS + 1 else _BEYOND


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(f"{name} is not a JSON value")


_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_STEP: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKET: Final = bytes(set(range(256)) - set(_STEP))

_careful = json.JSONDecoder(parse_int=_read_integer, parse_constant=_refuse_constant)

# Looked for in the text: the value has lost those of a repeated key. Pairs are passed over first.
_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)

_WHY: Final = {
    "Expecting value": "expected a value",
    "Expecting property name enclosed in double quotes": "expected a name in double quotes",
    "Expecting ':' delimiter": "expected a colon",
    "Expecting ',' delimiter": "expected a comma",
    "Extra data": "more text after the value",
    "Unterminated string starting at": "a string without an end, begun",
    "Invalid control character at": "a control character in a string",
    "Invalid \\escape": "an unknown escape in a string",
    "Invalid \\uXXXX escape": "an incomplete \\u escape",
}


def _decoded(line: bytes, text: str, *, is_json: bool) -> object:
    """Decode one line; gives ``_NotJSON`` where it is none."""
    if is_too_deep(line):
        return _TOO_DEEP
    if is_json:
        try:
            return _decode(line)
        except msgspec.DecodeError:
            pass
    return _read_carefully(line, text)


def _read_carefully(line: bytes, text: str) -> object:
    """Decode one line that the fast decoder refuses; gives ``_NotJSON`` where it is none."""
    try:
        value = _careful.decode(text.strip(" \t\r"))
    except json.JSONDecodeError as error:
        at = error.pos + len(text) - len(text.lstrip(" \t\r"))
        if text.startswith(_MARK, at):
            return _not_json("a byte-order mark", at + 1, _TWO_FILES)
        why = _WHY.get(error.msg.removesuffix(": "), error.msg.lower())
        return _not_json(why, at + 1)
    except _ConstantError as error:
        return _not_json(str(error), _column_of_refusal(line))
    for escape in _ESCAPE.finditer(text):
        if escape["lone"]:
            return _not_json("a lone surrogate in a string", escape.start() + 1)
    return value


def _not_json(why: str, column: int | None, cause: str = "") -> _NotJSON:
    return _NotJSON((f"{why} at column {column}" if column else why) + cause, column)


def _column_of_refusal(line: bytes) -> int | None:
    """Ask the fast decoder, which tells where a constant stands."""
    try:
        _decode(line)
    except msgspec.DecodeError as error:
        byte = re.search(r"\(byte (\d+)\)", str(error))
        return len(line[: int(byte[1])].decode(errors="replace")) + 1 if byte else None
    return None


def shown_text(line: bytes) -> tuple[str, bool]:
    """Give as much of a line as is shown of it, undecodable bytes as ``�``, and whether it is cut.

    It may be cut in the middle of a character, which is left out.
    """
    if len(line) <= MAX_RAW_BYTES:
        return line.decode(errors="replace"), False
    return codecs.getincrementaldecoder("utf-8")("replace").decode(line[:MAX_RAW_BYTES]), True


def _skip(
    line: bytes, number: int, reason: Reason, what: str, column: int | None = None
) -> Skipped:
    raw, cut = shown_text(line)
    return Skipped(number, reason, f"line {number} {what}", column, raw, cut)


def _wrong_id(value: Any, integer: str) -> str:
    if value == "" and isinstance(value, str):
        return "empty"
    if isinstance(value, str) or (value is _BEYOND and integer == "an integer"):
        return f"longer than {MAX_ID_CHARS} characters"
    if value is _BEYOND or type(value) is int:
        return f"not {integer}" if integer != "an integer" else f"longer than {MAX_ID_CHARS} digits"
    return f"{_kind(value)}, not a string or {integer}"


def _shown(value: Any) -> Any:
    """Cut a value down to what a sentence can hold."""
    if isinstance(value, str):
        return value if len(value) <= 40 else value[:40] + "…"
    if isinstance(value, bool | float) or value is None:
        return value
    return value if isinstance(value, int) and abs(value) < 2**64 else _kind(value)


def _kind(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return "a string"
        case _:
            return "a number"
