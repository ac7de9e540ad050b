"""The live side: the windows that are looked at, refreshed after commits.

The first change after quiet goes out at once, then at most 66 refreshes a second, and fewer when
refreshing takes long: never more than half of the time goes into it.
"""

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

import msgspec

from dataflow.database import is_damage
from dataflow.times import rfc3339
from web.errors import APIError
from web.live.frames import Content, error_frame, snapshot_frame
from web.live.hub import Channel, Hub
from web.view.windows import Window

_TICK_S: Final = 0.015
_FOLLOWED_S: Final = 0.1
_SHARE: Final = 2
_TRY_AGAIN_S: Final = 1.0
_CLOCK_S: Final = 2.0
"""How often is looked at what changes with the time alone, as everything that has an age does."""
_log = logging.getLogger(__name__)


class Moment(Protocol):
    """What there is to show at one moment."""

    async def content(self, window: Window) -> Content:
        """Give what a window shows."""


class Live:
    """Keeps every window that somebody looks at up to date."""

    def __init__(
        self,
        moment: Callable[[], AbstractAsyncContextManager[Moment]],
        is_quiet: Callable[[], bool],
    ) -> None:
        """``is_quiet`` tells whether figures change only when ``changed`` is called."""
        self._moment = moment
        self._is_quiet = is_quiet
        self._dirty = asyncio.Event()
        self._following: asyncio.TimerHandle | None = None
        self._failing = False
        self._committed_at: float | None = None
        self.hub = Hub()

    def changed(self) -> None:
        """Something that a window may show has changed."""
        self._dirty.set()

    def committed(self) -> None:
        """The view has changed."""
        if self._committed_at is None:
            self._committed_at = time.monotonic()
        self.changed()

    def follows(self) -> None:
        """Something has changed that a commit follows: it is shown with that, or a little later.

        So what is taken in does not use up the tick that its effect then had to wait for.
        """
        if self._following is None:
            loop = asyncio.get_running_loop()
            self._following = loop.call_later(_FOLLOWED_S, self._dirty.set)

    async def snapshot(self, window: Window) -> dict[str, Any]:
        """Give the snapshot frame of a window, for a page that is rendered here."""
        async with self._moment() as moment:
            content = await moment.content(window)
        frame = snapshot_frame(window, content, rfc3339(time.time()))
        return msgspec.json.decode(frame, type=dict[str, Any])

    async def run(self) -> None:
        """Refresh what is looked at, after each change, for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._longest_rest()):
                    await self._dirty.wait()
            self._dirty.clear()
            if self._following is not None:
                self._following.cancel()
                self._following = None
            began = time.monotonic()
            rest = _TICK_S
            if not await self._refresh():
                rest = _TRY_AGAIN_S
                self._dirty.set()
            took = time.monotonic() - began
            await asyncio.sleep(max(rest - took, took * (_SHARE - 1)))

    def _longest_rest(self) -> float | None:
        """Say after how long something may have changed by itself; None where nothing does."""
        if not self._is_quiet():
            return 1.0
        return _CLOCK_S if self.hub.channels() else None

    async def _refresh(self) -> bool:
        """Refresh every channel; tells whether each could be read.

        What cannot be read says so to those who look at it, and to nobody else.
        """
        failed: sqlite3.Error | OSError | None = None
        since, self._committed_at = self._committed_at, None
        channels = self.hub.channels()
        waiting = list(channels)
        try:
            if channels:
                async with self._moment() as moment:
                    for channel in channels:
                        try:
                            content = await moment.content(channel.window)
                            channel.update(content, rfc3339(time.time()), since)
                            waiting.remove(channel)
                        except (sqlite3.Error, OSError) as error:
                            failed = error
        except (sqlite3.Error, OSError) as error:
            failed = error
        if failed is not None:
            self._complain(failed, waiting)
        self._failing = failed is not None
        for channel in channels:
            self.hub.updated(
                channel
            )  # also where nothing changed: a new viewer waits for its first
        return failed is None

    def _complain(self, error: sqlite3.Error | OSError, channels: list[Channel]) -> None:
        if isinstance(error, sqlite3.Error) and is_damage(error):
            raise error
        if not self._failing:
            _log.error("What pages show could not be read: %s. Trying again.", error)
        words = f"this could not be read ({error}), and is tried again"
        frame = error_frame(APIError(503, "storage", words), rfc3339(time.time())).decode()
        for channel in channels:
            channel.refuse(frame)
