"""The verdict: everything that the program holds, against the oracle. Gives the differences.

Across sources no order of arrival is known, so carts are held to what no order can change: their
sets, and with them their versions, the completed orders and the number of repeats in all. The
order that the journal has, and with it the cause of everything, is held to in ``causes``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from tests.chaos import causes
from tests.chaos.carts import compare_carts
from tests.chaos.compared import fields, same
from tests.chaos.experiment import Experiment
from tests.chaos.feeders import Posted, Taken
from tests.chaos.mender import SOURCE as RESUBMIT
from tests.chaos.stream import SHARED_USERS, TALL_USER
from tests.chaos.streamer import SOURCE as STREAM
from tests.kit.oracle import Counters, Oracle, OracleCart, OrderId

_SHOWN: Final = 20
LISTS: Final = ("paid_order_ids", "unpaid_order_ids", "waiting_payment_ids")


class Fed(NamedTuple):
    """What an experiment fed in: uploads, and the posts in the order of their lines."""

    taken: list[Taken]
    posted: list[Posted]


def version_of(sets: tuple[set[OrderId], set[OrderId], set[OrderId]]) -> int:
    """Give the version that a cart with these sets has, whatever the order of arrival was.

    Each order or payment that waits for its other half was one change, each paid order two.
    """
    paid, unpaid, waiting = sets
    return 2 * len(paid) + len(unpaid) + len(waiting)


def prefix(data: bytes, lines: int) -> bytes:
    """Cut a file behind so many lines: what a cancelled upload has released."""
    return b"".join(line + b"\n" for line in islice(data.split(b"\n"), lines))


def differences(experiment: Experiment, fed: Fed) -> list[str]:
    """Compare everything; at most so many differences are told."""
    return list(islice(_compare(experiment, fed), _SHOWN))


def _compare(experiment: Experiment, fed: Fed) -> Iterator[str]:
    oracle = Oracle()
    skipped: list[tuple[str | None, str, int, str]] = []

    def feed(data: bytes, upload: str | None, source: str, first_line: int = 1) -> Counters:
        told = len(oracle.skipped)
        counters = oracle.feed(data, source, first_line)
        skipped.extend((upload, *each) for each in oracle.skipped[told:])
        return counters

    repeats = 0
    for source, upload in fed.taken:
        seen = experiment.get(f"/api/uploads/{upload}")
        data = source.data
        if source.deed == "cancel" and seen["state"] == "cancelled":
            data = prefix(data, seen["processed"])
        counters = feed(data, upload, source.name)
        yield from _upload(source.name, seen, counters)
        repeats += seen["duplicates"]
    for chunk in causes.read_journal(experiment.program.data):
        if chunk.upload is None and chunk.source in (RESUBMIT, STREAM):
            feed(chunk.data, None, chunk.source, chunk.first_line)
    line = 1
    for first, last, body in sorted(fed.posted):
        if first != line:
            yield f"the lines of api: expected {line} next, got {first}"
        counters = feed(body, None, "api", first)
        if counters.processed != last - first + 1:
            yield f"lines {first} to {last} of api hold {counters.processed} lines"
        line = last + 1
    yield from compare_carts(experiment, oracle, _cart)
    yield from _skipped(experiment, skipped)
    yield from _figures(experiment, oracle, repeats)
    yield from causes.differences(experiment)


def _upload(name: str, seen: dict[str, Any], counters: Counters) -> Iterator[str]:
    expected = {
        "processed": counters.processed,
        "accepted": counters.accepted,
        "skipped": counters.skipped,
        "blank": counters.blank,
    }
    if seen["state"] == "done":
        expected["lines"] = counters.processed
    elif seen["state"] != "cancelled":
        yield f"upload {name}: {seen['state']} in the end"
    yield from fields(f"upload {name}", expected, seen)
    if not 0 <= seen["duplicates"] <= seen["accepted"]:
        yield f"upload {name}: {seen['duplicates']} repeats of {seen['accepted']} events"


def _cart(expected: OracleCart, got: dict[str, Any]) -> Iterator[str]:
    user_id, sets = got["user_id"], expected.sets()
    for name, ids in zip(LISTS, sets, strict=True):
        yield from same(f"cart {user_id!r}: {name}", ids, got[name])
    counts = dict(zip(("paid", "unpaid", "waiting"), map(len, sets), strict=True))
    yield from fields(f"cart {user_id!r}", {"version": version_of(sets), **counts}, got)
    if user_id not in (*SHARED_USERS, TALL_USER):  # of one source alone: in its order
        yield from fields(f"cart {user_id!r}", expected.summary(user_id), got)


def _skipped(
    experiment: Experiment, expected: list[tuple[str | None, str, int, str]]
) -> Iterator[str]:
    rows = experiment.lines("/api/skipped.jsonl")
    got = [(row["upload"], row["source"], row["line"], row["reason"]) for row in rows]
    yield from same("skipped records", expected, got)
    by_reason = experiment.get("/api/skipped")["by_reason"]
    yield from fields("skipped by reason", Counter(each[3] for each in expected), by_reason)


def _figures(experiment: Experiment, oracle: Oracle, repeats: int) -> Iterator[str]:
    stats = experiment.get("/api/stats")
    sets = [cart.sets() for cart in oracle.carts.values()]
    changes = sum(map(version_of, sets))
    expected = {
        "carts": len(sets),
        "paid": sum(len(paid) for paid, _, _ in sets),
        "unpaid": sum(len(unpaid) for _, unpaid, _ in sets),
        "waiting": sum(len(waiting) for _, _, waiting in sets),
        "skipped": oracle.total.skipped,
        "events": oracle.total.accepted,
        "duplicates": oracle.total.accepted - changes,  # an event changes a cart, or repeats
        "lag": 0,
    }
    yield from fields("figures", expected, stats)
    if repeats > stats["duplicates"]:
        yield f"figures: {stats['duplicates']} repeats, and {repeats} in the uploads alone"
