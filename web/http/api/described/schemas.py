"""The shapes of answers as JSON Schemas, made of the types, and what is put together of them."""

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import msgspec

from web.http.api.described.call import Schema
from web.http.api.described.flow_shapes import FLOW_SHAPES
from web.http.api.described.kafka_shapes import KAFKA_SHAPES
from web.http.api.described.shapes import ENUMS, SHAPES

_PREFIX: Final = "#/components/schemas/"
_NOTHING: Final = {"type": "null"}


def shape(of: type) -> Schema:
    """Refer to a shape; KeyError where it is none of the document's."""
    return {"$ref": _PREFIX + _known()[of.__name__].__name__}


def or_null(schema: Schema) -> Schema:
    """Allow null, too."""
    return {"anyOf": [schema, _NOTHING]}


def page_of(of: type, **beside: Schema) -> Schema:
    """Make the schema of a page of a list; ``beside`` are further fields of it."""
    fields = {
        "items": {"type": "array", "items": shape(of)},
        "next": {"type": ["string", "null"]},
        "total": {"type": ["integer", "null"], "minimum": 0},
        **beside,
    }
    return {"type": "object", "properties": fields, "required": list(fields)}


def counts() -> Schema:
    """Make the schema of numbers by some words."""
    return {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}


def text_of(about: str) -> Schema:
    """Make the schema of what is no JSON."""
    return {"type": "string", "description": about}


def is_reference(schema: Schema) -> str | None:
    """Name the shape that a schema refers to; None where it refers to none."""
    reference: str | None = schema.get("$ref")
    return None if reference is None else reference.removeprefix(_PREFIX)


@cache
def components() -> dict[str, dict[str, Any]]:
    """Make the schema of every shape, by its name, in the order in which they are told."""
    _, made = msgspec.json.schema_components(_known().values(), ref_template=_PREFIX + "{name}")
    return {name: _tidied(of, made[name]) for name, of in _known().items()}


@cache
def _known() -> dict[str, type]:
    return {of.__name__: of for of in (*SHAPES, *FLOW_SHAPES, *KAFKA_SHAPES)}


def _tidied(of: type, made: dict[str, Any]) -> dict[str, Any]:
    """Put the fields in the order of the type, and say which are always there."""
    if "properties" not in made:
        return made
    order = list(_fields(of))
    fields = {name: _field(of, name, made["properties"][name]) for name in order}
    is_sparing = getattr(getattr(of, "__struct_config__", None), "omit_defaults", False)
    is_struct = isinstance(of, type) and issubclass(of, msgspec.Struct)
    required = order if is_struct and not is_sparing else made["required"]
    about = " ".join((of.__doc__ or "").replace("``", "").split())
    tidied = {"type": "object", "properties": fields, "required": sorted(required, key=order.index)}
    return {"description": about, **tidied} if about and about != "dict" else tidied


def _fields(of: type) -> Iterable[str]:
    fields: Iterable[str] = getattr(of, "__struct_fields__", None) or of.__annotations__
    return fields


def _field(of: type, name: str, made: dict[str, Any]) -> dict[str, Any]:
    """Take out the default, which is none of an answer, and say what a text is."""
    made = {key: value for key, value in made.items() if key != "default"}
    if (words := ENUMS.get((of.__name__, name))) is not None:
        return {**made, "enum": words}
    if name.endswith("_at"):
        return _as_time(made)
    return made


def _as_time(made: dict[str, Any]) -> dict[str, Any]:
    if made.get("type") == "string":
        return {**made, "format": "date-time"}
    return (
        {**made, "anyOf": [_as_time(each) for each in made["anyOf"]]} if "anyOf" in made else made
    )
