"""A chunk of the journal, read into events: those of each key group by themselves."""

import zlib
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from dataflow.journal import Entry
from dataflow.journal_errors import ChangedError
from dataflow.messages import Started, TopicsRead
from dataflow.parent import CHANGED, end_at_once
from dataflow.records import Skipped
from dataflow.runs import EVENT_ITEMS, FlatEvents, parse_runs, parse_values


class SortedChunk(NamedTuple):
    """What a chunk holds: the events of each key group, what is skipped, and its blank lines.

    The events may be packed, as they come from another process. ``lines`` were read in all.
    """

    entry: Entry
    by_group: Sequence[FlatEvents | bytes]
    skipped: list[Skipped]
    blank: int
    lines: int


Read = Entry | SortedChunk | Started | TopicsRead
"""What the source of the flow gives: chunks, some of them sorted already, and what it tells.

That is its first word, and how the reading of topics stands.
"""


def end_changed(error: ChangedError) -> NoReturn:
    """End the flow where records are not what was taken in: it must not go on without them."""
    end_at_once(f"Records were changed: {error}.", CHANGED)


def sort_chunk(entry: Entry, groups: int) -> SortedChunk:
    """Read a chunk, for so many key groups."""
    return SortedChunk(entry, *sort_events(entry, groups))


def sort_events(entry: Entry, groups: int) -> tuple[list[FlatEvents], list[Skipped], int, int]:
    """Give what a chunk holds: events of each of so many key groups, what is skipped, and blanks.

    And how many lines it has.
    ``key_group`` of each event without a call of it, while the run that it came in is at hand.
    """
    by_group: list[FlatEvents] = [[] for _ in range(groups)]
    skipped: list[Skipped] = []
    blank = 0
    crc32 = zlib.crc32
    if entry.values is None:
        runs = parse_runs(entry.data, entry.first_line, entry.place)
    else:
        runs = parse_values(entry.values, entry.first_line, entry.place)
    for run in runs:
        for event in run.events:
            by_group[crc32(event[0].encode()) % groups] += event
        skipped += run.skipped
        blank += run.blank
    lines = sum(map(len, by_group)) // EVENT_ITEMS + len(skipped) + blank
    return by_group, skipped, blank, lines
