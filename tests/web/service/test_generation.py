"""A generation: what a commit does to all that it keeps."""

from __future__ import annotations

import asyncio
from itertools import repeat
from pathlib import Path
from unittest.mock import patch

import pytest

from dataflow.journal import JournalReader
from dataflow.records import Event
from tests.kit.streams import line_of
from tests.kit.view_rows import PlayedFlow
from web.data.folder import DataFolder
from web.service.generation import Generation
from web.view.outcome import Outcome

pytestmark = pytest.mark.anyio
DATA = b"".join(line_of(Event(f"user-{number}", 1, False)) for number in range(20)) + b"FAIL\n"


async def ignored(outcome: Outcome) -> None:
    """Nobody listens."""


def opened(folder: DataFolder) -> tuple[Generation, asyncio.Event]:
    changed = asyncio.Event()
    return Generation(folder.current(), ignored, changed.set), changed


async def taken_in(generation: Generation, changed: asyncio.Event) -> list[bytes]:
    """Upload a file, have it released, and give what the flow tells of it."""
    paths = generation.paths
    (paths.uploads / "file").write_bytes(DATA)
    await generation.uploads.add("f", file="file", size=len(DATA), lines=21, rate=None)
    while generation.uploads.released_lines < 21:
        changed.clear()
        await asyncio.wait_for(changed.wait(), 20)
    reader = JournalReader(paths.journal, paths.uploads)
    told = PlayedFlow(reader.read(1)).run(2, repeat(9))
    reader.close()
    return told


async def test_an_upload_that_is_through_ends_and_keeps_one_sum(tmp_path: Path) -> None:
    """None of its parts, neither in memory nor in the view; nor does a replay bring them back."""
    folder = DataFolder(tmp_path)
    generation, changed = opened(folder)
    told = await taken_in(generation, changed)
    for _ in range(2):
        outcome = await generation.threads.write(generation.view.commit, told)
        await generation.committed(outcome)
        (upload,), _ = generation.uploads.newest(1)
        assert (upload.state, generation.totals.all.processed) == ("done", 21)
        assert generation.totals.unsettled == generation.view.totals().unsettled == []
        assert generation.totals.of_upload(upload.id).accepted == 20
    await generation.close()
    folder.release()


async def test_what_a_kill_left_undone_of_a_commit_is_done_with_the_next(tmp_path: Path) -> None:
    """An upload that was through then is ended, and cancelled ones that had released nothing."""
    folder = DataFolder(tmp_path)
    killed, changed = opened(folder)
    told = await taken_in(killed, changed)
    await killed.threads.write(killed.view.commit, told)
    killed.journal.add_upload("c", "c", file="file", size=1, lines=1, rate=None, now=1.0)
    killed.journal.change_upload("c", state="cancelled")
    await killed.close()

    generation, changed = opened(folder)
    assert generation.totals.unsettled
    await generation.committed(Outcome({}, {}, {}))
    assert all(each.finished_at is not None for each in generation.uploads.newest(2)[0])
    assert generation.totals.unsettled == []
    await generation.close()
    folder.release()


async def test_an_upload_that_a_person_ends_keeps_one_sum_from_the_next_commit_on(
    tmp_path: Path,
) -> None:
    """Though nothing more is told of it: what it has released was processed before."""
    folder = DataFolder(tmp_path)
    generation, changed = opened(folder)
    told = await taken_in(generation, changed)
    (upload,), _ = generation.uploads.newest(1)
    generation.journal.change_upload(upload.id, lines=99)  # a file with more to come
    await generation.close()

    generation, changed = opened(folder)
    await generation.uploads.change(upload.id, {"state": "paused"})
    await generation.committed(await generation.threads.write(generation.view.commit, told))
    assert generation.totals.unsettled == [upload.id]
    ended = await generation.uploads.change(upload.id, {"state": "cancelled"})
    assert ended.finished_at is not None
    await generation.committed(Outcome({}, {}, {}))
    assert generation.totals.unsettled == []
    assert generation.totals.of_upload(upload.id).accepted == 20
    await generation.close()
    folder.release()


async def test_a_folder_that_cannot_be_written_is_a_failure_until_it_can(tmp_path: Path) -> None:
    """Of the folders that something new is made in, whichever it is."""
    folder = DataFolder(tmp_path)
    generation, _ = opened(folder)
    for closed in (generation.paths.uploads, generation.paths.folder, folder.path):
        with patch("web.service.generation.os.access", lambda path, _: path != closed):  # noqa: B023
            generation.look()
        assert generation.failure == f"{closed} cannot be written"
        generation.look()
        assert generation.failure is None
    await generation.close()
    folder.release()


async def test_a_journal_that_cannot_be_written_is_found_before_anybody_writes(
    tmp_path: Path,
) -> None:
    """A start looks at it once, and then each time until it can be."""
    folder = DataFolder(tmp_path)
    generation, _ = opened(folder)
    generation.journal._db.execute("PRAGMA query_only = ON")
    generation.look()
    assert "the journal cannot be written" in (generation.failure or "")
    generation.journal._db.execute("PRAGMA query_only = OFF")
    generation.look()
    assert generation.failure is None
    await generation.close()
    folder.release()
