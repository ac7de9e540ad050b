"""Uploads at work, with a real journal and a view that the test plays."""

import asyncio
import errno
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from dataflow.journal import Journal, JournalReader
from dataflow.records import parse_lines
from web.errors import APIError
from web.intake.feed import Feed
from web.intake.run_ahead import RunAhead
from web.intake.upload_states import AT_ONCE
from web.intake.uploads import Uploads
from web.view.totals import SKIPPED_PART, Counts, Totals

pytestmark = pytest.mark.anyio
GOOD = b'{"user_id": "a", "type": "order", "order_id": 1}\n'
BAD = b"FAIL HERE\n"


class Stage:
    """A journal, its uploads, and the test as the flow and the view behind them."""

    def __init__(self, folder: Path, run_ahead: RunAhead | None = None) -> None:
        self.files = folder / "files"
        self.files.mkdir(exist_ok=True)
        self.path = folder / "journal.db"
        self.journal = Journal(self.path)
        self.reader = JournalReader(self.path, self.files)
        self.totals = Totals()
        self.run_ahead = run_ahead or RunAhead()
        self.changed = asyncio.Event()
        self.uploads = Uploads(
            self.journal, self.files, self.totals, self.run_ahead, self.changed.set
        )
        self._offset = 1
        self._sums: dict[str, Counts] = {}

    async def add(self, data: bytes, rate: float | None = None) -> str:
        name = f"file-{len(list(self.files.iterdir()))}"
        (self.files / name).write_bytes(data)
        upload = await self.uploads.add(
            "f.jsonl", file=name, size=len(data), lines=data.count(b"\n"), rate=rate
        )
        return upload.id

    async def add_anyway(self, data: bytes, *, missing: bool = False) -> str:
        """Add an upload to a journal that takes nothing else."""
        file = "missing" if missing else "kept"
        if not missing:
            (self.files / file).write_bytes(data)
        upload = await self.uploads.add(
            "f.jsonl", file=file, size=len(data), lines=data.count(b"\n"), rate=None
        )
        return upload.id

    def begin_at(self, offset: int) -> None:
        """Stand for a flow that has read everything before this."""
        self._offset = offset

    async def process(self, most: int = 1_000) -> int:
        """Read what was released as the flow does, and tell the outcome; gives the chunks."""
        entries = self.reader.read(self._offset, most)
        for entry in entries:
            parsed = parse_lines(entry.data, entry.first_line)
            sums = self._sums.setdefault(entry.upload or "", Counts())
            sums.add(Counts(len(parsed.events), 0, len(parsed.skipped), parsed.blank))
            upload = entry.upload or ""
            self.totals.put_part(upload, 0, Counts(sums.accepted))
            self.totals.put_part(upload, SKIPPED_PART, Counts(0, 0, sums.skipped, sums.blank))
            self._offset = entry.offset + 1
            self.run_ahead.arrived(self._offset)
        await self.uploads.committed(self.uploads.unended)
        return len(entries)

    def shown(self, upload: str) -> dict[str, Any]:
        return self.uploads.describe(self.uploads.get(upload))

    def released(self, upload: str) -> int:
        return self.uploads.get(upload).released_lines

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until something is so that only a change can have brought about."""
        while not reached():
            await asyncio.wait_for(self.changed.wait(), 20)
            self.changed.clear()

    def releases(self, upload: str, before: int) -> bool:
        return self.released(upload) > before

    async def run(self, upload: str, state: str = "done") -> dict[str, Any]:
        """Be the flow until an upload is in a state."""
        while self.shown(upload)["state"] != state:
            if not await self.process():
                await asyncio.wait_for(self.changed.wait(), 20)
                self.changed.clear()
        return self.shown(upload)

    async def close(self) -> None:
        await self.uploads.stop()
        self.reader.close()
        self.journal.close()


@asynccontextmanager
async def staged(folder: Path, run_ahead: RunAhead | None = None) -> AsyncIterator[Stage]:
    stage = Stage(folder, run_ahead)
    try:
        yield stage
    finally:
        await stage.close()


@contextmanager
def no_room_in(journal: Journal) -> Iterator[threading.Event]:
    """Let a journal take uploads and nothing else; gives what tells that it refused something."""
    refused = threading.Event()

    def refuse(*_: object, **__: object) -> None:
        refused.set()
        raise sqlite3.OperationalError("database or disk is full")

    with (
        patch.object(journal, "release", refuse),
        patch.object(journal, "change_upload", refuse),
    ):
        yield refused


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
        stage.uploads.api_released(7)
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


async def test_pages_show_what_can_be_steered_first(tmp_path: Path) -> None:
    """Those that run or are paused, newest first; then the next in turn; then the newest ended.

    However few are to be shown, none that runs is left out.
    """
    async with staged(tmp_path) as stage:
        ended = [await stage.add(GOOD) for _ in range(3)]
        for upload in ended:
            await stage.run(upload)
        running = [await stage.add(GOOD * 50, rate=0.001) for _ in range(AT_ONCE)]
        queued = [await stage.add(GOOD * 50, rate=0.001) for _ in range(4)]
        await stage.uploads.change(running[2], {"state": "paused"})
        await stage.until(lambda: stage.shown(queued[0])["state"] == "running")
        steered = [queued[0], *running[::-1]]
        everything = [*steered, *queued[1:], *ended[::-1]]
        for limit in (50, 14, 11, 9):
            rows, total = stage.uploads.shown(limit)
            assert [row.id for row in rows] == everything[:limit]
            assert total == 3 + AT_ONCE + 4
        rows, _ = stage.uploads.shown(3)
        assert [row.id for row in rows] == [each for each in steered if each != running[2]]
        because = [stage.shown(upload).get("queued_because") for upload in queued]
        assert because == [
            None,
            "8 uploads run at once: it is the next to come",
            "8 uploads run at once: it is the 2nd to come",
            "8 uploads run at once: it is the 3rd to come",
        ]


async def test_many_paused_ones_leave_room_for_no_more_than_is_shown(tmp_path: Path) -> None:
    """What is at rest is bounded, whoever paused how many."""
    async with staged(tmp_path) as stage:
        paused = []
        for _ in range(30):
            upload = await stage.add(GOOD * 50, rate=0.001)
            await stage.uploads.change(upload, {"state": "paused"})
            paused.append(upload)
        runs = await stage.add(GOOD * 50, rate=0.001)
        rows, total = stage.uploads.shown(20)
        assert [row.id for row in rows] == [runs, *paused[:10:-1]]
        assert total == 31


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


async def test_a_start_removes_what_was_cut_short_and_nothing_else(tmp_path: Path) -> None:
    """A partial name is ours; a whole file may be the only copy of something."""
    kept = ["0" * 32, ".foreign", ".DS_Store", "." + "0" * 31, "notes.txt", "." + "g" * 32]
    async with staged(tmp_path) as stage:
        for name in [*kept, "." + "0" * 32, "." + "a1" * 16]:
            (stage.files / name).write_bytes(GOOD)
    async with staged(tmp_path) as stage:
        assert sorted(path.name for path in stage.files.iterdir()) == sorted(kept)
