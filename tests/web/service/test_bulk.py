"""Corrections in bulk: what is looked at, what is sent, and what ends it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typing_extensions import override

from dataflow.records import MAX_LINE_BYTES
from dataflow.whole_lines import WholeLine, WholeLines
from web.errors import APIError
from web.http.api.corrections import MAX_BULKS, _in_bulk
from web.intake.bulk_asked import AsideAsked, BulkAsked, read_bulk
from web.intake.replacement import replace_text
from web.service import bulk as bulk_module
from web.service.bulk import Bulk, set_aside
from web.service.generation import Generation
from web.view.mendable import Mendable
from web.view.skipped_filter import LANDED, OPEN, SENT

pytestmark = pytest.mark.anyio
GOOD = '{"user_id": "a", "type": "order", "order_id": 1}'


class Lines(WholeLines):
    """Lines that are found whole; which of them were read is kept."""

    def __init__(self, *lines: bytes) -> None:
        self.lines = lines
        self.found: list[int] = []

    @override
    def find(self, offset: int, index: int) -> WholeLine:
        assert offset == 1
        self.found.append(index)
        return WholeLine(BytesIO(self.lines[index]), 0, len(self.lines[index]))


def record(
    number: int, raw: str, *, cut: bool = False, reason: str = "unknown_type", state: str = OPEN
) -> Mendable:
    return Mendable(number, reason, raw, cut, state, (1, number))


def bulk(*lines: bytes, **asked: Any) -> tuple[Bulk, Lines]:
    whole = Lines(*lines)
    mending = read_bulk({"all": True, **asked}).mending
    return Bulk(whole, list if mending is None else partial(replace_text, mending)), whole


def test_only_a_line_that_is_cut_is_read_again() -> None:
    """Of any other, what is shown is all of it."""
    mending, lines = bulk(b"", GOOD.encode())
    sent, left = mending.take([record(0, GOOD), record(1, "{", cut=True)])
    assert sent == [(0, GOOD.encode()), (1, GOOD.encode())]
    assert left == []
    assert lines.found == [1]


def test_a_line_that_is_no_text_or_far_too_long_stays_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is put into it, and the second is not read."""
    monkeypatch.setattr(bulk_module, "MAX_WHOLE", 2 * MAX_LINE_BYTES)
    lines = [
        b"",
        b"x" * 5_000 + b"\xff",
        b"y" * (2 * MAX_LINE_BYTES + 1),
        b"z" * MAX_LINE_BYTES * 2,
    ]
    mending, _ = bulk(*lines, find="z", replace="")
    records = [
        record(0, "�", reason="invalid_utf8"),
        record(1, "xxx", cut=True),
        record(2, "yyy", cut=True, reason="too_long"),
        record(3, "zzz", cut=True, reason="too_long"),
    ]
    assert mending.take(records) == ([], [])
    told = mending.describe()
    assert told["still_bad"] == {
        "invalid_utf8": 1,
        "unknown_type": 1,
        "too_long": 1,
        "invalid_json": 1,
    }
    assert (told["valid"], told["cut"]) == (0, 3)


def test_what_was_sent_before_is_told_and_not_sent() -> None:
    """Whether its line would be valid or not."""
    mending, _ = bulk()
    sent, _ = mending.take(
        [record(1, GOOD, state=LANDED), record(2, "{", state=SENT), record(3, GOOD)]
    )
    assert [number for number, _ in sent] == [3]
    told = mending.describe()
    assert (told["matching"], told["valid"], told["sent_before"]) == (3, 2, 2)
    assert told["to_send"] == 1, "what a person is asked to confirm"
    assert told["still_bad"] == {"invalid_json": 1}
    assert [each["outcome"] for each in told["examples"]] == [
        *("sent_before", "invalid_json", "valid")
    ]


def test_long_lines_are_sent_in_several_blocks_and_none_is_left_out() -> None:
    """What is in memory at once is bounded, however many there are."""
    long = GOOD[:-1] + f', "more": "{"x" * 300_000}"}}'
    mending, _ = bulk()
    left = [record(number, long) for number in range(7)]
    blocks = []
    while left:
        block, left = mending.take(left)
        blocks.append([number for number, _ in block])
    assert blocks == [[0, 1], [2, 3], [4, 5], [6]]
    assert mending.describe()["matching"] == 7


def test_examples_are_the_first_twenty() -> None:
    """The oldest, as they come."""
    mending, _ = bulk()
    mending.take([record(number, GOOD) for number in range(50)])
    assert [each["id"] for each in mending.describe()["examples"]] == list(range(20))


class Restarted:
    """A service on which everything is started over before the first write."""

    def __init__(self) -> None:
        self.generation = cast(Generation, SimpleNamespace())

    def writing(self) -> AbstractAsyncContextManager[Generation]:
        return self._writing()

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Generation]:
        yield cast(Generation, SimpleNamespace())


async def test_nothing_goes_on_in_another_generation() -> None:
    """Its ids are others: 409, in words."""
    with pytest.raises(APIError) as refused:
        await set_aside(Restarted(), AsideAsked([1, 2], True))
    assert (refused.value.status, refused.value.code) == (409, "started_over")


async def test_more_than_a_few_bulks_at_once_are_refused() -> None:
    """Each of them is work for a minute."""
    app = SimpleNamespace(state=SimpleNamespace(bulks=MAX_BULKS))
    with pytest.raises(APIError) as refused:
        await _in_bulk(cast(Any, SimpleNamespace(app=app)), BulkAsked([], None, True, None))
    assert (refused.value.status, refused.value.code) == (429, "too_many_bulks")
    assert app.state.bulks == MAX_BULKS
