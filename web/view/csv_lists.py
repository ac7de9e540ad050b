"""The lists of the view as tables: a row an order, a skipped record, or an order of the feed."""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from dataflow.cart import Order
from dataflow.records import OrderId
from dataflow.times import rfc3339
from web.view.csv_lines import Text, Value
from web.view.places import Origin, Places

Row = tuple[Value, ...]

CARTS: Final = ("user_id", "order_id", "status", "ordered_at", "paid_at")
ORDERS: Final = (
    *("order_id", "status", "ordered_at", "paid_at"),
    *("order_upload", "order_source", "order_line", "order_skipped"),
    *("payment_upload", "payment_source", "payment_line", "payment_skipped"),
)
SKIPPED: Final = (
    *("id", "upload", "source", "line", "reason", "message", "column", "raw", "raw_cut"),
    *("state", "skipped_at", "resubmitted_at", "landed_at"),
    *("correction_line", "correction_raw", "correction_outcome"),
)
_OF_RECORD: Final = SKIPPED[:-3]
COMPLETED: Final = ("seq", "user_id", "order_id", "completed_at")


class Sent(Protocol):
    """The last line that was sent for a skipped record."""

    @property
    def line(self) -> int:
        """Its number."""

    @property
    def raw(self) -> str:
        """What is shown of it."""

    @property
    def outcome(self) -> str | None:
        """What it did."""


class Record(Protocol):
    """A skipped record: the rest of it is known by the names of the columns."""

    @property
    def correction(self) -> Sent | None:
        """What was sent for it."""


class Times:
    """Writes the times of places; one after the other they are mostly of one chunk."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._at, self._text = 0.0, rfc3339(0.0)

    def of(self, place: int) -> str | None:
        """Write when the record at a place was accepted; None for no place."""
        return self.written(self._places.at(place)) if place else None

    def written(self, at: float) -> str:
        """Write a time."""
        if at != self._at:
            self._at, self._text = at, rfc3339(at)
        return self._text


def rows_of_cart(user_id: str, orders: Iterable[Order], times: Times) -> Iterator[Row]:
    """Give a row for each order of a cart."""
    for order in orders:
        status = order.status.name.lower()
        yield user_id, _id(order.order_id), status, times.of(order.ordered), times.of(order.paid)


def rows_of_orders(orders: Iterable[Order], places: Places) -> Iterator[Row]:
    """Give a row for each order, with its causes."""
    for order in orders:
        ordered = places.origin(order.ordered) if order.ordered else None
        paid = places.origin(order.paid) if order.paid else None
        yield (
            _id(order.order_id),
            order.status.name.lower(),
            None if ordered is None else rfc3339(ordered.at),
            None if paid is None else rfc3339(paid.at),
            *_cause(ordered),
            *_cause(paid),
        )


def rows_of_records(records: Iterable[Record]) -> Iterator[Row]:
    """Give a row for each skipped record, with the last line that was sent for it."""
    for record in records:
        of_record = (getattr(record, name) for name in _OF_RECORD)
        sent = record.correction
        yield (
            *of_record,
            *((None, None, None) if sent is None else (sent.line, sent.raw, sent.outcome)),
        )


def rows_of_completed(
    orders: Iterable[tuple[int, str, OrderId, float]], times: Times
) -> Iterator[Row]:
    """Give a row for each order of the feed."""
    for seq, user_id, order_id, at in orders:
        yield seq, user_id, _id(order_id), times.written(at)


def _id(order_id: OrderId) -> Value:
    return Text(order_id) if isinstance(order_id, str) else order_id


def _cause(origin: Origin | None) -> Row:
    if origin is None:
        return None, None, None, None
    cause = origin.cause
    return cause.upload, cause.source, cause.line, cause.skipped
