"""The publisher: the feed of one generation after another, beside the event loop.

Each has a thread of its own, and a client whose calls may wait for a broker longer than anybody
waits for them: a stop, or a reset, leaves such a thread behind, and the next client shuts it out.
"""

import asyncio
import contextlib
import logging
import threading
import time
from typing import Final

from web.data.paths import Paths
from web.settings import CompletedTopic
from web.topic.feeding import Feeding, Open
from web.topic.kept_position import KeptPositions
from web.topic.outlet import Outlet
from web.topic.publication import Publication, Standing

END_S: Final = 2.0
_log = logging.getLogger(__name__)


class Publisher:
    """Publishes what completes to one topic; one generation at a time."""

    def __init__(
        self, target: CompletedTopic, kept: KeptPositions, open_outlet: Open = Outlet
    ) -> None:
        self._target = target
        self._kept = kept
        self._open = open_outlet
        self._publication = Publication(target.topic, time.time)
        self._feeding: Feeding | None = None

    @property
    def standing(self) -> Standing:
        """How it stands now."""
        return self._publication.standing

    async def run(self, paths: Paths) -> None:
        """Publish the feed of a generation until this is cancelled, and then for ``END_S`` at most.

        Raises ``sqlite3.Error`` where the view is damaged.
        """
        self._publication.begin(paths.facts.feed)
        feeding = Feeding(paths, self._target, self._kept, self._publication, self._open)
        self._feeding = feeding
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def tell(error: BaseException | None) -> None:
            if ended.done():
                return
            if error is None:
                ended.set_result(None)
            else:
                ended.set_exception(error)

        def work() -> None:
            error: BaseException | None = None
            try:
                feeding.run()
            except BaseException as raised:
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop may be gone by then
                loop.call_soon_threadsafe(tell, error)

        threading.Thread(target=work, name="completed-topic", daemon=True).start()
        try:
            await asyncio.shield(ended)
        finally:
            feeding.end()
            await asyncio.wait([ended], timeout=END_S)
            feeding.leave()

    def committed(self) -> None:
        """Hear that the view has committed something."""
        if self._feeding is not None:
            self._feeding.committed()

    def left(self, completed: int) -> None:
        """Hear that a reset has taken the generation, in which so many orders had completed."""
        lost = self._publication.left(completed)
        if lost:
            _log.error(
                "Topic %s did not get %d completed orders of generation %s: a reset came first.",
                self._target.topic,
                lost,
                self.standing.generation,
            )
