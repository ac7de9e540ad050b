"""A whole view as plain values, for comparing two of them; and streams of messages to fill one."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from dataflow.flow import deserialize
from dataflow.journal import Entry
from dataflow.key_group import EventBatch
from dataflow.messages import (
    Barrier,
    Message,
    Started,
    encode_message,
    join_messages,
)
from dataflow.records import Event
from dataflow.steps import SkipLogic, SkippedBatch
from tests.kit.entries import chunk, placed
from tests.kit.kept_group import KeptGroup, Snapshots
from tests.kit.streams import line_of
from web.view.cart_table import CartTable
from web.view.orders_asked import OrdersAsked
from web.view.reader import ViewReader
from web.view.view import View
from web.view.windows import Window

GROUPS = 3


def journal_of(*chunks: Iterable[Event]) -> list[Entry]:
    """Make a journal of events that came through ``api``."""
    entries: list[Entry] = []
    line = 1
    for offset, events in enumerate(chunks, 1):
        lines = [line_of(event) for event in events]
        entries.append(chunk(offset, None, "api", line, b"".join(lines)))
        line += len(lines)
    return placed(entries)


class PlayedFlow:
    """The steps of the flow one after another, without the engine; stopped and restored at will.

    ``entries`` is the journal. A snapshot is taken between two runs only, as an epoch ends.
    """

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries
        self._groups: dict[str, Snapshots] = {}
        self._skipped: dict[str, bytes] = {}
        self._offset = 1

    def run(
        self,
        until: int,
        cuts: Iterator[int],
        together: Iterator[int] | None = None,
        woven: Random | None = None,
    ) -> list[bytes]:
        """Start anew where the last snapshot is, read on, and give batches cut anywhere.

        ``together`` says how many entries the engine takes at once, as it reads them. ``woven``
        mixes what the branches of the flow tell: each in its order, and none of them before the
        others.
        """
        groups: dict[str, KeptGroup] = {}
        skips: dict[str, SkipLogic] = {}
        kept = [KeptGroup(snapshots).restored.groups for snapshots in self._groups.values()]
        told: list[tuple[str, Message]] = []
        entries = self._entries[self._offset - 1 : until - 1]
        while entries:
            size = next(together) if together else 1
            batches: dict[str, list[EventBatch]] = {}
            for key, item in chain(*(deserialize(entry, GROUPS) for entry in entries[:size])):
                if isinstance(item, EventBatch):
                    if key not in groups:
                        groups[key] = KeptGroup(self._groups.get(key))
                    batches.setdefault(key, []).append(item)
                elif isinstance(item, SkippedBatch):
                    skip = skips.setdefault(key, SkipLogic(self._skipped.get(key)))
                    told += ((key, message) for message in skip.on_batch([item])[0])
                else:
                    told.append((key, item))
            for key, items in batches.items():
                told += ((key, message) for message in groups[key].take(items))
            entries = entries[size:]
        if woven is not None:
            told = _weave(told, woven)
        self._running = groups, skips
        self._reached = max(until, self._offset)
        started = Started(self._offset, list(chain(*kept)))
        messages = (started, *(message for _, message in told), Barrier())
        return list(_cut(messages, cuts))

    def snapshot(self) -> None:
        """End the epoch: the next run goes on here."""
        groups, skips = self._running
        self._groups |= {key: group.snapshot() for key, group in groups.items()}
        self._skipped |= {key: logic.snapshot() for key, logic in skips.items()}
        self._offset = self._reached


def _weave(told: list[tuple[str, Message]], random: Random) -> list[tuple[str, Message]]:
    turns = [key for key, _ in told]
    random.shuffle(turns)
    branches = {key: iter([each for each in told if each[0] == key]) for key in turns}
    return [next(branches[key]) for key in turns]


def _cut(messages: Iterable[Message], cuts: Iterator[int]) -> Iterator[bytes]:
    encoded = [encode_message(message) for message in messages]
    while encoded:
        size = next(cuts)
        yield join_messages(encoded[:size])
        encoded = encoded[size:]


def catch_up(carts: CartTable) -> None:
    """Move all that are unmoved now to their table; with them, the log is cut."""
    carts.load()
    at_round = carts.all_moved_at_round
    while carts.rounds < at_round:
        carts.move(even_if_changed=True)


def rows_of(path: Path) -> dict[str, Any]:
    """Read everything that a person could see of a view, all ids and times too."""
    view, reader = View(path), ViewReader(path)
    catch_up(view.carts)
    carts = [json.loads(line) for line in reader.all_carts(Window(sort="user"))]
    skipped = [json.loads(line) for line in reader.all_skipped()]
    completed = [json.loads(line) for line in reader.all_completed()]
    totals = view.totals()
    _, by_reason, by_source = reader.skipped(None, 1)
    rows = {
        "carts": {cart["user_id"]: cart for cart in carts},
        "orders": {cart["user_id"]: orders_of(reader, cart["user_id"]) for cart in carts},
        "skipped": skipped,
        "by_reason": by_reason,
        "by_source": by_source,
        "completed": completed,
        "figures": msgspec.structs.asdict(totals.figures),
        "counts": msgspec.structs.asdict(totals.all),
        "of_uploads": [msgspec.structs.asdict(totals.of_upload(id_)) for id_ in ("", "u1", "u2")],
        "position": view.position(),
    }
    view.close()
    reader.close()
    return rows


def orders_of(reader: ViewReader, user_id: str) -> list[dict[str, Any]]:
    """Read all orders of a cart that is in the table, with their causes."""
    orders: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = reader.orders(user_id, None, OrdersAsked(7, is_newest_first=False, after=after))
        assert page is not None
        orders += [json.loads(row.json) for row in page.rows]
        after = None if page.next is None else int(page.next)
    return orders
