"""What leaves the flow: small frozen messages, tagged by a number, in MessagePack.

Every message is harmless the second time: a cart carries the place of its last change, totals are
absolute and only grow, a skipped record is known by its place. A place is that of a record in the
one order in which the source reads them, from 1. Written by the joiner and its neighbours, sent
by the hub sink, kept by the view.

The flow may be several *workers*, processes numbered from 0, of which the first reads. What says
how far they are comes from each of them.
"""

from typing import Final

import msgspec

from dataflow.records import OrderId, Skipped

API: Final = ""
"""Stands for an upload's id where records came from a source that is none, as ``api``."""

KAFKA: Final = "kafka"
"""Stands for an upload's id where records came from a topic; no upload has such an id."""

NO_UPLOADS: Final = frozenset((API, KAFKA))
"""What stands for the ids of uploads where records came from none."""


class Figures(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The whole of one key group: carts, orders by status, and carts with at least one such."""

    carts: int = 0
    unpaid: int = 0
    paid: int = 0
    waiting: int = 0
    with_unpaid: int = 0
    with_paid: int = 0
    with_waiting: int = 0

    def of(self, carts: str) -> int:
        """Count the carts with at least one ``unpaid``, ``paid`` or ``waiting`` id, or ``all``."""
        return self.carts if carts == "all" else int(getattr(self, f"with_{carts}"))


class Taken(msgspec.Struct, array_like=True, frozen=True, tag=4, gc=False):
    """A chunk was read and is on its way: its records have the places from ``place`` on.

    They are ``lines`` lines of a source, from ``first_line`` on, which were accepted at ``at``, in
    seconds since 1970 and never before those of the chunk before. Everything before ``offset`` was
    read, and what it means for ``worker`` is on its way there: of the journal, or where an order
    log decides, of that. ``journal`` is then how far the journal was read by it, else 0.
    """

    offset: int
    place: int
    lines: int
    upload: str
    source: str
    first_line: int
    at: float
    worker: int = 0
    journal: int = 0

    @property
    def chunk(self) -> int:
        """The offset of the chunk in the journal; 0 of records of a topic."""
        return 0 if self.upload == KAFKA else (self.journal or self.offset) - 1

    @property
    def shift(self) -> int:
        """How much more the place of a line is than its number."""
        return self.place - self.first_line

    @property
    def end(self) -> int:
        """The place of the last record."""
        return self.place + self.lines - 1


class CartsChanged(msgspec.Struct, array_like=True, frozen=True, tag=1, gc=False):
    """What some events, one behind the other, did to the carts of one key group.

    The group counts the events that it has ever taken in: these are those behind ``begin``, up to
    ``accepted``. So whoever has heard of ``accepted`` has heard of all that this tells, and to
    whom ``begin`` was the last all of it is new. ``totals`` holds ``(upload, accepted,
    duplicates)`` of the uploads of this batch, each the sum over all of this group's batches.

    ``carts`` maps each user whose cart changed to the cart as it is now, encoded; a tall one with
    its newest ids. ``completed`` holds ``(user, order id, place)`` of each order that became paid,
    ``orders`` ``(user, order id, status, place, ordered, paid)`` of the orders of tall carts that
    changed. The events came in ``chunks``.
    """

    group: int
    begin: int
    accepted: int
    figures: Figures
    totals: list[tuple[str, int, int]]
    carts: dict[str, bytes]
    completed: list[tuple[str, OrderId, int]]
    orders: list[tuple[str, OrderId, int, int, int, int]]
    chunks: list[Taken]


class RecordsSkipped(msgspec.Struct, array_like=True, frozen=True, tag=2, gc=False):
    """The lines of one chunk that are no events; ``skipped`` and ``blank`` are sums of its upload.

    ``counted`` is how many such lines the part ``part`` of the step has ever counted: who has heard
    of it has heard of all before.
    """

    chunk: Taken
    skipped: int
    blank: int
    records: list[Skipped]
    part: int
    counted: int


class Started(msgspec.Struct, array_like=True, frozen=True, tag=3, gc=False):
    """A worker runs: what it restored of its key groups, and the offset that the flow goes on at.

    ``groups`` holds ``(group, accepted, figures)`` as ``CartsChanged`` does.
    """

    offset: int
    groups: list[tuple[int, int, Figures]]
    worker: int = 0

    @property
    def carts(self) -> int:
        """The carts that it restored."""
        return sum(figures.carts for _, _, figures in self.groups)


class Barrier(msgspec.Struct, array_like=True, frozen=True, tag=5, gc=False):
    """An epoch of a worker ends: what it sent before is to be durable before it hears of this."""

    worker: int = 0


class Busy(msgspec.Struct, array_like=True, frozen=True, tag=6, gc=False):
    """The seconds that each drawn step has worked in a worker of this execution; told at times."""

    seconds: dict[str, float]
    worker: int = 0


class PartitionRead(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How far a partition of a topic was read: everything before the offset ``next``.

    ``end`` is where the broker's records end, -1 where that is not known; ``read_to`` the time of
    the newest record that was read, by the broker, in seconds since 1970, 0 where there is none.
    """

    topic: str
    partition: int
    next: int
    end: int
    read_to: float

    @property
    def lag(self) -> int | None:
        """How many records wait; None where that is not known."""
        return None if self.end < 0 else max(0, self.end - self.next)


class TopicsRead(msgspec.Struct, array_like=True, frozen=True, tag=7, gc=False):
    """How the reading of topics stands; told when it has changed, once a second at the most.

    Since ``down_since`` the brokers do not answer, for which ``troubles`` says why, as it does of
    topics that cannot be read; None where they do.
    """

    partitions: list[PartitionRead]
    down_since: float | None
    troubles: list[str]


Message = CartsChanged | RecordsSkipped | Started | Taken | Barrier | Busy | TopicsRead


class Welcome(msgspec.Struct, array_like=True, frozen=True, tag=1, gc=False):
    """The hub's first word to a publisher: the last batch of this execution that it has."""

    received: int


class Committed(msgspec.Struct, array_like=True, frozen=True, tag=2, gc=False):
    """The hub has made every batch up to this one durable."""

    batch: int


Answer = Welcome | Committed

_encoder = msgspec.msgpack.Encoder()
_messages = msgspec.msgpack.Decoder(list[Message])
_answer = msgspec.msgpack.Decoder(Answer)


def encode_message(message: Message) -> bytes:
    """Encode one message; the encoded ones can be put together by ``join_messages``."""
    return _encoder.encode(message)


def join_messages(encoded: list[bytes]) -> bytes:
    """Make one batch of encoded messages: a MessagePack array of them."""
    return b"\xdd" + len(encoded).to_bytes(4, "big") + b"".join(encoded)


def decode_messages(batch: bytes) -> list[Message]:
    """Decode a batch; raises ``msgspec.DecodeError`` for anything else."""
    return _messages.decode(batch)


def encode_answer(answer: Answer) -> bytes:
    """Encode a word of the hub to its publisher."""
    return _encoder.encode(answer)


def decode_answer(data: bytes) -> Answer:
    """Decode a word of the hub; raises ``msgspec.DecodeError`` for anything else."""
    answer: Answer = _answer.decode(data)
    return answer
