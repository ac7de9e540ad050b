"""The live side: the windows that are looked at, refreshed after commits.

The first change after quiet goes out at once, then at most 20 refreshes a second, and fewer when
refreshing takes long: never more than a quarter of the time goes into it.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

import msgspec

from web.live.frames import Content, snapshot_frame
from web.live.hub import Channel, Hub
from web.times import rfc3339
from web.view.windows import Window

_TICK_S: Final = 0.05
_SHARE: Final = 4


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
        self.hub = Hub()

    def changed(self) -> None:
        """Something that a window may show has changed."""
        self._dirty.set()

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
                async with asyncio.timeout(None if self._is_quiet() else 1.0):
                    await self._dirty.wait()
            self._dirty.clear()
            began = time.monotonic()
            channels = self.hub.channels()
            if channels:
                async with self._moment() as moment:
                    for channel in channels:
                        await self._refresh(channel, moment)
            took = time.monotonic() - began
            await asyncio.sleep(max(_TICK_S - took, took * (_SHARE - 1)))

    async def _refresh(self, channel: Channel, moment: Moment) -> None:
        content = await moment.content(channel.window)
        channel.update(content, rfc3339(time.time()))
        self.hub.updated(channel)  # also where nothing changed: a new viewer waits for its first
