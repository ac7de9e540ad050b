"""The service: what one server keeps running, and how a commit, a crash and a reset pass through.

Puts the parts together and owns their tasks; each part knows only what it is given here.
"""

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

from dataflow.faults import reach
from dataflow.journal import Appended, Journal, JournalError
from dataflow.upload import Upload
from web.data.files import link, sync
from web.data.folder import DataFolder
from web.data.paths import Paths, SwitchError, remove
from web.errors import APIError
from web.flow.publish import PublishPoint
from web.flow.state import RUNNING, FlowState
from web.flow.supervisor import Supervisor
from web.live.live import Live
from web.service.contents import Contents
from web.service.event_rate import EventRate
from web.service.gate import Gate
from web.service.generation import Generation
from web.service.upkeep import Upkeep
from web.settings import Settings
from web.times import rfc3339_or_none
from web.view.view import Outcome, View, ViewError

_log = logging.getLogger(__name__)


class Service:
    """One Cartwatch: a data folder, its current generation, its flow and its viewers."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        """Open the data; raises what ``Generation`` and ``DataFolder.current`` raise."""
        self.settings = settings
        self.folder = folder
        self.flow = FlowState()
        self.contents = Contents(
            lambda: self.generation,
            self.flow,
            self.alarm,
            lambda: self.live.hub.statistics()["viewers"],
        )
        self.live = Live(self.contents.moment, self.contents.is_quiet)
        self.crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.publish_point = PublishPoint(lambda: self.generation.committer)
        self.gate = Gate()
        self._hub_url = ""
        self._release = True
        self._snapshot_at: float | None = None
        self._unwritten: dict[str, str | float | None] = {}
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
        self.generation, self.upkeep = self._open(folder.current())
        folder.discard_superseded(self.generation.paths)

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

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[Generation]:
        """Be a writer of the generation in force, which no reset replaces meanwhile.

        Raises ``APIError`` (503) where the server is about to end: what were written now might
        stand in a generation that no longer counts.
        """
        async with self.gate.passing():
            if self.crashed.done():
                raise APIError(503, "ending", "the server is about to end: nothing was taken in")
            yield self.generation

    async def append_events(self, body: bytes, key: str | None) -> Appended:
        """Take records in: durable when this returns."""
        async with self.writing() as generation:
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

    def alarm(self) -> str | None:
        """Say what is wrong with the data or their folder; None where nothing is."""
        return self.generation.failure or self.upkeep.agreement.alarm

    def readiness(self) -> str | None:
        """Say why the service is not ready; None where it is."""
        alarm = self.alarm()
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
            new = await asyncio.to_thread(self._switch_to, new)
        except SwitchError as error:
            raise self._ending(error) from error
        except BaseException:
            # The committer was not stopped: what it had taken comes before what is sent again.
            self.flow.restart("The reset failed, and the flow is being started again.")
            self._start_flow("a reset failed")
            raise
        try:
            await self._go_on_with(new, old)
        except (sqlite3.Error, OSError, JournalError, ViewError) as error:
            why = f"{new.folder} is in force and cannot be opened ({error}): start Cartwatch again"
            raise self._ending(SwitchError(why)) from error
        except BaseException as error:
            self._crash(error)
            raise
        newest, _ = self.generation.uploads.newest(1)
        return newest[0] if newest else None

    def _ending(self, error: SwitchError) -> APIError:
        """End the server: the old generation no longer counts, and to go on with it loses records.

        Gives what to answer.
        """
        self._crash(error)
        return APIError(503, "ending", f"the server ends: {error}")

    async def _go_on_with(self, new: Paths, old: Generation) -> None:
        """Open a generation that is in force now, and let the old one go."""
        await self._end(self._committing)
        self.generation, self.upkeep = self._open(new)
        self.contents.rate = EventRate()
        self._snapshot_at = None
        await old.close()
        await asyncio.to_thread(self.folder.discard_superseded, new)
        self._start_generation("everything was started over")
        self.live.changed()

    def _make_generation(self, again: Upload | None, old: Generation) -> Paths:
        """Make a generation that has been opened once: what could fail, fails before it counts."""
        new = self.folder.new_generation(supersedes=old.paths.facts.number)
        try:
            if again is not None:
                link(old.paths.uploads / again.file, new.uploads / again.file)
                sync(new.uploads)
            with contextlib.closing(Journal(new.journal)) as journal:
                if again is not None:
                    journal.add_upload(
                        again.id,
                        again.name,
                        file=again.file,
                        size=again.bytes,
                        lines=again.lines,
                        rate=again.rate,
                        now=time.time(),
                        looks_like=again.looks_like,
                    )
            View(new.view).close()
            sync(new.folder)
        except BaseException:
            remove(new)
            raise
        reach("generation made")
        return new

    def _switch_to(self, new: Paths) -> Paths:
        try:
            switched = self.folder.switch_to(new)
        except OSError:
            remove(new)
            raise
        reach("generation switched")
        return switched

    def _open(self, paths: Paths) -> tuple[Generation, Upkeep]:
        generation = Generation(paths, self._committed, self.live.changed)
        generation.uploads.crashed = self._crash
        upkeep = Upkeep(
            generation,
            self.flow,
            self.live,
            restart_flow=self.supervisor.restart,
            received=lambda: self.publish_point.received,
        )
        return generation, upkeep

    def _start_generation(self, reason: str) -> None:
        self._committing = self._task(self.generation.committer.run(), "committer")
        self._start_flow(reason)

    def _start_flow(self, reason: str) -> None:
        generation = self.generation
        self._tasks = [
            self._task(self.supervisor.run(generation.paths, self._hub_url, reason), "supervisor"),
            *(self._task(work, name) for name, work in self.upkeep.tasks().items()),
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
        self.upkeep.committed(outcome)
        generation.recent.put(outcome.recent)
        if outcome.barrier:
            self._snapshot_at = time.time()
        self.contents.rate.sample(generation.totals.all.accepted)
        if outcome.position is not None:
            generation.run_ahead.arrived(outcome.position)
        await self._follow_recovery(outcome)
        await generation.uploads.committed({upload for upload, _ in outcome.parts})
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
            self.upkeep.caught_up()
        if changes:
            await generation.write(generation.view.change_execution, self.flow.execution, **changes)
            self._unwritten = {}


def _size(folder: Path) -> int:
    """Sum the sizes of the files in a folder that may change, or be missing."""
    size = 0
    for path in folder.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            size += path.stat().st_size
    return size
