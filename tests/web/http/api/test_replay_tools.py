"""What helps to try a file: a dry run, steps, and the endless stream."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dataflow.synthetic import generate
from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch, until
from tests.web.http.test_api import refused

LINE = b'{"user_id": "u%d", "type": "order", "order_id": %d}\n'


def lines(count: int) -> bytes:
    return b"".join(LINE % (number % 7, number) for number in range(count))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    with Cartwatch(tmp_path_factory.mktemp("tools") / "data", "--max-upload", "2000000") as server:
        server.settled()
        yield server


def paused(server: Cartwatch, data: bytes) -> str:
    """Upload a file at the slowest pace, and pause it."""
    upload = server.upload(data, "step.jsonl", rate=0.001)
    assert server.call("PATCH", f"/api/uploads/{upload}", {"state": "paused"}).status == 200
    server.upload_in(upload, "paused")
    return upload


def test_a_dry_run_tells_what_would_become_of_a_file_and_takes_nothing_in(
    server: Cartwatch,
) -> None:
    """By the rules of the flow; no upload, no record and no file is there afterwards."""
    data = b"".join(generate(3_000, 40, 0.01, 5)) + b"\n \n"
    oracle = Oracle()
    counts = oracle.feed(data, "f")
    before = server.get("/api/stats"), server.get("/api/uploads")["total"]
    answer = server.call("POST", "/api/uploads?name=f&check=true", data)
    assert answer.status == 200
    told = answer.json()
    assert [told[name] for name in ("accepted", "skipped", "blank")] == [
        counts.accepted,
        counts.skipped,
        counts.blank,
    ]
    assert told["lines"] == counts.processed
    assert told["orders"] + told["payments"] == counts.accepted
    assert told["users"] == len(oracle.carts)
    assert sum(told["by_reason"].values()) == counts.skipped
    examples = [(each["line"], each["reason"]) for each in told["examples"]]
    assert examples == [(line, reason) for _, line, reason in oracle.skipped][:20]
    assert told["looks_like"] is None
    assert (server.get("/api/stats"), server.get("/api/uploads")["total"]) == before
    (folder,) = server.data.glob("generation-*/uploads")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(lines(5)), {}),
        (gzip.compress(lines(5)), {"Content-Encoding": "gzip"}),
        (lines(5).decode().encode("utf-16"), {}),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
            + lines(5)
            + b"\r\n--x--\r\n",
            {"Content-Type": "multipart/form-data; boundary=x"},
        ),
    ],
    ids=["gzip", "gzip as declared", "UTF-16", "form"],
)
def test_a_dry_run_reads_whatever_an_upload_may_be(
    server: Cartwatch, body: bytes, headers: dict[str, str]
) -> None:
    """As it would be taken in."""
    told = server.call("POST", "/api/uploads?check=true", body, headers).json()
    assert (told["accepted"], told["skipped"], told["users"]) == (5, 0, 5)


def test_a_dry_run_says_what_a_file_looks_like(server: Cartwatch) -> None:
    """Where it is no JSON Lines."""
    told = server.call("POST", "/api/uploads?check=true", b"user_id,type,order_id\na,order,1\n")
    assert "CSV" in told.json()["looks_like"]
    assert told.json()["accepted"] == 0


def test_what_no_upload_could_be_is_refused_by_a_dry_run_too(server: Cartwatch) -> None:
    """Empty, too large, or asked for in odd words."""
    assert refused(server.call("POST", "/api/uploads?check=true", b""), 400) == "empty_upload"
    large = b"x" * 2_000_001
    assert refused(server.call("POST", "/api/uploads?check=true", large), 413) == "too_large"
    for odd in ("1", "yes", "", "True"):
        answer = server.call("POST", f"/api/uploads?check={odd}", lines(1))
        assert refused(answer, 400) == "bad_request"
    assert server.call("POST", "/api/uploads?name=f&check=false", lines(1)).status == 201


def test_one_file_is_checked_at_a_time_and_who_leaves_makes_room(server: Cartwatch) -> None:
    """Another one is 429 meanwhile."""
    place = urlsplit(server.url)
    head = (
        b"POST /api/uploads?check=true HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\n"
    )
    with socket.create_connection((place.hostname, place.port)) as slow:
        slow.sendall(head + b"x")

        def is_refused() -> bool:
            answer = server.call("POST", "/api/uploads?check=true", lines(1))
            return answer.status == 429 and refused(answer, 429) == "check_running"

        until(is_refused)
    until(lambda: server.call("POST", "/api/uploads?check=true", lines(1)).status == 200)
    (folder,) = server.data.glob("generation-*/uploads")
    assert [each.name for each in folder.iterdir() if each.name.startswith(".")] == []


def test_a_step_releases_exactly_so_many_lines_and_the_upload_stays_paused(
    server: Cartwatch,
) -> None:
    """What is left, where that is fewer; and then it is done."""
    upload = paused(server, lines(25_000))
    first = server.get(f"/api/uploads/{upload}")["processed"]
    done = first
    for step in (1, 10, 10_000, 10_000):
        answer = server.call("POST", f"/api/uploads/{upload}/step", {"lines": step})
        assert answer.status == 200
        assert answer.json()["state"] == "paused"
        done += step
        server.settled()
        shown = server.get(f"/api/uploads/{upload}")
        assert (shown["state"], shown["processed"]) == ("paused", done)
        assert shown["paused_at"] is not None
    last = server.call("POST", f"/api/uploads/{upload}/step", {"lines": 10_000})
    assert last.status == 200
    assert server.upload_in(upload, "done")["processed"] == 25_000
    again = server.call("POST", f"/api/uploads/{upload}/step", {"lines": 1})
    assert refused(again, 409) == "not_paused"


def test_steps_that_are_sent_at_once_add_up(server: Cartwatch) -> None:
    """None is lost and none counts twice."""
    upload = paused(server, lines(500))
    before = server.get(f"/api/uploads/{upload}")["processed"]
    calls = [
        threading.Thread(
            target=server.call, args=("POST", f"/api/uploads/{upload}/step", {"lines": 20})
        )
        for _ in range(8)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    server.settled()
    assert server.get(f"/api/uploads/{upload}")["processed"] == before + 160
    server.call("PATCH", f"/api/uploads/{upload}", {"state": "cancelled"})


def test_an_upload_that_paused_itself_goes_by_steps_too(server: Cartwatch) -> None:
    """Which does not say that it is the right file: it stays paused for its reason."""
    upload = server.upload(b"FAIL\n" * 30_000)
    why = server.upload_in(upload, "paused")["paused_because"]
    assert server.call("POST", f"/api/uploads/{upload}/step", {"lines": 7}).status == 200
    until(lambda: server.get(f"/api/uploads/{upload}")["processed"] == 10_007)
    assert server.get(f"/api/uploads/{upload}")["paused_because"] == why
    server.call("PATCH", f"/api/uploads/{upload}", {"state": "cancelled"})


@pytest.mark.parametrize(
    "asked", [{}, {"lines": 0}, {"lines": 10_001}, {"lines": 1.0}, {"lines": True}, {"lines": "5"}]
)
def test_a_step_of_odd_size_is_refused(server: Cartwatch, asked: object) -> None:
    """1 to 10,000, a whole number; never clamped."""
    upload = paused(server, lines(5))
    assert refused(server.call("POST", f"/api/uploads/{upload}/step", asked), 400) == "bad_request"
    server.call("PATCH", f"/api/uploads/{upload}", {"state": "cancelled"})


def test_a_step_of_any_other_upload_is_409(server: Cartwatch) -> None:
    """One that runs goes by itself; one that is not there is 404."""
    upload = server.upload(lines(50), rate=1)
    answer = server.call("POST", f"/api/uploads/{upload}/step", {"lines": 1})
    assert refused(answer, 409) == "not_paused"
    server.call("PATCH", f"/api/uploads/{upload}", {"state": "cancelled"})
    assert refused(server.call("POST", "/api/uploads/nope/step", {"lines": 1}), 404) == "not_found"


def test_steps_survive_kills(tmp_path: Path) -> None:
    """What was answered is released once, whenever the server is killed; a pause keeps its time."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        upload = paused(server, lines(300))
        before = server.get(f"/api/uploads/{upload}")
        for _ in range(3):
            server.call("POST", f"/api/uploads/{upload}/step", {"lines": 50})
        server.kill()
    with Cartwatch(data) as server:
        server.settled()
        after = server.get(f"/api/uploads/{upload}")
        assert after["processed"] == before["processed"] + 150
        assert (after["state"], after["paused_at"]) == ("paused", before["paused_at"])


