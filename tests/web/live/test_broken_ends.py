"""What breaks behind a browser's socket: it is closed, or told why it waits; never left silent."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.types import Message
from starlette.websockets import WebSocket
from typing_extensions import override

from web.http.app import _to_its_end
from web.live.frames import Content, ListPart
from web.live.hub import Viewer
from web.live.live import Live, Moment
from web.live.socket import serve_browser
from web.view.windows import Window

pytestmark = pytest.mark.anyio
WITHIN_S = 20
NOTHING = ListPart([], {"total": 0})


class PlayedMoment(Moment):
    """Shows nothing of any window; fails for those whose search is ``broken``."""

    def __init__(self, broken: set[str]) -> None:
        self._broken = broken

    @override
    async def content(self, window: Window) -> Content:
        if window.search in self._broken:
            raise sqlite3.OperationalError("disk I/O error")
        return Content("1", NOTHING, NOTHING, NOTHING, NOTHING, b"{}", b"{}", b"{}")


class Dashboard:
    """A live side whose windows break and are mended again; ``all`` breaks the moment itself."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.live = Live(self._moment, lambda: True)

    @asynccontextmanager
    async def _moment(self) -> AsyncIterator[Moment]:
        if "all" in self.broken:
            raise OSError("too many open files")
        yield PlayedMoment(self.broken)

    def look(self, search: str) -> tuple[Viewer, asyncio.Event]:
        news = asyncio.Event()
        return self.live.hub.join(Window(search=search), news.set), news


async def told(viewer: Viewer, news: asyncio.Event) -> dict[str, Any]:
    """Wait for the next frame."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            await news.wait()
            news.clear()
            if (frame := viewer.take_frame()) is not None:
                shown: dict[str, Any] = json.loads(frame)
                return shown


@pytest.fixture
async def dashboard(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Dashboard]:
    monkeypatch.setattr("web.live.live._TRY_AGAIN_S", 0.01)
    dashboard = Dashboard()
    running = asyncio.create_task(dashboard.live.run())
    yield dashboard
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()


async def test_a_window_that_cannot_be_read_silences_no_other(dashboard: Dashboard) -> None:
    """Those who look at it are told why, once, and get a snapshot as soon as it can be read."""
    dashboard.broken = {"b"}
    broken, sound = dashboard.look("b"), dashboard.look("s")
    dashboard.live.changed()
    assert (await told(*sound))["type"] == "snapshot"
    error = await told(*broken)
    assert (error["type"], error["error"]["code"]) == ("error", "storage")
    assert "disk I/O error" in error["error"]["message"]
    dashboard.broken = set()
    assert (await told(*broken))["type"] == "snapshot"


async def test_where_nothing_can_be_read_all_are_told(dashboard: Dashboard) -> None:
    """And it is tried again without being asked to."""
    dashboard.broken = {"all"}
    one, other = dashboard.look("1"), dashboard.look("2")
    dashboard.live.changed()
    for viewer in (one, other):
        assert (await told(*viewer))["type"] == "error"
    dashboard.broken = set()
    for viewer in (one, other):
        assert (await told(*viewer))["type"] == "snapshot"


async def test_an_unforeseen_error_ends_the_live_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken code is loud, and is no storage that may recover."""

    async def broken(*_: object) -> Content:
        raise KeyError("unforeseen")

    monkeypatch.setattr(PlayedMoment, "content", broken)
    dashboard = Dashboard()
    dashboard.look("")
    dashboard.live.changed()
    with pytest.raises(KeyError):
        await dashboard.live.run()


class PlayedSocket(WebSocket):
    """A socket whose sending or hearing breaks."""

    def __init__(self, breaks: str) -> None:
        self.closed: list[Message] = []
        self.heard = False

        async def receive() -> Message:
            if not self.heard:
                self.heard = True
                return {"type": "websocket.connect"}
            if breaks == "hearing":
                raise KeyError("unforeseen")
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            if message["type"] == "websocket.send" and breaks == "sending":
                raise KeyError("unforeseen")
            if message["type"] == "websocket.close":
                self.closed.append(message)

        scope = {"type": "websocket", "path": "/ws", "query_string": b"", "headers": []}
        super().__init__(scope, receive, send)


@pytest.mark.parametrize("breaks", ["sending", "hearing"])
async def test_an_unforeseen_error_closes_the_socket_and_is_loud(
    dashboard: Dashboard, breaks: str
) -> None:
    """1011, whichever end of it breaks: no browser is left with a page that stands still."""
    socket = PlayedSocket(breaks)
    async with asyncio.timeout(WITHIN_S):
        with pytest.raises(RuntimeError, match="ended by an error") as raised:
            await _to_its_end(socket, serve_browser(socket, dashboard.live))
    assert isinstance(raised.value.__cause__, KeyError)
    assert [message["code"] for message in socket.closed] == [1011]
    assert dashboard.live.hub.statistics()["viewers"] == 0
