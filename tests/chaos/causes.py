"""The causes: what the journal says of every order and record, and what the program tells of them.

The journal is read here with nothing of the product's. Its order is that of all records, so carts
are held to the last list, and all that has a cause to the record and to the time of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import msgspec

from tests.chaos.compared import fields, in_order, same
from tests.chaos.experiment import Experiment
from tests.kit.oracle import Oracle, OracleCart

_PAGE: Final = 500
_CAUSE: Final = ("upload", "source", "line")
_CHUNKS: Final = """
SELECT upload, ifnull(uploads.name, chunks.source), first_line, chunks.lines, chunks.at, data, file,
    "start", "end", ids
FROM chunks LEFT JOIN uploads ON uploads.id = upload
LEFT JOIN marks ON kind = 'sent' AND chunk = "offset" ORDER BY "offset"
"""
_DECISIONS: Final = "SELECT kind, ids FROM marks WHERE kind IN ('aside', 'back') ORDER BY number"


class Chunk(NamedTuple):
    """Lines that stand in the journal together: where they came from, and when they did.

    Where they are corrections, ``mends`` holds the skipped record that each of them is for.
    """

    upload: str | None
    source: str
    first_line: int
    lines: int
    at: float
    data: bytes
    mends: Sequence[int] = ()


class Record(NamedTuple):
    """A record as it is named where it did something, and when it was accepted."""

    cause: dict[str, Any] | None
    at: str | None


class Correction(NamedTuple):
    """What stands for a skipped record: its line and text, when it came, and what it did."""

    line: int
    raw: str
    at: str | None
    outcome: str


class Known(NamedTuple):
    """What the journal says: all that comes of it, and each record by its place; none has 0.

    ``corrections`` is by the skipped records that they are for.
    """

    oracle: Oracle
    records: list[Record]
    corrections: dict[int, list[Correction]]


class Told(NamedTuple):
    """What a program tells: skipped records, the feed, and of each user the cart and its orders."""

    skipped: list[dict[str, Any]]
    completed: list[dict[str, Any]]
    carts: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]


def read_journal(folder: Path) -> Iterator[Chunk]:
    """Read the whole journal of a data folder, of the generation that is in force."""
    generation = _generation(folder)
    journal = f"{(generation / 'journal.db').as_uri()}?mode=ro"
    with closing(sqlite3.connect(journal, uri=True)) as db:
        for upload, source, first_line, lines, at, data, file, start, end, ids in db.execute(
            _CHUNKS
        ):
            if file is not None:
                with (generation / "uploads" / file).open("rb") as whole:
                    whole.seek(start)
                    data = whole.read(end - start)
            mends = () if ids is None else msgspec.msgpack.decode(ids)
            yield Chunk(upload, source, first_line, lines, at, data, mends)


def read_aside(folder: Path) -> set[int]:
    """Read which skipped records are set aside, by all that was decided in the generation."""
    aside: set[int] = set()
    journal = f"{(_generation(folder) / 'journal.db').as_uri()}?mode=ro"
    with closing(sqlite3.connect(journal, uri=True)) as db:
        for kind, ids in db.execute(_DECISIONS):
            those = msgspec.msgpack.decode(ids)
            aside = aside.union(those) if kind == "aside" else aside.difference(those)
    return aside


def _generation(folder: Path) -> Path:
    return folder / (folder / "current").read_text().strip()


def known_of(chunks: Iterable[Chunk]) -> Known:
    """Apply the rules to the chunks, in their order."""
    known = Known(Oracle(), [Record(None, None)], {})
    for chunk in chunks:
        time = _time(chunk.at)
        where = {"upload": chunk.upload, "source": chunk.source}
        lines = range(chunk.first_line, chunk.first_line + chunk.lines)
        if chunk.mends:
            pairs = zip(chunk.mends, lines, strict=True)
            causes: list[dict[str, Any]] = [
                {**where, "line": line, "skipped": number} for number, line in pairs
            ]
            _mend(known, chunk, time)
        else:
            causes = [{**where, "line": line} for line in lines]
            known.oracle.feed(chunk.data, chunk.source, chunk.first_line)
        known.records.extend(Record(cause, time) for cause in causes)
        assert known.oracle.lines == len(known.records) - 1, chunk[:5]
    return known


def _mend(known: Known, chunk: Chunk, time: str | None) -> None:
    """Apply corrections one by one: each says what it did."""
    for line, (number, raw) in enumerate(
        zip(chunk.mends, chunk.data.splitlines(), strict=True), chunk.first_line
    ):
        counters = known.oracle.feed(raw, chunk.source, line)
        assert counters.accepted == 1, (line, raw)
        outcome = "duplicate" if counters.duplicates else "changed"
        correction = Correction(line, raw.decode(), time, outcome)
        known.corrections.setdefault(number, []).append(correction)


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
    yield from compare(known_of(chunks), told, read_aside(experiment.program.data))


def compare(known: Known, told: Told, aside: Set[int] = frozenset()) -> Iterator[str]:
    """Compare all that has a cause; no skipped record may have been mended twice."""
    oracle, records, corrections = known
    yield from in_order(
        "skipped records",
        ((place, *records[place]) for place in reversed(oracle.skipped_places)),
        (
            (row["id"], {name: row[name] for name in _CAUSE}, row["skipped_at"])
            for row in told.skipped
        ),
    )
    for row in told.skipped:
        yield from _decided(row, corrections.get(row["id"], []), is_aside=row["id"] in aside)
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


def _decided(
    row: dict[str, Any], corrections: list[Correction], *, is_aside: bool
) -> Iterator[str]:
    """Compare what was decided about a skipped record."""
    what = f"skipped record {row['id']}"
    if not corrections:
        expected = {"state": "aside" if is_aside else "open", "correction": None}
        yield from fields(what, expected | dict.fromkeys(("resubmitted_at", "landed_at")), row)
        return
    if len(corrections) > 1:
        yield f"{what}: mended by {corrections}"
    line, raw, at, outcome = corrections[-1]
    correction = {"line": line, "raw": raw, "outcome": outcome}
    yield from fields(what, {"state": "landed", "correction": correction}, row)
    yield from fields(what, {"resubmitted_at": at}, row)
    if row["landed_at"] is None or at is None or row["landed_at"] < at:
        yield f"{what}: sent at {at}, landed at {row['landed_at']}"


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