def test_the_stream_flows_until_it_is_ended(server: Cartwatch) -> None:
    """As records of a source of its own, with users of its own, some of them bad."""
    assert server.get("/api/stream") is None
    events = server.settled()["events"]
    begun = server.call("POST", "/api/stream", {"rate": 500, "users": 20, "bad": 0.2})
    assert begun.status == 201
    assert begun.json().keys() == {"rate", "users", "bad", "lines", "started_at"}
    assert refused(server.call("POST", "/api/stream", {"rate": 5}), 409) == "stream_runs"
    until(lambda: server.get("/api/stream")["lines"] > 200)
    ended = server.call("DELETE", "/api/stream")
    assert ended.status == 200
    assert refused(server.call("DELETE", "/api/stream"), 404) == "not_found"
    assert server.get("/api/stream") is None
    stats = server.settled()
    skipped = server.get("/api/skipped?source=stream")
    assert stats["events"] - events + skipped["total"] == ended.json()["lines"]
    assert skipped["total"] > 0
    assert skipped["items"][0]["upload"] is None
    users = server.get("/api/carts?search=stream-&sort=user&limit=500")["items"]
    assert {cart["user_id"] for cart in users} <= {f"stream-{number}" for number in range(1, 21)}
    (order, *_) = server.get(f"/api/carts/{users[0]['user_id']}/orders")["items"]
    cause = order["order"] or order["payment"]
    assert (cause["upload"], cause["source"]) == (None, "stream")


