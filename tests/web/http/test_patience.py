"""How long a body may take: pure, and around what the server receives."""

import asyncio
from collections.abc import Iterable

import pytest
from starlette.types import Message, Receive

from web.errors import APIError
from web.http import patience
from web.http.patience import SILENCE_S, SLOWEST, Patience, impatient

pytestmark = pytest.mark.anyio


class Played:
    """A client that sends pieces after so many seconds each, and then nothing for ever."""

    def __init__(self, pieces: Iterable[tuple[float, int]], *, is_whole: bool = False) -> None:
        self._pieces = list(pieces)
        self._is_whole = is_whole
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    async def receive(self) -> Message:
        if not self._pieces:
            await asyncio.Event().wait()
        seconds, size = self._pieces.pop(0)
        self.now += seconds
        more = bool(self._pieces) or not self._is_whole
        return {"type": "http.request", "body": b"x" * size, "more_body": more}


async def test_thirty_seconds_without_a_byte_are_enough() -> None:
    """Whatever has come before, and however fast."""
    waiting = Patience()
    waiting.waited(0.1, 100_000_000)
    assert waiting.left == SILENCE_S == 30


async def test_less_than_a_kib_a_second_is_waited_for_for_a_while_only() -> None:
    """And that much for ever, in whatever pieces."""
    slow, steady = Patience(), Patience()
    for _ in range(1_000):
        slow.waited(1, SLOWEST // 2)
        steady.waited(20, 20 * SLOWEST)
    assert slow.left < 0
    assert steady.left == SILENCE_S


async def refused(receive: Receive) -> APIError:
    try:
        while True:
            await receive()
    except APIError as error:
        return error


async def test_a_body_that_stops_coming_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """408, with what to do: at once, and after its first bytes."""
    monkeypatch.setattr(patience, "SILENCE_S", 0.01)
    for pieces in ([], [(0.001, 100)], [(0.001, 10_000)] * 5):
        client = Played(pieces)
        error = await refused(impatient(client.receive, client.clock))
        assert (error.status, error.code) == (408, "too_slow")


async def test_a_trickle_is_refused() -> None:
    """Its bytes never stop, and are too few."""
    client = Played([(2.0, 1)] * 100)
    assert (await refused(impatient(client.receive, client.clock))).status == 408
    assert client.now <= 32


async def test_after_the_whole_body_nothing_is_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for the client to leave may wait long: so does a slow export."""
    monkeypatch.setattr(patience, "SILENCE_S", 0.01)
    client = Played([(0, 10)], is_whole=True)
    receive = impatient(client.receive, client.clock)
    await receive()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await receive()
