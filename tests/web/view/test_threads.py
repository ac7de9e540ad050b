"""The threads of a view: who holds them keeps them open, whatever replaces the view."""

import asyncio
from pathlib import Path

import pytest

from web.view.reader import ViewReader
from web.view.threads import Threads
from web.view.view import View

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    View(tmp_path / "view.db").close()
    return tmp_path / "view.db"


async def test_they_are_closed_when_the_last_has_let_go(path: Path) -> None:
    """Between two calls of somebody who holds them nothing is closed."""
    threads = Threads(path, ViewReader)
    with threads.held():
        with threads.held():
            closing = asyncio.create_task(threads.close())
            assert (await threads.read(lambda view: view.skipped(None, 1))).page.total == 0
        assert (await threads.read(lambda view: view.completed(0, 1))).total == 0
        assert not closing.done()
    await closing
    with pytest.raises(RuntimeError):
        await threads.read(lambda view: view.completed(0, 1))


async def test_a_call_that_ends_before_it_has_begun_keeps_nobody_waiting(path: Path) -> None:
    """Its error is that of its outcome."""
    threads = Threads(path, ViewReader)
    outcome = await threads.begin(lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        await outcome
    assert await (await threads.begin(lambda begun: (begun(), 7)[1])) == 7
    await threads.close()
