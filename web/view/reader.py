"""The view, read: pages of carts, skipped records and completed orders, as they are committed.

A reader holds a connection of its own; each call is one transaction. A cart is stored as the flow
encoded it, and only what is looked at is decoded. Rows that the table
of carts lacks are laid over it for the time of a call.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dataflow.cart import Status, Summary
from dataflow.messages import Figures
from web.view.bulk_insert import bulk_insert
from web.view.cart_item import encode_item, summary_of
from web.view.cart_row import CartRow
from web.view.completed import encode_completed, page_completed, read_completed
from web.view.json_line import encode_line
from web.view.orders import is_tall, orders_of
from web.view.page import Page, Row
from web.view.places import Places
from web.view.read_only import connect_read_only
from web.view.recoveries import Recoveries, read_recoveries
from web.view.skipped import SkippedPage, read_all_skipped, read_skipped
from web.view.skipped_filter import ALL_SKIPPED, SkippedFilter
from web.view.sorts import SORTS
from web.view.windows import Window, encode_cursor

_TABLE: Final = "carts"
_NEWEST: Final = "newest_carts"
_OVERLAY: Final = f"""
CREATE TEMP TABLE unmoved AS SELECT * FROM {_TABLE} LIMIT 0;
CREATE UNIQUE INDEX temp.unmoved_user ON unmoved (user_id);
CREATE TEMP VIEW {_NEWEST} AS
SELECT * FROM {_TABLE} WHERE user_id NOT IN (SELECT user_id FROM unmoved)
UNION ALL SELECT * FROM unmoved;
"""
_STEPS: Final = 100_000
"""How often a long reading looks whether it is over, in steps of SQLite's: a millisecond or so."""

_TOP: Final = "\U0010ffff" * 256
"""Ends the range of a prefix: no user id that begins with it sorts after prefix and this."""


