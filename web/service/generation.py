"""One generation of the data, opened: journal, view, totals and uploads, and what a commit does.

A reset replaces all of it at once.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable

from dataflow.messages import KAFKA, NO_UPLOADS
from dataflow.topics import Topics
from web.data.files import identity
from web.data.journal_file import FROM_A_COPY, open_journal
from web.data.order import open_order
from web.data.paths import FolderError, Paths
from web.intake.run_ahead import RunAhead
from web.intake.uploads import Uploads
from web.service.corrections import Corrections
from web.service.kafka import Kafka
from web.view.carts import Carts
from web.view.committer import Committer
from web.view.damage import telling_damage
from web.view.marking import Marking
from web.view.outcome import Outcome
from web.view.reader import ViewReader
from web.view.shown_pages import ShownPages
from web.view.threads import Threads
from web.view.view import View


class Generation:
    """Everything that a reset starts over."""

    def __init__(
        self,
        paths: Paths,
        committed: Callable[[Outcome], Awaitable[None]],
        changed: Callable[[], None],
        topics: Topics | None = None,
    ) -> None:
        """Open it; raises ``JournalError``, ``ViewError``, ``sqlite3.Error`` or ``OSError``.

        ``committed`` hears of every commit, and is to pass it on to ``committed`` of this. The
        flow reads ``topics``, too, where there are some.
        """
        self.paths = paths
        self.journal = open_journal(paths.journal)
        with telling_damage():
            self.view = View(paths.view)
            position = self.view.position()
            self.totals = self.view.totals()
        self.order = open_order(paths, self.journal, position, reads_topics=topics is not None)
        self.kafka = Kafka(topics, self.order.log)
        self.run_ahead = RunAhead()
        self._unwritable: str | None = None
        self._is_looked_at = False
        self.uploads = Uploads(self.journal, paths.uploads, self.totals, self.run_ahead, changed)
        # A kill may have come between a commit and what it means for these.
        self._unheard_of = self.totals.unsettled + self.uploads.unended
        self.threads = Threads(paths.view, ViewReader)
        with telling_damage():
            marking = Marking(self.journal, self.view)
        self.corrections = Corrections(
            self.journal,
            marking,
            self.threads,
            released=self.uploads.other_released,
            changed=changed,
        )
        self.committer = Committer(
            lambda batches: self.threads.write(self._commit, batches), committed
        )
        self.carts = Carts(self.view.carts, self.threads, self.committer, self.totals)
        self.pages = ShownPages(self.carts)
        self._opened = {path: identity(path) for path in (paths.journal, paths.view)}

    def refuse_moved(self) -> None:
        """Raise ``FolderError`` where a file that is written is not the one at its path any more.

        What is written then is seen by nobody, and gone with the server.
        """
        for path, opened in self._opened.items():
            if identity(path) != opened:
                raise FolderError(
                    f"{path} was moved, removed or replaced while this server ran, and it ends:"
                    f" put it back; without it, {FROM_A_COPY}"
                )

    def _commit(self, batches: list[bytes]) -> Outcome:
        self.corrections.before_commit()
        return self.view.commit(batches)

    @property
    def name(self) -> str:
        """The number of this generation, as the frames tell it."""
        return str(self.paths.facts.number)

    @property
    def failure(self) -> str | None:
        """Why nothing can be written now; None where it can."""
        if self.journal.failure is not None:
            return f"the journal cannot be written: {self.journal.failure}"
        if self._unwritable is not None:
            return self._unwritable
        return self.committer.failure

    @property
    def waiting(self) -> int:
        """Count the lines that were released to the flow, or taken by it, and not processed."""
        released = self.uploads.released_lines - self.totals.of_journal
        return max(0, released, self.totals.in_hand)

    def look(self) -> None:
        """Find out whether everything can be written, by writing nothing new; in any thread."""
        if self.journal.failure is not None or not self._is_looked_at:
            self.journal.try_to_write()
            self._is_looked_at = True
        folders = (self.paths.folder.parent, self.paths.folder, self.paths.uploads)
        closed = [each for each in folders if not os.access(each, os.W_OK | os.X_OK)]
        self._unwritable = f"{closed[0]} cannot be written" if closed else None

    async def committed(self, outcome: Outcome) -> None:
        """Take what the view has made durable into all that is kept in memory; harmless twice."""
        for (upload, part), counts in outcome.parts.items():
            self.totals.put_part(upload, part, counts)
        for group, (accepted, figures) in outcome.groups.items():
            self.totals.put_group(group, accepted, figures)
        self.totals.put_taken(outcome.taken)
        self.carts.committed(outcome.carts)
        self.kafka.told(outcome.topics)
        if outcome.journal is not None:
            self.run_ahead.arrived(outcome.journal)
        if any(upload == KAFKA for upload, _ in outcome.parts):
            self.run_ahead.has_live()
        self.corrections.committed()
        self._unheard_of += self.uploads.take_ended()
        told = {upload for upload, _ in outcome.parts}.union(self._unheard_of)
        await self.uploads.committed(told)
        await self._settle(told)
        self._unheard_of = []

    async def _settle(self, uploads: Iterable[str]) -> None:
        """Keep one sum of each upload that is through, and none of its parts."""
        through = [each for each in uploads if each not in NO_UPLOADS and self._is_through(each)]
        if through:
            await self.threads.write(self.view.settle, through)
            for upload in through:
                self.totals.settle(upload)

    def _is_through(self, upload_id: str) -> bool:
        """Whether nothing of an upload can be told any more that the view does not have."""
        upload = self.uploads.get(upload_id)
        processed = self.totals.of_upload(upload_id).processed
        return upload.finished_at is not None and processed >= upload.released_lines

    async def close(self) -> None:
        """Stop releasing and close the files; what was acknowledged is in them."""
        await self.uploads.stop()
        await self.threads.close()
        await asyncio.to_thread(self._close_files)

    def _close_files(self) -> None:
        self.order.close()
        self.view.close()
        self.journal.close()
