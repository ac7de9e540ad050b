"""What is asked about orders: since when, from which line, in whose cart, and what is overdue."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from websockets.sync.client import connect

from tests.kit.running import Cartwatch, until
from tests.web.live.test_socket import Viewer

ORDER = b'{"user_id": "%b", "type": "order", "order_id": %b}\n'
PAYMENT = b'{"user_id": "%b", "type": "payment", "order_id": %b}\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server with an upload whose orders are paid by posts, and an early payment."""
    data = tmp_path_factory.mktemp("causes") / "data"
    with Cartwatch(data, "--overdue", "0.05") as server:
        lines = [ORDER % (b"zoe", n) for n in (b"1", b'"1"', b"66", b"90")] + [b"\n", b"FAIL\n"]
        server.upload_in(server.upload(b"".join(lines), "a.jsonl"), "done")
        server.call("POST", "/api/events", PAYMENT % (b"zoe", b"66") + PAYMENT % (b"zoe", b"7"))
        server.settled()
        server.call("POST", "/api/events", ORDER % (b"zoe", b"7") + PAYMENT % (b"bob", b"90"))
        server.settled()
        yield server


def seconds(time_: str) -> float:
    return datetime.fromisoformat(time_).timestamp()


def test_each_order_names_the_records_that_ordered_and_that_paid_it(server: Cartwatch) -> None:
    """With upload, source and line, and when they were accepted; the payment may come first."""
    before = time.time()
    (upload,) = server.get("/api/uploads")["items"]
    answer = server.get("/api/carts/zoe/orders?sort=oldest")
    assert (answer["total"], answer["next"]) == (5, None)
    items = {repr(item["order_id"]): item for item in answer["items"]}
    assert list(items) == ["1", "'1'", "66", "90", "7"]
    from_file = {"upload": upload["id"], "source": "a.jsonl"}
    assert items["66"] == {
        "order_id": 66,
        "status": "paid",
        "ordered_at": items["66"]["ordered_at"],
        "paid_at": items["66"]["paid_at"],
        "order": {**from_file, "line": 3},
        "payment": {"upload": None, "source": "api", "line": 1},
    }
    early = items["7"]
    assert early["payment"]["line"] == 2
    assert early["order"]["line"] == 3
    assert early["paid_at"] < early["ordered_at"]
    unpaid = items["90"]
    assert (unpaid["status"], unpaid["paid_at"], unpaid["payment"]) == ("unpaid", None, None)
    for item in items.values():
        assert seconds(upload["created_at"]) - 0.001 <= seconds(item["ordered_at"]) <= before


def test_orders_are_narrowed_sorted_and_paged(server: Cartwatch) -> None:
    """By status and by the beginning of their text; from the newest or the oldest on."""

    def ids(query: str) -> list[Any]:
        return [item["order_id"] for item in server.get(f"/api/carts/zoe/orders?{query}")["items"]]

    assert ids("") == [7, 90, 66, "1", 1]
    assert ids("status=unpaid") == [90, "1", 1]
    assert ids("status=waiting") == []
    assert ids("search=1&sort=oldest") == [1, "1"]
    first = server.get("/api/carts/zoe/orders?limit=2")
    assert ids(f"limit=2&cursor={first['next']}") == [66, "1"]
    other = server.get("/api/cart/orders?user_id=zoe")
    assert other == server.get("/api/carts/zoe/orders")


def test_an_order_is_found_by_its_number_alone(server: Cartwatch) -> None:
    """Who answers a customer has nothing else: in every cart, as a number and as a string."""
    assert server.get("/api/orders/90") == {
        "items": [
            {"user_id": "bob", "order_id": 90, "status": "waiting"},
            {"user_id": "zoe", "order_id": 90, "status": "unpaid"},
        ],
        "more": False,
    }
    found = server.get("/api/orders/1")["items"]
    assert sorted(repr(each["order_id"]) for each in found) == ["'1'", "1"]
    assert server.get(f"/api/orders/{quote('a/b', safe='')}") == {"items": [], "more": False}


def test_what_is_open_for_long_is_found_by_its_age(server: Cartwatch) -> None:
    """So old or older, the oldest first; what is younger is not there."""
    until(lambda: server.get("/api/carts?filter=waiting&older=0.05")["total"] == 1)
    (cart,) = server.get("/api/carts?filter=unpaid&older=0.05&sort=oldest")["items"]
    assert cart["user_id"] == "zoe"
    (first, *_) = server.get("/api/carts/zoe/orders?sort=oldest")["items"]
    assert cart["oldest_unpaid_at"] == first["ordered_at"]
    assert cart["oldest_waiting_at"] is None
    assert server.get("/api/carts?filter=unpaid&older=3600")["items"] == []
    carts = server.get("/api/carts?sort=oldest")["items"]
    assert [cart["user_id"] for cart in carts] == ["zoe", "bob"]


