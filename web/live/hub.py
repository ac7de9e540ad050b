"""The hub's bookkeeping: who looks at which window, and what each still owes. Pure.

Browsers that look at the same window share one channel and its encoded frames. A viewer that has
the version before gets the changes; any other – new, slow, returning – gets a snapshot of the
newest. So a slow browser skips frames, and what waits for it is bounded by one frame.
"""

from collections.abc import Callable
from typing import Final

from web.histogram import Histogram
from web.live.frames import Content, changes_frame, snapshot_frame
from web.view.windows import Window

MAX_VIEWERS: Final = 1_000


class Channel:
    """One window's newest content, and its frames, encoded once for all of its viewers."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.viewers: set[Viewer] = set()
        self.version = 0
        self.since: float | None = None
        """When the oldest commit was made that the newest version is the first to show."""
        self._content: Content | None = None
        self._at = ""
        self._changes: str | None = None
        self._snapshot: str | None = None
        self._complaint: str | None = None

    def refuse(self, frame: str) -> None:
        """Have nothing newer to show for now, and a frame that says why; it is sent once."""
        if self._complaint is None:
            self._complaint = frame
            self.version += 1

    def update(self, content: Content, at: str, since: float | None = None) -> bool:
        """Take newer content in; tells whether there is a new version to send.

        ``since`` is when the oldest commit was made that nobody has been shown before.
        """
        old, complaint = self._content, self._complaint
        self._complaint = None
        if complaint is not None:
            self._changes = None  # what was shown before it is not known to be any more
        elif old is not None and old.generation == content.generation:
            changes = changes_frame(old, content, at)
            if changes is None:
                return False
            self._changes = changes.decode()
        else:
            self._changes = None
        self._content, self._at, self._snapshot, self.since = content, at, None, since
        self.version += 1
        return True

    def frame(self, seen: int) -> str | None:
        """Give the frame for a viewer that has version ``seen`` (0: none), or None."""
        if seen == self.version:
            return None
        if self._complaint is not None:
            return self._complaint
        if self._content is None:
            return None
        if seen == self.version - 1 and seen > 0 and self._changes is not None:
            return self._changes
        if self._snapshot is None:
            self._snapshot = snapshot_frame(self.window, self._content, self._at).decode()
        return self._snapshot


class Viewer:
    """One browser: the window that it looks at, and the version of it that it has.

    ``wake`` is called when there may be something to send.
    """

    def __init__(self, channel: Channel, wake: Callable[[], None]) -> None:
        self.channel = channel
        self.wake = wake
        self.skipped = 0
        """Versions between the frame that was taken last and the one before it."""
        self.shows: float | None = None
        """When the commit was made that this frame shows; None where it is of no commit."""
        self._seen = 0

    def take_frame(self) -> str | None:
        """Give the next frame to send, and count it as sent."""
        channel = self.channel
        frame = channel.frame(self._seen)
        if frame is not None:
            is_first = self._seen == 0
            self.skipped = 0 if is_first else channel.version - self._seen - 1
            self.shows = None if is_first else channel.since
            self._seen = channel.version
        return frame

    def look_at(self, channel: Channel) -> None:
        """Turn to another window, or to the same one anew: a snapshot comes next."""
        self.channel = channel
        self._seen = 0


class Traffic:
    """What was sent since the server began."""

    def __init__(self) -> None:
        self.frames = 0
        self.conflated = 0
        """Versions that a viewer was to get and did not: it was sent a newer one instead."""
        self.left = 0
        """Viewers that have gone."""
        self.refused = 0
        """Browsers that were not let in, as there were too many."""
        self.view_to_frame: Final = Histogram()
        """From a commit until a frame that shows it was in a socket."""


class Hub:
    """All viewers and the channels that they share."""

    def __init__(self) -> None:
        self._channels: dict[Window, Channel] = {}
        self._viewers = 0
        self.traffic = Traffic()

    def join(self, window: Window, wake: Callable[[], None]) -> Viewer:
        """Let a browser in; the caller has checked ``is_full``."""
        channel = self._channel(window)
        viewer = Viewer(channel, wake)
        channel.viewers.add(viewer)
        self._viewers += 1
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Let a browser go."""
        if viewer in viewer.channel.viewers:
            self._viewers -= 1
            self.traffic.left += 1
            self._part(viewer, viewer.channel)

    def sent(self, viewer: Viewer, now: float) -> None:
        """Count the frame that a viewer has taken, and that its socket has now."""
        self.traffic.frames += 1
        self.traffic.conflated += viewer.skipped
        if viewer.shows is not None:
            self.traffic.view_to_frame.add(now - viewer.shows)

    def turn(self, viewer: Viewer, window: Window) -> None:
        """Let a browser look at another window."""
        before, channel = viewer.channel, self._channel(window)
        channel.viewers.add(viewer)
        viewer.look_at(channel)
        if before is not channel:
            self._part(viewer, before)
        viewer.wake()

    def channels(self) -> list[Channel]:
        """Give the channels that somebody looks at."""
        return list(self._channels.values())

    def updated(self, channel: Channel) -> None:
        """Wake the viewers of a channel that has a new version."""
        for viewer in channel.viewers:
            viewer.wake()

    @property
    def is_full(self) -> bool:
        """Whether no further browser is let in."""
        return self._viewers >= MAX_VIEWERS

    def statistics(self) -> dict[str, int]:
        """Tell how many viewers and channels there are."""
        return {"viewers": self._viewers, "channels": len(self._channels)}

    def _channel(self, window: Window) -> Channel:
        return self._channels.setdefault(window, Channel(window))

    def _part(self, viewer: Viewer, channel: Channel) -> None:
        """Take a viewer out of a channel, which ends with the last one."""
        channel.viewers.discard(viewer)
        if not channel.viewers:
            del self._channels[channel.window]
