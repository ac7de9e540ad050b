"""The API told of itself: as a document for programs, and as a page for people."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from web.access.access import Access
from web.http.api.answers import JSON
from web.http.api.described.call import Answer, described
from web.http.api.described.document import COOKIE, Operation, make_document, operations
from web.http.api.described.schemas import text_of
from web.http.api.described.sections import ABOUT
from web.http.pages.docs import render_docs
from web.http.resource import Later, Resource
from web.service.service import Service, service_of
from web.view.windows import Window

_HTML: Final = "text/html"


class About:
    """What is told of the calls of some routes; the document is made when it is first asked for."""

    def __init__(self, routes: Iterable[Resource]) -> None:
        self._routes = tuple(routes)
        self._document: bytes | None = None

    def document(self, root: str, cookie: str) -> bytes:
        """Give the document of the calls below ``root``, of a server whose sessions have a cookie.

        It is made once.
        """
        if self._document is None:
            self._document = msgspec.json.encode(make_document(self._routes, root, cookie))
        return self._document

    def operations(self) -> list[Operation]:
        """Give what is told of each call."""
        return list(operations(self._routes))


@described(
    ABOUT,
    "Gives this description of the API, in the words of OpenAPI 3.1.",
    Answer("The document", {JSON: {"type": "object"}}),
)
async def get_document(request: Request) -> Response:
    """``GET /api/openapi.json``: what every call takes and answers."""
    about: About = request.app.state.about
    access: Access = request.app.state.access
    cookie = COOKIE if access.login is None else access.login.cookie

    async def make() -> bytes:
        return about.document(access.mount, cookie)

    return Later(make, JSON)


@described(
    ABOUT,
    "Gives a page of all calls, each with an example that works when it is copied.",
    Answer("The page", {_HTML: text_of("It needs nothing from elsewhere")}),
)
async def get_docs(request: Request) -> Response:
    """``GET /api/docs``: the same for people."""
    about: About = request.app.state.about
    access: Access = request.app.state.access

    async def make() -> bytes:
        ids = await _ids(service_of(request.app))
        base = str(request.base_url).rstrip("/") + access.mount
        asks_who = access.login is not None
        page = render_docs(about.operations(), base, ids, access.mount, asks_who=asks_who)
        return page.encode()

    return Later(make, _HTML)


async def _ids(service: Service) -> Mapping[str, str]:
    """Name one of each kind, the newest, for examples to be of something that is there."""
    generation = service.generation
    with generation.threads.held():
        skipped, _ = await generation.threads.read(lambda view: view.newest_skipped(1))
        carts = (await generation.carts.page(Window(limit=1))).rows
    uploads, _ = generation.uploads.newest(1)
    found: dict[str, list[str]] = {
        "record_id": [str(row.id) for row in skipped.page.rows],
        "user_id": [str(row.id) for row in carts],
        "upload_id": [upload.id for upload in uploads],
    }
    return {name: ids[0] for name, ids in found.items() if ids}
