"""Skipped records and their corrections, by the real program: shapes, statuses, refusals."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from tests.kit.running import Cartwatch, until
from tests.web.http.test_api import refused

_uploads = count()


def line(user: str, order_id: int, kind: str = "order") -> bytes:
    return json.dumps({"user_id": user, "type": kind, "order_id": order_id}).encode()


def skipped(cartwatch: Cartwatch, *lines: bytes) -> tuple[str, list[int]]:
    """Upload lines that are all bad; gives the label of the upload and their ids, in order."""
    name = f"corrections-{next(_uploads)}.jsonl"
    cartwatch.upload_in(cartwatch.upload(b"\n".join(lines), name), "done")
    items = cartwatch.get(f"/api/skipped?source={name}&limit=500")["items"]
    assert len(items) == len(lines)
    return name, [each["id"] for each in reversed(items)]


def landed(cartwatch: Cartwatch, number: int) -> dict[str, Any]:
    """Wait until a record's correction has landed; gives the record."""

    def look() -> dict[str, Any] | None:
        seen: dict[str, Any] = cartwatch.get(f"/api/skipped/{number}")
        return seen if seen["state"] == "landed" else None

    return until(look)


def counts(cartwatch: Cartwatch, source: str) -> dict[str, int]:
    pages = {
        state: cartwatch.get(f"/api/skipped?source={source}&state={state}")
        for state in ("open", "sent", "landed", "aside")
    }
    for page in pages.values():
        assert page["total"] == len(page["items"]) == sum(page["by_reason"].values())
        assert page["by_source"] == ({source: page["total"]} if page["total"] else {})
    return {state: page["total"] for state, page in pages.items() if page["total"]}


def bulk(cartwatch: Cartwatch, status: int = 200, **asked: Any) -> dict[str, Any]:
    answer = cartwatch.call("POST", "/api/skipped/resubmit", asked)
    assert answer.status == status, answer
    told: dict[str, Any] = answer.json()
    return told


def test_a_line_is_checked_by_the_rules_of_the_flow(cartwatch: Cartwatch) -> None:
    """What it would be, or why it would be skipped; nothing is taken in."""
    before = cartwatch.get("/api/stats")["events"]
    good = cartwatch.call("POST", "/api/check", b'{"user_id":7,"type":"order","order_id":"x"}\r\n')
    event = {"user_id": "7", "type": "order", "order_id": "x"}
    assert (good.status, good.json()) == (200, {"valid": True, "event": event})
    for body, reason, column in (
        (b'{"user_id": nope}', "invalid_json", 13),
        (b"", "invalid_json", None),
        (b"{}\n{}", "invalid_json", None),
        (b"[]", "not_an_object", None),
        (b"\xff", "invalid_utf8", 1),
        (b"x" * 2_000_000, "too_long", None),
    ):
        answer = cartwatch.call("POST", "/api/check", body)
        assert answer.status == 200
        told = answer.json()
        assert told.pop("message")
        assert told == {"valid": False, "reason": reason, "column": column}
    assert refused(cartwatch.call("POST", "/api/check", b"x" * 9_000_000), 413) == "too_large"
    assert cartwatch.get("/api/stats")["events"] == before


