"""A dry run: what would become of a file, by the very rules of the flow, and nothing of it kept."""

import threading
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from dataflow.chunks import after_bom, next_chunk, read_chunk
from dataflow.records import Parsed, Skipped, parse_runs

MOST_USERS: Final = 1_000_000
"""Users that are told apart, in some 100 MB; of more nobody knows how many there are."""

EXAMPLES: Final = 20


class Checked(msgspec.Struct, frozen=True):
    """What would become of a file, as it is answered; ``users`` is null where they are too many."""

    lines: int
    accepted: int
    skipped: int
    blank: int
    by_reason: dict[str, int]
    users: int | None
    orders: int
    payments: int
    looks_like: str | None
    examples: list[dict[str, object]]


class DryRun:
    """Counts what the lines of a file are, as they are read."""

    def __init__(self) -> None:
        self._orders = self._payments = self._blank = 0
        self._by_reason: Counter[str] = Counter()
        self._users: set[int] | None = set()
        self._examples: list[Skipped] = []

    def take(self, parsed: Parsed) -> None:
        """Count some lines."""
        payments = sum(is_payment for _, _, is_payment, _ in parsed.events)
        self._payments += payments
        self._orders += len(parsed.events) - payments
        self._blank += parsed.blank
        self._by_reason.update(record.reason for record in parsed.skipped)
        self._examples += parsed.skipped[: EXAMPLES - len(self._examples)]
        if self._users is not None:
            # 64 bits of each: of a million, two are the same once in forty million files.
            self._users.update(hash(user_id) for user_id, *_ in parsed.events)
            if len(self._users) > MOST_USERS:
                self._users = None

    def result(self, looks_like: str | None) -> Checked:
        """Tell what was counted."""
        accepted, skipped = self._orders + self._payments, self._by_reason.total()
        return Checked(
            accepted + skipped + self._blank,
            accepted,
            skipped,
            self._blank,
            dict(self._by_reason.most_common()),
            None if self._users is None else len(self._users),
            self._orders,
            self._payments,
            looks_like,
            [msgspec.structs.asdict(record) for record in self._examples],
        )


def check_file(path: Path, looks_like: str | None, is_over: threading.Event) -> Checked:
    """Read a file to its end, or until it ``is_over``; raises ``OSError``."""
    dry_run = DryRun()
    line = 1
    with path.open("rb") as file:
        start = after_bom(file)
        while not is_over.is_set() and (chunk := next_chunk(file, start)) is not None:
            for run in parse_runs(read_chunk(file, chunk), line, line):
                dry_run.take(run)
            start, line = chunk.end, line + chunk.lines
    return dry_run.result(looks_like)
