"""A cart as a list shows it, and its JSON: made of its row, once, where somebody looks."""

import msgspec

from dataflow.cart import Summary, decode_cart
from dataflow.records import OrderId
from dataflow.times import rfc3339
from web.view.cart_row import NEVER, CartRow
from web.view.json_line import encode_line
from web.view.places import Places


class CartItem(msgspec.Struct, frozen=True, gc=False):
    """A cart in a list: its summary, its counts, since when ids are open, when it changed."""

    user_id: str = ""
    version: int = 0
    paid_order_ids: list[OrderId] = []
    unpaid_order_ids: list[OrderId] = []
    waiting_payment_ids: list[OrderId] = []
    paid: int = 0
    unpaid: int = 0
    waiting: int = 0
    oldest_unpaid_at: str | None = None
    oldest_waiting_at: str | None = None
    updated_at: str = ""


def summary_of(row: CartRow) -> Summary:
    """Give the summary as it is encoded: of a tall cart, its newest ids."""
    return decode_cart(row.cart).summary(row.user_id)


def encode_item(row: CartRow, summary: Summary, places: Places) -> bytes:
    """Encode a row with this summary of it; ``places`` turn what it knows into times."""
    return encode_line(
        CartItem(
            summary.user_id,
            summary.version,
            summary.paid_order_ids,
            summary.unpaid_order_ids,
            summary.waiting_payment_ids,
            row.paid,
            row.unpaid,
            row.waiting,
            _since(row.oldest_unpaid, places),
            _since(row.oldest_waiting, places),
            rfc3339(places.at(row.place)),
        )
    )


def _since(place: int, places: Places) -> str | None:
    return None if place == NEVER else rfc3339(places.at(place))
