"""The past costs nothing: whatever is done with uploads, those that have ended add no work."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from dataflow.journal import Journal
from web.intake.run_ahead import RunAhead
from web.intake.uploads import ENDED_SHOWN, Uploads
from web.view.totals import Counts, Totals

pytestmark = pytest.mark.anyio
FEW, MANY = 100, 2_000
DEEPER = 1.3
"""What a tree of indexes may cost more where it is twenty times as large."""


MANY_UPLOADS = """
WITH RECURSIVE numbers (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1 + 1)
INSERT INTO uploads (id, created, name, file, bytes, lines, rate, state, created_at,
    released_bytes, released_lines)
SELECT printf('%06d', n), n + 1, 'a', 'f', 4, 2, 1e-6, 'running', n, 2, 1 FROM numbers
"""
THEIR_END = (
    "UPDATE uploads SET state = iif(created % 10, 'done', 'cancelled'), finished_at = created"
)


def fill(path: Path, ended: int) -> None:
    """Write uploads that have ended, one in ten cancelled, and two that have not."""
    with closing(Journal(path)) as journal:
        journal._db.execute(MANY_UPLOADS, (ended,))
        journal._db.execute(f"{THEIR_END} WHERE created <= ?", (ended,))


class Steps:
    """The steps that SQLite has taken for a journal."""

    def __init__(self, journal: Journal) -> None:
        self.taken = 0
        for db in (journal._db, journal.uploads._db):
            db.set_progress_handler(self._count, 1)

    def _count(self) -> int:
        self.taken += 1
        return 0


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[tuple[Uploads, Steps, int]]:
    """Open uploads, of which none is fed yet; gives them, their steps, and those of the start."""
    with closing(Journal(path)) as journal:
        steps = Steps(journal)
        files = path.parent / "files"
        files.mkdir(exist_ok=True)
        (files / "f").write_bytes(b"\n\n")
        uploads = Uploads(journal, files, Totals(), RunAhead(), lambda: None)
        start = steps.taken
        await uploads.stop()
        yield uploads, steps, start
        await uploads.stop()


async def nothing(_: Uploads) -> None:
    """Cost nothing but the start."""


async def commit(uploads: Uploads) -> None:
    """Hear of a commit that concerns one upload."""
    await uploads.committed([uploads.unended[0]])


async def change(uploads: Uploads) -> None:
    """Change the pace of one that runs."""
    await uploads.change(uploads.unended[0], {"rate": 1})


async def end(uploads: Uploads) -> None:
    """End one, which then is the newest that ended."""
    upload = uploads.unended[0]
    uploads._totals.put_part(upload, 0, Counts(accepted=2))
    await uploads.committed([upload])


async def add(uploads: Uploads) -> None:
    """Take another one in."""
    await uploads.add("b", file="f", size=4, lines=2, rate=None)


async def read(uploads: Uploads) -> None:
    """Read one of long ago, a page from the middle, and what pages show."""
    uploads.get("000007")
    uploads.newest(50, before=60)
    uploads.newest(50)
    uploads.shown(20)


@pytest.mark.parametrize("work", [nothing, commit, change, end, add, read])
async def test_uploads_that_have_ended_add_no_step_to_any_work(
    tmp_path: Path, work: Callable[[Uploads], Awaitable[None]]
) -> None:
    """Neither to a start; counted in steps of the database, not in seconds."""
    starts, works = [], []
    for ended in (FEW, MANY):
        path = tmp_path / f"{ended}.db"
        fill(path, ended)
        async with opened(path) as (uploads, steps, start):
            steps.taken = 0
            await work(uploads)
            starts.append(start)
            works.append(steps.taken)
            assert len(uploads.unended) <= 3
            assert len(uploads._ended) <= ENDED_SHOWN
    assert starts[1] <= DEEPER * starts[0]
    assert works[1] <= DEEPER * works[0]


async def test_what_has_ended_is_found_by_its_id_and_by_its_page(tmp_path: Path) -> None:
    """Though it is not in memory: each once, newest first, as it ended."""
    fill(tmp_path / "journal.db", 150)
    async with opened(tmp_path / "journal.db") as (uploads, _, _):
        seen: list[str] = []
        before: int | None = None
        while True:
            page, total = uploads.newest(40, before)
            assert total == 152
            seen += [upload.id for upload in page]
            if not page:
                break
            before = page[-1].created
        assert seen == [f"{number:06}" for number in reversed(range(152))]
        assert uploads.get("000009").state == "cancelled"
        assert uploads.get("000010").finished_at == 11.0
        assert uploads.released_lines == 152


async def test_nothing_is_kept_of_an_upload_that_has_ended(tmp_path: Path) -> None:
    """No lock, no task, no row: only those that pages show."""
    async with opened(tmp_path / "journal.db") as (uploads, _, _):
        uploads.start_due()
        assert uploads.take_ended() == []
        for _ in range(ENDED_SHOWN + 20):
            upload = await uploads.add("a", file="f", size=2, lines=2, rate=None)
            await asyncio.gather(*uploads._tasks)  # it is fed to its end
            uploads._totals.put_part(upload.id, 0, Counts(accepted=2))
            await uploads.committed([upload.id])
            assert uploads.get(upload.id).state == "done"
            assert uploads.take_ended() == [upload.id]
        await uploads.stop()
        assert (uploads._open, uploads._feeds, uploads._tasks) == ({}, {}, set())
        assert len(uploads._waiting) == len(uploads._resting) == 0
        assert len(uploads._ended) == ENDED_SHOWN


def test_the_rows_of_a_journal_are_found_by_an_index(tmp_path: Path) -> None:
    """Whatever is asked of uploads, of keys and of positions."""
    Journal(tmp_path / "journal.db").close()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as db:
        for query in (
            "SELECT * FROM uploads WHERE finished_at IS NULL ORDER BY created",
            "SELECT * FROM uploads WHERE finished_at IS NOT NULL ORDER BY created DESC LIMIT 5",
            "SELECT * FROM uploads WHERE created < 9 ORDER BY created DESC LIMIT 5",
            "SELECT * FROM idempotency_keys WHERE key = 'k'",
            'SELECT sum(lines) FROM chunks WHERE "offset" >= 5 AND "offset" < 9',
        ):
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}")]
            assert all("USING" in step for step in plan), (query, plan)
            assert not any("TEMP B-TREE" in step for step in plan), (query, plan)
