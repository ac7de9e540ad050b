"""The service: what one server keeps running, and how a commit, a crash and a reset pass through.

Puts the parts together and owns their tasks; each part knows only what it is given here.
"""

import asyncio
import contextlib
import logging
import shutil
import sqlite3
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from dataflow.faults import reach
from dataflow.journal import Appended, Journal, Upload
from dataflow.recovery import is_damage
from web.agreement import Agreement
from web.flow_state import RUNNING, FlowState
from web.folder import DataFolder, Paths, link, sync
from web.gate import Gate
from web.generation import Generation
from web.live import EventRate, Live
from web.publish import PublishPoint
from web.settings import Settings
from web.supervisor import Supervisor
from web.times import rfc3339_or_none
from web.view import Outcome
from web.watchdog import Watchdog

AGREEMENT_EVERY_S: Final = 60.0
_FEW_BEHIND: Final = 65_536
"""Carts that are not in the table yet and yet hardly matter to what a comparison costs."""

_WATCH_EVERY_S: Final = 1.0
_TIDY_EVERY_S: Final = 0.25
_QUIET_S: Final = 2.0
_DOUBT_S: Final = 2.0
_log = logging.getLogger(__name__)


class Service:
    """One Cartwatch: a data folder, its current generation, its flow and its viewers."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        """Open the data; raises what ``Generation`` and ``DataFolder.current`` raise."""
        self.settings = settings
        self.folder = folder
        self.flow = FlowState()
        self.agreement = Agreement()
        self.live = Live(lambda: self.generation, self.flow)
        self.crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.generation = self._open(folder.current())
        self.publish_point = PublishPoint(lambda: self.generation.committer)
        self.gate = Gate()
        self._hub_url = ""
        self._release = True
        self._snapshot_at: float | None = None
        self._unwritten: dict[str, str | float | None] = {}
        self._check_now = asyncio.Event()
        self._few_behind = asyncio.Event()
        self._committed_at = time.monotonic()
        self._resetting = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._committing: asyncio.Task[None] | None = None
        self._live_task: asyncio.Task[None] | None = None
        self.supervisor = Supervisor(
            lock=folder.flow_lock,
            state=self.flow,
            snapshot_interval=settings.snapshot_interval,
            begin=self._begin_execution,
            ended=self._end_execution,
            changed=self.live.changed,
        )

    def start(self, port: int, *, release: bool = True) -> None:
        """Start what runs for ever; the server listens on ``port`` by now.

        Without ``release``, uploads stay where they are in the journal.
        """
        self._release = release
        self._hub_url = f"ws://127.0.0.1:{port}/ws/publish"
        self._live_task = self._task(self.live.run(), "live")
        self._start_generation("the server was started")

    async def stop(self) -> None:
        """End the flow and all tasks, and close the files."""
        await self._stop_flow()
        await self._end(self._committing)
        await self._end(self._live_task)
        await self.generation.close()

    async def append_events(self, body: bytes, key: str | None) -> Appended:
        """Take records in: durable when this returns."""
        async with self.gate.passing():
            generation = self.generation
            appended = await asyncio.to_thread(generation.journal.append_events, body, key)
            reach("events kept")
            generation.uploads.api_released(appended.last_line)
        self.live.changed()
        return appended

    async def reset(self, replay: str | None) -> Upload | None:
        """Start over, and replay one of the uploads where that is asked for."""
        async with self._resetting:
            again = None if replay is None else self.generation.uploads.get(replay)
            async with self.gate.closed():
                return await self._start_over(again)

    def readiness(self) -> str | None:
        """Say why the service is not ready; None where it is."""
        alarm = self.live.alarm()
        if alarm is not None:
            return alarm
        if self.flow.state != RUNNING:
            return self.flow.message or f"the flow is {self.flow.state}"
        return None

    async def describe_snapshot(self) -> dict[str, Any]:
        """Tell when the flow's last snapshot was taken, and how large all of them are."""
        folder = self.generation.paths.recovery
        size = await asyncio.to_thread(_size, folder)
        return {"taken_at": rfc3339_or_none(self._snapshot_at), "bytes": size}

    async def _start_over(self, again: Upload | None) -> Upload | None:
        old = self.generation
        await self._stop_flow()
        self.flow.restart("Everything is being started over.")
        await old.uploads.stop()
        try:
            new = await asyncio.to_thread(self._make_generation, again, old)
        except BaseException:
            # The committer was not stopped: what it had taken comes before what is sent again.
            self.flow.restart("The reset failed, and the flow is being started again.")
            self._start_flow("a reset failed")
            raise
        await self._end(self._committing)
        self.generation = self._open(new)
        self.live.rate = EventRate()
        self.agreement = Agreement()
        self.flow.alarm = self._snapshot_at = None
        await old.close()
        await asyncio.to_thread(shutil.rmtree, old.paths.folder, ignore_errors=True)
        self._start_generation("everything was started over")
        self.live.changed()
        newest, _ = self.generation.uploads.newest(1)
        return newest[0] if newest else None

    def _make_generation(self, again: Upload | None, old: Generation) -> Paths:
        new = self.folder.new_generation(old.paths.facts.number + 1)
        if again is not None:
            link(old.paths.uploads / again.file, new.uploads / again.file)
            sync(new.uploads)
            journal = Journal(new.journal)
            journal.add_upload(
                again.id,
                again.name,
                file=again.file,
                size=again.bytes,
                lines=again.lines,
                rate=again.rate,
                now=time.time(),
            )
            journal.close()
        reach("generation made")
        self.folder.switch_to(new)
        reach("generation switched")
        return new

    def _open(self, paths: Paths) -> Generation:
        generation = Generation(paths, self._committed, self.live.changed)
        generation.uploads.crashed = self._crash
        return generation

    def _start_generation(self, reason: str) -> None:
        self._committing = self._task(self.generation.committer.run(), "committer")
        self._start_flow(reason)

    def _start_flow(self, reason: str) -> None:
        generation = self.generation
        self._tasks = [
            self._task(self.supervisor.run(generation.paths, self._hub_url, reason), "supervisor"),
            self._task(self._check_agreement_often(), "agreement"),
            self._task(self._watch_flow(), "watchdog"),
            self._task(self._tidy(), "tidy"),
            self._task(self._watch_storage(), "storage"),
        ]
        if self._release:
            generation.uploads.start_due()

    async def _stop_flow(self) -> None:
        await self._end(*reversed(self._tasks))
        self._tasks = []
        await self.publish_point.shut()

    @staticmethod
    async def _end(*tasks: asyncio.Task[None] | None) -> None:
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _task(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Start a task whose crash ends the server."""
        task = asyncio.create_task(work, name=name)

        def done(ended: asyncio.Task[None]) -> None:
            if not ended.cancelled() and (error := ended.exception()):
                self._crash(error)

        task.add_done_callback(done)
        return task

    def _crash(self, error: BaseException) -> None:
        """End the server by what a task ended by."""
        if not self.crashed.done():
            self.crashed.set_exception(error)

    async def _begin_execution(self, reason: str) -> str:
        generation = self.generation
        await self.publish_point.shut()
        await generation.committer.drain()
        execution, target = await generation.write(generation.view.begin_execution, reason)
        self._unwritten = {}
        self.flow.begin(execution, target)
        self.live.changed()
        return self.publish_point.expect(execution)

    async def _end_execution(self, why: str) -> None:
        generation = self.generation
        try:
            await generation.write(
                generation.view.change_execution,
                self.flow.execution,
                ended_at=time.time(),
                ended_because=why,
            )
        except sqlite3.Error as error:
            _log.error("The end of the flow could not be written down: %s.", error)

    async def _committed(self, outcome: Outcome) -> None:
        """Pass on what the view has made durable."""
        generation = self.generation
        for (upload, part), counts in outcome.parts.items():
            generation.totals.put_part(upload, part, counts)
        for group, (accepted, figures) in outcome.groups.items():
            generation.totals.put_group(group, accepted, figures)
        if outcome.started is not None:
            self.agreement.begin(outcome.started.groups)
        self.agreement.told(outcome.groups)
        generation.recent.put(outcome.recent)
        self._committed_at = time.monotonic()
        if outcome.barrier:
            self._snapshot_at = time.time()
        self.live.rate.sample(generation.totals.all.accepted)
        if outcome.position is not None:
            generation.run_ahead.arrived(outcome.position)
        await self._follow_recovery(outcome)
        await generation.uploads.committed()
        self.live.changed()

    async def _follow_recovery(self, outcome: Outcome) -> None:
        generation = self.generation
        changes = self._unwritten  # kept until it is written: a full disk may take its time
        caught_up = False
        if (started := outcome.started) is not None:
            caught_up = self.flow.started(started.offset)
            place = generation.journal.place(started.offset)
            source, line = place or (None, None)
            changes |= {
                "carts": started.carts,
                "offset": started.offset,
                "source": source,
                "line": line,
                "records": generation.journal.lines_between(started.offset, self.flow.target),
            }
        caught_up |= self.flow.reached(outcome.position, barrier=outcome.barrier)
        if caught_up:
            changes["caught_up_at"] = time.time()
            self._check_now.set()
        if changes:
            await generation.write(generation.view.change_execution, self.flow.execution, **changes)
            self._unwritten = {}

    async def _check_agreement_often(self) -> None:
        """Compare state and view after a recovery and once a minute.

        While very many carts are not in their table that would cost a heavy load more than a
        hundredth of its speed: so it waits until they are, though not for more than a minute.
        """
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGREEMENT_EVERY_S):
                    await self._check_now.wait()
                    if await self.generation.count_behind() > _FEW_BEHIND:
                        await self._few_behind.wait()
            self._check_now.clear()
            if self.flow.state != RUNNING:
                continue
            try:
                await self.check_agreement()
            except sqlite3.Error as error:
                if is_damage(error):
                    raise
                _log.error("State and view could not be compared: %s.", error)

    async def _watch_flow(self) -> None:
        """Kill a flow that has work and does nothing."""
        watchdog = Watchdog()
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            generation = self.generation
            lag = generation.uploads.released_lines - generation.totals.all.processed
            if watchdog.is_stuck(
                time.monotonic(),
                execution=self.flow.execution,
                received=self.publish_point.received,
                has_work=lag > 0 and generation.committer.is_idle,
                is_running=self.flow.state == RUNNING,
            ):
                self.supervisor.restart("it had work and did nothing")

    async def _watch_storage(self) -> None:
        """Find out when what could not be written can be again, and show every change of that."""
        shown: str | None = None
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            generation = self.generation
            if generation.journal.failure is not None:
                await asyncio.to_thread(generation.journal.try_to_write)
            if generation.failure != shown:
                shown = generation.failure
                self.live.changed()

    async def _tidy(self) -> None:
        """Move cart rows to their table: what is too much at once, the rest when it is quiet."""
        failing = False
        while True:
            await asyncio.sleep(_TIDY_EVERY_S)
            generation = self.generation
            is_quiet = time.monotonic() - self._committed_at > _QUIET_S
            try:
                if await generation.catch_table_up(0.0 if is_quiet else 1.0) > _FEW_BEHIND:
                    self._few_behind.clear()
                else:
                    self._few_behind.set()
            except sqlite3.Error as error:
                if is_damage(error):
                    raise
                if not failing:
                    _log.error("Cart rows could not be moved to their table: %s.", error)
                failing = True
            else:
                failing = False

    async def check_agreement(self, *, again: bool = True) -> str | None:
        """Compare the flow's figures with the view's rows; gives a sentence where they differ."""
        generation = self.generation
        async with generation.committer.turn:
            told = self.agreement.figures()
            audit = await generation.begin_audit()
        counted = await audit
        if self.flow.state != RUNNING:  # it ended meanwhile: the next recovery is looked at
            return self.flow.alarm
        alarm = self.agreement.check(told, counted, time.time(), in_doubt=again)
        if alarm is not None and again:
            # The view may be a chunk ahead of a flow that has just recovered; not for long.
            await asyncio.sleep(_DOUBT_S)
            return await self.check_agreement(again=False)
        self.flow.alarm = alarm
        if self.flow.alarm is not None:
            _log.error("The data are not right: %s.", self.flow.alarm)
        self.live.changed()
        return self.flow.alarm


def _size(folder: Path) -> int:
    """Sum the sizes of the files in a folder that may change, or be missing."""
    size = 0
    for path in folder.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            size += path.stat().st_size
    return size
