"""The HTTP API of the real program: shapes, statuses, refusals."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.kit.running import Answer, Cartwatch, until

ORDER = b'{"user_id": "%s", "type": "order", "order_id": %s}\n'
PAYMENT = b'{"user_id": "%s", "type": "payment", "order_id": %s}\n'


def refused(answer: Answer, status: int) -> str:
    """Check the one shape of an error; gives its code."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/json"
    (error,) = answer.json().values()
    assert error.keys() == {"code", "message"}
    assert error["message"]
    return str(error["code"])


def post(cartwatch: Cartwatch, body: bytes, **headers: str) -> Answer:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return cartwatch.call("POST", "/api/events", body, fields)


def accepted(cartwatch: Cartwatch, body: bytes, **headers: str) -> dict[str, Any]:
    answer = post(cartwatch, body, **headers)
    assert answer.status == 202, answer
    cartwatch.settled()
    shown: dict[str, Any] = answer.json()
    return shown


def test_records_go_in_and_come_out_as_carts(cartwatch: Cartwatch) -> None:
    """202 with the lines that they took, and then the whole summary."""
    lines = [ORDER % (b"in-out", n) for n in (b"1", b'"1"', b"2")] + [PAYMENT % (b"in-out", b"2")]
    answer = accepted(cartwatch, b"".join(lines))
    assert answer["source"] == "api"
    assert answer["last_line"] - answer["first_line"] == 3
    assert cartwatch.get("/api/carts/in-out") == {
        "user_id": "in-out",
        "version": 4,
        "paid_order_ids": [2],
        "unpaid_order_ids": [1, "1"],
        "waiting_payment_ids": [],
    }
    (cart,) = cartwatch.get("/api/carts?search=in-out")["items"]
    assert cart.keys() == {
        *("user_id", "version", "paid_order_ids", "unpaid_order_ids", "waiting_payment_ids"),
        *("paid", "unpaid", "waiting", "oldest_unpaid_at", "oldest_waiting_at", "updated_at"),
    }
    assert (cart["paid"], cart["unpaid"], cart["waiting"]) == (1, 2, 0)


@pytest.mark.parametrize(
    "user_id", ["a/b", "/", "ü 😀", "50%", "a?b#c", "..", ".", "a//b", "x.jsonl"]
)
def test_an_id_in_a_path_is_percent_encoded_and_may_hold_a_slash(
    cartwatch: Cartwatch, user_id: str
) -> None:
    """Any id that a record may have."""
    record = {"user_id": f"path {user_id}", "type": "order", "order_id": 1}
    accepted(cartwatch, json.dumps(record).encode())
    for shown in ("/api/carts/", "/carts/"):
        answer = cartwatch.call("GET", shown + quote(f"path {user_id}", safe=""))
        assert answer.status == 200
    assert cartwatch.get(f"/api/carts/{quote(f'path {user_id}', safe='')}")["unpaid_order_ids"] == [
        1
    ]


@pytest.mark.parametrize(
    "path",
    [
        *("/api/carts?limit=0", "/api/carts?limit=501", "/api/carts?limit=x", "/api/carts?limit="),
        *("/api/carts?filter=all%20", "/api/carts?sort=name", "/api/carts?cursor=x"),
        *("/api/carts?sort=user&cursor=WzFd", f"/api/carts?search={'x' * 257}"),
        *("/api/carts.jsonl?filter=x", "/api/skipped?limit=-1", "/api/skipped?cursor=a"),
        *("/api/skipped?reason=x", f"/api/skipped?source={'x' * 1025}", "/api/completed?cursor=-1"),
        *("/api/completed?limit=1.5", "/api/uploads?limit=0", "/api/uploads?cursor=x"),
        *("/api/recovery?limit=0", "/api/recovery?limit=501", "/api/recovery?cursor=x"),
        *("/api/history?range=", "/api/history?range=2h", "/api/history?range=10M"),
        *("/api/skipped.jsonl?reason=x", f"/api/skipped?upload={'x' * 1025}"),
    ],
)
def test_a_bad_parameter_is_refused_never_clamped(cartwatch: Cartwatch, path: str) -> None:
    """400 in the one shape."""
    assert refused(cartwatch.call("GET", path), 400) == "bad_request"


