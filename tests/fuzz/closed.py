"""The document of the API, made narrower for a fuzzer than it is for a client."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

LINES = "application/jsonl"
BYTES = "application/octet-stream"


def closed(document: dict[str, Any]) -> dict[str, Any]:
    """Let no answer have a field that is not described, and every raw body be bytes.

    To a client a further field is none of its business: to us it is one that was forgotten.
    """
    document = deepcopy(document)
    for shape in document["components"]["schemas"].values():
        _close(shape)
    for path in document["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                for content in answer["content"].values():
                    _close(content["schema"])
            taken = operation.get("requestBody", {}).get("content", {})
            taken.pop(LINES, None)  # it is read as any other bytes are
            if BYTES in taken:
                taken[BYTES] = {"schema": {"type": "string", "format": "binary"}}
    return document


def _close(schema: Any) -> None:
    if isinstance(schema, list):
        for each in schema:
            _close(each)
    elif isinstance(schema, dict):
        for each in list(schema.values()):
            _close(each)
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
