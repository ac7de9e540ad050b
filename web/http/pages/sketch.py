"""A JSON Schema as a person reads it: a sketch of what it allows, with the shapes that it names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from web.http.api.described.call import Schema

_WORDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "object": "object",
    "array": "list",
}


class Piece(NamedTuple):
    """A piece of a sketch; ``shape`` is what it is the name of, if of any."""

    text: str
    shape: str | None = None


def sketch(schema: Schema) -> list[Piece]:
    """Sketch what a schema allows."""
    return list(_sketch(schema, ""))


def sketch_fields(schema: Schema) -> list[Piece]:
    """Sketch the fields of an object."""
    return list(_fields(schema, ""))


def bounds(schema: Schema) -> str:
    """Say what a parameter may be, and what it is where it is absent."""
    words = "".join(piece.text for piece in sketch(schema))
    low, over, high = (schema.get(name) for name in ("minimum", "exclusiveMinimum", "maximum"))
    if over is not None:
        words += f" over {over:,}"
    if low is not None and high is not None:
        words += f", {low:,} to {high:,}"
    elif high is not None:
        words += f", at most {high:,.0f}"
    if (most := schema.get("maxLength")) is not None:
        least = schema.get("minLength")
        words += f", {f'{least} to' if least else 'at most'} {most:,} characters"
    if "default" in schema:
        words += f"; {json.dumps(schema['default']).strip(chr(34))} where absent"
    return words


def _sketch(schema: Schema, margin: str) -> Iterator[Piece]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield Piece(name, name)
    elif "const" in schema:
        yield Piece(json.dumps(schema["const"]))
    elif "enum" in schema:
        yield Piece(" | ".join(json.dumps(word) for word in schema["enum"]))
    elif "properties" in schema:
        yield from _fields(schema, margin)
    elif (ways := schema.get("anyOf") or schema.get("oneOf")) is not None:
        yield from _joined(ways, margin)
    elif "items" in schema:
        yield Piece("[")
        yield from _sketch(schema["items"], margin)
        yield Piece(", …]")
    elif isinstance(schema.get("additionalProperties"), Mapping):
        yield Piece("{text: ")
        yield from _sketch(schema["additionalProperties"], margin)
        yield Piece(", …}")
    else:
        yield Piece(_word(schema))


def _fields(schema: Schema, margin: str) -> Iterator[Piece]:
    inner = margin + "  "
    required: Sequence[str] = schema.get("required", ())
    yield Piece("{\n")
    for name, field in schema["properties"].items():
        yield Piece(f"{inner}{json.dumps(name)}{'' if name in required else '?'}: ")
        yield from _sketch(field, inner)
        yield Piece("\n")
    yield Piece(margin + "}")


def _joined(ways: Sequence[Schema], margin: str) -> Iterator[Piece]:
    for number, way in enumerate(ways):
        if number:
            yield Piece(" or ")
        yield from _sketch(way, margin)


def _word(schema: Schema) -> str:
    kinds = schema.get("type")
    if kinds is None:
        return "bytes"
    if schema.get("format") == "date-time":
        return "time"
    return " or ".join(_WORDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
