"""An endless stream: at its pace, counted as it is kept, and over when nothing can be kept."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from dataflow.runs import PAYMENT, parse_lines
from dataflow.synthetic import endless
from tests.kit.upload_stage import Stage, staged
from web.errors import APIError
from web.intake.run_ahead import RunAhead
from web.intake.stream import STREAM_SOURCE, Asked, Stream, read_asked

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def running(
    stage: Stage, asked: Asked, lines: Iterator[bytes] | None = None
) -> AsyncIterator[Stream]:
    made = lines or endless(asked.users, asked.bad, count(1), Random(1))

    def released(last_line: int) -> None:
        stage.uploads.other_released(STREAM_SOURCE, last_line)
        stage.changed.set()

    stream = Stream(asked, made, stage.journal, stage.run_ahead, released)
    await stream.begin()
    task = asyncio.create_task(stream.run())
    yield stream
    stream.stop()
    await task


async def test_lines_are_kept_and_counted_until_it_is_stopped(tmp_path: Path) -> None:
    """Every one that is counted is in the journal, as the source ``stream`` and of no upload."""
    async with staged(tmp_path) as stage:
        async with running(stage, Asked(10_000, 5, 0.1)) as stream:
            assert stream.describe()["lines"] >= 1, "the first line is there when it has begun"
            await stage.until(lambda: stream.describe()["lines"] > 500)
        told = stream.describe()
        entries = stage.reader.read(1, 10**9)
        assert {(entry.upload, entry.source) for entry in entries} == {(None, "stream")}
        assert sum(entry.lines for entry in entries) == told["lines"]
        assert stage.uploads.released_lines == told["lines"]
        assert stage.run_ahead.statistics()["lines"] == told["lines"]
        await stage.process(10**9)
        assert stage.run_ahead.statistics()["lines"] == 0
    assert (told["rate"], told["users"], told["bad"]) == (10_000, 5, 0.1)
    assert told["started_at"].endswith("Z")


async def test_a_second_stream_goes_on_in_the_count_of_the_source(tmp_path: Path) -> None:
    """``lines`` are those of the stream itself."""
    async with staged(tmp_path) as stage:
        for last in (1, 2):
            async with running(stage, Asked(1)) as stream:
                assert stream.describe()["lines"] == 1
            assert stage.uploads.lines_of(STREAM_SOURCE) == last


async def test_it_waits_where_the_flow_is_behind_and_makes_nothing_up_for_it(
    tmp_path: Path,
) -> None:
    """What the flow does not read does not pile up."""
    async with (
        staged(tmp_path, RunAhead(most_lines=5)) as stage,
        running(stage, Asked(10_000)) as stream,
    ):
        await stage.until(lambda: stream.describe()["lines"] > 1)
        behind = stream.describe()["lines"]
        assert not await stage.run_ahead.room(0.2)
        assert stream.describe()["lines"] == behind
        await stage.process(10**9)
        await stage.until(lambda: stream.describe()["lines"] > behind)
        assert stream.describe()["lines"] <= behind + 1_000, "a tenth of a second's worth"


async def test_a_journal_that_cannot_be_written_ends_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In words; one that has not begun is refused."""

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async with staged(tmp_path) as stage:
        stream = Stream(
            Asked(10_000),
            endless(9, 0, count(1), Random(1)),
            stage.journal,
            stage.run_ahead,
            lambda _: None,
        )
        with patch.object(stage.journal, "append", refuse):
            with pytest.raises(sqlite3.OperationalError):
                await stream.begin()
            await asyncio.wait_for(stream.run(), 20)
        assert stream.describe()["lines"] == 0
    assert "disk is full" in caplog.text


@pytest.mark.parametrize(
    "asked",
    [
        *(None, [], "x", 5, {"rate": 0}, {"rate": 0.5}, {"rate": 10_001}, {"rate": None}),
        *({"rate": True}, {"rate": "5"}, {"users": 0}, {"users": 1_000_001}, {"users": 2.0}),
        *({"users": True}, {"users": None}, {"bad": -0.1}, {"bad": 1.1}, {"bad": None}),
        *({"bad": False}, {"bad": "0"}, {"speed": 5}, {"rate": 5, "seed": 1}),
    ],
)
def test_what_is_no_stream_is_refused(asked: object) -> None:
    """Never clamped, and nothing unknown is passed over."""
    with pytest.raises(APIError) as refused:
        read_asked(asked)
    assert refused.value.status == 400


def test_what_is_not_asked_for_is_usual() -> None:
    """All of it has a default."""
    assert read_asked({}) == Asked(50, 1_000, 0)
    assert read_asked({"rate": 2.5, "users": 1, "bad": 1}) == Asked(2.5, 1, 1)
    assert read_asked({"rate": 10_000, "users": 1_000_000}) == Asked(10_000, 1_000_000, 0)


def test_its_lines_are_of_its_users_and_no_order_comes_twice() -> None:
    """Nor does a payment; four in five orders are paid, as in life, and none is repeated."""
    made = endless(7, 0, count(50), Random(3))
    parsed = parse_lines(b"".join(next(made) for _ in range(40_000)), 1)
    assert not parsed.skipped
    assert {user for user, *_ in parsed.events} == {f"stream-{n}" for n in range(1, 8)}
    orders = [order for _, order, code in parsed.events if not code & PAYMENT]
    payments = [order for _, order, code in parsed.events if code & PAYMENT]
    assert len(set(orders)) == len(orders)
    assert len(set(payments)) == len(payments)
    used = sorted({*orders, *payments}, key=int)
    assert used == list(range(50, 50 + len(used)))
    assert len({*orders} & {*payments}) / len(orders) == pytest.approx(0.8, abs=0.05)


def test_its_bad_lines_are_bad_and_short() -> None:
    """All of them, where the share is 1: whatever way they are spoilt in."""
    made = endless(3, 1, count(1), Random(3))
    lines = [next(made) for _ in range(3_000)]
    parsed = parse_lines(b"".join(lines), 1)
    assert (len(parsed.events), parsed.blank, len(parsed.skipped)) == (0, 0, 3_000)
    assert max(map(len, lines)) < 6_000