def test_what_asks_for_attention_is_counted(server: Cartwatch) -> None:
    """By the age that it is started with, or by any other; and since when the oldest is."""
    waiting = until(lambda: server.get("/api/attention")["waiting"]["carts"])
    attention = server.get("/api/attention")
    (bob,) = server.get("/api/carts?filter=waiting")["items"]
    (zoe,) = server.get("/api/carts?filter=unpaid")["items"]
    assert waiting == 1
    assert attention == {
        "unpaid": {"carts": 1, "oldest_at": zoe["oldest_unpaid_at"]},
        "waiting": {"carts": 1, "oldest_at": bob["oldest_waiting_at"]},
        "skipped_open": 1,
        "uploads_paused": 0,
        "uploads_failed": 0,
        "recoveries_today": 0,
    }
    later = server.get("/api/attention?older=3600")
    nothing = {"carts": 0, "oldest_at": None}
    assert (later["unpaid"], later["waiting"]) == (nothing, nothing)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/api/carts?older=5",
            "/api/carts?filter=paid&older=5",
            "/api/carts?filter=unpaid&older=",
        ),
        *("/api/carts?filter=unpaid&older=0", "/api/carts?filter=unpaid&older=-1"),
        *("/api/carts?filter=unpaid&older=1_0", "/api/carts?filter=unpaid&older=nan"),
        *("/api/attention?older=0", "/api/attention?older=", "/api/attention?older=x"),
        *("/api/carts/zoe/orders?status=open", "/api/carts/zoe/orders?sort=recent"),
        *("/api/carts/zoe/orders?limit=501", "/api/carts/zoe/orders?cursor=x"),
        "/api/carts/zoe/orders?search=" + "x" * 257,
    ],
)
def test_what_cannot_be_asked_for_is_400(server: Cartwatch, path: str) -> None:
    """Never bent to something that can."""
    assert server.call("GET", path).json()["error"]["code"] == "bad_request"
    assert server.call("GET", path).status == 400


@pytest.mark.parametrize(
    "path", ["/api/carts/zoe/orders", "/api/cart/orders?user_id=zoe", "/api/orders/1"]
)
def test_they_answer_head_and_no_other_method(server: Cartwatch, path: str) -> None:
    """As every list."""
    head = server.call("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    other = server.call("POST", path, b"")
    assert (other.status, other.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/api/carts/nobody/orders", "/api/cart/orders?user_id=nobody"])
def test_nobody_has_no_orders(server: Cartwatch, path: str) -> None:
    """404, for HEAD too."""
    assert server.call("GET", path).status == server.call("HEAD", path).status == 404


def test_a_window_of_an_age_follows_the_clock(tmp_path: Path) -> None:
    """Though no record comes: what has become old enough is shown within some seconds."""
    with Cartwatch(tmp_path / "data") as server:
        server.call("POST", "/api/events", ORDER % (b"a", b"1"))
        server.settled()
        url = f"{server.url.replace('http', 'ws')}/ws?filter=unpaid&older=2"
        with connect(url, proxy=None) as socket:
            viewer = Viewer(socket)
            began = time.monotonic()
            viewer.next()
            assert viewer.shown["window"]["older"] == "2"
            viewer.until_carts("a")
            assert time.monotonic() - began < 10


def test_a_kill_changes_no_cause_no_time_and_no_number(tmp_path: Path) -> None:
    """Nor does a rebuild; and an end that was recovered from is counted, a stop in order is not."""
    data = tmp_path / "data"
    paths = ("/api/carts/zoe/orders", "/api/skipped", "/api/completed", "/api/carts?sort=user")

    def told(server: Cartwatch) -> list[Any]:
        server.settled()
        answers = [server.get(path) for path in paths]
        return [[answer["items"], answer["total"]] for answer in answers]

    with Cartwatch(data) as server:
        lines = [ORDER % (b"zoe", b"%d" % n) for n in range(30)] + [b"FAIL\n"]
        server.upload_in(server.upload(b"".join(lines)), "done")
        lines = [PAYMENT % (b"zoe", b"%d" % n) for n in range(20)] + [b"FAIL\n"]
        server.call("POST", "/api/events", b"".join(lines))
        before = told(server)
        server.kill()
    with Cartwatch(data) as server:
        assert told(server) == before
        assert server.get("/api/attention")["recoveries_today"] == 1
        server.call("POST", "/api/flow/restart")
        until(lambda: server.get("/api/attention")["recoveries_today"] == 2)
        assert told(server) == before
        server.stop()
    from tests.faults.folders import rebuild

    rebuild(data)
    with Cartwatch(data) as server:
        assert told(server) == before
        assert server.get("/api/attention")["recoveries_today"] == 2
