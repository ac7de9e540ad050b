"""The live side: the windows that are looked at, refreshed after commits, and their viewers told.

The first change after quiet goes out at once, then at most 66 refreshes a second, and fewer when
refreshing and telling take long: never more than half of the time goes into it. Others get their
turn every few milliseconds, however many viewers there are.
"""

import asyncio
import contextlib
import logging
import random
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager
from functools import partial
from itertools import count
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from dataflow.database import is_damage
from dataflow.times import rfc3339
from web.errors import APIError
from web.live.frames import Content, Frames
from web.live.hub import Channel, Hub, Viewer
from web.live.wire import text_message
from web.view.told_carts import ReadError
from web.view.windows import Window

HEARTBEAT_S: Final = 5.0
"""How long nothing is told at the most."""

_TICK_S: Final = 0.015
_FOLLOWED_S: Final = 0.1
_SHARE: Final = 2
_TRY_AGAIN_S: Final = 1.0
_CLOCK_S: Final = 2.0
"""How often is looked at what changes with the time alone, as everything that has an age does."""

_AT_ONCE_S: Final = 0.004
"""How long viewers are told before others get their turn."""

_AT_ONCE: Final = 16
"""Viewers that are told between two looks at the clock."""

_log = logging.getLogger(__name__)


class Contents(NamedTuple):
    """What windows show at one moment, and why others cannot be shown.

    Neither says anything of one that is not known yet. ``due_at`` is when to look again, if
    nothing changes before.
    """

    shown: dict[Window, Content]
    failed: dict[Window, ReadError]
    due_at: float | None


class Moment(Protocol):
    """What there is to show at one moment."""

    async def content(self, window: Window) -> Content:
        """Give what a window shows, in a page that is made now."""

    async def look(
        self, windows: Collection[Window], eager: Collection[Window], now: float
    ) -> Contents:
        """Give what the windows show that are looked at, some by somebody who is new."""


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
        self._due_at: float | None = None
        self._paused_at = 0.0
        # So no version of this process is one of the process before.
        self._versions = count(random.getrandbits(48) + 1)
        self.hub = Hub(time.monotonic)

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
        frame = Frames(0, rfc3339(time.time())).snapshot(window, content)
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
        channels = self.hub.channels()
        if not channels:
            return None if self._is_quiet() else 1.0
        now = time.monotonic()
        next_beat = min(channel.told_at for channel in channels) + HEARTBEAT_S
        ends = [now + (_CLOCK_S if self._is_quiet() else 1.0), next_beat, self._due_at]
        return max(0.0, min(end for end in ends if end is not None) - now)

    async def _refresh(self) -> bool:
        """Refresh every channel and tell its viewers; tells whether each could be read.

        What cannot be read says so to those who look at it, and to nobody else.
        """
        since, self._committed_at = self._committed_at, None
        channels, newcomers = self.hub.channels(), self.hub.take_newcomers()
        self._due_at = None
        if not channels:
            return True
        frames = Frames(next(self._versions), rfc3339(time.time()), text_message)
        contents = await self._look(channels, {viewer.channel.window for viewer in newcomers})
        self._due_at = contents.due_at
        news = set()
        for channel in channels:
            content, error = contents.shown.get(channel.window), contents.failed.get(channel.window)
            if error is not None:
                is_news = channel.refuse(_complaint(error), frames)
            else:
                is_news = content is not None and channel.update(content, frames, since)
            if is_news:
                news.add(channel)
        await self._tell(news, newcomers, frames)
        self._failing = bool(contents.failed)
        return not contents.failed

    async def _look(self, channels: list[Channel], eager: set[Window]) -> Contents:
        windows = [channel.window for channel in channels]
        try:
            async with self._moment() as moment:
                contents = await moment.look(windows, eager, time.monotonic())
        except (sqlite3.Error, OSError) as error:
            contents = Contents({}, dict.fromkeys(windows, error), None)
        for why in contents.failed.values():
            if isinstance(why, sqlite3.Error) and is_damage(why):
                raise why
        if contents.failed and not self._failing:
            why = next(iter(contents.failed.values()))
            _log.error("What pages show could not be read: %s. Trying again.", why)
        return contents

    async def _tell(self, news: set[Channel], newcomers: list[Viewer], frames: Frames) -> None:
        """Tell viewers what they lack, and that all is well those who would hear nothing."""
        now = time.monotonic()
        beat = partial(self.hub.beat, heartbeat=frames.heartbeat())
        back = [each for each in newcomers if each.seen and each.channel not in news]
        await self._in_turns(self.hub.bring, newcomers)
        for channel in news:
            channel.told_at = now
            await self._in_turns(self.hub.bring, channel.viewers)
        await self._in_turns(beat, back)
        for channel in self.hub.channels():
            if now - channel.told_at >= HEARTBEAT_S:
                channel.told_at = now
                await self._in_turns(beat, channel.viewers)

    async def _in_turns(self, tell: Callable[[Viewer], object], viewers: Iterable[Viewer]) -> None:
        """Tell viewers, and let others do something now and then."""
        for number, viewer in enumerate(tuple(viewers)):
            if number % _AT_ONCE == 0 and time.monotonic() - self._paused_at > _AT_ONCE_S:
                await asyncio.sleep(0)
                self._paused_at = time.monotonic()
            tell(viewer)


def _complaint(error: ReadError) -> APIError:
    return APIError(503, "storage", f"this could not be read ({error}), and is tried again")
