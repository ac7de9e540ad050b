"""The view, read: pages of carts, skipped records and completed orders, as they are committed.

A reader holds a connection of its own; each call is one transaction. A cart is stored as the flow
encoded it, and only what is looked at is decoded. Rows that the table
of carts lacks are laid over it for the time of a call.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from dataflow.cart import Status, Summary
from dataflow.times import rfc3339_or_none
from web.view import csv_lines, csv_lists
from web.view.bulk_insert import bulk_insert
from web.view.cart_item import encode_item, summary_of
from web.view.cart_row import CartRow, Entry
from web.view.completed import cursor_before, encode_completed, page_completed, read_completed
from web.view.first_skipped import first_ids
from web.view.json_line import encode_line
from web.view.mendable import Mendable, read_mendable
from web.view.order_search import OrdersFound, carts_with_order
from web.view.orders import OVERLAY as ORDERS_OVERLAY
from web.view.orders import OrdersPage, all_orders, is_tall, orders_of, page_orders
from web.view.orders_asked import OrdersAsked
from web.view.page import Found, Page, Row
from web.view.places import Places, place_at
from web.view.read_only import connect_read_only
from web.view.recoveries import Recoveries, count_unclean, read_recoveries
from web.view.skipped import (
    SkippedPage,
    SkippedRecord,
    read_all_skipped,
    read_one_skipped,
    read_skipped,
    read_these_skipped,
)
from web.view.skipped_facets import Facets, count_facets
from web.view.skipped_filter import ALL_SKIPPED, OPEN, SkippedFilter
from web.view.skipped_walk import Step, count_state, count_states, look_above, step_up
from web.view.sorts import TOP
from web.view.windows import Window, encode_cursor

if TYPE_CHECKING:
    from web.view.cart_index import CartIndex

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


class OpenSince(msgspec.Struct, frozen=True):
    """How many carts have an id that is open so long, and since when the oldest is; or null."""

    carts: int
    oldest_at: str | None


class CompletedShown(NamedTuple):
    """A page of the fulfilment feed: what comes ``after`` a ``seq``.

    ``back`` is the cursor of the page before, None at the beginning; ``more`` tells whether there
    is a page behind it.
    """

    rows: list[Row]
    total: int
    after: int
    back: int | None
    more: bool


class ViewReader:
    """A reading end of the view; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._db = connect_read_only(path)
        self._db.executescript(f"{_OVERLAY}; {ORDERS_OVERLAY}")
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

    def page(self, window: Window, total: int, rows: list[CartRow]) -> Page:
        """Make a page of rows: one more than the window's limit where there are."""
        following = None
        if len(rows) > window.limit:
            rows = rows[: window.limit]
            following = encode_cursor(window.order.key(rows[-1]))
        with self._moment():
            items = [Row(row.user_id, self._item(row, summary_of(row))) for row in rows]
        return Page(items, total, following)

    def page_of(self, window: Window, found: Found, unmoved: Mapping[str, CartRow | None]) -> Page:
        """Make a page of the carts of some users, ``unmoved`` where the table may lack them."""
        rows = [unmoved[user_id] or self._row(user_id) for user_id in found.users]
        there = [row for row in rows if row is not None]
        total = len(there) if window.user is not None else found.total
        return self.page(window, total, there)

    def place_before(self, older: float) -> int:
        """Give the last place of what was accepted so many seconds ago, or before."""
        return place_at(self._db, time.time() - older)

    def until(self, window: Window) -> int | None:
        """Give the place since which an id of a window has to be open; None for any."""
        return None if window.older is None else self.place_before(float(window.older))

    def orders(self, user_id: str, row: CartRow | None, asked: OrdersAsked) -> OrdersPage | None:
        """Read a page of the orders of a cart; ``row`` where that is not in the table yet."""
        row = row or self._row(user_id)
        if row is None:
            return None
        with self._moment():
            return page_orders(self._db, self._places, row, asked)

    def with_order(self, text: str, unmoved: Mapping[str, Entry]) -> OrdersFound:
        """Find carts by an order; ``unmoved`` are those that the table lacks."""
        with self._moment():
            return carts_with_order(self._db, text, unmoved)

    def cart(self, user_id: str, row: CartRow | None = None) -> bytes | None:
        """Read the whole summary of one cart, as JSON; None where there is none.

        ``row`` is its row where that is not in the table yet.
        """
        row = row or self._row(user_id)
        return None if row is None else encode_line(self._whole(row))

    def all_carts(self, window: Window, unmoved: Sequence[CartRow] = ()) -> Iterator[bytes]:
        """Read every cart of a window's search, filter and sort, whole, as lines of JSON."""
        with self._carts(unmoved) as carts:
            for row in self._ordered(carts, window):
                yield self._item(row, self._whole(row)) + b"\n"

    def carts_table(self, window: Window, unmoved: Sequence[CartRow] = ()) -> Iterator[bytes]:
        """Read every order of the carts of a window, in its order, as CSV."""
        times = csv_lists.Times(self._places)
        with self._carts(unmoved) as carts:
            rows = (
                row
                for cart in self._ordered(carts, window)
                for row in csv_lists.rows_of_cart(cart.user_id, orders_of(self._db, cart), times)
            )
            yield from csv_lines.lines(csv_lists.CARTS, rows)

    def orders_table(
        self, user_id: str, row: CartRow | None, asked: OrdersAsked
    ) -> Iterator[bytes]:
        """Read the orders of a cart by their age, as CSV; ``row`` as for ``orders``."""
        with self._moment():
            cart = row or self._row(user_id)
            orders = [] if cart is None else all_orders(self._db, cart, asked)
            rows = csv_lists.rows_of_orders(orders, self._places)
            yield from csv_lines.lines(csv_lists.ORDERS, rows)

    def completed_table(self) -> Iterator[bytes]:
        """Read the whole fulfilment feed, as CSV."""
        with self._moment():
            orders = read_completed(self._db, 0)
            rows = csv_lists.rows_of_completed(orders, csv_lists.Times(self._places))
            yield from csv_lines.lines(csv_lists.COMPLETED, rows)

    @contextmanager
    def _carts(self, unmoved: Sequence[CartRow]) -> Iterator[str]:
        """Begin a transaction; gives the name of the carts with the unmoved among them."""
        with self._moment():
            bulk_insert(self._db, "INSERT INTO unmoved", unmoved)
            yield _NEWEST if unmoved else _TABLE

    def _ordered(self, carts: str, window: Window) -> Iterator[CartRow]:
        """Read the rows of a window in its order, from its cursor on."""
        where, values = _where(window, self.until(window))
        if window.after is not None:
            where += f" AND {window.order.after}"
            values += window.after
        rows = self._db.execute(
            f"SELECT * FROM {carts} WHERE {where} ORDER BY {window.order.order}", values
        )
        return map(CartRow._make, rows)

    def _row(self, user_id: str) -> CartRow | None:
        found = self._db.execute("SELECT * FROM carts WHERE user_id = ?", (user_id,)).fetchone()
        return None if found is None else CartRow(*found)

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

    def above_skipped(
        self, end: int, limit: int, asked: SkippedFilter
    ) -> tuple[int | None, int | None]:
        """Tell how many skipped records stand above a page, and what the page before ends at."""
        with self._moment():
            return look_above(self._db, asked, end, limit)

    def all_skipped(self, asked: SkippedFilter = ALL_SKIPPED) -> Iterator[bytes]:
        """Read every skipped record of a filter, newest first, as lines of JSON."""
        with self._moment():
            for record in read_all_skipped(self._db, asked):
                yield encode_line(record) + b"\n"

    def skipped_table(self, asked: SkippedFilter = ALL_SKIPPED) -> Iterator[bytes]:
        """Read every skipped record of a filter, newest first, as CSV."""
        with self._moment():
            records = read_all_skipped(self._db, asked)
            rows = csv_lists.rows_of_records(records)
            yield from csv_lines.lines(csv_lists.SKIPPED, rows)

    def one_skipped(self, number: int) -> SkippedRecord | None:
        """Read one skipped record; None where there is none of that id."""
        with self._moment():
            return read_one_skipped(self._db, number)

    def first_skipped(self, upload: str, most: int) -> list[SkippedRecord]:
        """Read the first skipped records of an upload, in the order of its lines."""
        with self._moment():
            return read_these_skipped(self._db, first_ids(self._db, upload, most))[::-1]

    def these_skipped(
        self, asked: SkippedFilter, ids: list[int]
    ) -> tuple[Facets, list[SkippedRecord]]:
        """Count what each other choice of a filter would show, and read these records."""
        with self._moment():
            return count_facets(self._db, asked), read_these_skipped(self._db, ids)

    def whole_line(self, number: int) -> tuple[int, int] | None:
        """Tell where in the journal a skipped record stands: its chunk, and which line of it.

        There is no chunk of the number 0: what is said to stand there came from a topic.
        """
        with self._moment():
            found = read_mendable(self._db, [number])
            return found[0].place if found else None

    def last_skipped(self) -> int:
        """Give the id of the newest skipped record; 0 where there is none."""
        row = self._db.execute("SELECT ifnull(max(id), 0) FROM skipped").fetchone()
        return int(row[0])

    def some_skipped(
        self, asked: SkippedFilter, after: int, end: int
    ) -> tuple[list[Mendable], int]:
        """Read a step of skipped records above an id, the oldest first, to be mended.

        None behind ``end``; and the last that was looked at, which is ``end`` behind all of them.
        """
        with self._moment():
            step = step_up(self._db, asked, after) or Step([], end)
            found = read_mendable(self._db, [each for each in step.ids if each <= end])
            return found, min(step.last, end)

    def skipped_of(self, ids: Sequence[int]) -> list[Mendable]:
        """Read skipped records by their ids, those that there are, to be mended."""
        with self._moment():
            return read_mendable(self._db, ids)

    def skipped_open(self) -> int:
        """Count the skipped records of which nothing became yet."""
        with self._moment():
            return count_state(self._db, OPEN)

    def newest_skipped(self, limit: int) -> tuple[SkippedPage, dict[str, int]]:
        """Read the newest skipped records, and count all by what became of them."""
        with self._moment():
            return read_skipped(self._db, ALL_SKIPPED, None, limit), count_states(self._db)

    def completed(self, after: int, limit: int) -> Page:
        """Read the orders that completed after a ``seq``, in the order of completion."""
        with self._moment():
            return page_completed(self._db, after, limit)

    def completed_shown(self, after: int | None, limit: int) -> CompletedShown:
        """Read a page of the feed as a person turns pages; without a cursor the newest one."""
        with self._moment():
            if after is None:
                after = cursor_before(self._db, None, limit)
            back = cursor_before(self._db, after, limit) if after else None
            page = page_completed(self._db, after, limit)
            last = page.rows[-1].id if page.rows else after
            more = page_completed(self._db, int(last), 1).rows
            return CompletedShown(page.rows, page.total or 0, after, back, bool(more))

    def all_completed(self) -> Iterator[bytes]:
        """Read the whole fulfilment feed, as lines of JSON."""
        with self._moment():
            for order in read_completed(self._db, 0):
                yield encode_completed(order) + b"\n"

    def recoveries(self, limit: int, before: int | None = None) -> Recoveries:
        """Read the newest starts of the flow, newest first."""
        with self._moment():
            return read_recoveries(self._db, limit, before)

    def recovered_since(self, since: float) -> int:
        """Count the ends of the flow since a time that it had to recover from."""
        return count_unclean(self._db, since)

    def open_since(self, index: CartIndex, older: float) -> dict[str, OpenSince]:
        """Count the carts with an unpaid, and with a waiting id that is so old or older."""
        found = index.open_since(self.place_before(older))
        return {
            name: OpenSince(
                each.carts, rfc3339_or_none(each.oldest and self._places.at(each.oldest))
            )
            for name, each in found.items()
        }

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


def _where(window: Window, until: int | None) -> tuple[str, list[int | str]]:
    where = ["1"]
    values: list[int | str] = []
    if window.user is not None:
        where.append("user_id = ?")
        values.append(window.user)
    if window.search:
        where.append("user_id >= ? AND user_id <= ?")
        values += [window.search, window.search + TOP]
    if window.filter != "all":
        where.append(f"{window.filter} > 0")
    if until is not None:
        where.append(f"oldest_{window.filter} <= ?")
        values.append(until)
    return " AND ".join(where), values
