"""The supervisor: the flow's real process, started, watched, started again, ended."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from dataflow.locks import FileLock
from dataflow.logs import Logs
from dataflow.parent import SORTER_ENDED
from tests.kit.running import until
from web.data.folder import DataFolder
from web.flow.processes import why_it_ended
from web.flow.state import (
    DOWN,
    FAILURES_UNTIL_DOWN,
    RECOVERING,
    RESTARTING,
    FlowState,
    Phase,
)
from web.flow.supervisor import Supervisor, claim

pytestmark = pytest.mark.anyio
NO_HUB = "ws://127.0.0.1:9/ws/publish"


class Stage:
    """A supervisor on a fresh folder; the test writes its starts and ends down."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.state = FlowState()
        self.starts: list[str] = []
        self.ends: list[str] = []
        self.pids: list[int] = []
        self.moved = asyncio.Event()
        self.supervisor = Supervisor(
            lock=folder.flow_lock,
            state=self.state,
            snapshot_interval=1.0,
            workers=1,
            logs=Logs(),
            begin=self._begin,
            ended=self._end,
            changed=self._changed,
        )

    def _is_locked_by(self, pid: int) -> bool:
        return self.folder.flow_lock.read_text().strip() == str(pid)

    async def _begin(self, reason: str, _: int) -> str:
        self.starts.append(reason)
        self.state.begin(len(self.starts), 1)
        return "secret"

    async def _end(self, why: str) -> None:
        self.ends.append(why)
        self.moved.set()

    def _changed(self) -> None:
        self.pids += [pid for pid in self.supervisor.pids if pid not in self.pids]
        self.moved.set()

    async def until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            async with asyncio.timeout(20):
                await self.moved.wait()
            self.moved.clear()

    async def started(self, count: int = 1) -> int:
        """Wait for a start, and until that flow holds its lock."""
        await self.until(lambda: len(self.pids) >= count)
        pid = self.pids[-1]
        await asyncio.to_thread(until, lambda: self._is_locked_by(pid))
        return pid


@asynccontextmanager
async def supervised(path: Path) -> AsyncIterator[Stage]:
    folder = DataFolder(path / "data")
    stage = Stage(folder)
    task = asyncio.create_task(stage.supervisor.run(folder.current(), NO_HUB, "the test began"))
    try:
        yield stage
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        folder.release()
        for pid in stage.pids:
            assert not psutil.pid_exists(pid), "its end takes the flow along"


async def test_the_flow_runs_in_a_session_of_its_own_and_ends_with_the_supervisor(
    tmp_path: Path,
) -> None:
    """A Ctrl-C at the terminal must not reach it."""
    async with supervised(tmp_path) as stage:
        pid = await stage.started()
        assert os.getsid(pid) == pid != os.getsid(0)
        assert stage.starts == ["the test began"]


async def test_a_flow_that_is_killed_is_started_again_with_the_reason(tmp_path: Path) -> None:
    """As a failure, because nobody asked for it."""
    async with supervised(tmp_path) as stage:
        os.kill(await stage.started(), signal.SIGKILL)
        await stage.started(2)
        assert stage.starts == ["the test began", "killed by SIGKILL"]
        assert stage.ends == ["killed by SIGKILL"]


async def test_a_restart_that_was_asked_for_is_told_as_such(tmp_path: Path) -> None:
    """At once, and it counts as no failure."""
    async with supervised(tmp_path) as stage:
        pid = await stage.started()
        stage.supervisor.restart("a person killed it")
        assert stage.state.state == RESTARTING
        assert await stage.started(2) != pid
        assert stage.starts[1] == stage.ends[0] == "a person killed it"


async def test_a_store_that_cannot_be_used_is_told_and_tried_again(tmp_path: Path) -> None:
    """It is down with the reason; no flow is started on it, and a restart tries at once."""
    async with supervised(tmp_path) as stage:
        await stage.started()
        (part,) = stage.folder.current().recovery.glob("part-*.sqlite3")
        content = part.read_bytes()
        part.unlink()
        os.kill(stage.pids[0], signal.SIGKILL)
        await stage.until(lambda: stage.state.state == DOWN)
        assert "recovery" in (stage.state.message or "")
        assert len(stage.pids) == 1
        part.write_bytes(content)
        stage.supervisor.restart("a person killed it")
        await stage.started(2)


async def test_it_waits_for_an_older_flow_that_still_holds_the_lock(tmp_path: Path) -> None:
    """Two flows never run on one folder."""
    folder = DataFolder(tmp_path / "data")
    folder.current()
    older = FileLock(folder.flow_lock)
    folder.release()
    async with supervised(tmp_path) as stage:
        await asyncio.to_thread(until, lambda: bool(stage.starts))
        assert stage.pids == []
        older.release()
        await stage.started()


