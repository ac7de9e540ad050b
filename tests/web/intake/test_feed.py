"""The feeding of an upload: at its pace, within the run-ahead, and to its end or its failure."""

import asyncio
import errno
import os
from functools import partial
from pathlib import Path

import pytest

from dataflow.journal import JournalReader
from tests.kit.upload_stage import BAD, GOOD, no_room_in, staged
from web.intake.feed import Feed
from web.intake.run_ahead import RunAhead

pytestmark = pytest.mark.anyio


async def test_a_file_is_released_whole_in_order_and_done_when_the_view_has_it(
    tmp_path: Path,
) -> None:
    """``done`` means processed, not released; the counts add up."""
    data = GOOD * 20_000 + BAD * 2 + b"\n" + GOOD
    async with staged(tmp_path) as stage:
        upload = await stage.add(data)
        await stage.until(lambda: stage.released(upload) == 10_000)
        assert stage.shown(upload)["state"] == "running"
        shown = await stage.run(upload)
        entries = JournalReader(stage.path, stage.files).read(1, 10**9)
    assert b"".join(entry.data for entry in entries) == data
    assert (shown["accepted"], shown["skipped"], shown["blank"]) == (20_001, 2, 1)
    assert shown["processed"] == shown["lines"] == 20_004
    assert shown["finished_at"] is not None


async def test_a_pace_is_kept_and_can_be_changed_while_it_runs(tmp_path: Path) -> None:
    """At a line in a thousand seconds one goes; without a rate the rest goes at once."""
    async with staged(tmp_path) as stage:
        upload = await stage.add(GOOD * 500, rate=0.001)
        await stage.until(lambda: stage.released(upload) == 1)
        assert (await stage.uploads.change(upload, {"rate": None})).rate is None
        assert (await stage.run(upload))["processed"] == 500


async def test_the_lines_of_a_tick_are_released_together(tmp_path: Path) -> None:
    """However soon the view has them: a release costs the journal an fsync, and so a commit."""
    async with staged(tmp_path) as stage:
        upload = await stage.add(GOOD * 300, rate=1_000)
        await stage.run(upload)
        assert stage.journal.end() - 1 <= 20


async def test_after_a_pause_nothing_more_is_released_until_it_is_resumed(tmp_path: Path) -> None:
    """From the very answer on; it shows when what was released is processed."""
    async with staged(tmp_path) as stage:
        upload = await stage.add(GOOD * 60_000, rate=100_000)
        await stage.until(lambda: stage.released(upload) > 0)
        await stage.uploads.change(upload, {"state": "paused"})
        released = stage.released(upload)
        assert released < 60_000
        shown = await stage.run(upload, "paused")
        assert shown["paused_because"] == "paused by hand"
        assert shown["processed"] == released == stage.released(upload)
        await stage.uploads.change(upload, {"state": "running", "rate": None})
        assert (await stage.run(upload))["processed"] == 60_000


async def test_a_restart_in_the_middle_goes_on_where_it_was(tmp_path: Path) -> None:
    """No line is left out and none is released twice; a pause stays a pause."""
    data = b"".join(b'{"user_id": "a", "type": "order", "order_id": %d}\n' % n for n in range(900))
    async with staged(tmp_path) as stage:
        upload = await stage.add(data, rate=3_000)
        await stage.until(lambda: stage.released(upload) > 0)
    for _ in range(2):
        async with staged(tmp_path) as stage:
            stage.uploads.start_due()
            await stage.until(partial(stage.releases, upload, stage.released(upload)))
    async with staged(tmp_path) as stage:
        await stage.uploads.change(upload, {"state": "paused"})
    async with staged(tmp_path) as stage:
        stage.uploads.start_due()
        assert (await stage.run(upload, "paused"))["processed"] == stage.released(upload)
        await stage.uploads.change(upload, {"state": "running", "rate": None})
        await stage.run(upload)
        entries = stage.reader.read(1, 10**9)
    assert b"".join(entry.data for entry in entries) == data


