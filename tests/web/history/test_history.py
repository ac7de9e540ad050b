"""Figures over time: kept in memory, written behind."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from web.data.folder import DataFolder
from web.history import history_file
from web.history.clock import OnwardClock
from web.history.history import History
from web.history.timeline import KILLED, RESET, STARTED, Sums

pytestmark = pytest.mark.anyio


class Desk:
    """A data folder, a clock and figures that a test sets, and histories of them."""

    def __init__(self, path: Path) -> None:
        self.folder = DataFolder(path)
        self.now = 1_800_000_000.0
        self.events = 0

    def history(self) -> History:
        """Start one, without its tasks."""
        history = History(self.folder, self.look, OnwardClock(lambda: self.now, lambda: self.now))
        history.open()
        return history

    def look(self) -> Sums:
        return Sums(1, self.events, 0, 0, lag=2, viewers=1)

    def come(self, history: History, events: int) -> None:
        """Commit events that took 50 ms, and let their second pass."""
        self.events += events
        history.committed(self.now, {self.now - 0.05: events})
        self.now += 1

    def events_of(self, history: History, name: str = "10m") -> list[float]:
        """Give the events of all points that are not null."""
        answer = json.loads(history.answer(name))
        return [
            round(each * answer["step"]) for each in answer["series"]["events"] if each is not None
        ]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path / "data")
    yield desk
    desk.folder.release()


async def written(history: History) -> None:
    """Let its tasks run until the file has all."""
    tasks = [asyncio.create_task(work) for work in history.tasks().values()]
    for task in tasks:
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with history._turn:
        pass


def marks(history: History) -> list[str]:
    return [each["kind"] for each in json.loads(history.answer("10m"))["marks"]]


async def test_the_answer_has_the_shape_that_is_promised(desk: Desk) -> None:
    """600 points of every series at most, and the time at which the first begins."""
    history = desk.history()
    desk.come(history, 12)
    history.mark(STARTED, "The flow was started.")
    answer: dict[str, Any] = json.loads(history.answer("1h"))
    assert answer.keys() == {"step", "from", "series", "marks"}
    assert (answer["step"], answer["from"]) == (6, "2027-01-15T07:00:06.000Z")
    assert list(answer["series"]) == [
        *("events", "skipped", "completed", "lag"),
        *("accept_to_view_p50_ms", "accept_to_view_p99_ms", "viewers"),
    ]
    assert {len(each) for each in answer["series"].values()} == {600}
    last = {name: each[-1] for name, each in answer["series"].items()}
    assert 47 <= last.pop("accept_to_view_p50_ms") <= 53
    assert 47 <= last.pop("accept_to_view_p99_ms") <= 53
    assert last == {"events": 2.0, "skipped": 0.0, "completed": 0.0, "lag": 2, "viewers": 1}
    assert {each[0] for each in answer["series"].values()} == {None}
    assert answer["marks"] == [
        {"at": "2027-01-15T08:00:01.000Z", "kind": "started", "words": "The flow was started."}
    ]
    await history.close()


async def test_a_stop_loses_nothing_and_a_start_goes_on(desk: Desk) -> None:
    """The seconds between them are null; no kill is marked."""
    history = desk.history()
    desk.come(history, 5)
    history.mark(RESET, "r")
    await history.close()
    desk.now += 60
    again = desk.history()
    desk.come(again, 7)
    assert desk.events_of(again) == [5, 0, 7]
    assert marks(again) == [RESET]
    await again.close()


async def test_a_kill_is_marked_where_the_server_was_last_seen(desk: Desk) -> None:
    """And once, however often it starts then."""
    killed = desk.history()
    desk.come(killed, 5)
    await written(killed)
    desk.come(killed, 6)
    desk.now += 60
    again = desk.history()
    desk.come(again, 7)
    assert desk.events_of(again)[0] == 5
    answer = json.loads(again.answer("10m"))
    assert [(each["kind"], each["at"]) for each in answer["marks"]] == [
        (KILLED, "2027-01-15T08:00:01.000Z")
    ]
    await again.close()
    third = desk.history()
    assert marks(third) == [KILLED]
    await third.close()


async def test_a_clock_that_was_set_back_appends(desk: Desk) -> None:
    """In one run, and at the next start."""
    history = desk.history()
    desk.come(history, 5)
    desk.come(history, 6)
    await history.close()
    desk.now -= 3600
    again = desk.history()
    for events in (7, 8):
        desk.come(again, events)
    assert desk.events_of(again)[:2] == [5, 6]
    assert desk.events_of(again)[-2:] == [7, 8]
    await again.close()


def garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 999)


async def test_a_damaged_file_is_put_aside_and_another_begun(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, and what comes after is kept."""
    garbage(desk.folder.history)
    history = desk.history()
    desk.come(history, 5)
    await written(history)
    await history.close()
    assert "history-damaged-1.db" in caplog.text
    assert (desk.folder.path / "history-damaged-1.db").read_bytes() == b"garbage" * 999
    again = desk.history()
    assert desk.events_of(again)[0] == 5
    await again.close()
    assert len(caplog.records) == 1


