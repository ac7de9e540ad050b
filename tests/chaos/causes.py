"""The causes: what the journal says of every order and record, and what the program tells of them.

The journal is read here with nothing of the product's. Its order is that of all records, so carts
are held to the last list, and all that has a cause to the record and to the time of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from tests.chaos.compared import fields, in_order, same
from tests.chaos.experiment import Experiment
from tests.kit.oracle import Oracle, OracleCart

_PAGE: Final = 500
_CAUSE: Final = ("upload", "source", "line")
_CHUNKS: Final = """
SELECT upload, ifnull(uploads.name, chunks.source), first_line, chunks.lines, at, data, file,
    "start", "end"
FROM chunks LEFT JOIN uploads ON uploads.id = upload ORDER BY "offset"
"""


class Chunk(NamedTuple):
    """Lines that stand in the journal together: where they came from, and when they did."""

    upload: str | None
    source: str
    first_line: int
    lines: int
    at: float
    data: bytes


class Record(NamedTuple):
    """A record as it is named where it did something, and when it was accepted."""

    cause: dict[str, Any] | None
    at: str | None


class Known(NamedTuple):
    """What the journal says: all that comes of it, and each record by its place; none has 0."""

    oracle: Oracle
    records: list[Record]


class Told(NamedTuple):
    """What a program tells: skipped records, the feed, and of each user the cart and its orders."""

    skipped: list[dict[str, Any]]
    completed: list[dict[str, Any]]
    carts: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]


def read_journal(folder: Path) -> Iterator[Chunk]:
    """Read the whole journal of a data folder, of the generation that is in force."""
    generation = folder / (folder / "current").read_text().strip()
    journal = f"{(generation / 'journal.db').as_uri()}?mode=ro"
    with closing(sqlite3.connect(journal, uri=True)) as db:
        for upload, source, first_line, lines, at, data, file, start, end in db.execute(_CHUNKS):
            if file is not None:
                with (generation / "uploads" / file).open("rb") as whole:
                    whole.seek(start)
                    data = whole.read(end - start)
            yield Chunk(upload, source, first_line, lines, at, data)


def known_of(chunks: Iterable[Chunk]) -> Known:
    """Apply the rules to the chunks, in their order."""
    known = Known(Oracle(), [Record(None, None)])
    for upload, source, first_line, lines, at, data in chunks:
        known.oracle.feed(data, source, first_line)
        time = _time(at)
        known.records.extend(
            Record({"upload": upload, "source": source, "line": line}, time)
            for line in range(first_line, first_line + lines)
        )
        assert known.oracle.lines == len(known.records) - 1, f"{source} from line {first_line} on"
    return known


def differences(experiment: Experiment) -> Iterator[str]:
    """Hold a program at rest to its journal."""
    chunks = list(read_journal(experiment.program.data))
    for before, after in pairwise(chunks):
        if after.at < before.at:
            yield f"the time runs back from {before[:5]} to {after[:5]}"
    carts = experiment.lines("/api/carts.jsonl")
    told = Told(
        experiment.lines("/api/skipped.jsonl"),
        experiment.lines("/api/completed.jsonl"),
        {cart["user_id"]: (cart, _orders_of(experiment, cart["user_id"])) for cart in carts},
    )
    yield from compare(known_of(chunks), told)


def compare(known: Known, told: Told) -> Iterator[str]:
    """Compare all that has a cause."""
    oracle, records = known
    yield from in_order(
        "skipped records",
        ((place, *records[place]) for place in reversed(oracle.skipped_places)),
        (
            (row["id"], {name: row[name] for name in _CAUSE}, row["skipped_at"])
            for row in told.skipped
        ),
    )
    feed = zip(oracle.completed_places, oracle.completed, strict=True)
    yield from in_order(
        "the feed",
        ((place, *order, records[place].at) for place, order in feed),
        (
            (row["seq"], row["user_id"], row["order_id"], row["completed_at"])
            for row in told.completed
        ),
    )
    yield from same("carts by the journal", oracle.carts, told.carts)
    for user_id, (cart, orders) in told.carts.items():
        expected = oracle.carts.get(user_id, OracleCart())
        unpaid, waiting = (records[place].at for place in expected.oldest())
        times = {
            "oldest_unpaid_at": unpaid,
            "oldest_waiting_at": waiting,
            "updated_at": records[expected.place].at,
        }
        what = f"cart {user_id!r} by the journal"
        yield from fields(what, expected.summary(user_id) | times, cart)
        yield from same(f"orders of {user_id!r}", _orders(expected, records), orders)


def _orders(cart: OracleCart, records: list[Record]) -> Iterator[dict[str, Any]]:
    """Give the orders of a cart as they must be answered."""
    for order_id, (ordered, paid) in cart.causes().items():
        status = "paid" if ordered and paid else "unpaid" if ordered else "waiting"
        yield {
            "order_id": order_id,
            "status": status,
            "ordered_at": records[ordered].at,
            "paid_at": records[paid].at,
            "order": records[ordered].cause,
            "payment": records[paid].cause,
        }


def _orders_of(experiment: Experiment, user_id: str) -> list[dict[str, Any]]:
    """Read all orders of a cart, by pages."""
    path = f"/api/carts/{quote(user_id, safe='')}/orders?limit={_PAGE}"
    page = experiment.get(path)
    orders: list[dict[str, Any]] = page["items"]
    while page["next"] is not None:
        page = experiment.get(f"{path}&cursor={quote(page['next'])}")
        orders += page["items"]
    return orders


def _time(seconds: float) -> str:
    """Write a time as the contract has it, to the millisecond."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
