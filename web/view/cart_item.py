"""A cart as a list shows it, and its JSON: made of its row, once, where somebody looks. Pure."""

import msgspec

from dataflow.cart import Summary, decode_cart
from dataflow.records import OrderId
from web.times import rfc3339
from web.view.cart_row import CartRow
from web.view.json_line import encode_line


class CartItem(msgspec.Struct, frozen=True, gc=False):
    """A cart in a list: its summary, its counts, and when it changed."""

    user_id: str = ""
    version: int = 0
    paid_order_ids: list[OrderId] = []
    unpaid_order_ids: list[OrderId] = []
    waiting_payment_ids: list[OrderId] = []
    paid: int = 0
    unpaid: int = 0
    waiting: int = 0
    updated_at: str = ""


def summary_of(row: CartRow) -> Summary:
    """Give the summary as it is encoded: of a tall cart, its newest ids."""
    return decode_cart(row.cart).summary(row.user_id)


def encode_item(row: CartRow, summary: Summary) -> bytes:
    """Encode a row with this summary of it."""
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
            rfc3339(row.updated_at),
        )
    )
