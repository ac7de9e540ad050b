"""Which orders of a cart are asked for. Pure."""

from typing import NamedTuple

from dataflow.cart import Status


class OrdersAsked(NamedTuple):
    """The parameters of ``GET /api/carts/{user_id}/orders``; ``after`` is the cursor's place.

    By their age, or ``by_change``: by when each got its status, the one that changed last first.
    """

    limit: int
    status: Status | None = None
    is_newest_first: bool = True
    search: str = ""
    after: int | None = None
    by_change: bool = False