async def test_an_older_flow_that_does_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its server is gone: nobody else would end it."""
    monkeypatch.setattr("web.flow.supervisor._PATIENCE_S", 0.05)
    folder = DataFolder(tmp_path / "data")
    folder.current()
    folder.release()
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"import pathlib, time; from dataflow.locks import FileLock;"
        f" lock = FileLock(pathlib.Path({str(folder.flow_lock)!r})); print(flush=True);"
        " time.sleep(60)",
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    await holder.stdout.readline()
    async with supervised(tmp_path) as stage:
        await stage.started()
        assert await holder.wait() == -signal.SIGKILL
    assert f"process {holder.pid}" in caplog.text


async def test_a_flow_that_is_given_up_has_failed(tmp_path: Path) -> None:
    """Told with the reason of whoever gave it up, and counted, unlike one that a person ends."""
    async with supervised(tmp_path) as stage:
        for count in range(1, FAILURES_UNTIL_DOWN + 1):
            await stage.started(count)
            stage.supervisor.give_up("it did nothing")
            await stage.until(lambda count=count: len(stage.ends) == count)  # type: ignore[misc]
        assert stage.ends == ["it did nothing"] * FAILURES_UNTIL_DOWN
        assert stage.state.state == DOWN
        assert "it did nothing" in (stage.state.message or "")


async def test_a_restart_before_there_is_a_process_ends_in_one_that_runs(tmp_path: Path) -> None:
    """While the lock is waited for, what is asked for is under way: nothing is told of an end."""
    folder = DataFolder(tmp_path / "data")
    folder.current()
    older = FileLock(folder.flow_lock)
    folder.release()
    async with supervised(tmp_path) as stage:
        await asyncio.to_thread(until, lambda: bool(stage.starts))
        stage.supervisor.restart("a person killed it")
        stage.supervisor.give_up("it did nothing")
        assert stage.state.state == RECOVERING
        older.release()
        await stage.started()
        assert (stage.starts, stage.ends) == (["the test began"], [])


async def test_a_restart_in_a_start_that_fails_tries_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks does not wait for the pause that comes after the failure."""
    monkeypatch.setattr("web.flow.state._FIRST_PAUSE_S", 60)
    monkeypatch.setattr("web.flow.supervisor._GIVE_UP_S", 0.2)
    folder = DataFolder(tmp_path / "data")
    folder.current()
    older = FileLock(folder.flow_lock)
    folder.release()
    async with supervised(tmp_path) as stage:
        await asyncio.to_thread(until, lambda: bool(stage.starts))
        stage.supervisor.restart("a person killed it")
        await stage.until(lambda: bool(stage.ends))
        older.release()
        await stage.started()
        assert len(stage.starts) == 2


async def test_a_second_restart_changes_nothing(tmp_path: Path) -> None:
    """The first one is on its way: there is one end, and one start."""
    async with supervised(tmp_path) as stage:
        await stage.started()
        stage.supervisor.restart("the first")
        stage.supervisor.restart("the second")
        await stage.started(2)
        assert len(stage.ends) == 1
        assert stage.state.phase is Phase.STARTING


async def test_a_kill_in_the_moment_of_an_end_is_no_error(tmp_path: Path) -> None:
    """The process is gone before anybody has heard of it."""
    async with supervised(tmp_path) as stage:
        pid = await stage.started()
        os.kill(pid, signal.SIGKILL)
        stage.supervisor.restart("a person killed it")
        await stage.started(2)
        assert len(stage.ends) == 1


async def test_a_flow_is_made_anew_for_who_joins_only_where_it_runs(tmp_path: Path) -> None:
    """Else it is being started, or waited with: that is no sooner by somebody who comes."""
    async with supervised(tmp_path) as stage:
        assert not stage.supervisor.renew("somebody joined")
        await stage.started()
        assert stage.supervisor.renew("somebody joined")
        assert stage.state.message == "The flow is being started again: somebody joined."
        await stage.started(2)
        assert stage.starts == ["the test began", "somebody joined"]


async def test_a_flow_that_ends_while_the_server_does_is_not_started_again(tmp_path: Path) -> None:
    """Nor is it told as a crash: who ends the server tells how this start ended."""
    async with supervised(tmp_path) as stage:
        pid = await stage.started()
        stage.supervisor.leave()
        os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(until, lambda: not psutil.pid_exists(pid))
        await asyncio.sleep(0)
        assert (stage.starts, stage.ends) == (["the test began"], [])


async def test_a_purge_that_nobody_waits_for_keeps_the_next_flow_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No flow ever opens a store that is being purged; and this process does not kill itself."""
    monkeypatch.setattr("web.flow.supervisor._PATIENCE_S", 0.0)
    purging, done = threading.Event(), threading.Event()

    def slow_purge(_: Path) -> int:
        purging.set()
        assert done.wait(20)
        return 0

    monkeypatch.setattr("web.flow.supervisor.purge", slow_purge)
    async with supervised(tmp_path):
        await asyncio.to_thread(purging.wait)
    claiming = asyncio.create_task(claim(tmp_path / "data" / "flow.lock"))
    finished, _ = await asyncio.wait([claiming], timeout=0.1)
    assert not finished
    done.set()
    (await claiming).release()


@pytest.mark.parametrize("status", [-signal.SIGKILL, -signal.SIGRTMIN - 5, 1, 0])
def test_every_way_to_end_has_a_sentence(status: int) -> None:
    """Signals without a name, too."""
    assert str(abs(status)) in why_it_ended(status) or "SIGKILL" in why_it_ended(status)


def test_a_flow_that_lost_the_process_that_parses_for_it_is_told_to_repair_nothing() -> None:
    """It is started again, as after any kill."""
    assert why_it_ended(SORTER_ENDED) == "the process that parses for it was gone"
