"""The figures over time, as the real program tells them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.kit.running import Cartwatch, until

RECORDS = b"".join(
    b'{"user_id": "history", "type": "%s", "order_id": %d}\n' % (kind, number)
    for number in range(50)
    for kind in (b"order", b"payment")
)
COUNTED = ("events", "skipped", "completed")
MEASURED = ("accept_to_view_p50_ms", "accept_to_view_p99_ms")
RANGES = {"10m": 1, "1h": 6, "1d": 144}


@pytest.fixture(scope="module")
def cartwatch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server of its own: what is older than ten minutes is not in the shortest range."""
    with Cartwatch(tmp_path_factory.mktemp("history") / "data") as cartwatch:
        cartwatch.settled()
        yield cartwatch


def sums(answer: dict[str, Any]) -> dict[str, int]:
    """Sum up what the points of a range say, each the mean a second over its step."""
    return {
        name: round(sum(each or 0 for each in answer["series"][name]) * answer["step"])
        for name in COUNTED
    }


@pytest.mark.parametrize("name", RANGES)
def test_a_range_tells_what_came_into_the_view(cartwatch: Cartwatch, name: str) -> None:
    """All of it, in steps of one length that end now."""
    path = f"/api/history?range={name}"
    before = sums(cartwatch.get(path))
    expected = {"events": 100, "skipped": 2, "completed": 50}
    user = name.encode()
    assert (
        cartwatch.call(
            "POST", "/api/events", RECORDS.replace(b"history", b"history " + user) + b"FAIL\n1\n"
        ).status
        == 202
    )

    def look() -> dict[str, Any] | None:
        answer: dict[str, Any] = cartwatch.get(path)
        grown = {each: sum_ - before[each] for each, sum_ in sums(answer).items()}
        return answer if grown == expected else None

    answer = until(look)
    assert answer["step"] == RANGES[name]
    assert {len(each) for each in answer["series"].values()} == {600}
    begins = datetime.fromisoformat(answer["from"])
    ends = begins + timedelta(seconds=600 * answer["step"])
    age = datetime.now(begins.tzinfo) - ends
    assert timedelta(seconds=-answer["step"]) <= age < timedelta(seconds=5)
    p50, p99 = (
        [each for each in answer["series"][which] if each is not None][-1] for which in MEASURED
    )
    assert 0 < p50 <= p99 < 20_000
    assert "started" in {mark["kind"] for mark in answer["marks"]}


def test_the_shortest_range_is_the_one_without_a_name(cartwatch: Cartwatch) -> None:
    """And ``HEAD`` is answered, too."""
    assert cartwatch.get("/api/history")["step"] == 1
    assert cartwatch.call("HEAD", "/api/history?range=1d").status == 200
    assert cartwatch.call("HEAD", "/api/history?range=x").status == 400
