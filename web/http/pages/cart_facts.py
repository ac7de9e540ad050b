"""What is shown of one cart beside its counts: a page of its orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from web.http.pages.orders_shown import OrdersShown
from web.service.service import Service


async def cart_facts(service: Service, shown: OrdersShown) -> dict[str, Any]:
    """Gather what ``_cart_detail.html`` shows beside the cart itself."""
    page = await service.generation.carts.orders(shown.user_id, shown.asked())
    orders: Mapping[str, Any] = NO_ORDERS
    if page is not None:
        items = msgspec.json.decode(b"[" + b",".join(row.json for row in page.rows) + b"]")
        orders = {**page._asdict(), "items": items}
    return {"wanted": shown.user_id, "shown": shown, "orders": orders}


NO_ORDERS: Mapping[str, Any] = {
    "items": [],
    "total": 0,
    "next": None,
    "version": 0,
    "first": 1,
    "back": None,
}
"""What is shown of nothing."""
