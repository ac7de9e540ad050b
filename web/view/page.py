"""A page of a list, as it is answered and sent: rows that are JSON already. Pure."""

from typing import NamedTuple

from web.view.sorts import Rank


class Row(NamedTuple):
    """An item of a list: what it is known by, and its JSON."""

    id: str | int
    json: bytes


class Page(NamedTuple):
    """One page of a list, how many rows there are in all, and the cursor of the next.

    Nobody knows the total where counting would take too long.
    """

    rows: list[Row]
    total: int | None
    next: str | None


class Found(NamedTuple):
    """How many carts a window has, and the ranks of one page of them, in its order."""

    total: int
    ranks: list[Rank]

    @property
    def users(self) -> list[str]:
        """The users of that page."""
        return [str(rank[-1]) for rank in self.ranks]
