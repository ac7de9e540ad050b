"""What a commit made durable, for everybody who keeps sums or shows rows. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from dataflow.messages import Figures, Started
from web.view.cart_row import Entry
from web.view.totals import Counts


class Outcome(NamedTuple):
    """What is new with a commit; ``parts`` are those of uploads that are not settled.

    ``carts`` stand in the order of their ``changed``.

    ``has_new`` says that an effect came that the view did not have. ``complete`` is the place up to
    which the effect of every record is there now, where that could be told. ``taken`` is the last
    place of all that the flow has read, ``busy`` the newest seconds of each step. ``arrived``
    counts the records whose effects are new by when they were accepted, in seconds since 1970.
    """

    parts: dict[tuple[str, int], Counts]
    groups: dict[int, tuple[int, Figures]]
    carts: dict[str, Entry]
    position: int | None = None
    complete: int | None = None
    started: Started | None = None
    barrier: bool = False
    has_new: bool = False
    taken: int = 0
    busy: dict[str, float] | None = None
    arrived: Mapping[float, int] = MappingProxyType({})
