"""The hub's bookkeeping: who looks at which window, and what each still owes. Pure.

Browsers that look at the same window share one channel and its frames. A viewer that lacks a few
versions gets what it missed; any other – new, slow, long gone – a snapshot of the newest. What
waits for a viewer is what it was given last: it gets nothing before it has taken that.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from web.errors import APIError
from web.histogram import Histogram
from web.live.frames import Content, Frames
from web.view.windows import Window

MAX_VIEWERS: Final = 10_000

MOST_MISSED_BYTES: Final = 32 * 1024
"""What is kept of the newest frames of a channel: about as much as a snapshot has."""

LINGER_S: Final = 10.0
"""How long a window is kept up to date that nobody looks at any more: some come back at once."""

MOST_LINGERING: Final = 100


class Since(NamedTuple):
    """What a viewer has that comes back: up to which version of which generation."""

    generation: str
    version: int


class Outlet(Protocol):
    """What messages to one browser are written to."""

    cleared: Callable[[], object] | None
    """Is called when it has become clear again."""

    @property
    def is_clear(self) -> bool:
        """Whether it has sent all that it was given, and would send more."""

    def put(self, messages: bytes) -> None:
        """Send some messages."""


class Channel:
    """One window's newest content, and its frames, encoded once for all of its viewers."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.viewers: set[Viewer] = set()
        self.version = 0
        self.since: float | None = None
        """When the oldest commit was made that the newest version is the first to show."""
        self.told_at = 0.0
        """When its viewers were told something, if only that all is well."""
        self.empty_at = 0.0
        """When the last viewer left."""
        self._content: Content | None = None
        self._frames: Frames | None = None
        self._newest: deque[tuple[int, bytes]] = deque()
        self._newest_bytes = 0
        self._snapshot: bytes | None = None
        self._complaint: bytes | None = None

    def refuse(self, error: APIError, frames: Frames) -> bool:
        """Have nothing newer to show for now; tells whether that is news. It is told once."""
        if self._complaint is not None:
            return False
        self._complaint = frames.error(error)
        self._forget(frames.version)
        return True

    def update(self, content: Content, frames: Frames, since: float | None = None) -> bool:
        """Take newer content in; tells whether there is a new version to send.

        ``since`` is when the oldest commit was made that nobody has been shown before.
        """
        old, complaint = self._content, self._complaint
        if complaint is None and old is not None and old.generation == content.generation:
            changes = frames.changes(old, content)
            if changes is None:
                return False
            self._newest.append((self.version, changes))
            self._newest_bytes += len(changes)
            while self._newest_bytes > MOST_MISSED_BYTES and len(self._newest) > 1:
                self._newest_bytes -= len(self._newest.popleft()[1])
            self.version = frames.version
        else:  # what was shown before is not known to be any more
            self._complaint = None
            self._forget(frames.version)
        self._content, self._frames, self._snapshot, self.since = content, frames, None, since
        return True

    def holds(self, since: Since) -> bool:
        """Whether it can tell somebody who has this what was missed."""
        content, versions = self._content, [self.version, *(each for each, _ in self._newest)]
        return (
            content is not None
            and content.generation == since.generation
            and since.version in versions
            and self._complaint is None
        )

    def messages(self, seen: int) -> bytes | None:
        """Give what a viewer lacks that has version ``seen`` (0: none); None where that is nothing.

        Nor is there anything before the first content.
        """
        if seen == self.version:
            return None
        if self._complaint is not None:
            return self._complaint
        missed = []
        for version, changes in reversed(self._newest):
            missed.append(changes)
            if version == seen:
                return changes if len(missed) == 1 else b"".join(reversed(missed))
        if self._snapshot is None and self._content is not None and self._frames is not None:
            self._snapshot = self._frames.snapshot(self.window, self._content)
        return self._snapshot

    def _forget(self, version: int) -> None:
        self._newest.clear()
        self._newest_bytes = 0
        self.version = version