class ViewReader:
    """A reading end of the view; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._db = connect_read_only(path)
        self._db.executescript(_OVERLAY)
        self._places = Places(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def begin(self) -> None:
        """Hold on to this moment, till ``close``: later commits change nothing of what is read."""
        self._db.execute("BEGIN")
        self._db.execute("SELECT 1 FROM position").fetchone()  # the first reading begins it

    def stop_when(self, is_over: Callable[[], bool]) -> None:
        """Raise ``sqlite3.OperationalError`` in what is being read once it is over."""
        self._db.set_progress_handler(is_over, _STEPS)

    def carts(
        self,
        window: Window,
        figures: Figures,
        rows: list[CartRow] | None = None,
        unmoved: Sequence[CartRow] = (),
    ) -> Page:
        """Read one page of carts.

        ``figures`` spares the counting where nothing is searched, and ``rows``, one more than the
        window's limit where there are, spare the reading where they are at hand. ``unmoved`` are
        the rows that the table lacks.
        """
        total = _total(window, figures)
        with self._carts(unmoved) as carts:
            if total is None:
                where, values = _where(window)
                count = self._db.execute(f"SELECT count(*) FROM {carts} WHERE {where}", values)
                total = int(count.fetchone()[0])
            if rows is None:
                rows = list(self._ordered(carts, window, window.limit + 1))
        following = None
        if len(rows) > window.limit:
            rows = rows[: window.limit]
            last = rows[-1]
            following = encode_cursor(SORTS[window.sort].key(last))
        return Page(
            [Row(row.user_id, self._item(row, summary_of(row))) for row in rows], total, following
        )

    def cart(self, user_id: str, row: CartRow | None = None) -> bytes | None:
        """Read the whole summary of one cart, as JSON; None where there is none.

        ``row`` is its row where that is not in the table yet.
        """
        if row is None:
            found = self._db.execute("SELECT * FROM carts WHERE user_id = ?", (user_id,)).fetchone()
            if found is None:
                return None
            row = CartRow(*found)
        return encode_line(self._whole(row))

    def all_carts(self, window: Window, unmoved: Sequence[CartRow] = ()) -> Iterator[bytes]:
        """Read every cart of a window's search, filter and sort, whole, as lines of JSON."""
        with self._carts(unmoved) as carts:
            for row in self._ordered(carts, window):
                yield self._item(row, self._whole(row)) + b"\n"

    @contextmanager
    def _carts(self, unmoved: Sequence[CartRow]) -> Iterator[str]:
        """Begin a transaction; gives the name of the carts with the unmoved among them."""
        with self._moment():
            bulk_insert(self._db, "INSERT INTO unmoved", unmoved)
            yield _NEWEST if unmoved else _TABLE

    def _ordered(self, carts: str, window: Window, most: int = -1) -> Iterator[CartRow]:
        """Read rows of a window in its order, from its cursor on; all where ``most`` is -1."""
        where, values = _where(window)
        if window.after is not None:
            where += f" AND {SORTS[window.sort].after}"
            values += window.after
        rows = self._db.execute(
            f"SELECT * FROM {carts} WHERE {where} ORDER BY {SORTS[window.sort].order} LIMIT ?",
            (*values, most),
        )
        return map(CartRow._make, rows)

    def _whole(self, row: CartRow) -> Summary:
        """Give the whole summary; a tall cart's is read from its orders, as of one moment."""
        if not is_tall(row):
            return summary_of(row)
        lists: dict[Status, list[int | str]] = {status: [] for status in Status}
        version = 0
        for order in orders_of(self._db, row):
            lists[order.status].append(order.order_id)
            version += 1 + (order.status is Status.PAID)
        return Summary(
            row.user_id, version, lists[Status.PAID], lists[Status.UNPAID], lists[Status.WAITING]
        )

    def _item(self, row: CartRow, summary: Summary) -> bytes:
        return encode_item(row, summary, self._places)

    def skipped(
        self, before: int | None, limit: int, asked: SkippedFilter = ALL_SKIPPED
    ) -> SkippedPage:
        """Read skipped records, newest first, and how many there are by reason and by source."""
        with self._moment():
            return read_skipped(self._db, asked, before, limit)

    def all_skipped(self, asked: SkippedFilter = ALL_SKIPPED) -> Iterator[bytes]:
        """Read every skipped record of a filter, newest first, as lines of JSON."""
        with self._moment():
            for record in read_all_skipped(self._db, asked):
                yield record + b"\n"

    def completed(self, after: int, limit: int) -> Page:
        """Read the orders that completed after a ``seq``, in the order of completion."""
        with self._moment():
            return page_completed(self._db, after, limit)

    def all_completed(self) -> Iterator[bytes]:
        """Read the whole fulfilment feed, as lines of JSON."""
        with self._moment():
            for order in read_completed(self._db, 0):
                yield encode_completed(order) + b"\n"

    def recoveries(self, limit: int, before: int | None = None) -> Recoveries:
        """Read the newest starts of the flow, newest first."""
        with self._moment():
            return read_recoveries(self._db, limit, before)

    @contextmanager
    def _moment(self) -> Iterator[None]:
        """Read in one transaction, all of it as of one moment: that of ``begin`` where it was."""
        is_held = self._db.in_transaction
        if not is_held:
            self._db.execute("BEGIN")
        try:
            yield
        finally:
            if not is_held:
                self._db.execute("ROLLBACK")


def _where(window: Window) -> tuple[str, list[int | str]]:
    where = ["1"]
    values: list[int | str] = []
    if window.user is not None:
        where.append("user_id = ?")
        values.append(window.user)
    if window.search:
        where.append("user_id >= ? AND user_id <= ?")
        values += [window.search, window.search + _TOP]
    if window.filter != "all":
        where.append(f"{window.filter} > 0")
    return " AND ".join(where), values


def _total(window: Window, figures: Figures) -> int | None:
    if window.search or window.user is not None:
        return None
    return {
        "all": figures.carts,
        "unpaid": figures.with_unpaid,
        "paid": figures.with_paid,
        "waiting": figures.with_waiting,
    }[window.filter]
