"""The browsers' socket of the real program."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.kit.frames import applied
from tests.kit.running import Cartwatch

Frame = dict[str, Any]
WITHIN_S = 20


class Viewer:
    """A browser without a page: keeps what its frames tell it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.shown: Frame = {}

    def next(self) -> Frame:
        """Take the next frame that is no heartbeat, and apply it."""
        frame: Frame = {"type": "heartbeat"}
        while frame["type"] == "heartbeat":
            frame = json.loads(self.socket.recv(timeout=WITHIN_S))
        if frame["type"] == "snapshot":
            self.shown = frame
        else:
            self.shown = applied(self.shown, frame)
        return frame

    def until_carts(self, *users: str) -> None:
        """Take frames until exactly these carts are shown."""
        while [cart["user_id"] for cart in self.carts()] != [*users]:
            self.next()

    def carts(self) -> list[Frame]:
        """Give the carts that are shown; before the first frame that is one of no user."""
        carts: list[Frame] = self.shown.get("carts", {"items": [{"user_id": None}]})["items"]
        return carts

    def say(self, **window: object) -> None:
        self.socket.send(json.dumps({"type": "window", **window}))


@contextmanager
def viewer(cartwatch: Cartwatch, query: str = "") -> Iterator[Viewer]:
    url = f"{cartwatch.url.replace('http', 'ws')}/ws?{query}"
    with connect(url, proxy=None, max_size=None) as socket:
        yield Viewer(socket)


def hear_to_the_end(seen: Viewer) -> None:
    while True:
        seen.next()


def order(user: str, number: int = 1, kind: str = "order") -> bytes:
    return json.dumps({"user_id": user, "type": kind, "order_id": number}).encode() + b"\n"


def test_the_server_speaks_first_with_a_snapshot_of_the_window(cartwatch: Cartwatch) -> None:
    """The same rows as ``GET /api/carts``, and everything else that a page shows."""
    cartwatch.call("POST", "/api/events", order("live-first-b") + order("live-first-a"))
    cartwatch.settled()
    with viewer(cartwatch, "search=live-first&sort=user") as seen:
        frame = seen.next()
        assert frame.keys() == {
            *("type", "at", "generation", "version", "window", "carts", "kept", "stats"),
            *("flow", "attention", "uploads", "skipped"),
        }
        assert frame["type"] == "snapshot"
        assert frame["window"]["search"] == "live-first"
        listed = cartwatch.get("/api/carts?search=live-first&sort=user")
        assert frame["carts"] == listed
        assert frame["flow"]["state"] == "running"


def test_what_is_committed_reaches_whoever_looks_at_it(cartwatch: Cartwatch) -> None:
    """As changes, of the window alone; and the last frame is what the API says."""
    with viewer(cartwatch, "search=live-change&sort=user") as seen:
        seen.until_carts()
        for number in range(3):
            cartwatch.call("POST", "/api/events", order("live-change-1", number))
        cartwatch.call("POST", "/api/events", order("live-change-0") + order("live-elsewhere"))
        seen.until_carts("live-change-0", "live-change-1")
        while seen.shown["carts"]["items"][1]["unpaid"] != 3:
            seen.next()
        assert seen.shown["carts"] == cartwatch.get("/api/carts?search=live-change&sort=user")


def test_a_browser_may_look_at_another_window(cartwatch: Cartwatch) -> None:
    """A snapshot of it comes; null and absent parameters are their defaults."""
    cartwatch.call("POST", "/api/events", order("live-turn-a") + order("live-turn-b", 1, "payment"))
    cartwatch.settled()
    with viewer(cartwatch, "search=live-turn&sort=user") as seen:
        seen.until_carts("live-turn-a", "live-turn-b")
        seen.say(search="live-turn", filter="waiting", cursor=None)
        seen.until_carts("live-turn-b")
        assert seen.shown["window"]["sort"] == "recent"
        seen.say(user="live-turn-a")
        seen.until_carts("live-turn-a")


@pytest.mark.parametrize(
    "said",
    [
        *("", "x", "[]", "null", "{}", '{"type": "x"}', '{"type": "window", "search": 5}'),
        *('{"type": "window", "sort": "x"}', '{"type": "window", "cursor": "x"}', "[" * 5_000),
        *('{"type": "window", "search": "\\ud800"}', '{"type": "window", "filter": []}'),
        *('{"type": "window", "limit": "501"}', '{"type": "window", "limit": "x"}'),
        '{"type": "window", "nosuch": "1"}',
    ],
)
def test_a_request_that_cannot_be_is_answered_by_an_error_and_the_window_stays(
    cartwatch: Cartwatch, said: str
) -> None:
    """The connection too."""
    with viewer(cartwatch, "search=live-bad") as seen:
        assert seen.next()["type"] == "snapshot"
        seen.socket.send(said)
        frame = seen.next()
        while frame["type"] == "changes":
            frame = seen.next()
        assert frame["type"] == "error"
        assert frame["error"]["code"] == "bad_request"
        seen.say(search="live-bad")
        while (frame := seen.next())["type"] != "snapshot":
            assert frame["type"] == "changes"
        assert frame["window"]["search"] == "live-bad"


