"""What there is at a path: each method that it takes, and the refusal of every other one."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from web.errors import bad_request
from web.http.visitor import may_change, read_only
from web.tasks import first_of

Call = Callable[[Request], Awaitable[Response]]

_NAMES: Final = frozenset(("source", "upload", "user", "user_id", "order_id", "cursor"))
"""Parameters that name one thing, or one place, which has no empty name."""

HEAD: Final = "HEAD"
GET: Final = "GET"


class Resource(Route):
    """One path, and what answers each method at it; ``HEAD`` goes to what answers ``GET``.

    The whole path is matched, to its last character, as an id may end in a line end; no part of it
    is empty.
    """

    def __init__(self, path: str, **calls: Call) -> None:
        """``calls`` are named by their methods, as in ``Resource("/x", get=..., post=...)``."""
        self._calls = {method.upper(): call for method, call in calls.items()}
        self._known: dict[str, tuple[str, ...]] | None = None
        self._for_readers: dict[str, Callable[[Request], bool]] = {}
        super().__init__(path, self._answer, methods=[*self._calls])
        pattern = self.path_regex.pattern.removesuffix("$").replace(">.*)", ">.+)")
        self.path_regex = re.compile(rf"{pattern}\Z", re.DOTALL)

    def knowing(self, **names: tuple[str, ...]) -> "Resource":
        """Refuse every parameter but these, by method; gives itself.

        What nobody looks at would be taken for heard. Of those that name one thing, or one place,
        none is empty.
        """
        self._known = {method.upper(): known for method, known in names.items()}
        return self

    def for_readers(self, **calls: Callable[[Request], bool]) -> "Resource":
        """Let those who may only read make calls other than ``GET``, by method; gives itself.

        Each is asked whether a request changes nothing. A call that is not named here is refused
        to them.
        """
        self._for_readers = {method.upper(): may for method, may in calls.items()}
        return self

    @property
    def calls(self) -> Mapping[str, Call]:
        """What answers each method."""
        return self._calls

    @property
    def allowed(self) -> list[str]:
        """Every method that is taken here, in order."""
        return sorted(self.methods or ())

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        return (match if match is Match.NONE else Match.FULL), child_scope

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in self.allowed:
            raise HTTPException(405, headers={"allow": ", ".join(self.allowed)})
        await self.app(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        method = GET if request.method == HEAD else request.method
        if method != GET and not may_change(request.scope):
            only_reads = self._for_readers.get(method)
            if only_reads is None or not only_reads(request):
                raise read_only()
        if self._known is not None:
            _refuse_unknown(request.query_params, self._known.get(method, ()))
        return await self._calls[method](request)


def _refuse_unknown(params: Mapping[str, str], known: Sequence[str]) -> None:
    """Raise ``APIError`` (400) for a parameter that is none, or says nothing."""
    for name, value in params.items():
        if name not in known:
            those = f"it takes {', '.join(known)}" if known else "it takes none"
            raise bad_request(f"{name[:40]!r} is no parameter of this call: {those}")
        if not value and name in _NAMES:
            raise bad_request(f"{name} is empty: give it a value, or leave it out")


class Later(Response):
    """An answer whose body is made once it is to be sent: ``HEAD`` goes without that work.

    And so does a client that has left meanwhile.
    """

    def __init__(
        self, make: Callable[[], Awaitable[bytes]], media_type: str, status_code: int = 200
    ) -> None:
        """What ``make`` raises is answered as if the request itself had raised it."""
        super().__init__(status_code=status_code, media_type=media_type)
        del self.headers["content-length"]
        self._make = make

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == HEAD:
            await super().__call__(scope, receive, send)
        else:
            await first_of(self._answer(scope, receive, send), until_it_leaves(receive))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.body = await self._make()
        self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


async def until_it_leaves(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
