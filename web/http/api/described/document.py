"""``/api/openapi.json``: all calls in the words of OpenAPI 3.1, made of the routes themselves."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from web.http.api.answers import JSON
from web.http.api.described.call import Body, Description, Parameter, description_of
from web.http.api.described.refusals import refusals
from web.http.api.described.schemas import components, shape
from web.http.api.described.shapes import Refusal
from web.http.resource import HEAD, Resource

TITLE: Final = "Cartwatch"
_ABOUT: Final = (
    "One cart per user, joined of a stream of orders and payments. JSON in and out; times are"
    " RFC 3339 in UTC; ids in paths are percent-encoded, `/` as `%2F`. A parameter that a call does"
    " not know is refused, and so is one that is given twice. Every GET answers HEAD, without the"
    " work; a wrong method is 405 with `Allow`. Content-Encoding of what comes in is gzip or none,"
    " where records are read."
)
COOKIE: Final = "cartwatch"
"""What a cookie of ours would be called where there is no login, and so none."""

_SECURITY: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Where a token is needed: `Authorization: Bearer`, as programs send it",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "What a browser has that was signed in by the link",
    },
}
_WORD: Final = re.compile(r"[A-Za-z0-9]+")


class Operation(NamedTuple):
    """A method of a path, and what is told of it."""

    method: str
    path: str
    description: Description

    @property
    def id(self) -> str:
        """What it is known by: its method and its path, as one word."""
        words = _WORD.findall(self.path.removeprefix("/api").replace("{", "by_{"))
        return self.method + "".join(word[0].upper() + word[1:] for word in words)

    @property
    def parameters(self) -> list[Parameter]:
        """All of its parameters."""
        return self.description.parameters(self.path)


def operations(routes: Iterable[Resource]) -> Iterator[Operation]:
    """Give what is told of each method of each route, in their order."""
    for route in routes:
        for method, call in route.calls.items():
            told = description_of(call)
            if told is not None and method != HEAD:
                yield Operation(method.lower(), route.path, told)


def make_document(routes: Iterable[Resource], root: str, cookie: str = COOKIE) -> dict[str, Any]:
    """Describe the calls of these routes, which stand below ``root``; ``cookie`` is a session's."""
    schemes = {**_SECURITY, "session": {**_SECURITY["session"], "name": cookie}}
    paths: dict[str, dict[str, Any]] = {}
    for each in operations(routes):
        paths.setdefault(each.path, {})[each.method] = _operation(each)
    sections = dict.fromkeys(each.description.section for each in operations(routes))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": _version(),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": root or "/"}],
        "security": [{}, *({name: []} for name in schemes)],
        "tags": [{"name": section} for section in sections],
        "paths": paths,
        "components": {"schemas": components(), "securitySchemes": schemes},
    }


def _version() -> str:
    import importlib.metadata  # a tenth of a start, for who asks

    try:
        return importlib.metadata.version("cartwatch")
    except importlib.metadata.PackageNotFoundError:
        return "of a folder that is not installed"


def _operation(each: Operation) -> dict[str, Any]:
    told = each.description
    responses: dict[str, Any] = {
        str(answer.status): {"description": answer.about, "content": _content(answer.content)}
        for answer in told.answers
    }
    for status, words in refusals(each.method, told).items():
        content = _content({JSON: shape(Refusal)})
        responses[str(status)] = {"description": words, "content": content}
    operation: dict[str, Any] = {
        "operationId": each.id,
        "tags": [told.section],
        "summary": told.summary,
        "parameters": [_parameter(parameter) for parameter in each.parameters],
        "responses": responses,
    }
    if told.body is not None:
        operation["requestBody"] = _body(told.body)
    return operation


def _parameter(parameter: Parameter) -> dict[str, Any]:
    told = {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.about,
        "required": parameter.required,
        "schema": parameter.schema,
    }
    return {**told, "example": parameter.example} if parameter.example else told


def _body(body: Body) -> dict[str, Any]:
    return {
        "description": body.about,
        "required": body.required,
        "content": _content(body.content),
    }


def _content(content: Any) -> dict[str, Any]:
    return {media_type: {"schema": schema} for media_type, schema in content.items()}
