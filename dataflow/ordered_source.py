"""Journal and topics as one source of the flow: one partition, as their order is decided once.

Delivery: nothing is lost and the order never changes. What is given was written down in the order
log before, durable; a resume starts again behind the last finished epoch, and reads what came after
it in the order that stands there, so it must be harmless the second time. Every record has a
*place* in this order, the same at every reading.
"""

import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Final, NoReturn

from typing_extensions import override

from dataflow.drawing import JOURNAL
from dataflow.first_source import FirstPartition, FirstSource
from dataflow.journal import Entry, JournalReader
from dataflow.journal_errors import ChangedError
from dataflow.kafka_config import KafkaConfigError
from dataflow.key_group import KEY_GROUPS
from dataflow.messages import TopicsRead
from dataflow.one_order import Marks, OneOrder, RefusedError, State, Turn
from dataflow.order_log import ORDER_FILE, REFUSED, OrderLog, OrderLogError
from dataflow.parent import end_at_once
from dataflow.sorted_chunk import Read, end_changed
from dataflow.stopwatch import Stopwatch
from dataflow.topics import Topics, configured

_TELL_S: Final = 1.0
_log = logging.getLogger(__name__)

Resume = tuple[int, int] | tuple[int, int, int, float, Marks]
"""Where to go on: a state of the order, or what the journal alone has for one."""


class _Partition(FirstPartition[State]):
    def __init__(
        self, order: OneOrder, log: OrderLog, state: State, source: FirstSource[Resume]
    ) -> None:
        super().__init__(state, source)
        self._order = order
        self._log = log
        self._told: TopicsRead | None = None
        self._told_at = 0.0
        self._refused: str | None = None
        self._is_over = False

    @property
    @override
    def position(self) -> int:
        return self.state.seq

    @override
    def go_on(self) -> list[Read]:
        # The first batch behind a snapshot comes when that is durable.
        if self._is_over:
            self._end()
        return [*super().go_on(), *self._news()]

    @override
    def take(self) -> tuple[State, list[Entry]]:
        """Take what comes next, its order written down; nothing any more once it cannot go on."""
        began = time.perf_counter()
        try:
            turn = Turn([], self.state) if self._refused is not None else self._order.turn()
        except RefusedError as error:
            self._refused = str(error)
            return self.state, []
        except ChangedError as error:
            end_changed(error)
        except (OSError, sqlite3.Error) as error:
            end_at_once(f"The journal or its order cannot be read or written: {error}.")
        if turn.entries:  # to look in vain is to wait, and no work
            self._stopwatch.stop(JOURNAL, began)
        return turn.state, turn.entries

    def _news(self) -> list[TopicsRead]:
        """Tell how the reading of topics stands, where that has changed since a while ago."""
        now = time.monotonic()
        if now - self._told_at < _TELL_S:
            return []
        self._told_at = now
        told = self._order.topics()
        if told is None or told == self._told:
            return []
        self._told = told
        return [told]

    def _end(self) -> NoReturn:
        """End the flow, which cannot go on: all that it has given is in a snapshot by now."""
        assert self._refused is not None
        self._log.refuse(self._refused)
        end_refused(self._refused)

    @override
    def snapshot(self) -> Resume:
        self._is_over = self._refused is not None and not self._ahead
        seq, journal, place, at, marks = self.state
        return seq, journal, place, at, dict(marks)

    @override
    def close(self) -> None:
        super().close()
        self._order.close()


class OrderedSource(FirstSource[Resume]):
    """Reads a generation's journal and topics in their one order, from where the last epoch ended.

    ``topics`` is None where none are to be read now; the order log tells of those that were.
    """

    def __init__(
        self,
        generation: Path,
        topics: Topics | None,
        stopwatch: Stopwatch | None = None,
        groups: int = KEY_GROUPS,
        worker: int = 0,
        *,
        has_sorter: bool = False,
    ) -> None:
        super().__init__(stopwatch, groups, worker, has_sorter=has_sorter)
        self._generation = generation
        self._topics = topics

    @override
    def open(self, resume: Resume | None) -> FirstPartition[State]:
        state = state_of(resume)
        try:
            log = OrderLog(self._generation / ORDER_FILE)
            journal = JournalReader(self._generation / "journal.db", self._generation / "uploads")
            order = OneOrder(journal, log, configured(self._topics), state)
        except (sqlite3.Error, OrderLogError) as error:
            end_at_once(f"The journal or its order log cannot be opened: {error}.")
        except KafkaConfigError as error:
            log.refuse(str(error))
            end_refused(str(error))
        return _Partition(order, log, state, self)


def state_of(resume: Resume | None) -> State:
    """Read where to go on; what the journal alone has written is read, too."""
    if resume is None:
        return State()
    if len(resume) == 2:
        offset, place = resume
        return State(offset, offset, place)
    return State(*resume)


def end_refused(why: str) -> NoReturn:
    """End this process by a sentence, with the status that says why it is not to be repeated."""
    _log.error("The flow cannot go on: %s.", why)
    os._exit(REFUSED)
