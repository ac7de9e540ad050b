"""The service: what one server keeps running, and how a commit, a crash and a reset pass through.

Puts the parts together and owns their tasks; each part knows only what it is given here.
"""

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from dataflow.faults import reach
from dataflow.journal import API_SOURCE, Appended
from dataflow.journal_errors import JournalError
from dataflow.recovery import store_bytes
from dataflow.times import rfc3339_or_none
from dataflow.upload import Upload
from web.data.folder import DataFolder
from web.data.paths import FolderError, Paths, SwitchError
from web.elsewhere.agents import Agents
from web.errors import APIError
from web.flow.publish import PublishPoint
from web.flow.state import RUNNING, FlowState
from web.flow.supervisor import Supervisor
from web.history.history import History
from web.history.timeline import KILLED, RESET, STARTED
from web.intake.stream import Asked
from web.live.live import Live
from web.proof.launch import command
from web.proof.proof import Proof, State
from web.service.attention import Attention
from web.service.contents import Contents
from web.service.gate import Gate
from web.service.generation import Generation
from web.service.metering import Metering
from web.service.renewal import make_generation, switch_to
from web.service.starts import Starts
from web.service.streaming import Streaming
from web.service.upkeep import Upkeep
from web.settings import Settings
from web.topic.kept_position import KeptPositions
from web.topic.publication import FAILING, Standing
from web.topic.publisher import Publisher
from web.view.outcome import Outcome
from web.view.recoveries import JOINED, REBUILD_STOPPED, REBUILT, STOPPED
from web.view.view import ViewError
from web.words import count, together

_log = logging.getLogger(__name__)


