"""The uploads of a generation: those that have not ended are at hand, the others in the journal.

A file that was taken in waits for its turn, is fed to the journal, and ends in the commit that
holds its last effect. What a start, a commit or a page costs does not grow with those that ended.
"""

import asyncio
import logging
import os
import re
import secrets
import time
from bisect import insort
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from dataflow.faults import reach
from dataflow.journal import Journal
from dataflow.upload import Upload
from web.errors import not_found
from web.intake.description import describe
from web.intake.feed import Feed
from web.intake.lineup import Lineup
from web.intake.open_upload import OpenUpload
from web.intake.run_ahead import RunAhead
from web.intake.upload_states import AT_ONCE, FAILED, PAUSED, RUNNING, changes_asked, moved, told
from web.view.totals import Totals

_log = logging.getLogger(__name__)

ENDED_SHOWN: Final = 64
"""The most uploads that have ended of those that pages show."""

_FEW_SHOWN: Final = 4

_PARTIAL: Final = re.compile(r"\.[0-9a-f]{32}")


class Uploads:
    """The uploads of one generation: taken in, released, steered, ended."""

    def __init__(
        self,
        journal: Journal,
        files: Path,
        totals: Totals,
        run_ahead: RunAhead,
        changed: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._files = files
        self._totals = totals
        self._run_ahead = run_ahead
        self._changed = changed
        self._open: dict[str, OpenUpload] = {}
        self._waiting, self._resting = Lineup(), Lineup()
        self._feeds: dict[str, Feed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._adding = asyncio.Lock()
        self._heard = asyncio.Event()  # the next commit
        self._stopped = False
        _tidy(files)
        self._total = journal.uploads.count()
        self._released, self._others = journal.released()
        self._ended = journal.uploads.ended(ENDED_SHOWN)
        self._ended_lately: list[str] = []
        self._paused: set[str] = set()
        self._failed = journal.uploads.count_failed()
        for upload in journal.uploads.unended():
            self._keep(upload)
        self.crashed: Callable[[BaseException], None] = _raise
        """Hears of a task that ended by what nobody foresaw: the server is to end, too."""

    @property
    def released_lines(self) -> int:
        """Lines that were ever released to the flow, those of other sources among them."""
        return self._released + sum(self._others.values())

    def other_released(self, source: str, last_line: int) -> None:
        """Note the last line of a source that is no upload, such as ``api``: a live record came."""
        self._others[source] = max(self._others.get(source, 0), last_line)
        self._run_ahead.has_live()

    def lines_of(self, source: str) -> int:
        """Count the lines of a source that is no upload."""
        return self._others.get(source, 0)

    @property
    def unended(self) -> list[str]:
        """The uploads of which more is to come, or to be heard."""
        return list(self._open)

    @property
    def paused(self) -> int:
        """Count the uploads that are paused."""
        return len(self._paused)

    @property
    def failed(self) -> int:
        """Count the uploads that have failed."""
        return self._failed

    def take_ended(self) -> list[str]:
        """Name those that have ended since this was asked the last time, by a commit or not."""
        ended, self._ended_lately = self._ended_lately, []
        return ended

    def get(self, upload_id: str) -> Upload:
        """Give an upload; raises ``APIError`` (404)."""
        if (upload := self._open.get(upload_id)) is not None:
            return upload.row
        ended = self._journal.uploads.get(upload_id)
        if ended is None or ended.created > self._total:
            raise not_found(f"there is no upload {upload_id!r}")
        return ended

    def describe(self, upload: Upload) -> dict[str, Any]:
        """Give an upload as the API shows it."""
        return describe(
            upload,
            self._totals.of_upload(upload.id),
            has_turn=upload.id in self._feeds,
            place=self._waiting.before(upload),
        )

    def newest(self, limit: int, before: int | None = None) -> tuple[list[Upload], int]:
        """Give the newest uploads (made before the one numbered so), and how many there are."""
        end = self._total + 1
        if before is not None:
            end = min(end, before)
        found = self._journal.uploads.newest(limit, end)
        rows = [self._open[row.id].row if row.id in self._open else row for row in found]
        return rows, self._total

    def shown(self, limit: int) -> tuple[list[Upload], int]:
        """Give the uploads that pages show, and how many there are: those to be steered first.

        That is all that run, then the newest that are paused, then those that wait in the order of
        their turns, then the newest that ended: ``limit`` in all, and a few of each kind in any
        case.
        """
        fed = [self._open[each].row for each in self._feeds if each in self._open]
        rows = sorted(fed, key=_created, reverse=True)
        for kind in (self._resting.newest, self._waiting.oldest):
            room = max(_FEW_SHOWN, limit - len(rows))
            rows += [self._open[upload_id].row for upload_id in kind(room)]
        rows += self._ended[: max(_FEW_SHOWN, limit - len(rows))]
        return rows, self._total

    async def add(
        self,
        name: str,
        *,
        file: str,
        size: int,
        lines: int,
        rate: float | None,
        looks_like: str | None = None,
    ) -> Upload:
        """Take in a file that is durable in the folder of uploads as ``file``."""
        async with self._adding:  # known in the order of their numbers, none before another
            upload = await asyncio.to_thread(
                self._journal.add_upload,
                secrets.token_hex(8),
                name,
                file=file,
                size=size,
                lines=lines,
                rate=rate,
                now=time.time(),
                looks_like=looks_like,
            )
            reach("upload kept")
            self._total = upload.created
            self._keep(upload)
        _log.info("The upload %s was taken in: %d lines of %a.", upload.id, lines, name)
        self._start_next()
        return upload

    async def replay(self, upload: Upload) -> Upload:
        """Take the same file in once more, at the same pace."""
        return await self.add(
            upload.name,
            file=upload.file,
            size=upload.bytes,
            lines=upload.lines,
            rate=upload.rate,
            looks_like=upload.looks_like,
        )

    async def change(self, upload_id: str, asked: object) -> Upload:
        """Do what ``PATCH`` asks: another rate or state, durable when this returns."""
        upload = self._open.get(upload_id) or self._opened(self.get(upload_id))
        async with upload.lock:
            await upload.save(changes_asked(upload.row, asked, time.time()))
        await self._look(upload)
        self._start_next()
        return upload.row

    async def step(self, upload_id: str, asked: object) -> OpenUpload:
        """Release some further lines of a paused upload: durable when this returns.

        Steps that are under way at the same time add up.
        """
        upload = self._open.get(upload_id) or self._opened(self.get(upload_id))
        self._count_released(await upload.step(self._files, asked))
        return upload

    async def until_processed(self, upload: OpenUpload, seconds: float) -> Upload:
        """Wait until all that was released of an upload is processed, at most so long."""
        lines = upload.row.released_lines

        def is_through() -> bool:
            counts = self._totals.of_upload(upload.row.id)
            is_heard = upload.row.finished_at is not None or told(upload.row, counts) is None
            return counts.processed >= lines and is_heard

        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not is_through():
                    await self._heard.wait()
        return upload.row

    def start_due(self) -> None:
        """Start to release: the uploads whose turn it is, oldest first, from now on."""
        self._stopped = False
        self._start_next()

    async def stop(self) -> None:
        """Release nothing more till the next start; what was released stands in the journal."""
        self._stopped = True  # no cancel: what is half released would be released twice
        for feed in self._feeds.values():
            feed.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def committed(self, uploads: Iterable[str]) -> None:
        """Bring uploads up to date with what the view now holds of them; harmless twice."""
        for upload_id in uploads:
            if (upload := self._open.get(upload_id)) is not None:
                await self._look(upload)
        self._heard.set()
        self._heard = asyncio.Event()

    async def _look(self, upload: OpenUpload) -> None:
        """Let an upload hear what its counts mean for it."""
        if told(upload.row, self._totals.of_upload(upload.row.id)) is None:
            upload.news.set()  # its feed may wait for what most of it is
            return
        async with upload.lock:
            heard = told(upload.row, self._totals.of_upload(upload.row.id))
            if heard is not None:
                event, why = heard
                await upload.save(moved(upload.row, event, now=time.time(), why=why))

    def _opened(self, upload: Upload) -> OpenUpload:
        return OpenUpload(upload, self._journal, self._run_ahead, self._row_changed)

    def _keep(self, upload: Upload) -> None:
        self._open[upload.id] = self._opened(upload)
        self._line_up(upload)

    def _row_changed(self, upload: OpenUpload) -> None:
        row = upload.row
        if row.finished_at is not None and self._open.pop(row.id, None) is not None:
            insort(self._ended, row, key=lambda each: -each.created)
            del self._ended[ENDED_SHOWN:]
            self._ended_lately.append(row.id)
            self._failed += row.state == FAILED
            _log.info("The upload %s is %s.", row.id, row.state)
        self._line_up(row)
        self._changed()

    def _line_up(self, row: Upload) -> None:
        """Let an upload stand where it belongs: fed, waiting for its turn, or at rest."""
        if row.state == PAUSED:
            self._paused.add(row.id)
        else:
            self._paused.discard(row.id)
        is_due = row.state == RUNNING and row.released_lines < row.lines
        is_free = row.id in self._open and row.id not in self._feeds
        for lineup, belongs in (self._waiting, is_due), (self._resting, not is_due):
            if is_free and belongs:
                lineup.add(row)
            else:
                lineup.discard(row)

    def _start_next(self) -> None:
        while not self._stopped and len(self._feeds) < AT_ONCE and len(self._waiting):
            (upload_id,) = self._waiting.oldest(1)
            upload = self._open[upload_id]
            feed = Feed(upload, self._files, self._totals, self._run_ahead, self._count_released)
            self._feeds[upload_id] = feed
            self._line_up(upload.row)
            task = asyncio.create_task(feed.run(), name=f"feed {upload_id}")
            self._tasks.add(task)
            task.add_done_callback(partial(self._fed, upload))

    def _fed(self, upload: OpenUpload, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        del self._feeds[upload.row.id]
        self._line_up(upload.row)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self.crashed(error)
        else:
            self._start_next()

    def _count_released(self, lines: int) -> None:
        self._released += lines


def _created(upload: Upload) -> int:
    return upload.created


def _raise(error: BaseException) -> None:
    raise error


def _tidy(files: Path) -> None:
    """Remove files that a kill cut short while they came in: never whole, and so never answered."""
    with os.scandir(files) as found:  # no object of a path for each: there may be very many
        names = [each.name for each in found if each.name[0] == "."]
    for name in filter(_PARTIAL.fullmatch, names):
        (files / name).unlink()
