"""A page whose server is played by the test: its HTML, its socket and its API."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Request, Route, WebSocketRoute
from starlette.applications import Starlette
from starlette.requests import Request as HTTPRequest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route as Path
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.browser.flow_facts import topic
from tests.browser.frames import Frame, orders_page, snapshot
from web.http import assets
from web.http.addresses import IdResource, user_of
from web.http.pages.orders_shown import read_orders_shown
from web.http.pages.render import render_refusal, render_view
from web.http.pages.visitor import ANYBODY, Visitor

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ROUND_TRIPS = 2_000
#: The page's second frame after now: whatever was asked to be painted is.
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


#: All that a node holds is selected.
SELECT = "(node) => getSelection().selectAllChildren(node)"


#: The views that have an address of their own.
VIEWS = {
    "/": "carts",
    "/skipped": "skipped",
    "/files": "files",
    "/completed": "completed",
    "/flow": "flow",
    "/flow/recovery": "recovery",
}


class Answer(NamedTuple):
    """What a test has the server say to the addresses of a pattern."""

    pattern: re.Pattern[str]
    status: int
    content: str


@dataclass
class Server:
    """What the played server renders; `blank` is a page without a script of its own.

    Of the API it tells what any page of a cart may ask at any time; a test answers the rest, and
    finds the bodies that came with what it answers. It is not the browser that answers: where that
    may, it keeps nothing of what it loads, and asks for all modules of each page anew.
    """

    origin: str = ""
    first: Frame = field(default_factory=snapshot)
    facts: dict[str, Any] = field(default_factory=dict)
    visitor: Visitor = ANYBODY
    answers: list[Answer] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def answer_to(self, address: str) -> Answer | None:
        """Give what a test has said last of an address, its query with it."""
        address = address.removesuffix("?")
        return next((each for each in self.answers if each.pattern.fullmatch(address)), None)

    def app(self) -> ASGIApp:
        """Build the application: answers, pages and files, and nothing that lives."""
        pages = self._pages()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            address = b"%b?%b" % (scope["raw_path"], scope["query_string"])
            answer = self.answer_to(address.decode())
            if answer is None:
                await pages(scope, receive, send)
                return
            self.bodies.append(await HTTPRequest(scope, receive).body())
            _, status, content = answer
            headers = {"cache-control": "no-store", "content-type": "application/json"}
            await Response(content, status, headers)(scope, receive, send)

        return app

    def _pages(self) -> Starlette:
        return Starlette(
            routes=[
                Path("/static/{path:path}", assets.installed().serve),
                Path("/blank", self._blank),
                *(Path(path, self._view) for path in VIEWS),
                IdResource("/carts/{user_id}", get=self._cart),
                Path("/cart", self._cart),
                IdResource("/api/carts/{user_id}/orders", get=self._orders),
                Path("/files/{id}", self._file),
            ]
        )

    async def _view(self, request: HTTPRequest) -> HTMLResponse:
        return self._rendered(VIEWS[request.url.path])

    async def _cart(self, request: HTTPRequest) -> HTMLResponse:
        user_id = user_of(request)
        shown = read_orders_shown(user_id, request.query_params)
        return self._rendered("cart", wanted=user_id, shown=shown, orders=self._orders_told())

    async def _orders(self, _: HTTPRequest) -> JSONResponse:
        return JSONResponse(self._orders_told())

    def _orders_told(self) -> Frame:
        orders: Frame = self.facts.get("orders") or orders_page()
        return orders

    async def _file(self, _: HTTPRequest) -> HTMLResponse:
        return self._rendered("file")

    def _rendered(self, view: str, **facts: Any) -> HTMLResponse:
        given = {"topic": topic(), **facts, **self.facts}
        html = render_view(view, self.first, visitor=self.visitor, **given)
        return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})

    async def _blank(self, request: HTTPRequest) -> HTMLResponse:
        html = render_refusal(404, request.url.path)
        return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})


class Stage:
    """One page, and the test's hands on everything it talks to."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        server.answers, server.bodies = [], []
        self.sockets: list[WebSocketRoute] = []
        self.said: list[Frame] = []
        self.calls: list[Request] = []
        self.errors: list[str] = []
        self.loading: set[Request] = set()
        self.reading: set[Request] = set()
        self.deaf = False
        self.silent = False
        self.refuses = False
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("request", self._load)
        for event in ("requestfinished", "requestfailed"):
            page.on(event, self._loaded)
        page.route_web_socket("**/ws?*", self._connect)

    def open(
        self,
        path: str = "/",
        first: Frame | None = None,
        *,
        live: bool = True,
        facts: dict[str, Any] | None = None,
        visitor: Visitor = ANYBODY,
    ) -> Page:
        """Open a page rendered from `first` and `facts`, and play that same frame to it.

        A view that reads itself anew with the first frame has done so by then.
        """
        self.server.visitor = visitor
        self.server.first = snapshot() if first is None else first
        self.server.facts = facts or {}
        self.page.goto(self.server.origin + path)
        if live:
            self.page.locator("[data-connection=live]").wait_for()
            self.painted()
            self._evaluate_until_over(self.reading, "0")
        return self.page

    def blank(self) -> Page:
        """Open a page that runs nothing, for modules on their own."""
        self.page.goto(self.server.origin + "/blank")
        return self.page

    def play(self, frame: Frame | str) -> None:
        """Send a frame (or any text) to the page, as soon as it has opened its socket."""
        for _ in range(ROUND_TRIPS):
            if self.sockets:
                break
            self.page.evaluate("0")
        self.sockets[-1].send(frame if isinstance(frame, str) else json.dumps(frame))

    def select(self, place: Locator, what: str = SELECT) -> None:
        """Select what stands at a place; what copies it comes with the first selection."""
        place.evaluate(what)
        self.painted()

    def painted(self) -> None:
        """Return once all that was played before is on screen, by modules that come late, too."""
        self._evaluate_until_over(self.loading, PAINTED)

    def arrived(self) -> None:
        """Return once all modules that were asked for have come, in whatever time."""
        self._evaluate_until_over(self.loading, "0")
        self.page.evaluate("0")

    def _evaluate_until_over(self, requests: set[Request], script: str) -> None:
        for _ in range(ROUND_TRIPS):
            self.page.evaluate(script)
            if not requests:
                break

    def _load(self, request: Request) -> None:
        address = request.url.removeprefix(self.server.origin)
        path = urlsplit(address).path
        if self.server.answer_to(address):
            self.calls.append(request)
        if path.startswith("/static/"):
            self.loading.add(request)
        elif path in VIEWS and request.resource_type == "fetch":
            self.reading.add(request)

    def _loaded(self, request: Request) -> None:
        self.loading.discard(request)
        self.reading.discard(request)

    def taken(self, held: Sequence[Route], count: int = 1) -> Route:
        """Give the newest of the requests that a test holds, once so many have come."""
        while len(held) < count:
            self.painted()
        return held[-1]

    def answer(
        self, pattern: str, body: Any, *, status: int = 200, text: str | None = None
    ) -> None:
        """Answer calls from now on; each is kept in `calls`.

        In the pattern of their address ``*`` is anything without a slash, and ``**`` anything.
        """
        self.refuses = self.refuses or status >= 400
        parts = map(re.escape, pattern.removesuffix("?").split("*"))
        address = re.compile("[^/]*".join(parts).replace("[^/]*[^/]*", ".*"))
        content = json.dumps(body) if text is None else text
        self.server.answers.insert(0, Answer(address, status, content))

    def window(self) -> Mapping[str, Any]:
        """Give the window that the page asked for last."""
        return self.said[-1]

    def _connect(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        if self.deaf:
            socket.close(code=1001, reason="")
            return
        socket.on_message(lambda text: self.said.append(json.loads(text)))
        if not self.silent:
            socket.send(json.dumps(self.server.first))

    def _hear(self, kind: str, text: str) -> None:
        # The browser itself reports every refused call; where a test refuses, it is no error.
        if kind == "error" and not (self.refuses and text.startswith("Failed to load resource")):
            self.errors.append(text)
