"""The publisher beside the event loop: begun, left behind, and begun with another generation."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from tests.kit.running import until
from tests.web.topic.outlets import TARGET, Topic, View
from web.topic import publisher as module
from web.topic.kept_position import KeptPositions
from web.topic.publication import CONNECTING, PUBLISHING
from web.topic.publisher import Publisher
from web.topic.resuming import BEGIN, Position

pytestmark = pytest.mark.anyio


class Stuck(Topic):
    """A topic whose client does not come back before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self.is_stuck = threading.Event()

    def stick(self) -> None:
        self.is_stuck.set()
        self.let_go.wait(10)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_another_generation_begins_at_its_begin(tmp_path: Path) -> None:
    """With its own name; what is left of the one before is counted as lost."""
    topic = Topic()
    publisher = Publisher(TARGET, KeptPositions(tmp_path / "topic.json"), topic.open)
    first, second = View(tmp_path / "1", 1), View(tmp_path / "2", 2)
    first.complete(3, 9)
    second.complete(4)
    task = asyncio.create_task(publisher.run(first.paths))
    await asyncio.to_thread(topic.has, 3, 9)
    await ended(task)
    publisher.left(5)
    topic.position = Position(0, BEGIN)
    task = asyncio.create_task(publisher.run(second.paths))
    await asyncio.to_thread(topic.has, 3, 9, 4)
    await asyncio.to_thread(until, lambda: publisher.standing.state == PUBLISHING)
    await ended(task)
    assert [value["generation"] for value in topic.values()] == ["1", "1", "2"]
    assert (publisher.standing.lost, publisher.standing.messages) == (3, 3)
    first.close()
    second.close()


async def test_a_client_that_does_not_come_back_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop or a reset goes on without it, and what it then does is not told any more."""
    monkeypatch.setattr(module, "END_S", 0.05)
    stuck = Stuck()
    view = View(tmp_path / "1")
    view.complete(3)
    publisher = Publisher(TARGET, KeptPositions(tmp_path / "topic.json"), stuck.open)
    monkeypatch.setattr("tests.web.topic.outlets._Outlet.publish", lambda *_: stuck.stick())
    task = asyncio.create_task(publisher.run(view.paths))
    await asyncio.to_thread(stuck.is_stuck.wait, 10)
    await ended(task)
    assert stuck.closed == 0
    stuck.let_go.set()
    await asyncio.to_thread(until, lambda: stuck.closed == 1)
    assert (publisher.standing.state, publisher.standing.messages) == (CONNECTING, 0)
    view.close()


async def test_what_cannot_be_read_ends_the_task(tmp_path: Path) -> None:
    """And so the server, as damage always does."""
    view = View(tmp_path / "1")
    view.close()
    view.paths.view.write_bytes(b"no database" * 1_000)
    publisher = Publisher(TARGET, KeptPositions(tmp_path / "topic.json"), Topic().open)
    with pytest.raises(Exception, match="not a database"):
        await publisher.run(view.paths)
