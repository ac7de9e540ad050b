"""A view in a few dictionaries: what a receiver of the flow's messages must do, and no more."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from dataflow.cart import NEWEST, Order, Status, decode_cart, head_of
from dataflow.messages import (
    CartsChanged,
    Figures,
    Message,
    RecordsSkipped,
    Started,
    Taken,
)
from dataflow.records import OrderId, Skipped


@dataclass
class MemoryView:
    """Carts, orders of tall carts, the feed, skipped records and totals; told anything twice."""

    carts: dict[str, bytes] = field(default_factory=dict)
    orders: dict[tuple[str, OrderId], Order] = field(default_factory=dict)
    completed: list[tuple[str, OrderId]] = field(default_factory=list)
    completed_places: list[int] = field(default_factory=list)
    places: dict[int, Taken] = field(default_factory=dict)
    skipped: dict[tuple[str, int], Skipped] = field(default_factory=dict)
    skipped_places: set[int] = field(default_factory=set)
    parts: dict[tuple[str, int | str], tuple[int, int]] = field(default_factory=dict)
    groups: dict[int, tuple[int, Figures]] = field(default_factory=dict)
    position: int = 0
    started: list[Started] = field(default_factory=list)

    def apply(self, message: Message) -> None:
        """Take a message in, as often as it comes."""
        match message:
            case CartsChanged():
                self._put(message)
                for upload, *sums in message.totals:
                    self._grow((upload, message.group), (sums[0], sums[1]))
                if message.accepted > self.groups.get(message.group, (0, Figures()))[0]:
                    self.groups[message.group] = (message.accepted, message.figures)
            case RecordsSkipped():
                for record in message.records:
                    self.skipped.setdefault((message.chunk.upload, record.line), record)
                    self.skipped_places.add(record.line + message.chunk.shift)
                self._place(message.chunk)
                self._grow((message.chunk.upload, "skipped"), (message.skipped, message.blank))
            case Taken():
                self.position = max(self.position, message.offset)
                self._place(message)
            case Started():
                self.started.append(message)

    def _place(self, chunk: Taken) -> None:
        """Know a chunk by its place."""
        self.places.setdefault(chunk.place, chunk)

    def _put(self, message: CartsChanged) -> None:
        """Take what is newer than what is here; a message that tells nothing new changes nothing.

        And all of it is new where the message begins at the last that was heard of its group.
        """
        for chunk in message.chunks:
            self._place(chunk)
        known = self.changed_at()
        newer = {
            user_id: cart
            for user_id, cart in message.carts.items()
            if head_of(cart).place > known.get(user_id, 0)
        }
        heard = self.groups.get(message.group, (0, Figures()))[0]
        assert message.begin < message.accepted
        if message.accepted <= heard:
            assert not newer
        if message.begin >= heard:
            assert newer == message.carts
        self.carts |= newer
        for user_id, order_id, place in message.completed:
            if place > known.get(user_id, 0):
                self.completed.append((user_id, order_id))
                self.completed_places.append(place)
        for user_id, order_id, status, place, ordered, paid in message.orders:
            order = Order(order_id, Status(status), ordered, paid)
            assert order.place == place
            before = self.orders.get((user_id, order_id))
            if before is None or place > before.place:
                self.orders[user_id, order_id] = order

    def versions(self) -> dict[str, int]:
        """Give the version of every cart."""
        return {user_id: head_of(cart).version for user_id, cart in self.carts.items()}

    def changed_at(self) -> dict[str, int]:
        """Give the place of the last change of every cart."""
        return {user_id: head_of(cart).place for user_id, cart in self.carts.items()}

    def orders_of(self, user_id: str) -> list[Order]:
        """Give the orders of a cart, in the order in which they got their status."""
        cart = self.carts[user_id]
        if not head_of(cart).is_tall:
            return decode_cart(cart).since()
        of_user = [order for (user, _), order in self.orders.items() if user == user_id]
        return sorted(of_user, key=lambda order: order.place)

    def _grow(self, part: tuple[str, int | str], sums: tuple[int, int]) -> None:
        # Accepted grows with every message of a group, skipped + blank with every one of those.
        before = self.parts.get(part, (0, 0))
        key = sum if part[1] == "skipped" else max
        if key(sums) > key(before):
            self.parts[part] = sums

    def summary(self, user_id: str) -> dict[str, Any]:
        """Give the whole summary of a cart, of a tall one from the rows of its orders."""
        cart = self.carts[user_id]
        head = head_of(cart)
        lengths = [head.unpaid, head.paid, head.waiting]
        summary: dict[str, Any] = msgspec.to_builtins(decode_cart(cart).summary(user_id))
        if max(lengths) > NEWEST:
            orders = self.orders_of(user_id)
            for status, name in enumerate(("unpaid", "paid", "waiting")):
                ids = [order.order_id for order in orders if order.status == status]
                shown = summary[_FIELDS[name]]
                assert shown == ids[-len(shown) :], "a summary shows the newest ids"
                summary[_FIELDS[name]] = ids
        counts = [len(summary[_FIELDS[name]]) for name in ("unpaid", "paid", "waiting")]
        assert counts == lengths
        return summary

    def summaries(self) -> dict[str, dict[str, Any]]:
        """Give the whole summaries of all carts."""
        return {user_id: self.summary(user_id) for user_id in self.carts}

    def figures(self) -> Figures:
        """Sum the figures of all key groups."""
        rows = [msgspec.structs.astuple(figures) for _, figures in self.groups.values()]
        return Figures(*(sum(column) for column in zip(*rows, strict=True)))

    def counts(self, upload: str) -> tuple[int, int, int, int]:
        """Sum an upload: accepted, duplicates, skipped, blank."""
        groups = [
            sums for (of, part), sums in self.parts.items() if of == upload and part != "skipped"
        ]
        accepted, duplicates = sum(each[0] for each in groups), sum(each[1] for each in groups)
        return accepted, duplicates, *self.parts.get((upload, "skipped"), (0, 0))


_FIELDS = {
    "unpaid": "unpaid_order_ids",
    "paid": "paid_order_ids",
    "waiting": "waiting_payment_ids",
}
