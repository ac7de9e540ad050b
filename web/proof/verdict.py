"""What a proof finds: how much there is by the journal and in the view, and what differs. Pure."""

import json
from typing import Final

import msgspec

EXAMPLES: Final = 4
"""So many differences of each kind are told in words."""


class Figures(msgspec.Struct):
    """How much there is, by the journal or in the view."""

    carts: int = 0
    unpaid: int = 0
    paid: int = 0
    waiting: int = 0
    skipped: int = 0
    completed: int = 0


class Side:
    """What was counted on one side so far; ``orders`` by their status."""

    def __init__(self) -> None:
        self.carts = self.skipped = self.completed = 0
        self.orders = [0, 0, 0]

    def figures(self) -> Figures:
        """Give the figures."""
        unpaid, paid, waiting = self.orders
        return Figures(self.carts, unpaid, paid, waiting, self.skipped, self.completed)


class _PassedOver(msgspec.Struct):
    """Records of a source, one behind the other, that could not be read again."""

    source: str
    first: int
    last: int


class Verdict:
    """Counts both sides, and what differs: what the view lacks, and what it has once too often.

    What it has wrongly is both: it lacks the right one.
    """

    def __init__(self) -> None:
        self.journal = Side()
        self.view = Side()
        self.lost = 0
        self.twice = 0
        self._examples: dict[str, list[str]] = {}
        self.uncounted = 0
        self._passed_over: list[_PassedOver] = []

    def differ(self, kind: str, words: str, *, lost: int = 0, twice: int = 0) -> None:
        """Take a difference; a few of each kind are kept in words."""
        self.lost += lost
        self.twice += twice
        examples = self._examples.setdefault(kind, [])
        if len(examples) < EXAMPLES:
            examples.append(words)

    def pass_over(self, source: str, first: int, records: int) -> None:
        """Take records that cannot be read again: what they did is compared with nothing.

        Of a source it is told in one range from where to where, as far as that goes on.
        """
        self.uncounted += records
        last = first + records - 1
        for known in self._passed_over:
            if (known.source, known.last) == (source, first - 1):
                known.last = last
                return
        if len(self._passed_over) < EXAMPLES * 8:
            self._passed_over.append(_PassedOver(source, first, last))

    @property
    def uncounted_ranges(self) -> list[str]:
        """Give some of what was passed over, in words."""
        return [f"{each.source} from {each.first} to {each.last}" for each in self._passed_over]

    @property
    def examples(self) -> list[str]:
        """Give some of the differences, in words."""
        return [words for some in self._examples.values() for words in some]


def quoted(value: int | str) -> str:
    """Write an id as JSON does, so that ``1`` and ``"1"`` are two."""
    return json.dumps(value, ensure_ascii=False)
