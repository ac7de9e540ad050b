"""How the skipped records stand that somebody looks at, by the real program."""

from __future__ import annotations

import pytest

from tests.kit.running import Cartwatch
from tests.web.http.api.test_corrections import line, skipped
from tests.web.http.test_api import refused


def test_records_are_told_that_left_the_filter(cartwatch: Cartwatch) -> None:
    """With what they became, beside the counts of what could be chosen instead."""
    source, numbers = skipped(cartwatch, b"FAIL HERE", b"[]", b"{")
    aside = {"ids": numbers[:1], "aside": True}
    assert cartwatch.call("POST", "/api/skipped/aside", aside).json() == {"changed": 1}
    ids = ",".join(map(str, [*numbers[:2], 10**15]))
    now = cartwatch.get(
        f"/api/skipped/now?source={source}&state=open&reason=invalid_json&ids={ids}"
    )
    assert now["by_state"] == {"open": 1, "sent": 0, "landed": 0, "aside": 1}
    assert now["by_reason"] == {"invalid_json": 1, "not_an_object": 1}
    assert now["by_source"][source] == 1
    items = [(each["id"], each["state"]) for each in now["items"]]
    assert items == [(numbers[1], "open"), (numbers[0], "aside")]
    assert now["items"][1] == cartwatch.get(f"/api/skipped/{numbers[0]}")


def test_without_ids_there_are_counts_alone(cartwatch: Cartwatch) -> None:
    """As where the page that somebody looks at is empty."""
    assert cartwatch.get("/api/skipped/now?source=nowhere")["items"] == []
    answer = cartwatch.call("POST", "/api/skipped/now", line("a", 1))
    assert answer.status == 405


@pytest.mark.parametrize("query", ["ids=x", "ids=1,,2", "ids=-1", "ids=1%202", "state=odd"])
def test_what_is_no_question_is_refused(cartwatch: Cartwatch, query: str) -> None:
    """Never bent to one."""
    assert refused(cartwatch.call("GET", f"/api/skipped/now?{query}"), 400) == "bad_request"


def test_more_records_than_a_page_can_have_are_refused(cartwatch: Cartwatch) -> None:
    """Five hundred, as everywhere."""
    ids = ",".join(["1"] * 501)
    assert refused(cartwatch.call("GET", f"/api/skipped/now?ids={ids}"), 400) == "bad_request"
