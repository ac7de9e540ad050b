"""The browsers' socket of the real program, by any query, message and bytes that there may be."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final
from urllib.parse import quote_from_bytes, urlencode, urlsplit

import psutil
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.kit.running import Cartwatch, until
from web.view.sorts import FILTERS, SORTS

WITHIN_S: Final = 20
MIB: Final = 1024 * 1024
BOUNDED: Final = settings(max_examples=40)
HANDSHAKE: Final = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
WORDS: Final = st.sampled_from([*FILTERS, *SORTS, "", "0", "1e9", "nan", "\x00", "\u202e"])
NAMES: Final = st.sampled_from(["search", "filter", "older", "sort", "cursor", "user", "limit"])
VALUES: Final = st.one_of(WORDS, st.text(max_size=300))
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
WINDOWS: Final = st.dictionaries(
    NAMES | st.sampled_from(["keep", "type"]), VALUES | st.lists(VALUES, max_size=3) | JSON
)
MESSAGES: Final = st.one_of(
    st.text(max_size=40),
    JSON.map(json.dumps),
    WINDOWS.map(json.dumps),
    WINDOWS.map(lambda window: json.dumps({**window, "type": "window"})),
    st.binary(max_size=40),
)
_numbers = count()


class Onlooker:
    """A browser that looks on while others do what they like."""

    def __init__(self, server: Cartwatch, client: ClientConnection) -> None:
        self._server = server
        self._client = client

    def sees_what_comes(self) -> None:
        """A record that is posted now is in a frame."""
        user = f"seen-{next(_numbers)}"
        line = json.dumps({"user_id": user, "type": "order", "order_id": 1})
        assert self._server.call("POST", "/api/events", line).status == 202
        while user not in str(self._client.recv(timeout=WITHIN_S)):
            pass


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    with Cartwatch(tmp_path_factory.mktemp("fuzzed") / "data") as server:
        server.settled()
        yield server
        server.stop()


@pytest.fixture(autouse=True)
def onlooker(server: Cartwatch) -> Iterator[Onlooker]:
    """Who was there before sees what comes afterwards; what the server wrote is nothing."""
    with browser(server) as client:
        onlooker = Onlooker(server, client)
        onlooker.sees_what_comes()
        yield onlooker
        onlooker.sees_what_comes()
    assert server.errors() == ""
    until(lambda: server.get("/api/stats")["viewers"] == 0)


@contextmanager
def browser(server: Cartwatch, query: str = "") -> Iterator[ClientConnection]:
    url = f"{server.url.replace('http', 'ws')}/ws?{query}"
    with connect(url, proxy=None, max_size=None, close_timeout=WITHIN_S) as client:
        yield client


@contextmanager
def plain(server: Cartwatch) -> Iterator[socket.socket]:
    place = urlsplit(server.url)
    with socket.create_connection((place.hostname, place.port), timeout=WITHIN_S) as client:
        yield client


def heard(client: socket.socket) -> bytes:
    """Read until the other end has closed; a reset is an end, too."""
    all_of_it = b""
    try:
        while block := client.recv(65_536):
            all_of_it += block
    except ConnectionError:
        pass
    return all_of_it


def first(client: ClientConnection) -> Any:
    return json.loads(client.recv(timeout=WITHIN_S))


@BOUNDED
@given(
    st.one_of(
        st.lists(st.tuples(NAMES, VALUES), max_size=5).map(urlencode),
        st.binary(max_size=60).map(quote_from_bytes),
    )
)
@example("search=%ff")
@example("sort=user&sort=user")
def test_any_query_is_answered_by_a_snapshot_or_by_what_is_wrong_with_it(
    server: Cartwatch, query: str
) -> None:
    """A window that cannot be is told, and the usual one shown; no text is no address."""
    try:
        with browser(server, query) as client:
            frame = first(client)
            if frame["type"] == "error":
                assert frame["error"].keys() == {"code", "message"}
                frame = first(client)
            assert frame["type"] == "snapshot"
    except InvalidStatus as refused:
        status = refused.response.status_code
        assert status == 403, status


@BOUNDED
@given(st.lists(MESSAGES, min_size=1, max_size=6))
def test_any_messages_are_answered_or_end_the_socket(
    server: Cartwatch, messages: list[str | bytes]
) -> None:
    """By a frame of a known type; or by a close that says that a request is text."""
    with browser(server) as client:
        try:
            for message in messages:
                client.send(message)
            client.send(json.dumps({"type": "window", "search": "the-last"}))
            frame = first(client)
            while frame["type"] != "snapshot" or frame["window"]["search"] != "the-last":
                assert frame["type"] in ("snapshot", "changes", "error", "heartbeat")
                frame = first(client)
        except ConnectionClosed as closed:
            code = None if closed.rcvd is None else closed.rcvd.code
            told = [message for message in messages if isinstance(message, bytes)]
            assert told, code
            assert code == 1003, code


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Make a frame of any kind, with a length that is its own or not, masked or not."""
    payload: bytes = draw(st.binary(max_size=140))
    size = draw(st.sampled_from([len(payload), 0, 125, 126, 127]))
    head: bytes = bytes(
        [draw(st.integers(0, 255)), size & 127 | draw(st.sampled_from([0, 128, 128]))]
    )
    longer = {126: 2, 127: 8}.get(size & 127, 0)
    length = draw(st.sampled_from([len(payload), 2**31, 2**63]))
    longer_size = (length % 256**longer).to_bytes(longer, "big")
    return bytes(head + longer_size + bytes(4) + payload)


@BOUNDED
@given(st.one_of(st.binary(max_size=200), st.lists(frames(), max_size=5).map(b"".join)))
def test_any_bytes_behind_a_handshake_end_that_socket_alone(server: Cartwatch, said: bytes) -> None:
    """Fragments that do not fit, controls that are too long, what is no text, no frame at all."""
    with plain(server) as client:
        client.sendall(HANDSHAKE)
        assert client.recv(12) == b"HTTP/1.1 101"
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        heard(client)


@BOUNDED
@given(st.integers(0, len(HANDSHAKE)), st.binary(max_size=8), st.integers(0, 4))
def test_a_handshake_that_is_cut_or_mangled_opens_nothing_that_stays(
    server: Cartwatch, at: int, instead: bytes, left_out: int
) -> None:
    """It is refused, or the end of it is not waited for when its client has gone."""
    with plain(server) as client:
        client.sendall(HANDSHAKE[:at] + instead + HANDSHAKE[at + left_out :])
        client.shutdown(socket.SHUT_WR)
        answer = heard(client)
        assert not answer or answer.startswith(b"HTTP/1.1 ")
        assert not answer.startswith(b"HTTP/1.1 500")


def test_a_thousand_requests_in_one_go_cost_no_memory_and_the_last_one_counts(
    server: Cartwatch,
) -> None:
    """None of the windows between has to be shown, and nothing of them is kept."""
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    with browser(server) as client:
        for number in range(1_000):
            client.send(json.dumps({"type": "window", "search": f"{number}-{'x' * 200}"}))
        client.send(json.dumps({"type": "window", "search": "at-last"}))
        while first(client).get("window", {}).get("search") != "at-last":
            pass
    assert process.memory_info().rss - before < 64 * MIB
