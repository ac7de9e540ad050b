"""What a commit made durable, for everybody who keeps sums or shows rows. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from dataflow.messages import Figures, TopicsRead
from web.view.cart_row import Entry
from web.view.totals import Counts
from web.view.workers import Start


class Outcome(NamedTuple):
    """What is new with a commit; ``parts`` are those of uploads that are not settled.

    ``carts`` stand in the order of their ``changed``.

    ``position`` is the offset before which every chunk was read, ``settled`` the one before which
    no worker has anything left to tell; ``started`` is the start of all of them. ``epochs`` counts
    the ends of epochs, ``busy`` holds the newest seconds of each step by worker.

    ``has_new`` says that an effect came that the view did not have. ``complete`` is the place up to
    which the effect of every record is there now, where that could be told. ``taken`` is the last
    place of all that the flow has read. ``arrived`` counts the records whose effects are new by
    when they were accepted, in seconds since 1970.

    ``journal`` is the offset of the journal before which every chunk was read, ``topics`` the
    newest word of how topics are read.
    """

    parts: dict[tuple[str, int], Counts]
    groups: dict[int, tuple[int, Figures]]
    carts: dict[str, Entry]
    position: int | None = None
    complete: int | None = None
    started: Start | None = None
    settled: int | None = None
    epochs: int = 0
    has_new: bool = False
    taken: int = 0
    busy: Mapping[int, Mapping[str, float]] = MappingProxyType({})
    arrived: Mapping[float, int] = MappingProxyType({})
    journal: int | None = None
    topics: TopicsRead | None = None
