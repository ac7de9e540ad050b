"""The uploads of a generation: their turns, their ends, and which of them pages show."""

import asyncio
from pathlib import Path

import pytest

from tests.kit.upload_stage import GOOD, no_room_in, staged
from web.errors import APIError
from web.intake.upload_states import AT_ONCE
from web.view.totals import Counts

pytestmark = pytest.mark.anyio


async def test_a_cancelled_upload_ends_where_it_was(tmp_path: Path) -> None:
    """What was released finishes; then it has ended, for good."""
    async with staged(tmp_path) as stage:
        upload = await stage.add(GOOD * 500, rate=0.001)
        await stage.until(lambda: stage.released(upload) == 1)
        await stage.uploads.change(upload, {"state": "cancelled"})
        assert stage.shown(upload)["state"] == "running"
        shown = await stage.run(upload, "cancelled")
        assert shown["processed"] == 1
        assert shown["finished_at"] is not None
        with pytest.raises(APIError) as refused:
            await stage.uploads.change(upload, {"state": "running"})
        assert refused.value.status == 409


async def test_only_so_many_run_at_once_and_the_next_has_its_turn_when_one_ends(
    tmp_path: Path,
) -> None:
    """Further ones are queued in their order; a queued one can be cancelled."""
    async with staged(tmp_path) as stage:
        uploads = [await stage.add(GOOD * 50, rate=0.001) for _ in range(AT_ONCE + 2)]
        states = [stage.shown(upload)["state"] for upload in uploads]
        assert states == ["running"] * AT_ONCE + ["queued"] * 2
        await stage.uploads.change(uploads[-1], {"state": "cancelled"})
        assert stage.shown(uploads[-1])["state"] == "cancelled"
        await stage.uploads.change(uploads[0], {"rate": None})
        await stage.run(uploads[0])
        await stage.until(lambda: stage.released(uploads[AT_ONCE]) == 1)
        assert stage.shown(uploads[AT_ONCE])["state"] == "running"


async def test_a_replay_is_another_upload_of_the_same_file(tmp_path: Path) -> None:
    """With its own id, counts and life."""
    async with staged(tmp_path) as stage:
        first = await stage.add(GOOD * 3)
        await stage.run(first)
        again = await stage.uploads.replay(stage.uploads.get(first))
        assert again.id != first
        assert (await stage.run(again.id))["accepted"] == 3
        newest, total = stage.uploads.newest(1)
        assert ([upload.id for upload in newest], total) == ([again.id], 2)
        older, _ = stage.uploads.newest(5, before=again.created)
        assert [upload.id for upload in older] == [first]
        with pytest.raises(APIError, match="no upload"):
            stage.uploads.get("unknown")


async def test_an_upload_that_is_shown_as_ended_has_the_time_of_its_end(tmp_path: Path) -> None:
    """Also between its last line and the moment when that is written down."""
    async with staged(tmp_path) as stage:
        upload = await stage.add(GOOD * 500, rate=0.001)
        await stage.until(lambda: stage.released(upload) == 1)
        await stage.uploads.change(upload, {"state": "cancelled"})
        stage.totals.put_part(upload, 0, Counts(1))
        assert stage.shown(upload)["state"] == "running"
        again = await stage.uploads.change(upload, {"state": "cancelled"})
        assert again.finished_at is not None
        assert stage.shown(upload)["state"] == "cancelled"


async def test_what_was_stopped_feeds_nothing_until_it_is_started(tmp_path: Path) -> None:
    """Whatever was under way: a journal that could not be written, an upload that is added."""
    async with staged(tmp_path) as stage:
        with no_room_in(stage.journal) as refused:
            upload = await stage.add_anyway(GOOD * 50)
            await asyncio.to_thread(refused.wait, 20)
            await stage.uploads.stop()
        other = await stage.add(GOOD * 50)
        await stage.uploads.change(upload, {"rate": 5})
        await stage.process()
        assert stage.released(upload) == stage.released(other) == 0
        assert [stage.shown(each)["state"] for each in (upload, other)] == ["queued"] * 2
        stage.uploads.start_due()
        await stage.uploads.change(upload, {"rate": None})
        for each in (upload, other):
            assert (await stage.run(each))["processed"] == 50


async def test_a_start_removes_what_was_cut_short_and_nothing_else(tmp_path: Path) -> None:
    """A partial name is ours; a whole file may be the only copy of something."""
    kept = ["0" * 32, ".foreign", ".DS_Store", "." + "0" * 31, "notes.txt", "." + "g" * 32]
    async with staged(tmp_path) as stage:
        for name in [*kept, "." + "0" * 32, "." + "a1" * 16]:
            (stage.files / name).write_bytes(GOOD)
    async with staged(tmp_path) as stage:
        assert sorted(path.name for path in stage.files.iterdir()) == sorted(kept)