async def test_a_file_that_is_mostly_bad_pauses_itself_and_running_resumes_it_for_good(
    tmp_path: Path,
) -> None:
    """After exactly the first 10,000 lines, with the reason; it does not stop a second time."""
    async with staged(tmp_path) as stage:
        upload = await stage.add(BAD * 25_000)
        shown = await stage.run(upload, "paused")
        assert shown["processed"] == stage.released(upload) == 10_000
        assert "10,000 of the first 10,000 lines were skipped" in shown["paused_because"]
        await stage.uploads.change(upload, {"state": "running"})
        assert (await stage.run(upload))["skipped"] == 25_000


async def test_a_file_that_is_gone_fails_with_the_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It says why, and the uploads behind it go on; so does one that became shorter."""
    async with staged(tmp_path) as stage:
        gone = await stage.add(GOOD * 50, rate=0.001)
        await stage.until(lambda: stage.released(gone) == 1)
        await stage.uploads.change(gone, {"state": "paused"})
        shorter = await stage.add(GOOD * 50, rate=0.001)
        await stage.until(lambda: stage.released(shorter) == 1)
        for upload in (gone, shorter):
            (stage.files / stage.uploads.get(upload).file).write_bytes(GOOD)
        (stage.files / stage.uploads.get(gone).file).unlink()
    async with staged(tmp_path) as stage:
        stage.begin_at(stage.journal.end())
        await stage.uploads.change(gone, {"state": "running"})  # starts the other one too
        for upload in (gone, shorter):
            shown = await stage.run(upload, "failed")
            assert "file" in shown["error"]
            assert shown["finished_at"] is not None
        assert "No such file" in stage.shown(gone)["error"]
        assert (await stage.run(await stage.add(GOOD)))["accepted"] == 1
    assert "failed" in caplog.text


async def test_a_long_file_leaves_room_for_what_comes_later(tmp_path: Path) -> None:
    """Only so much of it is on its way at a time, however fast it could go."""
    bound = RunAhead(most_lines=20_000)
    async with staged(tmp_path, bound) as stage:
        upload = await stage.add(GOOD * 90_000)
        while stage.shown(upload)["state"] != "done":
            assert bound.statistics()["lines"] < 20_000 + 16_384
            assert stage.released(upload) - stage.shown(upload)["processed"] < 20_000 + 16_384
            if not await stage.process():
                await asyncio.wait_for(stage.changed.wait(), 20)
                stage.changed.clear()
        assert stage.uploads.released_lines == 90_000
        stage.uploads.other_released("api", 7)
        assert stage.uploads.released_lines == 90_007


async def test_a_feed_that_breaks_tells_what_broke_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken code is loud: whoever runs the server hears of it, and can end it."""
    async with staged(tmp_path) as play:
        heard: list[BaseException] = []
        told = asyncio.Event()

        def hear(error: BaseException) -> None:
            heard.append(error)
            told.set()

        play.uploads.crashed = hear
        monkeypatch.setattr(Feed, "_release", None)
        await play.add(GOOD)
        await told.wait()
        assert isinstance(heard[0], TypeError)


async def test_a_file_that_cannot_be_read_fails_once_that_can_be_written_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk puts it off; the upload keeps its turn, and says why it failed in the end."""
    async with staged(tmp_path) as stage:
        with no_room_in(stage.journal) as refused:
            upload = await stage.add_anyway(GOOD * 50, missing=True)
            await asyncio.to_thread(refused.wait, 20)
            assert stage.shown(upload)["state"] == "running"
        shown = await stage.run(upload, "failed")
        assert "No such file" in shown["error"]
    assert caplog.text.count(" failed: ") == 1


async def test_a_file_whose_beginning_cannot_be_read_ahead_fails_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that cannot be read ends an upload, never the server."""
    broken = OSError(errno.EIO, os.strerror(errno.EIO))

    def unreadable(*_: object) -> None:
        raise broken

    async with staged(tmp_path) as stage:
        upload = await stage.add(GOOD * 20_000, rate=1e6)
        await stage.until(lambda: stage.released(upload) > 0)
        monkeypatch.setattr("web.intake.feed.next_chunk", unreadable)
        monkeypatch.setattr("web.intake.open_upload.next_chunk", unreadable)
        shown = await stage.run(upload, "failed")
        assert "Input/output error" in shown["error"]
    assert "Input/output error" in caplog.text
