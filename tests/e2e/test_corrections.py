"""Kill -9 in the middle of corrections: each is sent once, and made anew they are the same."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dataflow.faults import VARIABLE
from tests.e2e.comparison import lines
from tests.faults.folders import rebuild
from tests.kit.running import Answer, Cartwatch, until

RECORDS = 2_500
USERS = 20
KILLS = 3
POINTS = ("corrections kept", "landing kept", "mark kept", "view committed")
MENDING = {"find": "ordr", "replace": "order", "preview": False}


def bad(number: int) -> bytes:
    """Make a bad line; mended, it is an order of its own."""
    line = {"user_id": f"u{number % USERS}", "type": "ordr", "order_id": number}
    return json.dumps(line).encode() + b"\n"


def ask(server: Cartwatch, path: str, body: object) -> Answer | None:
    """Ask once; None where the server died of it."""
    try:
        return server.call("POST", path, body)
    except (OSError, HTTPException):
        return None


def mended(server: Cartwatch) -> list[dict[str, Any]]:
    """Wait until all that was sent has landed; gives all skipped records."""
    server.settled()
    until(lambda: server.get("/api/skipped?state=sent")["total"] == 0)
    return lines(server, "/api/skipped.jsonl")


def assert_each_once(server: Cartwatch) -> None:
    """Hold every cart to what it must be where each record was mended once."""
    records = mended(server)
    assert {each["state"] for each in records} == {"landed"}
    assert {each["correction"]["outcome"] for each in records} == {"changed"}
    sent = sorted(each["correction"]["line"] for each in records)
    assert sent == list(range(1, RECORDS + 1))
    stats = server.get("/api/stats")
    assert (stats["skipped"], stats["duplicates"], stats["events"]) == (RECORDS, 0, RECORDS)
    by_id = {each["id"]: each for each in records}
    for user in range(USERS):
        orders: list[dict[str, Any]] = []
        cursor = "0"
        while cursor is not None:
            page = server.get(f"/api/carts/u{user}/orders?limit=500&sort=oldest&cursor={cursor}")
            orders += page["items"]
            cursor = page["next"]
        assert sorted(each["order_id"] for each in orders) == list(range(user, RECORDS, USERS))
        for order in orders:
            record = by_id[order["order"].pop("skipped")]
            line = record["correction"]["line"]
            assert order["order"] == {"upload": None, "source": "resubmit", "line": line}
            assert json.loads(record["raw"])["order_id"] == order["order_id"]


def everything(server: Cartwatch) -> dict[str, Any]:
    """Read what a rebuild must not change."""
    skipped, carts = mended(server), lines(server, "/api/carts.jsonl")
    return {
        "skipped": skipped,
        "carts": sorted(carts, key=lambda each: str(each["user_id"])),
        "orders": {
            each["user_id"]: server.get(f"/api/carts/{each['user_id']}/orders?limit=500")
            for each in carts
        },
        "pages": [
            {key: page[key] for key in ("total", "by_reason", "by_source")}
            for state in ("open", "sent", "landed", "aside")
            for page in [server.get(f"/api/skipped?state={state}")]
        ],
    }


def test_a_bulk_that_is_killed_in_the_middle_is_sent_once_by_asking_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Again and again: a part of it was sent, and none of that a second time; also made anew."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        server.upload_in(server.upload(b"".join(map(bad, range(RECORDS)))), "done")
        server.stop()
    monkeypatch.setenv(VARIABLE, "1:corrections kept=1")
    for _ in range(KILLS):
        with Cartwatch(data) as server:
            assert ask(server, "/api/skipped/resubmit", {"all": True, **MENDING}) is None
    monkeypatch.delenv(VARIABLE)
    with Cartwatch(data) as server:
        flow = server.flow_pid()
        os.kill(flow, signal.SIGSTOP)  # so that nothing of it lands here
        answer = ask(server, "/api/skipped/resubmit", {"all": True, **MENDING})
        assert answer is not None
        assert answer.status == 202
        told = answer.json()
        assert told["matching"] == told["valid"] == RECORDS
        assert RECORDS > told["sent"] == RECORDS - told["sent_before"] > 0
        server.kill()
        with suppress(ProcessLookupError):  # it ends with its server, but for its first moment
            os.kill(flow, signal.SIGKILL)
    monkeypatch.setenv(VARIABLE, "1:landing kept=1")
    for _ in range(2):
        with Cartwatch(data) as server:
            until(lambda server=server: server.process.poll())  # type: ignore[misc]
    monkeypatch.delenv(VARIABLE)
    with Cartwatch(data) as server:
        assert_each_once(server)
        before = everything(server)
        server.stop()
    rebuild(data)
    with Cartwatch(data) as server:
        assert_each_once(server)
        assert everything(server) == before


def test_whatever_is_killed_each_decision_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Corrections one by one, by force, and records set aside and taken back; also made anew.

    What was answered is kept, and what was not may have been done.
    """
    data, random = tmp_path / "data", Random(7)
    with Cartwatch(data) as server:
        server.upload_in(server.upload(b"".join(map(bad, range(60)))), "done")
        ids = [each["id"] for each in lines(server, "/api/skipped.jsonl")]
        server.stop()
    sent: set[int] = set()
    perhaps: set[int] = set()
    for kill in range(2 * len(POINTS)):
        monkeypatch.setenv(VARIABLE, f"{kill}:{POINTS[kill % len(POINTS)]}=0.25")
        with Cartwatch(data) as server:
            for _ in range(20):
                number = random.choice(ids)
                if random.random() < 0.5:
                    body: object = {"ids": [number], "aside": random.random() < 0.7}
                    answer = ask(server, "/api/skipped/aside", body)
                    if answer is not None and number in sent:
                        assert answer.json() == {"changed": 0}
                else:
                    is_forced = random.random() < 0.2
                    line = {"user_id": "u0", "type": "order", "order_id": random.randrange(99)}
                    path = f"/api/skipped/{number}/resubmit?force={json.dumps(is_forced)}"
                    answer = ask(server, path, line)
                    if answer is None:
                        perhaps.add(number)
                    elif is_forced or number not in perhaps - sent:
                        is_first = is_forced or number not in sent
                        assert answer.status == (202 if is_first else 409)
                    if answer is not None:
                        sent.add(number)
                if answer is None:
                    break
            server.kill()
    monkeypatch.delenv(VARIABLE)
    with Cartwatch(data) as server:
        before = everything(server)
        landed = {each["id"] for each in before["skipped"] if each["state"] == "landed"}
        assert sent <= landed <= sent | perhaps
        server.stop()
    rebuild(data)
    with Cartwatch(data) as server:
        assert everything(server) == before