@pytest.mark.parametrize(
    "path",
    [
        *("/api/carts/nobody", "/api/carts/", "/api/uploads/nothing", "/api/nothing", "/nothing"),
        *("/static/nothing.js", "/static/..%2f..%2fpyproject.toml", "/ws", "/ws/publish"),
    ],
)
def test_what_is_not_there_is_404(cartwatch: Cartwatch, path: str) -> None:
    """In the one shape, for a program."""
    assert refused(cartwatch.call("GET", path), 404) == "not_found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("PUT", "/api/carts"), ("DELETE", "/api/carts/a"), ("GET", "/api/events")),
        *(("GET", "/api/reset"), ("GET", "/api/flow/restart"), ("DELETE", "/api/uploads")),
        *(("PUT", "/api/uploads/x"), ("GET", "/api/uploads/x/replay"), ("POST", "/")),
        *(("POST", "/readyz"), ("POST", "/api/stats"), ("POST", "/static/main.js")),
    ],
)
def test_a_wrong_method_is_405(cartwatch: Cartwatch, method: str, path: str) -> None:
    """In the one shape, with the methods that there are."""
    answer = cartwatch.call(method, path)
    assert refused(answer, 405) == "method_not_allowed"
    assert answer.headers["allow"]


def test_an_idempotency_key_answers_the_same_and_appends_nothing(cartwatch: Cartwatch) -> None:
    """With another body it is 422; without a key the same body is taken again."""
    body = ORDER % (b"idempotent", b"1")
    first = accepted(cartwatch, body, idempotency_key="test-key")
    assert accepted(cartwatch, body, idempotency_key="test-key") == first
    other = post(cartwatch, body + body, idempotency_key="test-key")
    assert refused(other, 422) == "key_reused"
    again = accepted(cartwatch, body)
    assert again["first_line"] == first["last_line"] + 1
    assert cartwatch.get("/api/carts/idempotent")["version"] == 1
    for key in ("", "x" * 257):
        assert refused(post(cartwatch, body, idempotency_key=key), 400) == "bad_request"


def test_a_batch_is_at_most_8_mib_and_never_empty(cartwatch: Cartwatch) -> None:
    """The bound itself is taken; blank lines are lines, and bad ones are answered 202 too."""
    line = ORDER % (b"large", b"1")
    assert refused(post(cartwatch, line.ljust(8 * 1024 * 1024 + 1, b"\n")), 413) == "too_large"
    assert accepted(cartwatch, line.ljust(8 * 1024 * 1024, b" "))["last_line"]
    for body in (b"", b"\xef\xbb\xbf"):
        assert refused(post(cartwatch, body), 400) == "empty_body"
    blank = accepted(cartwatch, b"\n\r\n")
    assert blank["last_line"] == blank["first_line"] + 1


def test_a_bad_record_is_accepted_skipped_and_shown(cartwatch: Cartwatch) -> None:
    """With the number of its line, the reason, a sentence, the column and its text."""
    answer = accepted(cartwatch, b'{"user_id": "a"}\nNOT JSON\n\xff\n')
    page = cartwatch.get("/api/skipped?source=api&limit=3")
    assert [row["line"] for row in page["items"]] == [answer["first_line"] + at for at in (2, 1, 0)]
    assert [row["reason"] for row in page["items"]] == [
        *("invalid_utf8", "invalid_json", "missing_field")
    ]
    row = page["items"][1]
    assert row.keys() == {
        *("id", "upload", "source", "line", "reason", "message", "column", "raw", "raw_cut"),
        *("skipped_at", "resubmitted_at", "landed_at", "correction", "state"),
    }
    assert (row["upload"], row["source"], row["raw"], row["column"]) == (None, "api", "NOT JSON", 1)
    assert page["items"][0]["raw"] == "�"
    assert sum(page["by_reason"].values()) == page["total"]
    only = cartwatch.get("/api/skipped?reason=invalid_utf8&source=api")
    assert set(only["by_reason"]) == {"invalid_utf8"}


