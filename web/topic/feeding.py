"""The fulfilment feed of one generation on its way to the topic, in a thread of its own.

It reads committed rows alone, by a connection of its own, so neither the event loop nor the view's
threads wait for a broker. What fails is tried again from the position on, for ever.
"""

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from typing import Final, Protocol

import msgspec

from dataflow.database import is_damage
from dataflow.times import rfc3339
from web.data.paths import Paths
from web.settings import CompletedTopic
from web.topic.kept_position import KeptPositions
from web.topic.outlet import Message, OutletError
from web.topic.publication import AT_LEAST_ONCE, Publication
from web.topic.resuming import Position, Resumed
from web.view.completed import Completed, count_completed, read_completed
from web.view.places import complete_place
from web.view.read_only import connect_read_only

MOST: Final = 2_000
"""Orders of a transaction: enough that its few milliseconds do not count."""

REST_S: Final = 0.02
"""Between two transactions: a load makes no more of them a second than it takes to be prompt."""

ATTEND_S: Final = 5.0
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0
_encode: Final = msgspec.json.Encoder().encode
_log = logging.getLogger(__name__)


class Opened(Protocol):
    """As much of an outlet as a publisher needs."""

    @property
    def mode(self) -> str:
        """What it promises, of ``MODES``."""

    @property
    def because(self) -> str | None:
        """Why that is no more."""

    @property
    def resumed(self) -> Resumed:
        """Where to go on."""

    def publish(self, messages: Sequence[Message], position: Position) -> None:
        """Publish orders, and the position behind them."""

    def attend(self) -> None:
        """Do what has to be done now and then."""

    def close(self) -> None:
        """Let it go."""


Open = Callable[
    [CompletedTopic, KeptPositions, str, Callable[[], bool], Callable[[str], None]], Opened
]


def message_of(order: Completed, generation: str) -> Message:
    """Make the message of an order: the feed's item, with the generation that its seq is of."""
    item = {
        **order._asdict(),
        "completed_at": rfc3339(order.completed_at),
        "generation": generation,
    }
    return Message(order.user_id.encode(), _encode(item))


def note_of(order: Completed) -> str:
    """Make the note of an order: what stands for ever, in a few bytes without the user's id."""
    text = repr((order.seq, order.user_id, order.order_id))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Feeding:
    """Publishes what completes in one generation, until it is ended."""

    def __init__(
        self,
        paths: Paths,
        target: CompletedTopic,
        kept: KeptPositions,
        publication: Publication,
        open_outlet: Open,
    ) -> None:
        self._paths = paths
        self._target = target
        self._kept = kept
        self._publication = publication
        self._open = open_outlet
        self._turned = threading.Event()
        self._is_ending = False
        self._is_left = False

    def end(self) -> None:
        """Ask for its end."""
        self._is_ending = True
        self._turned.set()

    def leave(self) -> None:
        """Hear nothing of it any more, though it may not have ended yet."""
        self._is_left = True

    def committed(self) -> None:
        """Hear that the view has committed something."""
        self._turned.set()

    def run(self) -> None:
        """Publish until the end; raises ``sqlite3.Error`` where the view is damaged."""
        pause = FIRST_PAUSE_S
        with closing(connect_read_only(self._paths.view)) as db:
            while not self._is_ending:
                messages = self._publication.standing.messages
                try:
                    self._publish(db)
                except (OutletError, sqlite3.Error) as error:
                    if isinstance(error, sqlite3.Error) and is_damage(error):
                        raise
                    if self._is_ending:
                        return
                    self._tell(partial(self._publication.failed, str(error)))
                    has_got_on = self._publication.standing.messages > messages
                    pause = FIRST_PAUSE_S if has_got_on else min(2 * pause, LONGEST_PAUSE_S)
                    self._rest(pause)

    def _publish(self, db: sqlite3.Connection) -> None:
        """Publish whatever comes, until the end or an error."""
        generation = self._paths.facts.feed
        outlet = self._open(
            self._target, self._kept, generation, lambda: self._is_ending, self._waits
        )
        with closing(outlet):
            position, warning = outlet.resumed
            with _moment(db):
                self._refuse_foreign(db, position)
                done = count_completed(db, position.seq)
            if warning is not None:
                _log.warning("Topic %s: %s.", self._target.topic, warning)
            self._opened(outlet, position, done)
            while not self._is_ending:
                self._turned.clear()
                with _moment(db):
                    orders = list(islice(read_completed(db, position.seq), MOST))
                if not orders:
                    self._again(self._publication.caught_up)
                    outlet.attend()
                    if not self._is_ending:  # or what was cleared was the call to end
                        self._turned.wait(ATTEND_S)
                    continue
                messages = [message_of(order, generation) for order in orders]
                position = Position(orders[-1].seq, note_of(orders[-1]))
                outlet.publish(messages, position)
                self._again(partial(self._publication.published, len(messages), position.seq))
                if len(orders) < MOST:
                    time.sleep(REST_S)

    def _refuse_foreign(self, db: sqlite3.Connection, position: Position) -> None:
        """Raise ``OutletError`` where the topic has orders that these data do not have there."""
        if not position.seq:
            return
        end = complete_place(db)
        if end < position.seq:
            raise OutletError(
                f"the topic has orders up to seq {position.seq} of generation"
                f" {self._paths.facts.feed}, and these data end at {end}: they are older than"
                " what was published; put the newer ones back, or reset"
            )
        order = next(read_completed(db, position.seq - 1), None)
        if order is None or note_of(order) != position.note:
            raise OutletError(
                f"the topic has another order at seq {position.seq} of generation"
                f" {self._paths.facts.feed} than these data: they are not those that were"
                " published; put those back, or reset"
            )

    def _opened(self, outlet: Opened, position: Position, done: int) -> None:
        if self._is_left:
            return
        before = self._publication.standing.mode
        self._publication.opened(outlet.mode, outlet.because, position.seq, done)
        if outlet.mode == AT_LEAST_ONCE != before:
            _log.warning(
                "Topic %s: orders are published at least once, as %s; tell repeats by generation"
                " and seq.",
                self._target.topic,
                outlet.because,
            )

    def _waits(self, why: str) -> None:
        self._tell(partial(self._publication.waits, why))

    def _tell(self, is_new: Callable[[], bool]) -> None:
        if not self._is_left and is_new():
            _log.error(
                "Topic %s gets no completed orders: %s. It is tried again.",
                self._target.topic,
                self._publication.standing.error,
            )

    def _again(self, was_failing: Callable[[], bool]) -> None:
        if not self._is_left and was_failing():
            _log.warning("Topic %s gets completed orders again.", self._target.topic)

    def _rest(self, seconds: float) -> None:
        """Wait, though not for a commit; an end comes through."""
        end = time.monotonic() + seconds
        while not self._is_ending and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))


@contextmanager
def _moment(db: sqlite3.Connection) -> Iterator[None]:
    """Read as of one moment."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("ROLLBACK")
