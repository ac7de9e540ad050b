"""The lists of the view as tables: a row an order, a skipped record, or an order of the feed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from dataflow.cart import Order
from dataflow.records import OrderId
from web.times import rfc3339
from web.view.csv_lines import Value
from web.view.places import Origin, Places

Row = tuple[Value, ...]

CARTS: Final = ("user_id", "order_id", "status", "ordered_at", "paid_at")
ORDERS: Final = (
    *("order_id", "status", "ordered_at", "paid_at"),
    *("order_upload", "order_source", "order_line"),
    *("payment_upload", "payment_source", "payment_line"),
)
SKIPPED: Final = (
    *("id", "upload", "source", "line", "reason", "message", "column", "raw", "raw_cut"),
    *("state", "skipped_at", "resubmitted_at", "landed_at"),
)
COMPLETED: Final = ("seq", "user_id", "order_id", "completed_at")


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
        yield user_id, order.order_id, status, times.of(order.ordered), times.of(order.paid)


def rows_of_orders(orders: Iterable[Order], places: Places) -> Iterator[Row]:
    """Give a row for each order, with its causes."""
    for order in orders:
        ordered = places.origin(order.ordered) if order.ordered else None
        paid = places.origin(order.paid) if order.paid else None
        yield (
            order.order_id,
            order.status.name.lower(),
            None if ordered is None else rfc3339(ordered.at),
            None if paid is None else rfc3339(paid.at),
            *_cause(ordered),
            *_cause(paid),
        )


def rows_of_records(records: Iterable[object], names: Sequence[str]) -> Iterator[Row]:
    """Give a row for each record: what it has of these names, yes and no as JSON writes them."""
    for record in records:
        values = (getattr(record, name) for name in names)
        yield tuple(str(each).lower() if isinstance(each, bool) else each for each in values)


def rows_of_completed(
    orders: Iterable[tuple[int, str, OrderId, float]], times: Times
) -> Iterator[Row]:
    """Give a row for each order of the feed."""
    for seq, user_id, order_id, at in orders:
        yield seq, user_id, order_id, times.written(at)


def _cause(origin: Origin | None) -> Row:
    if origin is None:
        return None, None, None
    return origin.cause.upload, origin.cause.source, origin.cause.line
