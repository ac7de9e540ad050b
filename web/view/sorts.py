"""The orders that carts are listed in, each described once: words, SQL, cursors follow. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import Final, NamedTuple, Protocol

TOP: Final = "\U0010ffff" * 256
"""Ends the range of a prefix: no id that begins with it sorts after prefix and this."""


def span(users: Sequence[str], prefix: str) -> tuple[int, int]:
    """Tell where those begin and end, among users in order, whose ids begin with a prefix."""
    if not prefix:
        return 0, len(users)
    low = bisect_left(users, prefix)
    return low, bisect_right(users, prefix + TOP, low)


Key = list[int | str]
"""The place of a row in an order: what a cursor holds."""

Rank = tuple[int | str, ...]
"""The place of a cart in an order, to be compared: the least comes first. Its user stands last."""


class Ranked(Protocol):
    """A row of a cart, as far as it is known here; it has the columns, too."""

    @property
    def user_id(self) -> str:
        """Whose it is."""


class Column(NamedTuple):
    """What rows are ordered by: a column of a row, of numbers where it is descending."""

    name: str
    kind: type[int] | type[str]
    descending: bool = False


class Sort(NamedTuple):
    """An order of carts: ``words`` for a person, and columns that no two carts share all of."""

    words: str
    columns: tuple[Column, ...]

    @property
    def kinds(self) -> tuple[type, ...]:
        """The types of a key's parts."""
        return tuple(column.kind for column in self.columns)

    @property
    def order(self) -> str:
        """The order, in SQL."""
        return ", ".join(
            f"{column.name} DESC" if column.descending else column.name for column in self.columns
        )

    @property
    def after(self) -> str:
        """The condition, in SQL, of the rows after the one with a key; its parts are the values."""
        if len(self.columns) == 1:
            return f"{self.columns[0].name} {'<' if self.columns[0].descending else '>'} ?"
        signs = ["-" if column.descending else "" for column in self.columns]
        names = ", ".join(
            f"{sign}{column.name}" for sign, column in zip(signs, self.columns, strict=True)
        )
        return f"({names}) > ({', '.join(f'{sign}?' for sign in signs)})"

    def key(self, row: object) -> Key:
        """Give the place of a row."""
        return [getattr(row, column.name) for column in self.columns]

    def rank(self, key: Key, user_id: str = TOP) -> Rank:
        """Give the rank of a cart by its key; without its user, the last that a key can have."""
        signed = [
            -part if column.descending and isinstance(part, int) else part
            for part, column in zip(key, self.columns, strict=True)
        ]
        return (*signed,) if self.columns[-1].kind is str else (*signed, user_id)

    def ranks(self, rows: Sequence[Ranked]) -> list[Rank]:
        """Give the ranks of rows: column by column, which takes a tenth of the time."""
        columns: list[list[int | str]] = []
        for column in self.columns:
            values = map(attrgetter(column.name), rows)
            columns.append([-value for value in values] if column.descending else list(values))
        if self.columns[-1].kind is not str:
            columns.append([row.user_id for row in rows])
        return list(zip(*columns, strict=True))

    def key_of(self, rank: Rank) -> Key:
        """Give the key of a cart by its rank."""
        return list(self.rank(list(rank[: len(self.columns)]))[: len(self.columns)])


NEWEST: Final = "recent"
"""The order of the newest carts in memory: by the record that changed each last."""

OLDEST: Final = "oldest"
"""The order of who waits longest: carts without such an id come last."""

SORTS: Final = {
    NEWEST: Sort("Latest change first", (Column("place", int, descending=True),)),
    "user": Sort("By user id", (Column("user_id", str),)),
    "unpaid": Sort(
        "Most unpaid first", (Column("unpaid", int, descending=True), Column("user_id", str))
    ),
    OLDEST: Sort("Longest open first", (Column("oldest_unpaid", int), Column("user_id", str))),
}

_OLDEST_WAITING: Final = Sort(
    SORTS[OLDEST].words, (Column("oldest_waiting", int), Column("user_id", str))
)


def order_of(sort: str, carts: str) -> Sort:
    """Give the order that a sort means under a filter."""
    return _OLDEST_WAITING if (sort, carts) == (OLDEST, "waiting") else SORTS[sort]


FILTERS: Final = {"all": "All", "unpaid": "Unpaid", "paid": "Paid", "waiting": "Waiting"}
"""Which carts are listed: all, or those with at least one such id; with their words."""
