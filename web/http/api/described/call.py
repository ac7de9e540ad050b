"""A call and what is told of it: one thing, so that neither changes without the other.

The parameters that a call takes are those that it is described with: any other is refused. From the
same descriptions come ``/api/openapi.json`` and ``/api/docs``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from web.http.resource import Call, Resource

Schema = Mapping[str, Any]
"""A JSON Schema, as OpenAPI 3.1 has it."""

QUERY: Final = "query"
PATH: Final = "path"
HEADER: Final = "header"
_API: Final = "/api/"
ANY: Final[Schema] = {}


class Parameter(NamedTuple):
    """A parameter of a call: of its query, its path or its head. ``example`` is a value of it."""

    name: str
    about: str
    schema: Schema
    place: str = QUERY
    required: bool = False
    example: str = ""


class Body(NamedTuple):
    """What a call takes beside its address: a schema for each media type, and an example."""

    about: str
    content: Mapping[str, Schema]
    example: str
    required: bool = True


class Answer(NamedTuple):
    """What a call answers where all is well: a schema for each media type."""

    about: str
    content: Mapping[str, Schema]
    status: int = 200


class Description(NamedTuple):
    """What is told of a call. ``refusals`` say of each status beside what all give when it comes.

    ``names`` are the parameters that stand in the path, or in the query where the path has no
    place for them.
    """

    section: str
    summary: str
    answers: Sequence[Answer]
    query: Sequence[Parameter] = ()
    names: Sequence[Parameter] = ()
    head: Sequence[Parameter] = ()
    body: Body | None = None
    refusals: Mapping[int, str] = MappingProxyType({})
    is_always_answered: bool = False

    def parameters(self, path: str) -> list[Parameter]:
        """Give all parameters of the call at a path, those of the path first."""
        placed = [
            each._replace(place=PATH if f"{{{each.name}}}" in path else QUERY, required=True)
            for each in self.names
        ]
        return [*placed, *self.query, *self.head]

    def known(self, path: str) -> tuple[str, ...]:
        """Name the parameters of its query at a path."""
        return tuple(each.name for each in self.parameters(path) if each.place == QUERY)


class Described:
    """A call with its description."""

    def __init__(self, call: Call, description: Description) -> None:
        self._call = call
        self.description = description

    def __call__(self, request: Request) -> Awaitable[Response]:
        """Answer a request."""
        return self._call(request)


def described(
    section: str,
    summary: str,
    *answers: Answer,
    query: Sequence[Parameter] = (),
    names: Sequence[Parameter] = (),
    head: Sequence[Parameter] = (),
    body: Body | None = None,
    refusals: Mapping[int, str] = MappingProxyType({}),
    is_always_answered: bool = False,
) -> Callable[[Call], Described]:
    """Describe a call, where it is written."""
    description = Description(
        section, summary, answers, query, names, head, body, refusals, is_always_answered
    )
    return lambda call: Described(call, description)


def description_of(call: Call) -> Description | None:
    """Give what is told of a call; None where nothing is."""
    return call.description if isinstance(call, Described) else None


def refusing_unknown(resource: Resource) -> Resource:
    """Let a resource of the API refuse every parameter that it is not described with; gives it."""
    if not resource.path.startswith(_API):
        return resource
    told = {method: description_of(call) for method, call in resource.calls.items()}
    return resource.knowing(
        **{method: each.known(resource.path) for method, each in told.items() if each is not None}
    )