class Service:
    """One Cartwatch: a data folder, its current generation, its flow and its viewers."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        """Open the data; raises what ``Generation`` and ``DataFolder.current`` raise."""
        self.settings = settings
        self.folder = folder
        self.flow = FlowState()
        self.attention = Attention(settings.overdue)
        self.contents = Contents(
            lambda: self.generation,
            self.flow,
            self.alarm,
            lambda: self.live.hub.statistics()["viewers"],
            self.attention,
            lambda: self.supervisor.workers,
            lambda: self.agents.describe(self.supervisor.running),
        )
        self.live = Live(self.contents.moment, self.contents.is_quiet)
        self.history = History(folder, self.contents.sums)
        self.metering = Metering()
        self.crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.publish_point = PublishPoint(lambda: self.generation.committer)
        self.gate = Gate()
        self._hub_url = ""
        self.proof = Proof(lambda paths: command(paths, settings.topics))
        self._proving: asyncio.Task[None] | None = None
        self.streaming = Streaming(self._task, self.live.follows)
        self._release = True
        self.snapshot_at: float | None = None
        """When the flow has taken its last snapshot, in seconds since 1970."""

        self.kept_to = 0
        """The position before which all is in a snapshot of the flow, as far as this start told."""

        self._resetting = asyncio.Lock()
        self._stopped = False
        self._tasks: list[asyncio.Task[None]] = []
        self._committing: asyncio.Task[None] | None = None
        self.publisher: Publisher | None = None
        self._publishing: asyncio.Task[None] | None = None
        if settings.completed_topic is not None:
            kept = KeptPositions(folder.topic)
            self.publisher = Publisher(settings.completed_topic, kept)
        self._lasting: list[asyncio.Task[None]] = []
        self.agents = Agents(
            settings.workers, lambda why: self.supervisor.renew(why), self.live.changed
        )
        self.supervisor = Supervisor(
            lock=folder.flow_lock,
            state=self.flow,
            snapshot_interval=settings.snapshot_interval,
            workers=settings.workers,
            logs=settings.logs,
            begin=self._begin,
            ended=self._ended,
            changed=self.live.changed,
            topics=settings.topics,
            refusal=self._refusal,
            prepare=self.agents.prepare,
        )
        self.generation, self.starts, self.upkeep = self._open(folder.current())
        self.proof.recall(self.generation.paths)
        folder.discard_superseded(self.generation.paths)

    def start(self, hub_url: str, *, release: bool = True) -> None:
        """Start what runs for ever; by now the flow finds ``/ws/publish`` at ``hub_url``.

        Without ``release``, uploads stay where they are in the journal, and the figures over time
        hear nothing: what is made anew is no news.
        """
        self._release = release
        self._hub_url = hub_url
        self._lasting = [
            self._task(self.live.run(), "live"),
            self._task(self.agents.run(), "agents"),
        ]
        if release:
            self.history.open()
            lasting = self.history.tasks()
            self._lasting += [self._task(work, name) for name, work in lasting.items()]
        self._start_generation("the server was started" if release else REBUILT)

    def leave(self) -> None:
        """Note that the server is being ended: what breaks off now was no crash of the flow."""
        self.agents.leave()
        self.supervisor.leave()

    async def stop(self) -> None:
        """End the flow and all tasks, and close the files."""
        self._stopped = True
        async with self._resetting:
            await self._stop_flow()
            await self.starts.ended(STOPPED if self._release else REBUILD_STOPPED)
            await self._end(self._committing)
            await self._end(*self._lasting, self._proving, self._publishing)
            await self.streaming.end()
            await self.history.close()
            await self.generation.close()

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[Generation]:
        """Be a writer of the generation in force, which no reset replaces meanwhile.

        Raises ``APIError`` (503) where the server is about to end: what were written now might
        stand in a generation that no longer counts.
        """
        async with self.gate.passing():
            self._refuse_ending("nothing was taken in")
            yield self.generation

    def _refuse_ending(self, but: str) -> None:
        """Raise ``APIError`` (503) where the server ends, as it does without its data folder."""
        try:
            self.folder.refuse_moved()
            self.generation.refuse_moved()
        except FolderError as error:
            self._crash(error)
        if self._stopped or self.crashed.done():
            raise APIError(503, "ending", f"the server is about to end: {but}")

    async def append_events(self, body: bytes, key: str | None) -> Appended:
        """Take records in: durable when this returns."""
        async with self.writing() as generation:
            appended = await asyncio.to_thread(generation.journal.append_events, body, key)
            reach("events kept")
            generation.uploads.other_released(API_SOURCE, appended.last_line)
        self.live.follows()
        return appended

    async def begin_stream(self, asked: Asked) -> dict[str, Any]:
        """Begin an endless stream: its first line is durable when this returns."""
        async with self.writing() as generation:
            return await self.streaming.begin(generation, asked)

    async def reset(self, replay: str | None) -> Upload | None:
        """Start over, and replay one of the uploads where that is asked for.

        What has begun is brought to its end, also where whoever asked for it goes away.
        """
        resetting = asyncio.create_task(self._reset(replay), name="reset")
        resetting.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(resetting)

    async def _reset(self, replay: str | None) -> Upload | None:
        async with self._resetting:
            self._refuse_ending("nothing was changed")
            again = None if replay is None else self.generation.uploads.get(replay)
            async with self.gate.closed():
                return await self._start_over(again)

    def prove(self) -> dict[str, Any]:
        """Begin to hold the view to the journal, unless that is being done; tells how it stands."""
        if self._stopped:
            raise APIError(503, "ending", "the server is about to end: no proof was begun")
        if self.proof.state is not State.RUNNING:
            self._proving = self._task(self.proof.begin(self.generation.paths), "proof")
            self._proving.add_done_callback(lambda _: self.live.changed())
        return self.proof.describe()

    def alarm(self) -> str | None:
        """Say what is wrong with the data or their folder; None where nothing is."""
        return together(self.generation.failure, self.upkeep.agreement.alarm, self.proof.alarm)

    def readiness(self) -> str | None:
        """Say why the service is not ready; None where it is."""
        is_up = self.flow.state == RUNNING
        of_flow = None if is_up else self.flow.message or f"the flow is {self.flow.state}"
        return together(self.alarm(), of_flow)

    def describe_topic(self) -> dict[str, Any]:
        """Tell how the publishing of completed orders stands, as ``GET /api/completed/topic``."""
        return self._topic().describe(self.generation.totals.figures.paid)

    def failing_topic_since(self) -> float | None:
        """Tell since when no completed order can be published; None where it can, or it is off."""
        standing = self._topic()
        return standing.since if standing.state == FAILING else None

    def _topic(self) -> Standing:
        return Standing() if self.publisher is None else self.publisher.standing

    async def describe_snapshot(self) -> dict[str, Any]:
        """Tell when the flow's last snapshot was taken, and how large all of them are."""
        folder = self.generation.paths.recovery
        size = await asyncio.to_thread(store_bytes, folder)
        return {"taken_at": rfc3339_or_none(self.snapshot_at), "bytes": size}

    async def _start_over(self, again: Upload | None) -> Upload | None:
        old = self.generation
        try:
            await self._stop_flow()
            self.flow.start_over("Everything is being started over.")
            await old.uploads.stop()
            new = await asyncio.to_thread(make_generation, self.folder, again, old.paths)
            new = await asyncio.to_thread(switch_to, self.folder, new)
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
        await self._end(self._committing, self._publishing)
        if self.publisher is not None:
            self.publisher.left(old.totals.figures.paid)
        self.generation, self.starts, self.upkeep = self._open(new)
        self.contents.start_over()
        self.snapshot_at, self.kept_to = None, 0
        await self._end_proof()
        await self.streaming.end()
        await old.close()
        await asyncio.to_thread(self.folder.discard_superseded, new)
        _log.info("Everything was started over: %s.", new.folder)
        self.history.mark(RESET, "Everything was started over.")
        self._start_generation("everything was started over")
        self.live.changed()

    def _open(self, paths: Paths) -> tuple[Generation, Starts, Upkeep]:
        generation = Generation(paths, self._committed, self.live.changed, self.settings.topics)
        generation.uploads.crashed = self._crash
        starts = Starts(
            generation,
            self.flow,
            self.publish_point,
            lambda: self.upkeep.caught_up(),
            self._lack,
            self.settings.workers,
        )
        upkeep = Upkeep(
            generation,
            self.flow,
            self.live,
            folder=self.folder,
            supervisor=self.supervisor,
            received=lambda: self.publish_point.received,
            write_starts=starts.catch_up,
            epoch_s=self.settings.snapshot_interval,
        )
        return generation, starts, upkeep

    def met_damage(self, damage: str) -> None:
        """Raise the alarm for damage that somebody has met who has read the data."""
        self.proof.meet(damage)
        self.live.changed()

    def _lack(self, records: int) -> None:
        """Raise the alarm for records that the view had made durable and has no more."""
        what = f"the view lacks {count(records, 'record')} that it had: its newest commits are gone"
        self.proof.accuse(self.generation.paths, what)
        self.live.changed()

    def _refusal(self) -> str | None:
        """Say why the flow has ended by itself and does not go on, where it has written that."""
        log = self.generation.order.log
        return None if log is None else log.refusal()

    def accept_loss(self, topic: str, partition: int, next_offset: int, go_on_at: int) -> None:
        """Give up records of a topic that are lost, as they were shown.

        The flow goes on when nothing else is lost. Durable when this returns. Raises ``APIError``
        where nothing of the kind is lost.
        """
        is_all = self.generation.kafka.accept_loss(topic, partition, next_offset, go_on_at)
        if is_all:
            self.supervisor.go_on(f"lost records of {topic}/{partition} were given up")

    async def _begin(self, reason: str, workers: int) -> str:
        """Begin a start of the flow, which writes into the folder; gives what it publishes by."""
        self.folder.refuse_moved()
        if (log := self.generation.order.log) is not None:
            log.refuse(None)  # what the start before has said is not the word of this one
        secret = await self.starts.begin(reason, workers)
        _log.info("Start %d of the flow: %s.", self.flow.execution, reason)
        self.history.mark(STARTED, f"The flow was started. The reason: {reason}.")
        return secret

    async def _ended(self, why: str) -> None:
        """Hear that a start of the flow has ended, though nobody wanted it to stop."""
        if self.starts.has_begun and not why.endswith(JOINED):
            self.history.mark(KILLED, f"The flow ended: {why}.")
        await self.starts.ended(why)

    def _start_generation(self, reason: str) -> None:
        self._committing = self._task(self.generation.committer.run(), "committer")
        if self.publisher is not None and self._release:
            publishing = self.publisher.run(self.generation.paths)
            self._publishing = self._task(publishing, "completed topic")
        self._start_flow(reason)

    def _start_flow(self, reason: str) -> None:
        generation = self.generation
        self._tasks = [
            self._task(self.supervisor.run(generation.paths, self._hub_url, reason), "supervisor"),
            self._task(generation.corrections.run(), "corrections"),
            *(self._task(work, name) for name, work in self.upkeep.tasks().items()),
        ]
        if self._release:
            generation.uploads.start_due()

    async def _end_proof(self) -> None:
        await self._end(self._proving)
        self.proof.started_over()

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

    async def _committed(self, outcome: Outcome) -> None:
        """Pass on what the view has made durable."""
        at = time.time()
        generation = self.generation
        self.upkeep.committed(outcome)
        await generation.committed(outcome)
        self.history.committed(at, outcome.arrived)
        self.metering.committed(at, outcome)
        if outcome.epochs:
            self.snapshot_at = time.time()
        self.kept_to = max(self.kept_to, outcome.settled or 0)
        self.contents.committed(outcome)
        await self.starts.committed(outcome)
        self.live.committed()
        if self.publisher is not None:
            self.publisher.committed()


def service_of(application: Any) -> Service:
    """Give the service that an application was made around."""
    service: Service = application.state.service
    return service
