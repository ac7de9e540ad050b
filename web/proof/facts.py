"""Facts of carts, as rows that can be sorted: what the journal tells, and what the view holds.

Sorted by user, order and kind, all that is known of one order stands together, and before the
orders of a user stands the cart. Pure.
"""

import zlib
from enum import IntEnum
from typing import Final

from dataflow.records import OrderId


class Kind(IntEnum):
    """What a fact is; in this order they are sorted."""

    CART = 0
    ORDER = 1
    PAYMENT = 2
    ROW = 3
    COMPLETED = 4


CART, ORDER, PAYMENT, ROW, COMPLETED = map(int, Kind)

Fact = tuple[str, OrderId | None, int, int, int | bytes | None, int]
"""User, order, kind, and three values, of which the first and the last are sorted by, too.

=========  =====  ============================  =================================  ==============
kind       order  first                         second                             last
=========  =====  ============================  =================================  ==============
CART       none   its number in the log         the encoded cart                   a ``Copy``
ORDER      id     the place of the record       none                               0
PAYMENT    id     the place of the record       none                               0
ROW        id     the place of its order        that of its payment, and status    0
COMPLETED  id     its ``seq``                   none                               0
=========  =====  ============================  =================================  ==============

Of several carts of a user the first one counts, the newest: numbers in the log are negative, that
of the table is 0. The status stands in the last two bits.
"""


class Copy(IntEnum):
    """Where a cart was read: in the table, whose columns fit it or not, or in the log before it."""

    FITTING = 0
    MISFIT = 1
    LOGGED = 2


UNPAID: Final = 0
PAID: Final = 1
WAITING: Final = 2


def status_of(ordered: int, paid: int) -> int:
    """Give the status of an order by the places of its first order and payment; 0 for none."""
    if not paid:
        return UNPAID
    return PAID if ordered else WAITING


def checksum(text: str) -> int:
    """Give the checksum of a text: by it users are spread over key groups, and texts compared."""
    return zlib.crc32(text.encode())
