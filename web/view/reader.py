"""The view, read: pages of carts, skipped records and completed orders, as they are committed.

A reader holds a connection of its own; each call is one transaction. Rows become JSON here, once:
a cart is stored as the flow encoded it, and only what is looked at is decoded. Rows that the table
of carts lacks are laid over it for the time of a call.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from dataflow.cart import NEWEST, Status, Summary, decode_cart
from dataflow.messages import Figures
from dataflow.records import OrderId
from web.times import rfc3339, rfc3339_or_none
from web.view.bulk_insert import bulk_insert
from web.view.cart_row import CartRow
from web.view.completed import Completed, last_completed, read_completed
from web.view.page import Page, Row
from web.view.read_only import connect_read_only
from web.view.windows import Key, Window, encode_cursor

_encode = msgspec.json.Encoder().encode
_TABLE: Final = "carts"
_NEWEST: Final = "newest_carts"
_OVERLAY: Final = f"""
CREATE TEMP TABLE behind AS SELECT * FROM {_TABLE} LIMIT 0;
CREATE UNIQUE INDEX temp.behind_user ON behind (user_id);
CREATE TEMP VIEW {_NEWEST} AS
SELECT * FROM {_TABLE} WHERE user_id NOT IN (SELECT user_id FROM behind)
UNION ALL SELECT * FROM behind;
"""
_TOP: Final = "\U0010ffff" * 256
"""Ends the range of a prefix: no user id that begins with it sorts behind prefix and this."""


class ViewReader:
    """A reading end of the view; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._db = connect_read_only(path)
        self._db.executescript(_OVERLAY)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def carts(
        self,
        window: Window,
        figures: Figures,
        rows: list[CartRow] | None = None,
        behind: Sequence[CartRow] = (),
    ) -> Page:
        """Read one page of carts.

        ``figures`` spares the counting where nothing is searched, and ``rows``, one more than the
        window's limit where there are, spare the reading where they are at hand. ``behind`` are
        the rows that the table lacks.
        """
        total = _total(window, figures)
        with self._carts(behind) as carts:
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
            keys: dict[str, Key] = {
                "recent": [last.changed],
                "user": [last.user_id],
                "unpaid": [last.unpaid, last.user_id],
            }
            following = encode_cursor(keys[window.sort])
        return Page(
            [Row(row.user_id, _encode(_item(row, _summary(row)))) for row in rows], total, following
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
        return _encode(self._whole(row))

    def all_carts(self, window: Window, behind: Sequence[CartRow] = ()) -> Iterator[bytes]:
        """Read every cart of a window's search, filter and sort, whole, as lines of JSON."""
        with self._carts(behind) as carts:
            for row in self._ordered(carts, window):
                yield _encode(_item(row, self._whole(row))) + b"\n"

    @contextmanager
    def _carts(self, behind: Sequence[CartRow]) -> Iterator[str]:
        """Begin a transaction; gives the name of the carts with what is behind among them."""
        self._db.execute("BEGIN")
        try:
            bulk_insert(self._db, "INSERT INTO behind", behind)
            yield _NEWEST if behind else _TABLE
        finally:
            self._db.execute("ROLLBACK")

    def _ordered(self, carts: str, window: Window, most: int = -1) -> Iterator[CartRow]:
        """Read rows of a window in its order, from its cursor on; all where ``most`` is -1."""
        where, values = _where(window)
        if window.after is not None:
            where += f" AND {_AFTER[window.sort]}"
            values += window.after
        rows = self._db.execute(
            f"SELECT * FROM {carts} WHERE {where} ORDER BY {_ORDER[window.sort]} LIMIT ?",
            (*values, most),
        )
        return map(CartRow._make, rows)

    def _whole(self, row: CartRow) -> Summary:
        """Give the whole summary; a tall cart's is read from its orders, as of one moment."""
        if max(row.unpaid, row.paid, row.waiting) <= NEWEST:
            return _summary(row)
        newest = 0
        lists: dict[int, list[int | str]] = {status: [] for status in Status}
        orders = self._db.execute(
            "SELECT status, order_id, version FROM orders WHERE user_id = ? ORDER BY version",
            (row.user_id,),
        )
        for status, order_id, newest in orders:  # noqa: B007 (the last one is the cart's version)
            lists[status].append(order_id)
        return Summary(
            row.user_id,
            newest,
            lists[Status.PAID],
            lists[Status.UNPAID],
            lists[Status.WAITING],
        )

    def skipped(
        self, before: int | None, limit: int, reason: str | None = None, source: str | None = None
    ) -> tuple[Page, dict[str, int]]:
        """Read skipped records, newest first, and how many there are of each reason."""
        where, values = ["1"], list[int | str]()
        for column, value in (("reason", reason), ("source", source)):
            if value is not None:
                where.append(f"{column} = ?")
                values.append(value)
        counted = self._db.execute(
            f"SELECT reason, count(*) FROM skipped WHERE {' AND '.join(where)} GROUP BY reason",
            values,
        )
        by_reason: dict[str, int] = dict(counted.fetchall())
        if before is not None:
            where.append("id < ?")
            values.append(before)
        rows = self._db.execute(
            'SELECT id, upload, source, line, reason, message, "column", raw, raw_cut,'
            f" skipped_at, resubmitted_at FROM skipped WHERE {' AND '.join(where)}"
            " ORDER BY id DESC LIMIT ?",
            (*values, limit + 1),
        ).fetchall()
        following = str(rows[limit - 1][0]) if len(rows) > limit else None
        items = [Row(row[0], _skipped_json(row)) for row in rows[:limit]]
        return Page(items, sum(by_reason.values()), following), by_reason

    def all_skipped(self) -> Iterator[bytes]:
        """Read every skipped record, newest first, as lines of JSON."""
        rows = self._db.execute(
            'SELECT id, upload, source, line, reason, message, "column", raw, raw_cut,'
            " skipped_at, resubmitted_at FROM skipped ORDER BY id DESC"
        )
        for row in rows:
            yield _skipped_json(row) + b"\n"

    def completed(self, after: int, limit: int) -> Page:
        """Read the orders that completed behind a ``seq``, in the order of completion."""
        orders = list(islice(read_completed(self._db, after), limit))
        total = last_completed(self._db)
        items = [Row(order.seq, _completed_json(order)) for order in orders]
        return Page(items, total, str(orders[-1].seq) if orders else None)

    def all_completed(self) -> Iterator[bytes]:
        """Read the whole fulfilment feed, as lines of JSON."""
        for order in read_completed(self._db, 0):
            yield _completed_json(order) + b"\n"

    def recoveries(self, limit: int = 1_000) -> list[dict[str, Any]]:
        """Read the newest starts of the flow, newest first."""
        rows = self._db.execute(
            'SELECT execution, reason, started_at, target, carts, "offset", source, line, records,'
            " caught_up_at, ended_at, ended_because FROM recoveries"
            " ORDER BY execution DESC LIMIT ?",
            (limit,),
        ).fetchall()
        return [_recovery(row) for row in rows]


_ORDER: Final = {
    "recent": "changed DESC",
    "user": "user_id",
    "unpaid": "unpaid DESC, user_id",
}
_AFTER: Final = {
    "recent": "changed < ?",
    "user": "user_id > ?",
    "unpaid": "(-unpaid, user_id) > (-?, ?)",
}


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


class _Item(msgspec.Struct, frozen=True, gc=False):
    """A cart in a list: its summary, its counts, and when it changed."""

    user_id: str
    version: int
    paid_order_ids: list[OrderId]
    unpaid_order_ids: list[OrderId]
    waiting_payment_ids: list[OrderId]
    paid: int
    unpaid: int
    waiting: int
    updated_at: str


def _summary(row: CartRow) -> Summary:
    return decode_cart(row.lists).summary(row.user_id)


def _item(row: CartRow, summary: Summary) -> _Item:
    return _Item(
        summary.user_id,
        summary.version,
        summary.paid_order_ids,
        summary.unpaid_order_ids,
        summary.waiting_payment_ids,
        row.paid,
        row.unpaid,
        row.waiting,
        rfc3339(row.updated_at),
    )


def _skipped_json(row: tuple[Any, ...]) -> bytes:
    number, upload, source, line, reason, message, column, raw, raw_cut, at, resubmitted = row
    return _encode(
        {
            "id": number,
            "upload": upload or None,
            "source": source,
            "line": line,
            "reason": reason,
            "message": message,
            "column": column,
            "raw": raw,
            "raw_cut": bool(raw_cut),
            "skipped_at": rfc3339(at),
            "resubmitted_at": rfc3339_or_none(resubmitted),
        }
    )


def _completed_json(order: Completed) -> bytes:
    return _encode(order._asdict() | {"completed_at": rfc3339(order.completed_at)})


def _recovery(row: tuple[Any, ...]) -> dict[str, Any]:
    (
        execution,
        reason,
        started_at,
        _,
        carts,
        offset,
        source,
        line,
        records,
        caught_up_at,
        ended_at,
        ended_because,
    ) = row
    return {
        "execution": execution,
        "reason": reason,
        "started_at": rfc3339(started_at),
        "carts_restored": carts,
        "resumed_at": None
        if offset is None
        else {"offset": offset, "source": source, "line": line},
        "records_replayed": records,
        "caught_up_at": rfc3339_or_none(caught_up_at),
        "seconds": None if caught_up_at is None else round(caught_up_at - started_at, 3),
        "ended_at": rfc3339_or_none(ended_at),
        "ended_because": ended_because,
    }