def test_a_record_is_corrected_once(cartwatch: Cartwatch) -> None:
    """Sent when that is answered, landed when it is in its cart, whose order names the record."""
    source, (number,) = skipped(cartwatch, b"FAIL HERE")
    path = f"/api/skipped/{number}"
    for body, reason in (
        (b"still bad", "invalid_json"),
        (b"", "invalid_json"),
        (line("once", 1) + b"\n\n", "invalid_json"),
        (b'{"user_id": "once"}', "missing_field"),
        (b" " * 1_048_600 + line("once", 1), "too_long"),
    ):
        assert refused(cartwatch.call("POST", f"{path}/resubmit", body), 422) == reason
    assert counts(cartwatch, source) == {"open": 1}
    answer = cartwatch.call("POST", f"{path}/resubmit", line("once", 1) + b"\n")
    assert answer.status == 202
    sent = answer.json()
    assert sent["state"] in ("sent", "landed")
    assert sent["correction"]["raw"] == line("once", 1).decode()
    again = cartwatch.call("POST", f"{path}/resubmit", line("once", 2))
    assert refused(again, 409) == "sent_before"
    seen = landed(cartwatch, number)
    assert seen["correction"] == sent["correction"] | {"outcome": "changed"}
    assert seen["resubmitted_at"] == sent["resubmitted_at"] <= seen["landed_at"]
    assert (seen["raw"], seen["reason"]) == ("FAIL HERE", "invalid_json")
    (order,) = cartwatch.get("/api/carts/once/orders")["items"]
    assert order["ordered_at"] == seen["resubmitted_at"]
    cause = {"upload": None, "source": "resubmit", "line": sent["correction"]["line"]}
    assert order["order"] == {**cause, "skipped": number}
    forced = cartwatch.call("POST", f"{path}/resubmit?force=true", line("once", 1))
    assert forced.status == 202
    assert forced.json()["correction"]["line"] > sent["correction"]["line"]
    assert landed(cartwatch, number)["correction"]["outcome"] == "duplicate"
    assert counts(cartwatch, source) == {"landed": 1}


def test_of_many_who_send_at_the_same_time_one_does(cartwatch: Cartwatch) -> None:
    """All others hear that it was sent before."""
    _, (number,) = skipped(cartwatch, b"race")
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(
            lambda order: (
                cartwatch.call(
                    "POST", f"/api/skipped/{number}/resubmit", line("race", order)
                ).status
            ),
            range(8),
        )
        assert sorted(answers) == [202, *[409] * 7]
    cartwatch.settled()
    assert len(cartwatch.get("/api/carts/race")["unpaid_order_ids"]) == 1


def test_a_whole_line_is_given_back_as_it_came(cartwatch: Cartwatch) -> None:
    """However long and whatever it holds; its head tells the length."""
    lines = [b"\x00\xff\xfe", "ü\u2028 \r".encode(), b"x" * 5_000, b"y" * 1_500_000]
    _, numbers = skipped(cartwatch, *lines)
    for number, data in zip(numbers, lines, strict=True):
        got = cartwatch.call("GET", f"/api/skipped/{number}/raw")
        assert got.status == 200
        assert got.body == data.removesuffix(b"\r")
        assert got.headers["content-type"] == "application/octet-stream"
        head = cartwatch.call("HEAD", f"/api/skipped/{number}/raw")
        assert head.headers["content-length"] == str(len(got.body))
        one = cartwatch.get(f"/api/skipped/{number}")
        assert got.body.decode(errors="replace").startswith(one["raw"])


@pytest.mark.parametrize("path", ["0", "x", "007", "-1", "9" * 30, "%F0%9F%92%A9"])
def test_a_record_that_is_not_there_is_not_found(cartwatch: Cartwatch, path: str) -> None:
    """Whatever is asked of it."""
    for method, end in (("GET", ""), ("GET", "/raw"), ("POST", "/resubmit")):
        answer = cartwatch.call(method, f"/api/skipped/{path}{end}", line("a", 1))
        assert refused(answer, 404) == "not_found"


def test_odd_words_are_refused(cartwatch: Cartwatch) -> None:
    """Never bent to what may have been meant."""
    _, (number,) = skipped(cartwatch, b"odd")
    for path in (
        f"/api/skipped/{number}/resubmit?force=yes",
        f"/api/skipped/{number}/resubmit?force=",
    ):
        assert refused(cartwatch.call("POST", path, line("odd", 1)), 400) == "bad_request"
    for query in ("state=none", "state=", "search=" + "x" * 1_025):
        assert refused(cartwatch.call("GET", f"/api/skipped?{query}"), 400) == "bad_request"
    for body in ({}, {"preview": False}, b"nope"):
        assert refused(cartwatch.call("POST", "/api/skipped/resubmit", body), 400) == "bad_request"
        assert refused(cartwatch.call("POST", "/api/skipped/aside", body), 400) == "bad_request"
    assert cartwatch.get(f"/api/skipped/{number}")["state"] == "open"


