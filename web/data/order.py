"""The order in which a generation's records are read: the journal's own, or that of its order log.

A position is where the flow goes on: an offset of the journal, or a number of the order log. Up to
where the log begins the two are the same.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from dataflow.database import is_damage
from dataflow.journal import Journal
from dataflow.journal_errors import JournalError
from dataflow.order_log import JOURNAL, OrderLog, OrderLogError, make_order_log
from web.data.journal_file import FROM_A_COPY, refuse_gap
from web.data.paths import Paths


class Order:
    """Positions of one generation: what stands there, and how many records between two."""

    def __init__(self, journal: Journal, log: OrderLog | None) -> None:
        self._journal = journal
        self.log = log

    def close(self) -> None:
        """Close the order log; the journal is its opener's."""
        if self.log is not None:
            self.log.close()

    def end(self) -> int:
        """Give the position behind all that has one."""
        return self._journal.end() if self.log is None else self.log.end()

    def settled_end(self) -> int:
        """Give the position behind the last record that has one: to read that is to reach it."""
        if self.log is None:
            return self._journal.end()
        newest = self.log.newest_with_records()
        return self.log.origin().seq if newest is None else newest.seq + 1

    def at(self, position: int) -> tuple[str, int] | None:
        """Name the source and the first line of what stands at a position; None behind the end."""
        row = None if self.log is None else self.log.get(position)
        if row is None or self.log is None:
            is_old = self.log is None or position < self.log.origin().seq
            return self._journal.place(position) if is_old else None
        if row.part == JOURNAL:
            return self._journal.place(row.first)
        return self.log.partition(row.part).source, row.first

    def records_between(self, start: int, end: int) -> int:
        """Count the records from one position to before another."""
        if self.log is None:
            return self._journal.lines_between(start, end)
        return max(0, self._place(end) - self._place(start))

    def _place(self, position: int) -> int:
        """Give the place of the record that stands at a position."""
        assert self.log is not None
        origin = self.log.origin().seq
        if position <= origin:
            return 1 + self._journal.lines_between(1, position)
        row = self.log.get(position)
        if row is not None and not row.is_leap:
            return row.place
        before = self.log.newest_with_records(position)
        return self._place(origin) if before is None else before.place + before.records


def open_order(paths: Paths, journal: Journal, position: int, *, reads_topics: bool) -> Order:
    """Open the order of a generation, of which the view has everything before ``position``.

    Where it ``reads_topics`` for the first time, the log is made: it begins where the journal ends
    now. Raises ``JournalError`` where something is missing that the view has.
    """
    journal_end = journal.end()
    if not paths.order.exists():
        refuse_gap(paths.journal, journal_end, position)
        if not reads_topics:
            return Order(journal, None)
    with usable(paths.order), ExitStack() as opened:
        make_order_log(paths.order, journal_end)
        log = opened.enter_context(closing(OrderLog(paths.order)))
        origin, end = log.origin().seq, log.end()
        refuse_gap(paths.journal, journal_end, min(position, origin))
        if position > end:
            raise JournalError(
                f"the order log {paths.order} ends at {end}, and the view has what comes up to"
                f" {position}: ranges are missing; {FROM_A_COPY}"
            )
        opened.pop_all()
    return Order(journal, log)


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """Raise ``JournalError`` where an order log cannot be used as it is: nothing gives it back."""
    try:
        yield
    except OrderLogError as error:
        raise JournalError(str(error)) from error
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        raise JournalError(
            f"the order log {path} is damaged ({error}), and the order of what was read from topics"
            f" is in it alone: {FROM_A_COPY}"
        ) from error
