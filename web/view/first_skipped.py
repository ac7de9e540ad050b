"""The first skipped records of an upload, which show best what is the matter with its file."""

import sqlite3
from collections.abc import Iterator
from heapq import merge
from itertools import groupby, islice
from operator import itemgetter

from web.view.skipped_kinds import BLOCKS, Kind, decode_ids


def first_ids(db: sqlite3.Connection, upload: str, most: int) -> list[int]:
    """Find the ids of the first skipped records of an upload, in the order of its lines.

    Reads of each kind that it has as many blocks as hold so many ids.
    """
    kinds = db.execute(
        "SELECT scope, label, reason, state FROM skipped_counts"
        " WHERE scope = 'upload' AND label = ? AND reason <> '' AND state <> '' AND count > 0",
        (upload,),
    ).fetchall()
    return list(islice(merge(*(_ascending(db, kind) for kind in kinds)), most))


def _ascending(db: sqlite3.Connection, kind: Kind) -> Iterator[int]:
    """Read the ids of a kind, the smallest first."""
    blocks = db.execute(
        f"SELECT range, ids FROM skipped_ids WHERE {BLOCKS} >= 0 ORDER BY range", kind
    )
    for _, of_range in groupby(blocks, itemgetter(0)):
        yield from sorted(each for _, block in of_range for each in decode_ids(block))