async def test_a_file_that_is_damaged_while_it_is_open_is_written_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all that memory holds."""
    history = desk.history()
    desk.come(history, 5)
    await written(history)
    with monkeypatch.context() as patched:
        patched.setattr(history_file, "is_damage", lambda _: True)
        lock(history, "ON")
        desk.come(history, 6)
        await written(history)
    await written(history)
    await history.close()
    assert (desk.folder.path / "history-damaged-1.db").exists()
    again = desk.history()
    assert desk.events_of(again)[:2] == [5, 6]
    await again.close()


async def test_a_file_that_is_gone_or_another_is_noticed_and_written_anew(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Once in words: what is written into a file without a name is lost with the server."""
    history = desk.history()
    desk.come(history, 5)
    await written(history)
    path = desk.folder.history
    path.unlink()
    desk.come(history, 6)
    await written(history)
    assert not path.exists()
    await written(history)
    await history.close()
    assert [each.getMessage() for each in caplog.records] == [
        f"{path} was moved, removed or replaced: the figures over time go into another one from"
        " now on."
    ]
    again = desk.history()
    assert desk.events_of(again)[:2] == [5, 6]
    await again.close()


def lock(history: History, state: str) -> None:
    """Have SQLite refuse every writing, or no longer."""
    assert history._file._db is not None
    history._file._db.execute(f"PRAGMA query_only = {state}")


async def test_a_damaged_file_that_cannot_be_put_aside_is_not_taken_in_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What it holds is in memory: nothing is told twice."""
    history = desk.history()
    desk.come(history, 5)
    await written(history)

    def refuse(*_: object) -> None:
        raise OSError("read-only")

    with monkeypatch.context() as patched:
        patched.setattr(history_file, "is_damage", lambda _: True)
        patched.setattr(Path, "rename", refuse)
        lock(history, "ON")
        desk.come(history, 6)
        await written(history)
    await written(history)
    assert desk.events_of(history)[:2] == [5, 6]
    await history.close()
    again = desk.history()
    assert desk.events_of(again)[:2] == [5, 6]
    await again.close()
    assert [record.getMessage() for record in caplog.records] == [
        "The figures over time are kept in memory alone: read-only."
    ]


async def test_what_cannot_be_written_goes_on_in_memory_and_is_said_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """And all of it is written when it can be again."""
    history = desk.history()
    lock(history, "ON")
    for events in (5, 6):
        desk.come(history, events)
        history.mark(RESET, "r")
        await written(history)
    assert desk.events_of(history) == [5, 6]
    assert len(caplog.records) == 1
    assert "in memory alone" in caplog.text
    lock(history, "OFF")
    await history.close()
    again = desk.history()
    assert desk.events_of(again)[:2] == [5, 6]
    assert marks(again) == [RESET, RESET]
    await again.close()


async def test_a_file_that_cannot_be_opened_is_tried_again(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """What it holds of before is there again then."""
    history = desk.history()
    desk.come(history, 5)
    await history.close()
    path, away = desk.folder.history, desk.folder.path / "away"
    path.rename(away)
    path.mkdir()
    again = desk.history()
    desk.come(again, 6)
    await written(again)
    assert desk.events_of(again) == [6]
    assert len(caplog.records) == 1
    path.rmdir()
    away.rename(path)
    await written(again)
    assert desk.events_of(again) == [5, 6]
    await again.close()


async def test_nothing_is_written_where_the_folder_was(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """What stands there now may be somebody else's."""
    garbage(desk.folder.history)
    path = desk.folder.path
    history = desk.history()
    moved = path.with_name("moved")
    shutil.move(path, moved)
    path.mkdir()
    desk.come(history, 5)
    await written(history)
    await history.close()
    assert list(path.iterdir()) == []
    assert "moved" in caplog.text


async def test_what_was_never_opened_is_never_written(desk: Desk) -> None:
    """As in a rebuild, in which nothing is news."""
    history = History(desk.folder, desk.look)
    history.committed(desk.now, {})
    history.mark(STARTED, "s")
    await history.close()
    assert not desk.folder.history.exists()
