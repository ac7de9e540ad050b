"""What became of skipped records: the marks of the journal, taken into the view in their order.

A mark is taken in once all that it speaks of is in the view, so a view that is made anew ends with
the same states and times. Records without a row here are open.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from dataflow.correction import check_line
from dataflow.marks import ASIDE as SET_ASIDE
from dataflow.marks import BACK, MOST_IDS, Mark
from dataflow.marks import LANDED as HAVE_LANDED
from dataflow.records import Event, OrderId, shown_text
from web.view.bulk_insert import Value, bulk_insert
from web.view.places import complete_place
from web.view.skipped_filter import ASIDE, LANDED, OPEN, SENT
from web.view.skipped_kinds import Listed
from web.view.skipped_lists import move_skipped

SCHEMA: Final = """
CREATE TABLE fates (id INTEGER PRIMARY KEY, state TEXT NOT NULL, line INTEGER);
CREATE TABLE corrections (
    line INTEGER PRIMARY KEY, skipped INTEGER NOT NULL, raw TEXT NOT NULL,
    user_id TEXT NOT NULL, order_id NOT NULL, is_payment INTEGER NOT NULL,
    sent_at REAL NOT NULL, landed_at REAL, outcome TEXT
);
CREATE TABLE marked (
    id INTEGER PRIMARY KEY CHECK (id = 1), mark INTEGER NOT NULL, landed INTEGER NOT NULL
);
INSERT INTO marked VALUES (1, 0, 0);
"""
"""``line`` is that of a record's last correction, as ``resubmit`` counts them. ``mark`` is the last
that was taken in, ``landed`` the last line that has landed, with all before it.
"""

CHANGED: Final = "changed"
DUPLICATE: Final = "duplicate"

CausesOf = Callable[[Collection[tuple[str, OrderId]]], dict[tuple[str, OrderId], tuple[int, int]]]
"""Gives, of orders by user and id, the places of the records that ordered and that paid each."""

_PLACES: Final = "places WHERE upload = '' AND source = 'resubmit'"


def marked(db: sqlite3.Connection) -> tuple[int, int]:
    """Give the last mark that was taken in, and the last line that has landed."""
    mark, landed = db.execute("SELECT mark, landed FROM marked").fetchone()
    return mark, landed


def take_mark(db: sqlite3.Connection, mark: Mark, causes: CausesOf) -> bool:
    """Take the next mark in, in the caller's transaction; False where it is too early for it.

    Harmless the second time, where those behind it come a second time, too.
    """
    if mark.kind == HAVE_LANDED:
        if mark.line > landable(db, mark.line):
            return False
        _land(db, mark, causes)
        db.execute("UPDATE marked SET landed = max(landed, ?)", (mark.line,))
    else:
        of_state = _by_state(db, mark.ids)
        if sum(map(len, of_state.values())) < len(mark.ids):
            return False
        if mark.kind == SET_ASIDE:
            _put(db, of_state.get(OPEN, ()), OPEN, ASIDE)
        elif mark.kind == BACK:
            _put(db, of_state.get(ASIDE, ()), ASIDE, OPEN)
        else:
            _send(db, mark, of_state)
    db.execute("UPDATE marked SET mark = ?", (mark.number,))
    return True


def landable(db: sqlite3.Connection, most: int) -> int:
    """Find the last correction, up to a line, whose effect is in the view, with all before it."""
    complete = complete_place(db)
    row = db.execute(
        f"SELECT min(first_line + lines - 1, first_line + ? - place, ?) FROM {_PLACES}"
        " AND first_line <= ? AND place <= ? ORDER BY first_line DESC LIMIT 1",
        (complete, most, most, complete),
    ).fetchone()
    return 0 if row is None else int(row[0])


def last_sent(db: sqlite3.Connection) -> int:
    """Give the line of the last correction that the view knows of; 0 where there is none."""
    row = db.execute("SELECT ifnull(max(line), 0) FROM corrections").fetchone()
    return int(row[0])


def _by_state(db: sqlite3.Connection, ids: Sequence[int]) -> dict[str, list[Listed]]:
    """Find records as they are listed, by what they are now."""
    of_state: dict[str, list[Listed]] = {}
    for start in range(0, len(ids), MOST_IDS):
        some = ids[start : start + MOST_IDS]
        rows = db.execute(
            "SELECT ifnull(state, 'open'), skipped.id, upload, source, reason FROM skipped"
            f" LEFT JOIN fates ON fates.id = skipped.id WHERE skipped.id IN ({_marks(some)})",
            some,
        )
        for state, *listed in rows:
            of_state.setdefault(state, []).append(Listed(*listed))
    return of_state


def _put(db: sqlite3.Connection, records: Sequence[Listed], old: str, new: str) -> None:
    """Put records that have no correction into another state."""
    if new == OPEN:
        ids = [each.id for each in records]
        db.execute(f"DELETE FROM fates WHERE id IN ({_marks(ids)})", ids)
    else:
        bulk_insert(db, "INSERT INTO fates (id, state)", [(each.id, new) for each in records])
    move_skipped(db, records, old, new)


def _send(db: sqlite3.Connection, mark: Mark, of_state: dict[str, list[Listed]]) -> None:
    if db.execute("SELECT 1 FROM corrections WHERE line = ?", (mark.line,)).fetchone():
        return  # one mark's lines are there together, and have landed since or will
    rows: list[Sequence[Value]] = []
    for line, (skipped, data) in enumerate(zip(mark.ids, mark.lines, strict=True), mark.line):
        event = check_line(data)
        assert isinstance(event, Event), f"line {line} of resubmit was checked before it was kept"
        raw, _ = shown_text(data)
        rows.append((line, skipped, raw, event.user_id, event.order_id, event.is_payment, mark.at))
    columns = "line, skipped, raw, user_id, order_id, is_payment, sent_at"
    bulk_insert(db, f"INSERT INTO corrections ({columns})", rows)
    fates = [(skipped, SENT, line) for line, skipped in enumerate(mark.ids, mark.line)]
    bulk_insert(db, "INSERT OR REPLACE INTO fates", fates)
    for state, records in of_state.items():
        if state != SENT:
            move_skipped(db, records, state, SENT)


def _land(db: sqlite3.Connection, mark: Mark, causes: CausesOf) -> None:
    """Let the corrections up to a line have landed; each changed what has its place as a cause."""
    lines = (marked(db)[1], mark.line)
    rows = db.execute(
        "SELECT line, user_id, order_id, is_payment, line + (SELECT place - first_line FROM"
        f" {_PLACES} AND first_line <= line ORDER BY first_line DESC LIMIT 1)"
        " FROM corrections WHERE line > ? AND line <= ?",
        lines,
    ).fetchall()
    known = causes({(user_id, order_id) for _, user_id, order_id, _, _ in rows})
    outcomes = [
        (mark.at, CHANGED if known[user_id, order_id][is_payment] == place else DUPLICATE, line)
        for line, user_id, order_id, is_payment, place in rows
    ]
    db.executemany("UPDATE corrections SET landed_at = ?, outcome = ? WHERE line = ?", outcomes)
    landed = [
        Listed(*row)
        for row in db.execute(
            "SELECT skipped.id, upload, source, reason FROM corrections"
            " JOIN fates ON fates.id = skipped AND fates.line = corrections.line"
            " JOIN skipped ON skipped.id = corrections.skipped"
            f" WHERE corrections.line > ? AND corrections.line <= ? AND state = '{SENT}'",
            lines,
        )
    ]
    ids = [each.id for each in landed]
    db.execute(f"UPDATE fates SET state = '{LANDED}' WHERE id IN ({_marks(ids)})", ids)
    move_skipped(db, landed, SENT, LANDED)


def _marks(values: Iterable[object]) -> str:
    return ",".join("?" for _ in values)
