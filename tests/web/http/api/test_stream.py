"""The endless stream, of the real program."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.running import Cartwatch, until
from tests.web.http.test_api import refused

FIELDS = {"rate", "users", "bad", "lines", "started_at"}
FAST = {"rate": 10_000, "users": 20, "bad": 0.05}


def begin(server: Cartwatch, **asked: object) -> dict[str, Any]:
    answer = server.call("POST", "/api/stream", {**FAST, **asked})
    assert answer.status == 201, answer
    begun: dict[str, Any] = answer.json()
    return begun


def streamed(server: Cartwatch, lines: int) -> None:
    until(lambda: server.get("/api/stream")["lines"] >= lines)


def order_ids(server: Cartwatch) -> list[int]:
    """Give the id of every order and every waiting payment there is."""
    carts = map(json.loads, server.call("GET", "/api/carts.jsonl").body.splitlines())
    names = ("paid_order_ids", "unpaid_order_ids", "waiting_payment_ids")
    return [order for cart in carts for name in names for order in cart[name]]


def test_a_stream_runs_until_it_is_ended(tmp_path: Path) -> None:
    """Its lines are records of the source ``stream``, and every figure counts them."""
    with Cartwatch(tmp_path / "data") as server:
        assert server.get("/api/stream") is None
        assert server.call("HEAD", "/api/stream").status == 200
        assert refused(server.call("DELETE", "/api/stream"), 404) == "not_found"
        begun = begin(server)
        assert begun.keys() == FIELDS
        assert {name: begun[name] for name in FAST} == FAST
        assert begun["lines"] >= 1
        streamed(server, 2_000)
        assert refused(server.call("POST", "/api/stream", {}), 409) == "stream_runs"
        answer = server.call("DELETE", "/api/stream")
        assert answer.status == 200
        ended = answer.json()
        assert ended["started_at"] == begun["started_at"]
        assert ended["lines"] >= 2_000
        assert server.get("/api/stream") is None
        stats = server.settled()
        assert stats["events"] + stats["skipped"] == ended["lines"]
        assert stats["duplicates"] == 0
        assert 0 < stats["skipped"] < ended["lines"] / 5
        (row,) = server.get("/api/skipped?limit=1")["items"]
        assert (row["source"], row["upload"]) == ("stream", None)
        (order,) = server.get("/api/carts/stream-1/orders?limit=1")["items"]
        cause = order["order"] or order["payment"]
        assert (cause["upload"], cause["source"]) == (None, "stream")
        assert 1 <= cause["line"] <= ended["lines"]
        answer = server.call("PUT", "/api/stream")
        assert answer.headers["allow"] == "DELETE, GET, HEAD, POST"


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"null", {"rate": 0}, {"rate": 10_001}, {"users": 0}, {"bad": 2}, {"x": 1}],
)
def test_an_odd_body_is_400_and_nothing_runs(cartwatch: Cartwatch, body: object) -> None:
    """Never clamped."""
    assert refused(cartwatch.call("POST", "/api/stream", body), 400) == "bad_request"
    assert cartwatch.get("/api/stream") is None


def all_of_a_generation(server: Cartwatch) -> set[int]:
    """Give the ids of all orders since the reset: each of them came once."""
    if server.get("/api/stream") is not None:
        server.call("DELETE", "/api/stream")
    assert server.settled()["duplicates"] == 0
    ids = order_ids(server)
    assert len(ids) == len(set(ids)) > 100
    return set(ids)


def test_it_ends_with_the_server_and_with_a_reset_and_no_order_id_ever_comes_twice(
    tmp_path: Path,
) -> None:
    """Over streams, kills, starts and resets."""
    generations: list[set[int]] = []
    for number in range(3):
        with Cartwatch(tmp_path / "data") as server:
            assert server.get("/api/stream") is None
            for _ in range(2):
                begin(server, bad=0)
                streamed(server, 300)
                server.call("DELETE", "/api/stream")
            begin(server, bad=0)
            streamed(server, 300)
            if number == 0:
                server.kill()
                continue
            generations.append(all_of_a_generation(server))
            begin(server)
            assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
            assert server.get("/api/stream") is None
            assert server.settled()["events"] == 0
            begin(server, bad=0)
            server.stop()
    first, second = generations
    assert not first & second
    assert min(first | second) > 0
