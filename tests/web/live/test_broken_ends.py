"""What breaks behind a browser's socket: it is closed, or told why it waits; never left silent."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.types import Message
from starlette.websockets import WebSocket
from typing_extensions import override

from tests.kit.wire import Parser
from tests.web.live.dashboard import COMMON, NOTHING, Browser
from web.http.app import _to_its_end
from web.live.frames import Content
from web.live.hub import Since
from web.live.live import Contents, Live, Moment
from web.live.socket import OUTLET, serve_browser
from web.view.windows import Window

pytestmark = pytest.mark.anyio
SHOWING_NOTHING = Content("1", NOTHING, NOTHING, COMMON)
WITHIN_S = 20


class PlayedMoment(Moment):
    """Shows nothing of any window; fails for those whose search is ``broken``."""

    def __init__(self, broken: set[str]) -> None:
        self._broken = broken

    @override
    async def content(self, window: Window) -> Content:
        return SHOWING_NOTHING

    @override
    async def look(
        self, windows: Collection[Window], eager: Collection[Window], now: float
    ) -> Contents:
        broken = [each for each in windows if each.search in self._broken]
        error = sqlite3.OperationalError("disk I/O error")
        shown = dict.fromkeys(set(windows).difference(broken), SHOWING_NOTHING)
        return Contents(shown, dict.fromkeys(broken, error), None)


class Watcher(Browser):
    """Takes whole messages as they are on the wire."""

    def __init__(self) -> None:
        super().__init__()
        self.news = asyncio.Event()

    @override
    def put(self, messages: bytes) -> None:
        parser = Parser()
        super().put(b"\n".join(parser.texts(messages)))
        self.news.set()

    async def told(self) -> dict[str, Any]:
        """Wait for the next frame."""
        async with asyncio.timeout(WITHIN_S):
            while not self.got:
                self.news.clear()
                await self.news.wait()
        return self.got.pop(0)


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

    def look(self, search: str) -> Watcher:
        watcher = Watcher()
        watcher.viewer = self.live.hub.join(Window(search=search), watcher)
        return watcher


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
    assert (await sound.told())["type"] == "snapshot"
    error = await broken.told()
    assert (error["type"], error["error"]["code"]) == ("error", "storage")
    assert "disk I/O error" in error["error"]["message"]
    dashboard.broken = set()
    assert (await broken.told())["type"] == "snapshot"


async def test_where_nothing_can_be_read_all_are_told(dashboard: Dashboard) -> None:
    """And it is tried again without being asked to."""
    dashboard.broken = {"all"}
    one, other = dashboard.look("1"), dashboard.look("2")
    dashboard.live.changed()
    for viewer in (one, other):
        assert (await viewer.told())["type"] == "error"
    dashboard.broken = set()
    for viewer in (one, other):
        assert (await viewer.told())["type"] == "snapshot"


async def test_an_unforeseen_error_ends_the_live_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken code is loud, and is no storage that may recover."""

    async def broken(*_: object) -> Contents:
        raise KeyError("unforeseen")

    monkeypatch.setattr(PlayedMoment, "look", broken)
    dashboard = Dashboard()
    dashboard.look("")
    dashboard.live.changed()
    with pytest.raises(KeyError):
        await dashboard.live.run()


async def test_silence_is_broken_by_heartbeats(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a page can tell a quiet server from a dead one, also where much is looked at anew."""
    monkeypatch.setattr("web.live.live.HEARTBEAT_S", 0.05)
    watcher = dashboard.look("")
    dashboard.live.changed()
    assert (await watcher.told())["type"] == "snapshot"

    async def rouse() -> None:
        while True:
            dashboard.live.changed()
            await asyncio.sleep(0.01)

    for work in (asyncio.sleep(0), rouse()):
        rousing = asyncio.ensure_future(work)
        for _ in range(2):
            assert (await watcher.told()).keys() == {"type", "at"}
        rousing.cancel()


async def test_who_comes_back_and_lacks_nothing_is_told_that_all_is_well(
    dashboard: Dashboard,
) -> None:
    """At once: a page that hears nothing takes its connection for one that is not there yet."""
    watcher = dashboard.look("")
    dashboard.live.changed()
    snapshot = await watcher.told()
    back = Watcher()
    since = Since(snapshot["generation"], snapshot["version"])
    back.viewer = dashboard.live.hub.join(Window(search=""), back, since)
    dashboard.live.changed()
    assert (await back.told())["type"] == "heartbeat"


class PlayedSocket(WebSocket):
    """A socket whose hearing breaks."""

    def __init__(self) -> None:
        self.closed: list[Message] = []
        self.heard = False

        async def receive() -> Message:
            if not self.heard:
                self.heard = True
                return {"type": "websocket.connect"}
            raise KeyError("unforeseen")

        async def send(message: Message) -> None:
            if message["type"] == "websocket.close":
                self.closed.append(message)

        scope = {"type": "websocket", "path": "/ws", "query_string": b"", "headers": []}
        super().__init__(scope | {"state": {OUTLET: Watcher()}}, receive, send)


async def test_an_unforeseen_error_closes_the_socket_and_is_loud(dashboard: Dashboard) -> None:
    """1011: no browser is left with a page that stands still."""
    socket = PlayedSocket()
    async with asyncio.timeout(WITHIN_S):
        with pytest.raises(RuntimeError, match="ended by an error") as raised:
            await _to_its_end(socket, serve_browser(socket, dashboard.live))
    assert isinstance(raised.value.__cause__, KeyError)
    assert [message["code"] for message in socket.closed] == [1011]
    assert dashboard.live.hub.statistics()["viewers"] == 0
