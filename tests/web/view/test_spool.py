"""A list on its way to somebody slow: whole, of one moment, and gone with whoever asked for it."""

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from web.view.reader import ViewReader
from web.view.spool import BLOCK, IN_MEMORY, Spool
from web.view.view import View

pytestmark = pytest.mark.anyio
WITHIN_S = 20


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


@pytest.fixture
def view(tmp_path: Path) -> Path:
    View(tmp_path / "view.db").close()
    return tmp_path / "view.db"


def open_files(folder: Path) -> int:
    """Count the open files that are, or were, below a folder: others are those of other tests."""
    count = 0
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # somebody else has closed it
            count += each.readlink().is_relative_to(folder)
    return count


async def test_it_is_read_while_it_is_written(threads: ThreadPoolExecutor, view: Path) -> None:
    """And what is read is what was written, in blocks."""
    half_written, go_on = threading.Event(), threading.Event()

    def rows(_: ViewReader) -> Iterator[bytes]:
        for number in range(40_000):
            if number == 20_000:
                half_written.set()
                assert go_on.wait(WITHIN_S)
            yield b"%d\n" % number

    read = b""
    with closing(Spool(threads, view.parent)) as spool:
        await spool.begin(lambda: ViewReader(view), rows)
        async for block in spool.blocks():
            assert len(block) <= BLOCK
            read += block
            if not go_on.is_set():
                assert await asyncio.to_thread(half_written.wait, WITHIN_S)
                assert not await spool.is_whole(0)
                go_on.set()
        assert await spool.is_whole(0)
        assert spool.written == len(read)
    assert read == b"".join(b"%d\n" % number for number in range(40_000))


async def test_what_is_much_lies_in_a_file_without_a_name_in_the_folder_that_was_given(
    threads: ThreadPoolExecutor, view: Path
) -> None:
    """A crash leaves nothing, and no other folder is asked for room."""
    rows = [b"%d" % (number % 10) * 1_000 for number in range(3 * IN_MEMORY // 1_000)]
    with closing(Spool(threads, view.parent)) as spool:
        await spool.begin(lambda: ViewReader(view), lambda _: iter(rows))
        assert await spool.is_whole(WITHIN_S)
        assert {each.name.split("-")[0] for each in view.parent.iterdir()} == {"view.db"}
        assert spool._file is not None
        made = os.fstat(spool._file.fileno())
        assert (made.st_dev, made.st_nlink) == (view.parent.stat().st_dev, 0)
        assert b"".join([block async for block in spool.blocks()]) == b"".join(rows)


async def _written(spool: Spool, view: Path, rows: list[bytes]) -> bytes:
    """Write rows and read all of them back."""
    await spool.begin(lambda: ViewReader(view), lambda _: iter(rows))
    assert await spool.is_whole(WITHIN_S)
    return b"".join([block async for block in spool.blocks()])


@pytest.mark.parametrize("size", [1, IN_MEMORY // 2])
async def test_what_is_little_needs_no_file(
    threads: ThreadPoolExecutor, view: Path, size: int
) -> None:
    """So it can be read while the disk is full, too."""
    with closing(Spool(threads, view.parent / "missing")) as spool:
        assert await _written(spool, view, [b"x" * size]) == b"x" * size


async def test_what_is_much_is_refused_where_no_file_can_be(
    threads: ThreadPoolExecutor, view: Path
) -> None:
    """By what the folder says, at its beginning or in the middle of it."""
    nowhere = view.parent / "missing"
    with (
        closing(Spool(threads, nowhere)) as spool,
        pytest.raises(OSError, match="No such file"),
    ):
        await _written(spool, view, [b"x" * (IN_MEMORY + BLOCK)])


async def test_the_reader_is_let_go_when_the_last_row_is_written(
    threads: ThreadPoolExecutor, view: Path
) -> None:
    """However long the reading of the file takes: no transaction pins the view's log."""
    before = open_files(view.parent)
    for blocks, files in ((1, 0), (2 * IN_MEMORY // BLOCK, 1)):
        with closing(Spool(threads, view.parent)) as spool:
            await spool.begin(
                lambda: ViewReader(view),
                lambda _, blocks=blocks: iter([b"x" * BLOCK] * blocks),  # type: ignore[misc]
            )
            assert await spool.is_whole(WITHIN_S)
            assert open_files(view.parent) == before + files
        assert open_files(view.parent) == before


@pytest.mark.parametrize("slow", ["in rows", "in a statement"])
async def test_a_close_ends_the_writing_in_whatever_it_is(
    threads: ThreadPoolExecutor, view: Path, slow: str
) -> None:
    """Nobody waits for what nobody reads: the next one finds the thread free and all files shut."""

    def rows(reader: ViewReader) -> Iterator[bytes]:
        if slow == "in a statement":
            endless = (
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT max(i) FROM n"
            )
            reader._db.execute(endless).fetchone()
        while True:
            yield b"x" * BLOCK

    before = open_files(view.parent)
    spool = Spool(threads, view.parent)
    await spool.begin(lambda: ViewReader(view), rows)
    spool.close()
    await asyncio.get_running_loop().run_in_executor(threads, lambda: None)
    assert open_files(view.parent) == before


async def test_a_cancelled_beginning_leaves_nothing(
    threads: ThreadPoolExecutor, view: Path
) -> None:
    """Whoever asked may leave at any moment."""
    blocked = threading.Event()
    threads.submit(blocked.wait, WITHIN_S)
    before = open_files(view.parent)
    spool = Spool(threads, view.parent)
    beginning = asyncio.create_task(spool.begin(lambda: ViewReader(view), lambda _: iter([b"x"])))
    await asyncio.sleep(0)
    beginning.cancel()
    await asyncio.wait([beginning])
    spool.close()
    blocked.set()
    await asyncio.get_running_loop().run_in_executor(threads, lambda: None)
    assert open_files(view.parent) == before


async def test_what_ends_the_writing_is_raised_to_who_reads(
    threads: ThreadPoolExecutor, view: Path
) -> None:
    """At the beginning, and in the middle."""

    def rows(_: ViewReader) -> Iterator[bytes]:
        yield b"x" * BLOCK
        raise OSError("no room")

    with closing(Spool(threads, view.parent)) as spool:
        with suppress(OSError):  # where it has ended so by now
            await spool.begin(lambda: ViewReader(view), rows)
        with pytest.raises(OSError, match="no room"):
            await spool.is_whole(WITHIN_S)
        with pytest.raises(OSError, match="no room"):
            [block async for block in spool.blocks()]
    with closing(Spool(threads, view.parent)) as spool, pytest.raises(Exception, match="unable"):
        await spool.begin(lambda: ViewReader(view.parent / "missing.db"), rows)
