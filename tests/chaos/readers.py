"""Who reads while the program is killed: browsers on ``/ws``, and a client of the API."""

from __future__ import annotations

import json
import time
from random import Random
from typing import Any, Final
from urllib.parse import quote

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.chaos.experiment import Experiment
from tests.chaos.program import GoneError
from tests.chaos.screen import Feed, Growing, Screen, Versions, see_upload
from tests.chaos.stream import SHARED_USERS, TALL_USER

WINDOWS: Final = (
    "",
    "",
    "sort=user&search=s",
    "filter=unpaid&sort=unpaid",
    f"user={TALL_USER}",
)
"""What the browsers look at, in the words of ``/ws``; the first two share a channel."""

SNAPSHOT_WITHIN_S: Final = 10.0
RESUMED: Final = 0.5
"""The share of connections that ask for what was missed."""


class Browser:
    """A browser that keeps one window open, and is loaded again now and then."""

    def __init__(self, experiment: Experiment, query: str, random: Random) -> None:
        self._experiment = experiment
        self._query = query
        self._random = random
        self.screen = Screen(f"/ws?{query}", experiment.complain)

    def look(self) -> None:
        """Look until the experiment is over."""
        experiment = self._experiment
        url = f"ws://127.0.0.1:{experiment.program.port}/ws?{self._query}"
        while not experiment.over.is_set() and not experiment.failed.is_set():
            since = self.screen.since if self._random.random() < RESUMED else ""
            asked = f"{url}&since={since}" if since else url
            try:
                with connect(
                    asked, proxy=None, compression=None, open_timeout=5, close_timeout=0.2
                ) as socket:
                    self.screen.connected(since)
                    self._follow(socket, self._random.randrange(5, 200))
            except (OSError, WebSocketException):
                experiment.failed.wait(0.05)

    def _follow(self, socket: ClientConnection, frames: int) -> None:
        experiment = self._experiment
        began = time.monotonic()
        for _ in range(frames):
            while True:
                if experiment.over.is_set() or experiment.failed.is_set():
                    return
                try:
                    text = socket.recv(timeout=0.2)
                except TimeoutError:
                    if not self.screen.has_begun and time.monotonic() - began > SNAPSHOT_WITHIN_S:
                        experiment.complain(f"/ws?{self._query}: no snapshot")
                else:
                    break
            self.screen.take(json.loads(text))

    def shows(self) -> str | None:
        """Compare the window with the same page of the API; says where they differ."""
        params = self._query.partition("user=")[0]
        if params == self._query:
            carts = self._experiment.get(f"/api/carts?{params}")["items"]
        else:
            carts = self._experiment.get(f"/api/carts?search={TALL_USER}")["items"]
        shown = self.screen.rows("carts")
        if shown != carts:
            return f"/ws?{self._query} shows at last {shown}, and /api/carts {carts}"
        uploads = self._experiment.get("/api/uploads?limit=20")["items"]
        if [*map(_told, self.screen.rows("uploads"))] != [*map(_told, uploads)]:
            return f"/ws?{self._query} shows uploads other than {uploads}"
        return None


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Give a row without what is null: a field that is gone is told so."""
    return {name: value for name, value in row.items() if value is not None}


class APIReader:
    """A client that asks for everything again and again, and takes the fulfilment feed."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self.feed = Feed(experiment.complain)
        self._versions = Versions("the API", experiment.complain)
        self._growing = Growing("the API", experiment.complain)

    def read(self) -> None:
        """Read until the experiment is over."""
        turn = 0
        while not self._experiment.over.is_set():
            try:
                self.read_once(turn)
            except GoneError:
                self._experiment.pause(0.05)
            self._experiment.pause(0.05)
            turn += 1

    def read_once(self, turn: int) -> None:
        """Read the feed, and one thing more."""
        self.feed.take(self._get(f"/api/completed?cursor={self.feed.cursor}&limit=500")["items"])
        match turn % 4:
            case 0:
                stats = self._get("/api/stats")
                for name in ("events", "duplicates", "skipped", "paid"):
                    self._growing.see(name, stats[name])
                for upload in self._get("/api/uploads")["items"]:
                    see_upload(upload, self._growing, self._experiment.complain)
            case 1:
                for cart in self._get("/api/carts?sort=user&limit=500")["items"]:
                    self._versions.see(cart)
            case 2:
                for user_id in (TALL_USER, SHARED_USERS[turn // 4 % len(SHARED_USERS)]):
                    answer = self._experiment.program.call("GET", f"/api/carts/{quote(user_id)}")
                    if answer.status == 200:
                        self._versions.see(answer.json())
            case 3 if turn % 20 == 3:
                whole = self._experiment.program.call("GET", "/api/completed.jsonl").body
                self.feed.compare([json.loads(line) for line in whole.splitlines()])
            case _:
                for cart in self._get("/api/carts")["items"]:
                    self._versions.see(cart)

    def _get(self, path: str) -> Any:
        answer = self._experiment.program.call("GET", path)
        assert answer.status == 200, (path, answer)
        return answer.json()
