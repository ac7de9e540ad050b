"""A cart as the view keeps it: as the flow encoded it while it is new, as a row once it is read.

A commit holds thousands of carts of which a page shows fifty. So what a commit adds to an encoded
cart is all that is kept of it, and a row is made where somebody looks.
"""

from collections.abc import Mapping, Sequence
from itertools import count, repeat
from typing import Final, NamedTuple

from dataflow.cart import head_of

SCHEMA: Final = """
CREATE TABLE carts (
    user_id TEXT PRIMARY KEY, version INTEGER NOT NULL, place INTEGER NOT NULL,
    unpaid INTEGER NOT NULL, paid INTEGER NOT NULL, waiting INTEGER NOT NULL,
    oldest_unpaid INTEGER NOT NULL, oldest_waiting INTEGER NOT NULL, cart BLOB NOT NULL,
    key_group INTEGER NOT NULL
) WITHOUT ROWID;
"""

NEVER: Final = 2**63 - 1
"""The oldest place of a row where there is none: it comes after every other."""

COLUMNS: Final = ("unpaid", "paid", "waiting", "oldest_unpaid", "oldest_waiting", "place")
"""The columns that lists of carts are filtered and ordered by, beside the user."""

Run = tuple[Sequence[str], Sequence[Sequence[int]]]
"""Some carts that follow one another: their users, and the numbers of each in ``COLUMNS``."""

Entry = tuple[bytes, int, int]
"""An encoded cart, its ``changed``, and its key group.

``changed`` grows with every change of any cart, in the order of the commits.
"""


class CartRow(NamedTuple):
    """A row of the view's carts.

    ``place`` is that of the record that changed it last, the oldest ones are those since when such
    an id is open.
    """

    user_id: str
    version: int
    place: int
    unpaid: int
    paid: int
    waiting: int
    oldest_unpaid: int
    oldest_waiting: int
    cart: bytes
    key_group: int


def entries_of(carts: Mapping[int, Mapping[str, bytes]], changed: int) -> dict[str, Entry]:
    """Give the carts of a commit, by key group and user, with what the commit adds to them.

    The first gets ``changed``, each further one more. Iterators that run in C take a fifth of the
    time of a loop.
    """
    entries: dict[str, Entry] = {}
    numbers = count(changed)
    for group, of_group in carts.items():
        added = zip(of_group.values(), numbers, repeat(group), strict=False)
        entries.update(zip(of_group, added, strict=False))
    return entries


def row_of(user_id: str, entry: Entry) -> CartRow:
    """Make the row of a cart."""
    cart, _, group = entry
    head = head_of(cart)
    return CartRow(
        user_id,
        head.version,
        head.place,
        head.unpaid,
        head.paid,
        head.waiting,
        head.oldest_unpaid or NEVER,
        head.oldest_waiting or NEVER,
        cart,
        group,
    )