def test_the_feed_resumes_at_its_cursor(cartwatch: Cartwatch) -> None:
    """Each order once, in the order of completion, however often its payment comes."""
    before = cartwatch.call("GET", "/api/completed.jsonl").body.splitlines()
    after = json.loads(before[-1])["seq"] if before else 0
    lines = [make % (b"feed", n) for n in (b"1", b'"1"') for make in (ORDER, PAYMENT, PAYMENT)]
    accepted(cartwatch, b"".join(lines))
    page = cartwatch.get(f"/api/completed?cursor={after}")
    assert [(row["user_id"], row["order_id"]) for row in page["items"]] == [
        ("feed", 1),
        ("feed", "1"),
    ]
    assert page["items"][0].keys() == {"seq", "user_id", "order_id", "completed_at"}
    assert page["next"] == str(page["items"][-1]["seq"])
    assert cartwatch.get(f"/api/completed?cursor={page['next']}")["items"] == []


def test_exports_are_the_whole_lists_as_lines(cartwatch: Cartwatch) -> None:
    """Carts whole, and only those of the search and filter."""
    orders = b"".join(ORDER % (b"export-tall", b"%d" % n) for n in range(30))
    accepted(
        cartwatch, orders + ORDER % (b"export-b", b"1") + PAYMENT % (b"export-c", b"1") + b"bad\n"
    )
    answer = cartwatch.call("GET", "/api/carts.jsonl?search=export&filter=unpaid&sort=user")
    carts = [json.loads(line) for line in answer.body.splitlines()]
    assert [cart["user_id"] for cart in carts] == ["export-b", "export-tall"]
    assert carts[1]["unpaid_order_ids"] == list(range(30))
    assert answer.headers["content-disposition"] == 'attachment; filename="carts.jsonl"'
    for name in ("skipped", "completed"):
        lines = cartwatch.call("GET", f"/api/{name}.jsonl").body.splitlines()
        listed = cartwatch.get(f"/api/{name}?limit=500")
        assert len(lines) == listed["total"]
        assert [json.loads(line) for line in lines][:500] == listed["items"]


def test_skipped_records_are_narrowed_to_reason_source_and_upload(cartwatch: Cartwatch) -> None:
    """List, total, counts and export alike."""
    uploads = [cartwatch.upload(b"FAIL\n[]\n", name) for name in ("of-1.jsonl", "of-2.jsonl")]
    for upload in uploads:
        cartwatch.upload_in(upload, "done")
    seen = cartwatch.get(f"/api/skipped?upload={uploads[0]}")
    assert [each["line"] for each in seen["items"]] == [2, 1]
    assert (seen["total"], seen["by_source"]) == (2, {"of-1.jsonl": 2})
    assert seen["by_reason"] == {"invalid_json": 1, "not_an_object": 1}
    assert cartwatch.get("/api/skipped?source=of-2.jsonl&reason=not_an_object")["total"] == 1
    assert cartwatch.get(f"/api/skipped?upload={uploads[0]}&source=of-2.jsonl")["total"] == 0
    assert cartwatch.get("/api/skipped")["by_source"]["of-2.jsonl"] == 2
    lines = cartwatch.call("GET", f"/api/skipped.jsonl?upload={uploads[0]}").body.splitlines()
    assert [json.loads(line) for line in lines] == seen["items"]


def test_the_starts_of_the_flow_are_told_by_pages(cartwatch: Cartwatch) -> None:
    """The newest is the current one, on every page."""
    told = cartwatch.get("/api/recovery?limit=1")
    assert len(told["history"]) == 1
    assert told["current"]["execution"] == told["total"] == told["history"][0]["execution"]
    past = cartwatch.get("/api/recovery?cursor=1")
    assert (past["history"], past["next"], past["current"]) == ([], None, told["current"])


