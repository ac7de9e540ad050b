"""The rules of the contract (sections 1 and 2), written a second time, plainly and slowly.

Imports nothing of the product: where the two disagree, one of them is wrong.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

OrderId = int | str

BLANK = "blank"
MIB = 1024 * 1024
DEPTH = 512


@dataclass
class OracleCart:
    """A cart: three sets, whose order is that of joining them; ``version`` counts the changes.

    ``ordered`` and ``payments`` hold the place of the record that ordered an id, and paid it.
    """

    paid: dict[OrderId, None] = field(default_factory=dict)
    unpaid: dict[OrderId, None] = field(default_factory=dict)
    waiting: dict[OrderId, None] = field(default_factory=dict)
    ordered: dict[OrderId, int] = field(default_factory=dict)
    payments: dict[OrderId, int] = field(default_factory=dict)
    version: int = 0
    place: int = 0

    def take(self, kind: str, order_id: OrderId, place: int = 0) -> bool:
        """Apply one row of the contract's table; False for a duplicate."""
        if kind == "order":
            if order_id in self.unpaid or order_id in self.paid:
                return False
            if order_id in self.waiting:
                del self.waiting[order_id]
                self.paid[order_id] = None
            else:
                self.unpaid[order_id] = None
        else:
            if order_id in self.paid or order_id in self.waiting:
                return False
            if order_id in self.unpaid:
                del self.unpaid[order_id]
                self.paid[order_id] = None
            else:
                self.waiting[order_id] = None
        self.version += 1
        self.place = place
        (self.ordered if kind == "order" else self.payments)[order_id] = place
        return True

    def causes(self) -> dict[OrderId, tuple[int, int]]:
        """Give of each id the places of its order and of its payment; 0 where there is none."""
        ids = self.ordered | self.payments
        return {each: (self.ordered.get(each, 0), self.payments.get(each, 0)) for each in ids}

    def oldest(self) -> tuple[int, int]:
        """Give the places of the oldest unpaid order and waiting payment; 0 where there is none."""
        unpaid = min((self.ordered[each] for each in self.unpaid), default=0)
        return unpaid, min((self.payments[each] for each in self.waiting), default=0)

    def sets(self) -> tuple[set[OrderId], set[OrderId], set[OrderId]]:
        """Give paid, unpaid and waiting, whatever the order of arrival was."""
        return set(self.paid), set(self.unpaid), set(self.waiting)

    def summary(self, user_id: str) -> dict[str, Any]:
        """Give the whole summary as the API shows it."""
        return {
            "user_id": user_id,
            "version": self.version,
            "paid_order_ids": list(self.paid),
            "unpaid_order_ids": list(self.unpaid),
            "waiting_payment_ids": list(self.waiting),
        }


@dataclass
class Counters:
    """What became of the lines of one source."""

    accepted: int = 0
    duplicates: int = 0
    skipped: int = 0
    blank: int = 0

    @property
    def processed(self) -> int:
        return self.accepted + self.skipped + self.blank


class Oracle:
    """Everything that a server must hold after these sources, fed in their order of arrival."""

    def __init__(self) -> None:
        self.carts: dict[str, OracleCart] = {}
        self.skipped: list[tuple[str, int, str]] = []
        self.skipped_places: list[int] = []
        self.completed: list[tuple[str, OrderId]] = []
        self.completed_places: list[int] = []
        self.total = Counters()
        self.lines = 0

    def feed(self, data: bytes, source: str = "", first_line: int = 1) -> Counters:
        """Take a whole source in; gives its counters and keeps ``(source, line, reason)``s."""
        counters = Counters()
        for line, outcome in read_source(data, first_line):
            self.lines += 1
            if outcome == BLANK:
                counters.blank += 1
            elif isinstance(outcome, str):
                counters.skipped += 1
                self.skipped.append((source, line, outcome))
                self.skipped_places.append(self.lines)
            else:
                counters.accepted += 1
                if not self._take(*outcome):
                    counters.duplicates += 1
        self.total.accepted += counters.accepted
        self.total.duplicates += counters.duplicates
        self.total.skipped += counters.skipped
        self.total.blank += counters.blank
        return counters

    def _take(self, user_id: str, kind: str, order_id: OrderId) -> bool:
        cart = self.carts.setdefault(user_id, OracleCart())
        changed = cart.take(kind, order_id, self.lines)
        if changed and order_id in cart.paid:
            self.completed.append((user_id, order_id))
            self.completed_places.append(self.lines)
        return changed

    def sets(self) -> dict[str, tuple[set[OrderId], set[OrderId], set[OrderId]]]:
        """Give the three sets of every user."""
        return {user_id: cart.sets() for user_id, cart in self.carts.items()}


Outcome = tuple[str, str, OrderId] | str
"""``(user id, type, order id)``, or the reason for which a line is skipped, or ``BLANK``."""


def read_source(data: bytes, first_line: int = 1) -> Iterator[tuple[int, Outcome]]:
    """Give the number and the outcome of every line of a whole source."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    for number, line in enumerate(lines, first_line):
        yield number, read_line(line.removesuffix(b"\r"))


def read_line(line: bytes) -> Outcome:
    """Give the outcome of a line without its end."""
    if len(line) > MIB:
        return "too_long"
    if not line.strip(b" \t\r"):
        return BLANK
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return "invalid_utf8"
    if _depth(text) > DEPTH:
        return "invalid_json"
    try:
        value = json.loads(
            text, object_pairs_hook=Members, parse_int=_integer, parse_constant=_refuse
        )
        for string in _strings(value):
            string.encode()
    except ValueError:  # bad JSON, NaN and lone surrogates are ValueErrors
        return "invalid_json"
    if not isinstance(value, Members):
        return "not_an_object"
    record = dict(value.pairs)
    if not {"user_id", "type", "order_id"} <= record.keys():
        return "missing_field"
    user_id, kind, order_id = record["user_id"], record["type"], record["order_id"]
    if type(user_id) is int:
        user_id = str(user_id)
    if not (type(user_id) is str and 1 <= len(user_id) <= 256):
        return "invalid_user_id"
    if not (type(kind) is str and kind in ("order", "payment")):
        return "unknown_type"
    if type(order_id) is int and -(2**63) <= order_id <= 2**63 - 1:
        return user_id, kind, order_id
    if type(order_id) is str and 1 <= len(order_id) <= 256:
        return user_id, kind, order_id
    return "invalid_order_id"


class Members:
    """An object of JSON with all of its members, repeated ones too."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs


def _depth(text: str) -> int:
    """Tell how deep brackets stand in one another, those in strings aside."""
    deepest = depth = 0
    in_string = escaped = False
    for character in text if text.count("[") + text.count("{") > DEPTH else "":
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        else:
            depth += (character in "[{") - (character in "]}")
            deepest = max(deepest, depth)
    return deepest


def _integer(digits: str) -> int | float:
    """Read an integer; one that is too long for any id is as bad an id as a fraction."""
    return int(digits) if len(digits) <= 257 else float("inf")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not in RFC 8259")


def _strings(value: object) -> Iterator[str]:
    """Give every string in a value, names of members too."""
    values: list[Any] = [value]
    while values:
        value = values.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Members):
            values.extend(part for pair in value.pairs for part in pair)
        elif isinstance(value, list):
            values.extend(value)
