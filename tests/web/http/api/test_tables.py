"""Exports as CSV: each list with its own filters, as of one moment."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.kit.running import Cartwatch, until
from tests.web.http.test_api import refused

ORDER = b'{"user_id": "%b", "type": "order", "order_id": %b}\n'
PAYMENT = b'{"user_id": "%b", "type": "payment", "order_id": %b}\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    with Cartwatch(tmp_path_factory.mktemp("tables") / "data") as server:
        lines = [ORDER % (b"zoe", b"%d" % n) for n in range(30)]
        lines += [ORDER % (b"bob", b'"00123"'), PAYMENT % (b"bob", b"7"), b"FAIL,HERE\n", b"=1+1\n"]
        server.upload_in(server.upload(b"".join(lines), "a.jsonl"), "done")
        server.call("POST", "/api/events", PAYMENT % (b"zoe", b"5") + ORDER % (b"a/b", b"1"))
        server.settled()
        yield server


def table(server: Cartwatch, path: str) -> list[dict[str, str]]:
    answer = server.call("GET", path)
    assert answer.status == 200, answer
    assert answer.headers["content-type"].startswith("text/csv")
    assert ".csv" in answer.headers["content-disposition"]
    text = answer.body.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_table_of_carts_has_a_row_an_order(server: Cartwatch) -> None:
    """Unpaid, paid and waiting ones, with both times."""
    rows = table(server, "/api/carts.csv?sort=user")
    assert list(rows[0]) == ["user_id", "order_id", "status", "ordered_at", "paid_at"]
    assert [row["user_id"] for row in rows] == ["a/b", "bob", "bob", *["zoe"] * 30]
    by_order = {(row["user_id"], row["order_id"]): row for row in rows}
    paid = by_order["zoe", "5"]
    assert paid["status"] == "paid"
    assert paid["ordered_at"] < paid["paid_at"]
    assert by_order["bob", "'00123"]["status"] == "unpaid"
    waiting = by_order["bob", "7"]
    assert (waiting["status"], waiting["ordered_at"]) == ("waiting", "")
    assert waiting["paid_at"].endswith("Z")
    assert len(table(server, "/api/carts.csv?filter=waiting")) == 2
    assert len(table(server, "/api/carts.csv?search=zoe&filter=unpaid&older=3600")) == 0


def test_the_table_of_one_carts_orders_names_the_causes(server: Cartwatch) -> None:
    """Also for ids that clients rewrite; narrowed as the list is."""
    rows = table(server, "/api/carts/zoe/orders.csv?sort=oldest")
    items = server.get("/api/carts/zoe/orders?sort=oldest&limit=500")["items"]
    assert len(rows) == len(items) == 30
    for row, item in zip(rows, items, strict=True):
        assert row["order_id"] == str(item["order_id"])
        assert row["ordered_at"] == item["ordered_at"]
        assert row["order_source"] == "a.jsonl"
        assert row["order_line"] == str(item["order"]["line"])
    (paid,) = table(server, "/api/cart/orders.csv?user_id=zoe&status=paid")
    assert (paid["payment_source"], paid["payment_line"], paid["payment_upload"]) == (
        "api",
        "1",
        "",
    )
    assert (paid["order_skipped"], paid["payment_skipped"]) == ("", "")
    name = server.call("HEAD", "/api/carts/zoe/orders.csv").headers["content-disposition"]
    assert name == 'attachment; filename="orders-zoe.csv"'
    answer = server.call("HEAD", f"/api/carts/{quote('a/b', safe='')}/orders.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="orders-a_b.csv"'
    assert len(table(server, f"/api/carts/{quote('a/b', safe='')}/orders.csv")) == 1
    assert refused(server.call("GET", "/api/carts/nobody/orders.csv"), 404) == "not_found"
    assert refused(server.call("GET", "/api/carts/zoe/orders.csv?status=x"), 400) == "bad_request"


def test_the_table_of_skipped_records_is_the_list(server: Cartwatch) -> None:
    """The newest first, what looks like a formula as text."""
    rows = table(server, "/api/skipped.csv")
    items = server.get("/api/skipped")["items"]
    assert [row["id"] for row in rows] == [str(item["id"]) for item in items]
    assert [row["raw"] for row in rows] == ["'=1+1", "FAIL,HERE"]
    assert {(row["state"], row["raw_cut"]) for row in rows} == {("open", "false")}
    assert {row["correction_line"] for row in rows} == {""}
    assert table(server, "/api/skipped.csv?source=api") == []


def test_the_table_of_the_feed_is_the_feed(server: Cartwatch) -> None:
    """In the order of completion."""
    (item,) = server.get("/api/completed")["items"]
    (row,) = table(server, "/api/completed.csv")
    assert row == {name: str(value) for name, value in item.items()}


@pytest.mark.parametrize(
    "path",
    [
        *("/api/carts.csv", "/api/skipped.csv", "/api/completed.csv"),
        *("/api/carts/zoe/orders.csv", "/api/cart/orders.csv?user_id=zoe"),
    ],
)
def test_they_answer_head_without_the_work_and_no_other_method(
    server: Cartwatch, path: str
) -> None:
    """As every export."""
    head = server.call("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    other = server.call("POST", path, b"")
    assert (other.status, other.headers["allow"]) == (405, "GET, HEAD")


def test_tables_tell_of_corrections(server: Cartwatch) -> None:
    """What was sent for a record, and which record an order came from."""
    server.call("POST", "/api/events", b'{"user_id": "mended", "type": "ordr", "order_id": "7"}')
    (bad,) = until(lambda: server.get("/api/skipped?source=api&reason=unknown_type")["items"])
    fixed = b'{"user_id": "mended", "type": "order", "order_id": "7"}'
    assert server.call("POST", f"/api/skipped/{bad['id']}/resubmit", fixed).status == 202
    until(lambda: server.get("/api/skipped?state=landed")["items"])
    (row,) = table(server, "/api/skipped.csv?state=landed")
    assert (row["correction_line"], row["correction_raw"], row["correction_outcome"]) == (
        "1",
        fixed.decode(),
        "changed",
    )
    (order,) = table(server, "/api/carts/mended/orders.csv")
    assert (order["order_id"], order["order_skipped"]) == ("'7", str(bad["id"]))
    assert (order["order_source"], order["order_line"]) == ("resubmit", "1")
