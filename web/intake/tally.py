"""A tally: what would come of a file, by the very rules of the flow; nothing of it is kept. Pure.

Fed in pieces of any size, and bounded in memory however long the file and its lines are.
"""

from collections import Counter
from hashlib import blake2b
from typing import Final

import msgspec

from dataflow.chunks import MAX_CHUNK_BYTES
from dataflow.file_kind import hint_of_array
from dataflow.records import BOM, Reason, Skipped
from dataflow.runs import PAYMENT, parse_runs

MOST_USERS: Final = 1_000_000
"""Users that are told apart; of more than so many, it is not known how many there are."""

MOST_EXAMPLES: Final = 20
_SHORT: Final = 16


class Example(msgspec.Struct, frozen=True):
    """A record that would be skipped, as the flow tells it."""

    line: int
    reason: Reason
    message: str
    column: int | None
    raw: str
    raw_cut: bool


class Outcome(msgspec.Struct, frozen=True):
    """What would become of all lines; repeats are accepted, as orders or payments.

    ``users`` is None where there are more than can be told apart. ``examples`` are the first ones.
    """

    lines: int
    accepted: int
    skipped: int
    blank: int
    by_reason: dict[str, int]
    users: int | None
    orders: int
    payments: int
    examples: list[Example]


class Tally:
    """Reads lines as the flow would."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._rest_bytes = 0
        self._lines = self._payments = self._accepted = self._blank = 0
        self._by_reason: Counter[str] = Counter()
        self._users: set[str | bytes] | None = set()
        self._examples: list[Example] = []

    def feed(self, piece: bytes) -> None:
        """Take a further piece."""
        end = piece.rfind(b"\n") + 1
        if end:
            self._read(b"".join((*self._rest, piece[:end])))
            self._rest, self._rest_bytes = [], 0
        room = MAX_CHUNK_BYTES - self._rest_bytes  # enough to tell that a line is too long
        if rest := piece[end : end + room]:
            self._rest.append(rest)
            self._rest_bytes += len(rest)

    def outcome(self) -> Outcome:
        """End it: what is left is the last line."""
        self._read(b"".join(self._rest))
        self._rest = []
        return Outcome(
            self._lines,
            self._accepted,
            self._by_reason.total(),
            self._blank,
            dict(self._by_reason),
            None if self._users is None else len(self._users),
            self._accepted - self._payments,
            self._payments,
            self._examples,
        )

    def _read(self, data: bytes) -> None:
        """Read whole lines."""
        if self._lines == 0:
            data = data.removeprefix(BOM)
        first_line = self._lines + 1
        for events, skipped, blank in parse_runs(data, first_line, first_line):
            self._lines += len(events) + len(skipped) + blank
            self._accepted += len(events)
            self._payments += sum(code & PAYMENT != 0 for _, _, code in events)
            self._blank += blank
            self._by_reason.update(record.reason for record in skipped)
            for record in skipped[: MOST_EXAMPLES - len(self._examples)]:
                self._examples.append(_example(record, data))
            if self._users is not None:
                self._users.update(_known_by(user) for user, *_ in events)
                if len(self._users) > MOST_USERS:
                    self._users = None


def _known_by(user: str) -> str | bytes:
    """Give what tells a user from every other one and is short."""
    return user if len(user) <= _SHORT else blake2b(user.encode(), digest_size=_SHORT).digest()


def _example(record: Skipped, data: bytes) -> Example:
    fields = msgspec.structs.asdict(record)
    if (hint := hint_of_array(record.line, data)) is not None:
        fields["message"] += f"; {hint}"
    return Example(**fields)
