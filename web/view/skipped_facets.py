"""How many skipped records there are to choose from: by state, by reason and by source.

Each is counted within the rest of a filter, and its search narrows none of them. Every count is
kept, so nothing is looked for, however many there are.
"""

import sqlite3
from typing import NamedTuple

from web.view.skipped_filter import STATES, SkippedFilter
from web.view.skipped_walk import count_skipped


class Facets(NamedTuple):
    """What the filters of a list lead to; ``by_state`` has each state, the others what there is.

    ``by_source`` has the 50 largest, and the one that is chosen.
    """

    by_state: dict[str, int]
    by_reason: dict[str, int]
    by_source: dict[str, int]


def count_facets(db: sqlite3.Connection, asked: SkippedFilter) -> Facets:
    """Count what each other choice of a filter would show, in a transaction of the caller's."""
    by_state = {state: _count(db, asked._replace(state=state)) for state in STATES}
    by_reason, _ = count_skipped(db, asked._replace(reason=None))
    _, by_source = count_skipped(db, asked._replace(source=None, upload=None))
    if asked.source not in (None, *by_source):
        by_source |= count_skipped(db, asked._replace(upload=None))[1]
    return Facets(by_state, by_reason, by_source)


def _count(db: sqlite3.Connection, asked: SkippedFilter) -> int:
    return sum(count_skipped(db, asked)[0].values())
