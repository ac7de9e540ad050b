"""Group commit, before a view that the test plays."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from web.view.committer import MAX_BYTES, Committer
from web.view.outcome import Outcome

pytestmark = pytest.mark.anyio
OUTCOME = Outcome({}, {}, {})


class PlayedView:
    """Commits when the test lets it, and fails as often as the test says."""

    def __init__(self) -> None:
        self.commits: list[list[bytes]] = []
        self.told: list[Outcome] = []
        self.failures = 0
        self.may_commit = asyncio.Semaphore(0)

    async def commit(self, batches: list[bytes]) -> Outcome:
        await self.may_commit.acquire()
        if self.failures:
            self.failures -= 1
            raise sqlite3.OperationalError("database or disk is full")
        self.commits.append(batches)
        return OUTCOME

    async def committed(self, outcome: Outcome) -> None:
        self.told.append(outcome)


class Acknowledged:
    """What a publisher heard."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def __call__(self, number: int) -> None:
        self.numbers.append(number)


@asynccontextmanager
async def committing(view: PlayedView) -> AsyncIterator[Committer]:
    committer = Committer(view.commit, view.committed)
    task = asyncio.create_task(committer.run())
    yield committer
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def turns(number: int = 50) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_what_waits_is_committed_together_and_acknowledged_once() -> None:
    """While one commit runs the next one grows; the newest number of each publisher is heard."""
    view, heard = PlayedView(), Acknowledged()
    async with committing(view) as committer:
        await committer.put(heard, 1, b"one")
        await turns()
        for number, batch in ((2, b"two"), (3, b"three"), (4, b"four")):
            await committer.put(heard, number, batch)
        assert committer.statistics() == {"batches": 3, "bytes": 12}
        assert heard.numbers == []
        view.may_commit.release()
        view.may_commit.release()
        await committer.drain()
    assert view.commits == [[b"one"], [b"two", b"three", b"four"]]
    assert heard.numbers == [1, 4]
    assert len(view.told) == 2


async def test_a_full_queue_blocks_until_a_commit_takes_it() -> None:
    """Memory is bounded: a flow that is faster than the disk waits."""
    view, heard = PlayedView(), Acknowledged()
    async with committing(view) as committer:
        await committer.put(heard, 1, b"first")
        await turns()
        await committer.put(heard, 2, bytes(MAX_BYTES))
        waiting = asyncio.create_task(committer.put(heard, 3, b"x"))
        await turns()
        assert not waiting.done()
        view.may_commit.release()
        await waiting
        view.may_commit.release()
        view.may_commit.release()
        await committer.drain()
    assert heard.numbers == [1, 2, 3]


async def test_a_commit_that_fails_is_tried_again_and_nothing_is_acknowledged_meanwhile(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk loses nothing: the same batches, once there is room; the failure is told."""
    monkeypatch.setattr("web.view.committer._RETRY_S", 0.0)
    view, heard = PlayedView(), Acknowledged()
    view.failures = 3
    async with committing(view) as committer:
        await committer.put(heard, 1, b"one")
        for _ in range(3):
            view.may_commit.release()
        await turns()
        assert committer.failure == "the data cannot be written: database or disk is full"
        assert (heard.numbers, view.commits) == ([], [])
        await committer.put(heard, 2, b"two")
        view.may_commit.release()
        view.may_commit.release()
        await committer.drain()
        assert committer.failure is None
    assert view.commits == [[b"one"], [b"two"]]
    assert heard.numbers == [1, 2]
    assert len(caplog.records) == 1, "it says so once, not at every try"


async def test_an_error_of_the_program_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a store that cannot be written is waited for."""

    async def broken(batches: list[bytes]) -> Outcome:
        raise ZeroDivisionError

    committer = Committer(broken, PlayedView().committed)
    await committer.put(Acknowledged(), 1, b"x")
    with pytest.raises(ZeroDivisionError):
        await committer.run()


async def test_draining_waits_for_the_commit_that_runs_and_all_that_is_told_of_it() -> None:
    """After it the next publisher may speak: nothing of the one before comes later."""
    view, heard = PlayedView(), Acknowledged()
    async with committing(view) as committer:
        await committer.drain()
        await committer.put(heard, 1, b"one")
        draining = asyncio.create_task(committer.drain())
        await turns()
        assert not draining.done()
        view.may_commit.release()
        await draining
        assert view.told == [OUTCOME]
