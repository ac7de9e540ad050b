"""Steps and streams under ``kill -9``: what was answered is there, all of it once."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from http.client import HTTPException
from pathlib import Path
from random import Random
from threading import Timer
from typing import Any

import pytest

from dataflow.faults import VARIABLE
from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch

LINE = b'{"user_id": "u%d", "type": "order", "order_id": %d}\n'
LINES = 5_000
KILLS = 6


def lost(call: Callable[[], object]) -> bool:
    """Ask something of a server that may die of it; tells whether the answer was lost."""
    try:
        call()
    except (OSError, HTTPException):
        return True
    return False


def processed(server: Cartwatch, upload: str) -> int:
    server.settled()
    shown = server.get(f"/api/uploads/{upload}")
    assert shown["state"] == "paused"
    return int(shown["processed"])


def step_until_killed(
    server: Cartwatch, path: str, there: int, random: Random, *, by_hand: bool
) -> set[int]:
    """Step until the server is dead; gives how many lines may be there then."""
    while True:
        lines = random.randrange(1, 12)
        killer = Timer(random.random() * 0.03, server.process.kill)
        if by_hand and random.random() < 0.3:
            killer.start()
        if lost(partial(server.call, "POST", path, {"lines": lines})):
            server.process.wait(10)
            return {there, there + lines}
        there += lines


def test_a_step_is_released_once_or_not_at_all_whenever_the_server_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answered, it is released; killed before the answer, the whole step is there or none of it."""
    random = Random(7)
    data = b"".join(LINE % (number % 5, number) for number in range(LINES))
    with Cartwatch(tmp_path / "data") as server:
        upload = server.upload(data, rate=0.001)
        server.call("PATCH", f"/api/uploads/{upload}", {"state": "paused"})
        server.upload_in(upload, "paused")
        there = processed(server, upload)
        paused_at = server.get(f"/api/uploads/{upload}")["paused_at"]
    path = f"/api/uploads/{upload}/step"
    for number in range(KILLS):
        by_hand = number % 2 == 1  # else between the journal and the answer
        if not by_hand:
            monkeypatch.setenv(VARIABLE, f"{number}:chunk released=0.5")
        with Cartwatch(tmp_path / "data") as server:
            assert processed(server, upload) == there
            may_be = step_until_killed(server, path, there, random, by_hand=by_hand)
        monkeypatch.delenv(VARIABLE, raising=False)
        with Cartwatch(tmp_path / "data") as server:
            there = processed(server, upload)
            assert there in may_be
            assert server.get(f"/api/uploads/{upload}")["paused_at"] == paused_at
    with Cartwatch(tmp_path / "data") as server:
        assert server.call("POST", path, {"lines": 10_000}).status == 200
        assert server.upload_in(upload, "done")["accepted"] == LINES
        stats = server.settled()
        assert (stats["events"], stats["duplicates"], stats["unpaid"]) == (LINES, 0, LINES)


def streamed(folder: Path) -> list[bytes]:
    """Read what the journal holds of the source ``stream``, in its order."""
    with closing(sqlite3.connect(folder / "generation-000001" / "journal.db")) as db:
        rows = db.execute("SELECT data FROM chunks WHERE source = 'stream' ORDER BY \"offset\"")
        return [data for (data,) in rows]


def stream_until_killed(server: Cartwatch, random: Random, *, by_hand: bool) -> int:
    """Let a stream run until the server is dead; gives the most lines that it told of."""
    told = [0]

    def look() -> None:
        stream = server.get("/api/stream")
        told.append(0 if stream is None else stream["lines"])
        if by_hand and random.random() < 0.02:
            server.process.kill()

    asked = {"rate": 5_000, "users": 30, "bad": 0.02}
    if not lost(lambda: server.call("POST", "/api/stream", asked)):
        while not lost(look):
            pass
    server.process.wait(10)
    return max(told)


def lists_of(cart: dict[str, Any]) -> tuple[set[int], ...]:
    names = ("paid_order_ids", "unpaid_order_ids", "waiting_payment_ids")
    return tuple(set(cart[name]) for name in names)


def test_lines_of_a_stream_that_were_told_are_there_whenever_the_server_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, and the carts are what an oracle makes of them; no order came twice."""
    random = Random(8)
    told = 0
    for number in range(KILLS):
        monkeypatch.setenv(VARIABLE, f"{number}:stream kept=0.1,view committed=0.02")
        with Cartwatch(tmp_path / "data") as server:
            told += stream_until_killed(server, random, by_hand=number % 2 == 1)
    monkeypatch.delenv(VARIABLE)
    with Cartwatch(tmp_path / "data") as server:
        stats = server.settled()
        data = b"".join(streamed(server.data))
        oracle = Oracle()
        counts = oracle.feed(data, "stream")
        assert counts.processed >= told > 0
        assert (stats["events"], stats["skipped"]) == (counts.accepted, counts.skipped)
        assert stats["duplicates"] == counts.duplicates == 0
        carts = map(json.loads, server.call("GET", "/api/carts.jsonl").body.splitlines())
        shown = {cart["user_id"]: lists_of(cart) for cart in carts}
        assert shown == {user: cart.sets() for user, cart in oracle.carts.items()}