class Viewer:
    """One browser: the window that it looks at, and the version of it that it has."""

    def __init__(self, channel: Channel, outlet: Outlet) -> None:
        self.channel = channel
        self.outlet = outlet
        self.seen = 0

    def look_at(self, channel: Channel) -> None:
        """Turn to another window, or to the same one anew: a snapshot comes next."""
        self.channel = channel
        self.seen = 0


class Traffic:
    """What was sent since the server began."""

    def __init__(self) -> None:
        self.frames = 0
        self.conflated = 0
        """Versions that a viewer was to get and did not: it is sent a newer one instead."""
        self.left = 0
        """Viewers that have gone."""
        self.refused = 0
        """Browsers that were not let in, as there were too many."""
        self.view_to_frame: Final = Histogram()
        """From a commit until a frame that shows it was in a socket."""


class Hub:
    """All viewers and the channels that they share."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock`` gives the time in seconds, which never runs back."""
        self._clock = clock
        self._channels: dict[Window, Channel] = {}
        self._empty: dict[Window, Channel] = {}
        self._viewers = 0
        self._newcomers: set[Viewer] = set()
        self.traffic = Traffic()

    def join(self, window: Window, outlet: Outlet, since: Since | None = None) -> Viewer:
        """Let a browser in, which may have been here before; the caller has checked ``is_full``."""
        channel = self._enter(window)
        viewer = Viewer(channel, outlet)
        if since is not None and channel.holds(since):
            viewer.seen = since.version
        channel.viewers.add(viewer)
        self._newcomers.add(viewer)
        self._viewers += 1
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Let a browser go."""
        if viewer in viewer.channel.viewers:
            self._viewers -= 1
            self.traffic.left += 1
            self._newcomers.discard(viewer)
            self._part(viewer, viewer.channel)

    def turn(self, viewer: Viewer, window: Window) -> None:
        """Let a browser look at another window."""
        before, channel = viewer.channel, self._enter(window)
        channel.viewers.add(viewer)
        viewer.look_at(channel)
        self._newcomers.add(viewer)
        if before is not channel:
            self._part(viewer, before)

    def channels(self) -> list[Channel]:
        """Give the channels that somebody looks at, or did a moment ago."""
        now = self._clock()
        for channel in list(self._empty.values()):
            if now - channel.empty_at > LINGER_S or len(self._empty) > MOST_LINGERING:
                del self._empty[channel.window], self._channels[channel.window]
        return list(self._channels.values())

    def take_newcomers(self) -> list[Viewer]:
        """Give, once, those who wait for a first frame of the window that they look at."""
        newcomers, self._newcomers = list(self._newcomers), set()
        return newcomers

    def bring(self, viewer: Viewer) -> bool:
        """Give a viewer what it lacks, where it takes something; tells whether it lacked anything.

        One that does not is brought again once its outlet is clear.
        """
        channel = viewer.channel
        messages = channel.messages(viewer.seen)
        if messages is None:
            return False
        if not viewer.outlet.is_clear:
            self.traffic.conflated += 1
            return True
        viewer.outlet.put(messages)
        self.traffic.frames += 1
        if channel.since is not None and viewer.seen:
            self.traffic.view_to_frame.add(self._clock() - channel.since)
        viewer.seen = channel.version
        return True

    def beat(self, viewer: Viewer, heartbeat: bytes) -> None:
        """Tell a viewer that all is well, unless its snapshot is still to come."""
        if viewer.seen and viewer.outlet.is_clear:
            viewer.outlet.put(heartbeat)

    @property
    def is_full(self) -> bool:
        """Whether no further browser is let in."""
        return self._viewers >= MAX_VIEWERS

    def statistics(self) -> dict[str, int]:
        """Tell how many viewers there are, and how many channels somebody looks at."""
        channels = len(self._channels) - len(self._empty)
        return {"viewers": self._viewers, "channels": channels}

    def _enter(self, window: Window) -> Channel:
        channel = self._channels.setdefault(window, Channel(window))
        self._empty.pop(window, None)
        return channel

    def _part(self, viewer: Viewer, channel: Channel) -> None:
        """Take a viewer out of a channel, which lingers after the last one."""
        channel.viewers.discard(viewer)
        if not channel.viewers:
            channel.empty_at = self._clock()
            self._empty[channel.window] = channel