def test_raw_texts_are_searched(cartwatch: Cartwatch) -> None:
    """A part of the text as it stands there, with every other filter."""
    source, numbers = skipped(cartwatch, b"needle 1", b"hay", b'{"x": "needle 2"}')
    page = cartwatch.get(f"/api/skipped?source={source}&search=needle")
    assert [each["id"] for each in page["items"]] == [numbers[2], numbers[0]]
    assert (page["total"], page["next"]) == (2, None)
    first = cartwatch.get(f"/api/skipped?source={source}&search=needle&limit=1")
    assert first["next"] is not None
    second = cartwatch.get(f"/api/skipped?source={source}&search=needle&cursor={first['next']}")
    assert [each["id"] for each in second["items"]] == [numbers[0]]
    only = cartwatch.get(f"/api/skipped?source={source}&search=needle&reason=missing_field")
    assert [each["id"] for each in only["items"]] == [numbers[2]]
    assert cartwatch.get(f"/api/skipped?source={source}&search=NEEDLE")["items"] == []


def test_a_bulk_is_looked_at_and_then_sent(cartwatch: Cartwatch) -> None:
    """What is valid and was not sent before is sent, each once; on whole lines."""
    long = b'{"user_id": "bulk", "type": "ordr", "order_id": 4, "more": "%s"}' % (b"x" * 5_000)
    lines = [line("bulk", 1, "ordr"), b"\xff", b"not json", line("bulk", 2, "ordr"), long]
    source, numbers = skipped(cartwatch, *lines)
    sent = cartwatch.call("POST", f"/api/skipped/{numbers[0]}/resubmit", line("bulk", 9))
    assert sent.status == 202
    words: dict[str, Any] = {"source": source, "find": '"ordr"', "replace": '"order"'}
    seen = bulk(cartwatch, **words, preview=True)
    examples = seen.pop("examples")
    still_bad = {"invalid_utf8": 1, "invalid_json": 1}
    told = {"matching": 5, "valid": 3, "still_bad": still_bad, "sent_before": 1, "cut": 1}
    told |= {"to_send": 2, "until": numbers[-1]}
    assert seen == told
    assert [(each["id"], each["outcome"]) for each in examples] == [
        (numbers[0], "sent_before"),
        (numbers[1], "invalid_utf8"),
        (numbers[2], "invalid_json"),
        (numbers[3], "valid"),
        (numbers[4], "valid"),
    ]
    assert examples[3] == {
        "id": numbers[3],
        "raw": lines[3].decode(),
        "corrected": line("bulk", 2).decode(),
        "outcome": "valid",
    }
    assert len(examples[4]["corrected"]) == 4_096
    until(lambda: counts(cartwatch, source) == {"open": 4, "landed": 1})
    answer = bulk(cartwatch, 202, **words, preview=False)
    assert answer == {**told, "examples": examples, "sent": 2}
    assert bulk(cartwatch, 202, **words, preview=False)["sent"] == 0
    corrections = [landed(cartwatch, number)["correction"] for number in numbers[3:]]
    assert {each["outcome"] for each in corrections} == {"changed"}
    assert corrections[0]["line"] < corrections[1]["line"], "in the order in which they came"
    assert counts(cartwatch, source) == {"open": 2, "landed": 3}
    assert sorted(cartwatch.get("/api/carts/bulk")["unpaid_order_ids"]) == [2, 4, 9]


def test_what_came_since_it_was_looked_at_is_not_sent(cartwatch: Cartwatch) -> None:
    """Where the sender names the newest record that was."""
    words: dict[str, Any] = {"search": "since", "find": "ordr", "replace": "order"}
    _, [first] = skipped(cartwatch, line("since", 1, "ordr"))
    seen = bulk(cartwatch, **words, preview=True)
    assert (seen["matching"], seen["until"]) == (1, first)
    _, [second] = skipped(cartwatch, line("since", 2, "ordr"))
    sent = bulk(cartwatch, 202, **words, preview=False, until=seen["until"])
    assert (sent["matching"], sent["sent"]) == (1, 1)
    assert landed(cartwatch, first)["state"] == "landed"
    assert cartwatch.get(f"/api/skipped/{second}")["state"] == "open"