def test_no_order_of_a_stream_comes_up_in_another_one(tmp_path: Path) -> None:
    """Nor behind a kill or a reset, which end it."""
    seen: set[int] = set()
    data = tmp_path / "data"

    def stream_some(server: Cartwatch) -> None:
        server.settled()
        assert server.get("/api/stream") is None
        server.call("POST", "/api/stream", {"rate": 2_000, "users": 5})
        until(lambda: server.get("/api/stats")["carts"] == 5)

    def orders(server: Cartwatch) -> set[int]:
        answer = server.call("GET", "/api/carts.jsonl?search=stream-")
        carts = [json.loads(line) for line in answer.body.splitlines()]
        lists = ("paid_order_ids", "unpaid_order_ids", "waiting_payment_ids")
        return {order for cart in carts for name in lists for order in cart[name]}

    with Cartwatch(data) as server:
        stream_some(server)
        server.call("DELETE", "/api/stream")
        server.settled()
        seen = orders(server)
        server.call("POST", "/api/stream", {"rate": 2_000, "users": 5})
        until(lambda: server.get("/api/stream")["lines"] > 100)
        server.kill()
    with Cartwatch(data) as server:
        server.settled()
        assert seen < orders(server)
        seen = orders(server)
        stream_some(server)
        reset = server.call("POST", "/api/reset", {"confirm": "reset"})
        assert reset.status == 202
        assert server.get("/api/stream") is None
        stream_some(server)
        server.call("DELETE", "/api/stream")
        server.settled()
        assert not seen & orders(server)


@pytest.mark.parametrize(
    "asked",
    [
        *([], "x", None, {"pace": 5}, {"rate": 0}, {"rate": 10_001}, {"rate": "5"}, {"rate": True}),
        *({"users": 0}, {"users": 1.5}, {"users": 10**7}, {"bad": -0.1}, {"bad": 1.1}),
        {"bad": "x"},
    ],
)
def test_an_odd_stream_is_refused(server: Cartwatch, asked: object) -> None:
    """Never bent to one that can be."""
    answer = server.call("POST", "/api/stream", json.dumps(asked))
    assert refused(answer, 400) == "bad_request"
    assert server.get("/api/stream") is None


def test_a_stream_ends_with_its_server(tmp_path: Path) -> None:
    """In good order: nothing of it is left behind, nor does it begin anew by itself."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        server.settled()
        server.call("POST", "/api/stream", {"rate": 100})
        until(lambda: server.get("/api/stats")["events"] > 0)
        server.stop()
        assert server.errors() == ""
    with Cartwatch(data) as server:
        events = server.settled()["events"]
        assert server.get("/api/stream") is None
        assert server.settled()["events"] == events
