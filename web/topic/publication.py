"""How the publishing of completed orders stands: its states, its promise and its figures. Pure.

The publisher's thread moves it, the event loop shows it: a standing is never changed, but replaced.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from dataflow.times import rfc3339, rfc3339_or_none
from web.words import count

OFF: Final = "off"
CONNECTING: Final = "connecting"
PUBLISHING: Final = "publishing"
FAILING: Final = "failing"
STATES: Final = (OFF, CONNECTING, PUBLISHING, FAILING)

EXACTLY_ONCE: Final = "exactly once"
AT_LEAST_ONCE: Final = "at least once"
MODES: Final = (EXACTLY_ONCE, AT_LEAST_ONCE)
"""Exactly once holds for who reads with ``isolation.level=read_committed``."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands at one moment; times in seconds since 1970.

    ``since`` is when the state began: failing lasts until something succeeds. ``position`` is the
    ``seq`` of the newest order of the ``generation`` that the topic has, ``done`` how many of its
    orders that are; None where nobody knows yet. ``messages``, ``failures`` and ``lost`` count
    since the server was started; lost are orders that a reset took before the topic had them.
    ``because`` says why it is no more than at least once.
    """

    topic: str | None = None
    state: str = OFF
    since: float = 0.0
    mode: str | None = None
    because: str | None = None
    error: str | None = None
    generation: str | None = None
    position: int | None = None
    done: int | None = None
    messages: int = 0
    failures: int = 0
    lost: int = 0
    published_at: float | None = None

    def lag(self, completed: int) -> int | None:
        """Count the orders that the topic does not have yet, of so many that have completed."""
        return None if self.done is None else max(0, completed - self.done)

    def message(self, completed: int) -> str | None:
        """Say it to a person, of so many orders that have completed; None where it is off."""
        if self.state == OFF:
            return None
        if self.state == CONNECTING:
            return f"Topic {self.topic} is being connected to."
        lag = self.lag(completed)
        if self.state == FAILING:
            waiting = "" if lag is None else f"; {count(lag, 'order')} to go"
            return (
                f"Topic {self.topic} gets no completed orders: {self.error}. It is tried"
                f" again{waiting}."
            )
        has = "all completed orders" if not lag else f"all completed orders but {lag:,}"
        if self.mode == EXACTLY_ONCE:
            how = "exactly once, for who reads committed messages alone"
        else:
            how = f"at least once, as {self.because}: repeats have the same generation and seq"
        return f"Topic {self.topic} has {has}, {how}."

    def describe(self, completed: int) -> dict[str, Any]:
        """Tell it as ``GET /api/completed/topic`` does."""
        return {
            "topic": self.topic,
            "state": self.state,
            "message": self.message(completed),
            "since": None if self.state == OFF else rfc3339(self.since),
            "mode": self.mode,
            "because": self.because,
            "error": self.error,
            "generation": self.generation,
            "position": self.position,
            "lag": self.lag(completed),
            "messages": self.messages,
            "failures": self.failures,
            "lost": self.lost,
            "published_at": rfc3339_or_none(self.published_at),
        }


class Publication:
    """The standing of one topic, and the moves that it may make."""

    def __init__(self, topic: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.standing = Standing(topic, CONNECTING, clock())

    def begin(self, generation: str) -> None:
        """Begin with a generation: nobody knows yet how far the topic is."""
        self._move(CONNECTING, error=None, generation=generation, position=None, done=None)

    def opened(self, mode: str, because: str | None, position: int, done: int) -> None:
        """Hear what the broker promises, and how far the topic is; a failure may go on."""
        self.standing = replace(
            self.standing, mode=mode, because=because, position=position, done=done
        )

    def caught_up(self) -> bool:
        """Hear that nothing is to be published now; whether that ends a failure."""
        was_failing = self.standing.state == FAILING
        self._move(PUBLISHING, error=None)
        return was_failing

    def published(self, many: int, position: int) -> bool:
        """Hear that the topic has so many more orders; whether that ends a failure."""
        before = self.standing
        self._move(
            PUBLISHING,
            error=None,
            position=position,
            done=(before.done or 0) + many,
            messages=before.messages + many,
            published_at=self._clock(),
        )
        return before.state == FAILING

    def waits(self, error: str) -> bool:
        """Hear why something does not succeed, which is still waited for; whether that is new."""
        before = self.standing
        self._move(FAILING, error=error)
        return before.state != FAILING or before.error != error

    def failed(self, error: str) -> bool:
        """Hear that something has failed, and is tried again; whether that is new."""
        is_new = self.waits(error)
        self.standing = replace(self.standing, failures=self.standing.failures + 1)
        return is_new

    def left(self, completed: int) -> int:
        """Hear that its generation is gone, with so many orders; gives how many it has lost.

        Where nobody knows how far the topic is, that may be all.
        """
        lag = self.standing.lag(completed)
        lost = completed if lag is None else lag
        self.standing = replace(self.standing, lost=self.standing.lost + lost)
        return lost

    def _move(self, state: str, **changes: Any) -> None:
        since = self.standing.since if state == self.standing.state else self._clock()
        self.standing = replace(self.standing, state=state, since=since, **changes)
