"""The records of one experiment: the same for the same seed, and none of them easy.

Each source has users of its own, whose carts must come out to the last list, and users that all
sources share, of whom only what no order of arrival can change is foretold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

MIB: Final = 1024 * 1024
SHARED_USERS: Final = ("7", "s-1", "s-2", "s-3", "ü/x", "a b", "<i>", "=1+1", "s" * 256)
TALL_USER: Final = "tall"
OWN_USERS: Final = 100
"""Users that only one source knows: so many that an epoch touches few of the key groups."""

LINES_A_POST: Final = 20

SPOILED: Final = (
    b"FAIL HERE",
    b'{"user_id": "s-1", "type": "order", "order_id": 1',
    b'{"user_id": "caf\xe9", "type": "order", "order_id": 1}',
    b'{"user_id": "\\ud800", "type": "order", "order_id": 1}',
    b'{"user_id": "s-1", "type": "order", "order_id": NaN}',
    b'{"user_id": "s-1", "type": "order", "order_id": 1} {"user_id": "s-1"}',
    b'["user_id", "type", "order_id"]',
    b'"s-1"',
    b"null",
    b"\x00\xff\xfe\x01",
    b"\x00",
    b"[" * 20_000,
    b'{"a":' * 5_000,
    b'{"type": "order", "order_id": 1}',
    b'{"user_id": null, "type": "order", "order_id": 1}',
    b'{"user_id": "", "type": "order", "order_id": 1}',
    b'{"user_id": "' + b"x" * 257 + b'", "type": "order", "order_id": 1}',
    b'{"user_id": 1.0, "type": "order", "order_id": 1}',
    b'{"user_id": "s-1", "type": "refund", "order_id": 1}',
    b'{"user_id": "s-1", "type": "order", "order_id": true}',
    b'{"user_id": "s-1", "type": "order", "order_id": 1.0}',
    b'{"user_id": "s-1", "type": "order", "order_id": 9223372036854775808}',
    b'{"user_id": "s-1", "type": "payment", "order_id": ""}',
)
"""Lines to skip, for every reason but ``too_long``: that one is made where it is needed.

None begins with a mark of UTF-16: where it were the first of a body, all of that would be another.
"""


class Source(NamedTuple):
    """One upload: its label, its bytes, its pace in lines a second, and when its time comes.

    ``begins`` is the share of the experiment that is over by then; ``deed`` what a person does
    to it while it runs: ``pause`` (and resume), ``step``, ``cancel``, ``replay`` or nothing.
    """

    name: str
    data: bytes
    rate: float | None
    begins: float
    deed: str = ""


class Stream(NamedTuple):
    """Everything that one experiment feeds in: uploads, and bodies for ``POST /api/events``."""

    uploads: list[Source]
    posts: list[bytes]


def make_stream(seed: int, records: int, seconds: float) -> Stream:
    """Make about ``records`` records, for an experiment that will take about ``seconds``."""
    random = Random(f"stream {seed}")
    paced = max(100, records // 5)
    shares = (
        ("at-once.jsonl", records // 7, None, 0.0, ""),
        ("steady.jsonl", paced, max(50.0, paced / seconds), 0.0, ""),
        ("paused.jsonl", paced // 2, max(50.0, paced / seconds), 0.1, "pause"),
        ("stepped.jsonl", paced // 2, max(50.0, paced / seconds), 0.1, "step"),
        ("cancelled.jsonl", paced, max(50.0, paced / 3 / seconds), 0.2, "cancel"),
        ("twice.jsonl", records // 10, 2_000.0, 0.4, "replay"),
        ("late.jsonl", records // 7, None, 0.7, ""),
    )
    uploads = [
        Source(name, _file(random, name, lines), rate, begins, deed)
        for name, lines, rate, begins, deed in shares
    ]
    lines = list(_lines(random, "api", records // 5))
    posts = [
        b"\n".join(lines[start : start + LINES_A_POST]) + b"\n" * random.randrange(2)
        for start in range(0, len(lines), LINES_A_POST)
    ]
    return Stream(uploads, [post for post in posts if post])


def _file(random: Random, name: str, count: int) -> bytes:
    """Write a file: some begin with a byte-order mark, some end in the middle of a line."""
    lines = list(_lines(random, name, count))
    lines.insert(random.randrange(len(lines)), b'{"pad": "' + b"x" * MIB + b'"}')
    end = random.choice((b"\n", b"\r\n"))
    mark = random.choice((b"", b"\xef\xbb\xbf"))
    return mark + end.join(lines) + random.choice((b"", b"\n"))


def _lines(random: Random, source: str, count: int) -> Iterator[bytes]:
    for _ in range(count):
        dice = random.random()
        if dice < 0.02:
            yield random.choice((b"", b" ", b"\t \r"))
        elif dice < 0.08:
            yield random.choice(SPOILED)
        else:
            yield _record(random, source)


def _record(random: Random, source: str) -> bytes:
    """Write an order or a payment; ids are few enough to meet again, early and repeated."""
    dice = random.random()
    user_id: str | int
    order_id: str | int
    if dice < 0.1:
        user_id, order_id = TALL_USER, random.randrange(150)
    elif dice < 0.55:
        user_id, order_id = random.choice(SHARED_USERS), random.randrange(40)
    else:
        user_id = f"{source}-{random.randrange(OWN_USERS)}"
        order_id = random.randrange(8)
    if random.random() < 0.2:
        order_id = str(order_id)  # another order than that of the number
    if user_id == "7" and random.random() < 0.5:
        user_id = 7  # the same user
    kind = random.choice(("order", "payment"))
    # Some are long: then one reading of the journal does not hold all that a resume repeats.
    note = "∞" if random.random() < 0.9 else "x" * random.randrange(20_000)
    record = {"type": kind, "user_id": user_id, "order_id": order_id, "note": note}
    return json.dumps(record, ensure_ascii=random.random() < 0.5).encode()
