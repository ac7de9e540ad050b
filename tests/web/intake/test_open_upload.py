"""Steps through a paused upload: so many lines as were asked for, and no other ones."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from dataflow.records import MAX_LINE_BYTES
from tests.kit.upload_stage import BAD, GOOD, Stage, no_room_in, staged
from web.errors import APIError

pytestmark = pytest.mark.anyio


async def paused(stage: Stage, data: bytes) -> str:
    """Add an upload that is paused before its second line."""
    upload = await stage.add(data, rate=0.001)
    await stage.until(lambda: stage.released(upload) == 1)
    await stage.uploads.change(upload, {"state": "paused"})
    await stage.run(upload, "paused")
    return upload


async def step(stage: Stage, upload: str, lines: int) -> dict[str, Any]:
    stepped = await stage.uploads.step(upload, {"lines": lines})
    return stage.uploads.describe(stepped.row)


async def test_a_step_releases_exactly_so_many_lines_and_it_stays_paused(tmp_path: Path) -> None:
    """Since the same time and for the same reason, also while they are processed."""
    data = b"".join(b'{"user_id": "a", "type": "order", "order_id": %d}\n' % n for n in range(90))
    async with staged(tmp_path) as stage:
        upload = await paused(stage, data)
        before = stage.shown(upload)
        for lines, expected in ((1, 2), (7, 9), (80, 89)):
            shown = await step(stage, upload, lines)
            assert stage.released(upload) == expected
            assert shown["state"] == "paused"
            assert shown["paused_at"] == before["paused_at"] is not None
            await stage.process()
            assert stage.shown(upload)["processed"] == expected
        entries = stage.reader.read(1, 10**9)
        assert b"".join(entry.data for entry in entries) == b"".join(data.splitlines(True)[:89])
        assert stage.uploads.released_lines == 89
        assert stage.run_ahead.statistics()["lines"] == 0
        await stage.uploads.change(upload, {"state": "running", "rate": None})
        assert (await stage.run(upload))["paused_at"] is None


async def test_steps_that_are_sent_at_the_same_time_add_up(tmp_path: Path) -> None:
    """Each releases its own lines: none is lost, none goes twice."""
    async with staged(tmp_path) as stage:
        upload = await paused(stage, GOOD * 1_000)
        await asyncio.gather(*(step(stage, upload, lines) for lines in range(1, 31)))
        assert stage.released(upload) == 1 + sum(range(1, 31))
        entries = stage.reader.read(1, 10**9)
        firsts = [entry.first_line for entry in entries]
        assert firsts == [1 + sum(entry.lines for entry in entries[:at]) for at in range(31)]


async def test_a_step_over_the_last_line_ends_the_upload_as_it_would_have(tmp_path: Path) -> None:
    """Of what is left it releases all, however many lines were asked for."""
    async with staged(tmp_path) as stage:
        upload = await paused(stage, GOOD * 5)
        await step(stage, upload, 10_000)
        await step(stage, upload, 1)
        assert stage.released(upload) == 5
        shown = await stage.run(upload)
        assert (shown["processed"], shown["paused_at"]) == (5, None)
        assert shown["finished_at"] is not None
        with pytest.raises(APIError, match="replay it") as refused:
            await step(stage, upload, 1)
        assert (refused.value.status, refused.value.code) == (409, "not_paused")


async def test_a_step_is_not_for_an_upload_that_runs_waits_or_is_being_cancelled(
    tmp_path: Path,
) -> None:
    """409: what is not paused goes on by itself, or not at all."""
    async with staged(tmp_path) as stage:
        upload = await stage.add(GOOD * 50, rate=0.001)
        with pytest.raises(APIError, match="pause it") as refused:
            await step(stage, upload, 1)
        assert refused.value.status == 409
        await stage.until(lambda: stage.released(upload) == 1)
        await stage.uploads.change(upload, {"state": "cancelled"})
        with pytest.raises(APIError, match="being cancelled") as refused:
            await step(stage, upload, 1)
        assert refused.value.status == 409


async def test_one_that_paused_itself_is_stepped_too_and_stays_paused(tmp_path: Path) -> None:
    """Looking at further lines is not yet to say that it is the right file."""
    async with staged(tmp_path) as stage:
        upload = await stage.add(BAD * 25_000)
        why = (await stage.run(upload, "paused"))["paused_because"]
        await step(stage, upload, 9_999)
        await stage.process(10**9)
        shown = stage.shown(upload)
        assert (shown["state"], shown["processed"]) == ("paused", 19_999)
        assert shown["paused_because"] == why
        await stage.uploads.change(upload, {"state": "running"})
        assert (await stage.run(upload))["skipped"] == 25_000


async def test_a_step_goes_over_lines_of_any_length(tmp_path: Path) -> None:
    """In as many chunks as it takes, all of them in one transaction."""
    lines = [b"x" * (3 * MAX_LINE_BYTES) + b"\n", GOOD * 1, b"y" * MAX_LINE_BYTES + b"\n", GOOD]
    async with staged(tmp_path) as stage:
        upload = await paused(stage, GOOD + b"".join(lines))
        await step(stage, upload, 3)
        assert stage.released(upload) == 4
        await step(stage, upload, 1)
        assert (await stage.run(upload))["processed"] == 5


async def test_a_step_that_cannot_be_written_releases_nothing(tmp_path: Path) -> None:
    """It is refused, and the next one releases its own lines alone."""
    async with staged(tmp_path) as stage:
        upload = await paused(stage, GOOD * 50)
        with no_room_in(stage.journal), pytest.raises(sqlite3.OperationalError):
            await step(stage, upload, 5)
        assert stage.released(upload) == 1
        await step(stage, upload, 5)
        assert stage.released(upload) == 6


async def test_a_step_through_a_file_that_is_gone_fails_the_upload(tmp_path: Path) -> None:
    """It is told at once, and the upload says it from then on."""
    async with staged(tmp_path) as stage:
        upload = await paused(stage, GOOD * 50)
        (stage.files / stage.uploads.get(upload).file).unlink()
        with pytest.raises(APIError, match="cannot be read") as refused:
            await step(stage, upload, 5)
        assert (refused.value.status, refused.value.code) == (409, "failed")
        shown = stage.shown(upload)
        assert (shown["state"], shown["processed"], shown["paused_at"]) == ("failed", 1, None)


async def test_a_pause_and_its_steps_stand_over_a_start(tmp_path: Path) -> None:
    """Since when it is paused, too; what was released before goes to the flow once."""
    async with staged(tmp_path) as stage:
        upload = await paused(stage, GOOD * 50)
        before = await step(stage, upload, 9)
    async with staged(tmp_path) as stage:
        stage.uploads.start_due()
        await stage.process(10**9)
        shown = await step(stage, upload, 10)
        assert shown["paused_at"] == before["paused_at"]
        assert stage.released(upload) == 20


async def test_whoever_steps_can_wait_for_the_lines_to_be_processed(tmp_path: Path) -> None:
    """Not for ever: a flow that is down has processed nothing when the time is over."""
    async with staged(tmp_path) as stage:
        upload = await paused(stage, GOOD * 50)
        stepped = await stage.uploads.step(upload, {"lines": 49})
        row = await stage.uploads.until_processed(stepped, 0.0)
        assert row.state == "paused"
        waiting = asyncio.create_task(stage.uploads.until_processed(stepped, 10**9))
        await stage.process(10**9)
        assert (await waiting).state == "done"