def test_the_figures_add_up(cartwatch: Cartwatch) -> None:
    """``events`` are accepted records, repeats included; ``lag`` is 0 when all is processed."""
    cartwatch.settled()
    before = cartwatch.get("/api/stats")
    assert before.keys() == {
        *("carts", "unpaid", "paid", "waiting", "skipped", "duplicates", "events", "lag"),
        *("events_per_second", "viewers"),
    }
    lines = [ORDER % (b"figures", b"1")] * 3 + [PAYMENT % (b"figures", b"2"), b"bad\n", b"\n"]
    accepted(cartwatch, b"".join(lines))
    after = cartwatch.get("/api/stats")
    change = {name: after[name] - before[name] for name in before}
    del change["events_per_second"]
    assert change == {
        "carts": 1, "unpaid": 1, "paid": 0, "waiting": 1, "skipped": 1, "duplicates": 2,
        "events": 4, "lag": 0, "viewers": 0,
    }  # fmt: skip
    assert after["events_per_second"] > 0


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"confirm": "yes"}', b'{"confirm": "reset", "replay": 5}',
     b'{"confirm": "reset", "more": 1}', b"[" * 60_000],
)  # fmt: skip
def test_a_reset_wants_to_be_meant(cartwatch: Cartwatch, body: bytes) -> None:
    """Anything but the word itself changes nothing."""
    carts = cartwatch.get("/api/stats")["carts"]
    assert refused(cartwatch.call("POST", "/api/reset", body), 400) == "bad_request"
    assert cartwatch.get("/api/stats")["carts"] == carts
    unknown = {"confirm": "reset", "replay": "unknown"}
    assert refused(cartwatch.call("POST", "/api/reset", unknown), 404) == "not_found"


def test_a_restart_of_the_flow_is_told_and_loses_nothing(tmp_path: Path) -> None:
    """Another process, one more start in the history, the same rows, and writes go on meanwhile."""
    with Cartwatch(tmp_path / "data") as server:
        accepted(server, ORDER % (b"a", b"1") + PAYMENT % (b"a", b"2"))
        rows = server.call("GET", "/api/carts.jsonl").body
        pid = server.flow_pid()
        answer = server.call("POST", "/api/flow/restart")
        assert (answer.status, answer.json()) == (202, {"killed": pid})
        assert post(server, ORDER % (b"b", b"1")).status == 202
        server.settled()
        assert server.call("GET", "/api/carts/a").status == 200
        assert server.call("GET", "/api/carts.jsonl?search=a").body == rows
        assert server.flow_pid() != pid
        told = server.get("/api/recovery")
        assert (told["state"], len(told["history"])) == ("running", 2)
        assert told["current"]["carts_restored"] in (0, 1)
        assert told["history"][1]["ended_at"] is not None
        assert told["current"] == told["history"][0]
        server.stop()


def test_a_reset_starts_over_and_can_replay_an_upload(tmp_path: Path) -> None:
    """Carts, records, uploads, counters and keys go; after a restart it is still so."""
    with Cartwatch(tmp_path / "data") as server:
        upload = server.upload(ORDER % (b"a", b"1"), "a.jsonl")
        server.upload_in(upload, "done")
        first = accepted(server, ORDER % (b"b", b"1") + b"bad\n", idempotency_key="k")
        answer = server.call("POST", "/api/reset", {"confirm": "reset", "replay": upload})
        assert answer.status == 202
        assert answer.json()["upload"]["name"] == "a.jsonl"
        server.settled()
        server.upload_in(answer.json()["upload"]["id"], "done")
        assert [cart["user_id"] for cart in server.get("/api/carts")["items"]] == ["a"]
        assert server.get("/api/skipped")["total"] == 0
        assert (
            accepted(server, b"other\n", idempotency_key="k")["first_line"] == first["first_line"]
        )
        assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
        server.settled()
        assert server.get("/api/uploads")["total"] == server.get("/api/stats")["carts"] == 0
        server.stop()
    with Cartwatch(tmp_path / "data") as server:
        until(lambda: server.call("GET", "/readyz").status == 200)
        assert server.get("/api/stats")["events"] == 0
        assert sorted(path.name for path in (tmp_path / "data").glob("generation-*")) == [
            "generation-000003"
        ]
