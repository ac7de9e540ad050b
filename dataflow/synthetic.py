"""Synthetic records: orders and payments as in life, the same ones for the same seed everywhere.

Stands outside of the pipeline, as something to try it with. Only ``Random.random()`` is drawn
from, the one method whose numbers are promised to stay the same over versions of Python.
"""

from collections.abc import Callable, Iterator
from itertools import count, islice
from random import Random
from typing import Final

from dataflow.records import MAX_LINE_BYTES

PAYMENTS_PER_ORDER: Final = 0.8
"""How many orders are paid before the records end, about."""

_EARLY: Final = 0.03
_REPEATED: Final = 0.03
_OPEN: Final = 10_000
_RECENT: Final = 1_000
_LATE: Final = 100
_LONG_EVERY: Final = 500

_Pair = tuple[int, int]


def generate(events: int, users: int, bad: float = 0.0, seed: int = 0) -> Iterator[bytes]:
    r"""Give ``events`` lines of JSON, each with its ``\n``, about ``users`` users.

    ``bad`` is the share of lines to skip, from 0 to 1; every 500th of those is over 1 MiB long.
    Memory is bounded however many there are. Raises ``ValueError`` for a number that makes no
    sense.
    """
    if events < 0:
        raise ValueError(f"the number of events is {events}, and cannot be less than 0")
    if users < 1:
        raise ValueError(f"the number of users is {users}, and must be at least 1")
    if not 0 <= bad <= 1:
        raise ValueError(f"the share of bad lines is {bad}, and must be from 0 to 1")
    return _lines(events, users, bad, Random(seed))  # noqa: S311 (nothing here is a secret)


def endless(users: int, bad: float, ids: Iterator[int], random: Random) -> Iterator[bytes]:
    r"""Give lines of JSON for ever, each with its ``\n``, about the users ``stream-1``, ``-2``….

    Each order has the next one of ``ids``, and no record comes twice. No bad line is a long one:
    nobody's disk is to be filled with what holds nothing.
    """
    draw = random.random
    return _mixed(_good_lines(users, draw, b"stream-%d", 1, ids, 0.0), bad, draw, longs=False)


def _lines(events: int, users: int, bad: float, random: Random) -> Iterator[bytes]:
    draw = random.random
    good = _good_lines(users, draw, b"user-%06d", 0, count(1), _REPEATED)
    return islice(_mixed(good, bad, draw, longs=True), events)


def _mixed(
    good: Iterator[bytes], bad: float, draw: Callable[[], float], *, longs: bool
) -> Iterator[bytes]:
    """Spoil a share of the good lines."""
    bad_lines = 0
    while True:
        if bad and draw() < bad:
            yield _bad_line(bad_lines, next(good), draw, longs=longs)
            bad_lines += 1
        else:
            yield next(good)


def _good_lines(
    users: int,
    draw: Callable[[], float],
    name: bytes,
    first: int,
    ids: Iterator[int],
    repeated: float,
) -> Iterator[bytes]:
    """Give records for ever: of the open orders and of the late ones a bounded number is kept.

    ``name`` makes a user of a number, from ``first`` on; ``repeated`` is the share of repeats.
    """
    open_orders: list[_Pair] = []
    late_orders: list[_Pair] = []
    recent: list[bytes] = []
    made = 0
    while True:
        if recent and draw() < repeated:
            yield recent[int(draw() * len(recent))]
            continue
        if draw() * (1 + PAYMENTS_PER_ORDER) < 1:
            if late_orders and (len(late_orders) >= _LATE or draw() < _EARLY):
                user, order_id = late_orders.pop(int(draw() * len(late_orders)))
            else:
                user, order_id = int(draw() * users), next(ids)
                if len(open_orders) < _OPEN:
                    open_orders.append((user, order_id))
                else:  # full: some order is never paid, as a fifth of them should not be
                    open_orders[int(draw() * _OPEN)] = (user, order_id)
            kind = "order"
        elif not open_orders or draw() < _EARLY:
            user, order_id = int(draw() * users), next(ids)
            late_orders.append((user, order_id))
            kind = "payment"
        else:
            at = int(draw() * len(open_orders))
            user, order_id = open_orders[at]
            open_orders[at] = open_orders[-1]
            open_orders.pop()
            kind = "payment"
        line = b'{"user_id": "%s", "type": "%s", "order_id": %d}\n' % (
            name % (user + first),
            kind.encode(),
            order_id,
        )
        if len(recent) < _RECENT:
            recent.append(line)
        else:
            recent[made % _RECENT] = line
        made += 1
        yield line


def _bad_line(number: int, good: bytes, draw: Callable[[], float], *, longs: bool) -> bytes:
    """Spoil a good line in one of the ways that a record is skipped for, all of them in turn."""
    if longs and number % _LONG_EVERY == _LONG_EVERY - 1:
        return b'{"padding": "' + b"x" * MAX_LINE_BYTES + b'"}\n'
    line = good.rstrip(b"\n")
    user, order_id = line.split(b'"')[3], line.split()[-1].rstrip(b"}")
    ways: tuple[bytes, ...] = (
        b"FAIL HERE",
        line[: 1 + int(draw() * (len(line) - 1))],
        line.replace(user, b"caf\xe9-" + user),
        line.replace(user.partition(b"-")[0] + b"-", b"\\ud800"),
        line.replace(order_id, b"NaN"),
        b"[%b]" % line,
        b'"%b"' % user,
        b'{"user_id": "%b", "order_id": %b}' % (user, order_id),
        b'{"type": "order"}',
        line.replace(b'"%b"' % user, b"null"),
        line.replace(b'"%b"' % user, b'""'),
        line.replace(b'"order"', b'"refund"').replace(b'"payment"', b'"refund"'),
        line.replace(b"%b}" % order_id, b"%b.0}" % order_id),
        line.replace(b"%b}" % order_id, b"true}"),
        b"[" * 5_000,
    )
    return ways[number % len(ways)] + b"\n"