def test_a_bulk_chooses_by_ids_or_by_a_pattern(cartwatch: Cartwatch) -> None:
    """A pattern that takes too long, or is none, is 400, and nothing is sent."""
    lines = [b'{user_id: "ids", type: "order", order_id: %d}' % n for n in range(4)]
    source, numbers = skipped(cartwatch, *lines, b"x" * 4_000)
    slow: dict[str, Any] = {
        "source": source,
        "find": "(x+x+)+y",
        "replace": "",
        "regex": True,
        "preview": False,
    }
    for bad in (slow, {**slow, "find": "("}):
        got = cartwatch.call("POST", "/api/skipped/resubmit", bad)
        assert refused(got, 400) == "bad_regex"
    assert counts(cartwatch, source) == {"open": 5}
    words: dict[str, Any] = {
        "find": r"(\w+): ",
        "replace": r'"\1": ',
        "regex": True,
        "preview": False,
    }
    ids = [*numbers[:2], numbers[0], 10**12]
    answer = bulk(cartwatch, 202, ids=ids, **words)
    assert (answer["matching"], answer["sent"]) == (2, 2)
    until(lambda: counts(cartwatch, source) == {"open": 3, "landed": 2})
    answer = bulk(cartwatch, 202, source=source, search="order_id", **words)
    assert (answer["matching"], answer["sent_before"], answer["sent"]) == (4, 2, 2)


def test_what_will_never_be_mended_is_set_aside(cartwatch: Cartwatch) -> None:
    """It asks for attention no more; it is taken back, and what was sent is neither."""
    source, numbers = skipped(cartwatch, b"a 1", b"a 2", b"b 3")
    cartwatch.call("POST", f"/api/skipped/{numbers[0]}/resubmit", line("aside", 1))
    landed(cartwatch, numbers[0])
    open_before = cartwatch.get("/api/attention")["skipped_open"]

    def aside(**asked: Any) -> int:
        answer = cartwatch.call("POST", "/api/skipped/aside", asked)
        assert answer.status == 200, answer
        assert answer.json().keys() == {"changed"}
        return int(answer.json()["changed"])

    assert aside(source=source, search="a ", aside=True) == 1
    assert aside(ids=[numbers[2], numbers[0], 10**12], aside=True) == 1
    assert aside(source=source, aside=True) == 0
    assert counts(cartwatch, source) == {"landed": 1, "aside": 2}
    assert cartwatch.get("/api/attention")["skipped_open"] == open_before - 2
    assert aside(source=source, state="open", aside=False) == 0
    assert aside(ids=[numbers[2]], aside=False) == 1
    assert counts(cartwatch, source) == {"open": 1, "landed": 1, "aside": 1}
    mended = cartwatch.call("POST", f"/api/skipped/{numbers[1]}/resubmit", line("aside", 2))
    assert mended.status == 202
    assert landed(cartwatch, numbers[1])["correction"]["outcome"] == "changed"


def test_a_file_with_the_name_of_a_source_is_told_apart_from_it(cartwatch: Cartwatch) -> None:
    """Who filters by `stream` means the stream; the record says what its file is called."""
    upload = cartwatch.upload(b"bad\n", "stream")
    cartwatch.upload_in(upload, "done")
    (record,) = cartwatch.get(f"/api/skipped?upload={upload}")["items"]
    assert (record["source"], record["upload"]) == ("stream", upload)
    assert cartwatch.get("/api/skipped?source=stream")["items"] == []
    assert cartwatch.get("/api/skipped?source=file%20stream")["items"] == [record]
    both = cartwatch.get(f"/api/skipped?source=file%20stream&upload={upload}")
    assert both["items"] == [record]
    assert both["by_source"] == {"file stream": 1}
