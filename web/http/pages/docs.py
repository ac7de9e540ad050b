"""``/api/docs``: every call of the API, as a person reads it; no script, nothing from elsewhere."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote

from web.http.api.answers import JSON
from web.http.api.described.call import PATH, QUERY, Answer, Body, Parameter
from web.http.api.described.document import Operation
from web.http.api.described.refusals import refusals
from web.http.api.described.schemas import components
from web.http.pages.render import render_page
from web.http.pages.sketch import Piece, bounds, sketch, sketch_fields

_BEARER: Final = '-H "Authorization: Bearer $TOKEN"'


class Told(NamedTuple):
    """A part of a call – its body, an answer – with the shapes of what it holds."""

    about: str
    status: int
    kinds: Sequence[tuple[str, Sequence[Piece]]]


class ToldParameter(NamedTuple):
    """A parameter, and its bounds in words."""

    name: str
    place: str
    required: bool
    about: str
    bounds: str


class ToldCall(NamedTuple):
    """A call as the page tells it."""

    id: str
    method: str
    path: str
    summary: str
    parameters: Sequence[ToldParameter]
    body: Told | None
    answers: Sequence[Told]
    refusals: Mapping[int, str]
    curl: str


def render_docs(
    operations: Iterable[Operation],
    base: str,
    ids: Mapping[str, str],
    root: str = "",
    *,
    asks_who: bool = False,
) -> str:
    """The page of a server that is mounted at ``root``.

    ``base`` is what addresses of examples begin with, ``ids`` what they name, where that is known;
    a server that ``asks_who`` comes is shown a token.
    """
    sections: dict[str, list[ToldCall]] = {}
    for each in operations:
        sections.setdefault(each.description.section, []).append(
            _told(each, base, ids, asks_who=asks_who)
        )
    shapes = {
        name: (schema.get("description", ""), sketch_fields(schema))
        for name, schema in components().items()
    }
    return render_page(
        "docs",
        sheets_beside=("styles/docs.css",),
        root=root,
        sections=sections,
        shapes=shapes,
        base=base,
        asks_who=asks_who,
    )


def curl(operation: Operation, base: str, ids: Mapping[str, str], *, asks_who: bool = False) -> str:
    """Write a call as a person would send it by curl, from any shell.

    To a server that ``asks_who`` comes, with the token that the shell knows.
    """
    path, query = operation.path, []
    for each in operation.parameters:
        value = quote(ids.get(each.name, each.example), safe="")
        if each.place == PATH:
            path = path.replace(f"{{{each.name}}}", value)
        elif each.place == QUERY and (each.required or each.example):
            query.append(f"{each.name}={value}")
    address = base + path + ("?" + "&".join(query) if query else "")
    words = []
    if operation.method not in ("get", "post") or (
        operation.method == "post" and operation.description.body is None
    ):
        words += ["-X", operation.method.upper()]
    if (body := operation.description.body) is not None:
        kind = next(iter(body.content))
        words += ["-H", f"Content-Type: {kind}", "--data-binary", body.example]
    token = f"{_BEARER} " if asks_who and not operation.description.is_always_answered else ""
    return f"curl {token}{shlex.join([*words, address])}"


def _told(each: Operation, base: str, ids: Mapping[str, str], *, asks_who: bool) -> ToldCall:
    told = each.description
    return ToldCall(
        each.id,
        each.method.upper(),
        each.path,
        told.summary,
        [_parameter(parameter) for parameter in each.parameters],
        None if told.body is None else _body(told.body),
        [_answer(answer) for answer in told.answers],
        refusals(each.method, told),
        curl(each, base, ids, asks_who=asks_who),
    )


def _parameter(each: Parameter) -> ToldParameter:
    return ToldParameter(each.name, each.place, each.required, each.about, bounds(each.schema))


def _body(body: Body) -> Told:
    return Told(body.about, 0, [(kind, sketch(schema)) for kind, schema in body.content.items()])


def _answer(answer: Answer) -> Told:
    kinds = [
        (kind, sketch(schema) if kind == JSON else []) for kind, schema in answer.content.items()
    ]
    return Told(answer.about, answer.status, kinds)