@pytest.mark.parametrize(
    "query", ["filter=nothing", "limit=501", "limit=", "nosuch=1", "sort=user&sort=user"]
)
def test_a_window_that_cannot_be_is_told_and_the_default_shown(
    cartwatch: Cartwatch, query: str
) -> None:
    """A stale link is no closed door."""
    with viewer(cartwatch, query) as seen:
        assert seen.next()["type"] == "error"
        assert seen.next()["window"]["filter"] == "all"


def test_a_window_has_as_many_carts_as_are_asked_for(cartwatch: Cartwatch) -> None:
    """As a page of the API; and goes on so."""
    lines = [order(f"live-many-{number:03}") for number in range(120)]
    cartwatch.call("POST", "/api/events", b"".join(lines))
    cartwatch.settled()
    query = "search=live-many&sort=user&limit=100"
    with viewer(cartwatch, query) as seen:
        seen.next()
        assert seen.shown["window"]["limit"] == "100"
        cartwatch.call("POST", "/api/events", order("live-many-000-0"))
        while seen.carts()[1]["user_id"] != "live-many-000-0":
            seen.next()
        assert seen.shown["carts"] == cartwatch.get(f"/api/carts?{query}")


def test_a_hundred_carts_of_the_longest_ids_are_kept(cartwatch: Cartwatch) -> None:
    """However they are written in JSON."""
    users = [f"{number:03}{chr(0x10FFFF) * 253}" for number in range(100)]
    cartwatch.call("POST", "/api/events", order(users[7]))
    cartwatch.settled()
    with viewer(cartwatch, "limit=0") as seen:
        seen.next()
        seen.say(keep=users, limit="0")
        while not seen.shown["kept"]["items"]:
            seen.next()
        assert [cart["user_id"] for cart in seen.shown["kept"]["items"]] == [users[7]]


@pytest.mark.parametrize(("said", "code"), [("x" * 400_000, 1009), (b"bytes", 1003)])
def test_a_request_out_of_bounds_closes_the_socket(
    cartwatch: Cartwatch, said: str | bytes, code: int
) -> None:
    """With a code that says why, and nothing else suffers: nor is it an error of the server."""
    before = cartwatch.errors()
    with viewer(cartwatch) as seen:
        seen.next()
        seen.socket.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            hear_to_the_end(seen)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
    assert cartwatch.errors() == before


def test_viewers_are_counted(cartwatch: Cartwatch) -> None:
    """Each sees the other come and go."""
    with viewer(cartwatch) as one:
        while one.next()["stats"]["viewers"] != 1:
            pass
        with viewer(cartwatch):
            while one.shown["stats"]["viewers"] != 2:
                one.next()
        while one.shown["stats"]["viewers"] != 1:
            one.next()


def test_who_comes_back_is_told_what_was_missed(cartwatch: Cartwatch) -> None:
    """By generation and version, as the frames have them; each frame has a later version."""
    with viewer(cartwatch, "search=live-back&sort=user") as seen:
        seen.next()
    since = f"{seen.shown['generation']}.{seen.shown['version']}"
    cartwatch.call("POST", "/api/events", order("live-back-a"))
    cartwatch.settled()
    with viewer(cartwatch, f"search=live-back&sort=user&since={since}") as back:
        back.shown = seen.shown
        versions = [seen.shown["version"]]
        while [cart["user_id"] for cart in back.carts()] != ["live-back-a"]:
            frame = back.next()
            assert frame["type"] == "changes"
            versions.append(frame["version"])
    assert versions == sorted(set(versions))
    with viewer(cartwatch, "search=live-back&since=1.0") as late:
        assert late.next()["type"] == "snapshot"


@pytest.mark.parametrize("since", ["x", "1.", ".", "1.x", "1.-1", "1.²", f"1.{'9' * 17}"])
def test_a_since_that_no_frame_told_is_an_error_and_a_snapshot_comes(
    cartwatch: Cartwatch, since: str
) -> None:
    """As for a window that cannot be."""
    with viewer(cartwatch, f"since={since}") as seen:
        assert seen.next()["type"] == "error"
        assert seen.next()["type"] == "snapshot"


def test_requests_as_fast_as_they_can_be_sent_hold_nobody_up(cartwatch: Cartwatch) -> None:
    """They wait for one another; the last one counts, and another browser hears all at once."""
    with viewer(cartwatch, "search=live-flood&sort=user") as quick, viewer(cartwatch) as flooding:
        quick.next()
        for number in range(300):
            flooding.say(search=f"live-flood-{number}")
        began = time.monotonic()
        cartwatch.call("POST", "/api/events", order("live-flood-299"))
        quick.until_carts("live-flood-299")
        assert time.monotonic() - began < 3
        while flooding.shown.get("window", {}).get("search") != "live-flood-299":
            flooding.next()
        flooding.until_carts("live-flood-299")


def test_a_reader_that_does_not_read_gets_the_final_state_and_delays_nobody(
    tmp_path: Path,
) -> None:
    """Fewer and fresher frames for it; the other one has seen everything meanwhile."""
    with Cartwatch(tmp_path / "data") as server, viewer(server) as slow, viewer(server) as quick:
        server.settled()
        stream = b"".join(order(f"user-{n % 97:03}", n) for n in range(20_000))
        upload = server.upload(stream)
        server.upload_in(upload, "done")
        while quick.shown.get("stats", {}).get("events") != 20_000:
            quick.next()
        while slow.shown.get("stats", {}).get("events") != 20_000:
            slow.next()
        for each in (quick, slow):
            while each.shown["carts"] != server.get("/api/carts"):
                each.next()
        server.stop()
