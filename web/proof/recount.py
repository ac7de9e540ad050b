"""The journal read anew, record by record, as far as the view had come at its moment.

A record's place is its number in this reading. Of each key group as many events are taken as the
view had, of all other lines as many as each part of those that count them.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from dataflow.journal import Entry
from dataflow.records import Event, Skipped, parse_line, parse_value
from dataflow.times import rfc3339
from web.proof.facts import ORDER, PAYMENT, checksum
from web.proof.gone import GonePlaces
from web.proof.moment import Moment, Tell
from web.proof.roll_call import RollCall
from web.proof.spool import ChunkRow, SkippedRow, Spool
from web.proof.verdict import Verdict, quoted

_PARTS: Final = 16
"""Over so many parts are uploads spread, to count their lines that are no events."""


_COMPARED: Final = ("number", "upload", "source", "line", "reason", "column", "raw text", "raw_cut")
"""What a row of a skipped record holds, in words."""


class Recount:
    """Puts events on the spool, and compares skipped records and chunks at once."""

    def __init__(
        self,
        moment: Moment,
        groups: int,
        spool: Spool,
        verdict: Verdict,
        gone: GonePlaces | None = None,
    ) -> None:
        """``gone`` are the places of what cannot be read; the moment is complete where there are.

        Every record before its last place is taken then, whatever each key group has counted.
        """
        self._gone = gone or GonePlaces()
        self._last_place = moment.last_place
        self._groups = groups
        self._events = dict(moment.accepted)
        self._others = dict(moment.others)
        self._left = moment.records - self._gone.count
        self._spool = spool
        self._verdict = verdict
        skipped = (row for row in spool.skipped() if row[0] not in self._gone)
        self._skipped = RollCall(skipped, self._skipped_differ)
        self._chunks = RollCall(spool.chunks(), self._chunks_differ)

    def read(self, entries: Iterable[Entry], tell: Tell) -> None:
        """Read the journal from its beginning, as far as is needed."""
        place, most = 1, max(1, self._left)
        for entry in entries:
            if place > self._last_place and (self._gone or not self._left):
                break
            before = self._left
            if place not in self._gone:
                self._take(entry, place)
            if self._left < before or place <= self._last_place:
                self._chunks.expect(_row_of(entry, place))
            place += entry.lines
            tell(1 - self._left / most)
        self._skipped.end()
        self._chunks.end()
        self._verdict.view.skipped = self._skipped.count
        if self._left:
            words = f"the view has counted {self._left} records that the journal does not hold"
            self._verdict.differ("records", words, twice=self._left)

    def _take(self, entry: Entry, first_place: int) -> None:
        lines: Sequence[bytes | None]
        if entry.values is None:
            lines = entry.data.split(b"\n")
            lines = lines if lines[-1] else lines[:-1]
        else:
            lines = entry.values
        entry.refuse_change(len(lines))
        spool, groups, left = self._spool, self._groups, self._events
        upload = entry.upload or ""
        part = checksum(upload) % _PARTS
        for line, data in enumerate(lines, entry.first_line):
            place = first_place + line - entry.first_line
            if entry.values is not None:
                outcome = parse_value(data, line)
            else:
                assert data is not None
                outcome = parse_line(data, line)
            if isinstance(outcome, Event):
                user_id, order_id, is_payment = outcome
                of_user = checksum(user_id)
                group = of_user % groups
                if self._gone or left.get(group):
                    left[group] = left.get(group, 0) - 1
                    self._left -= 1
                    kind = PAYMENT if is_payment else ORDER
                    spool.add(of_user, (user_id, order_id, kind, place, None, 0))
            elif self._gone or self._others.get(part):
                self._others[part] = self._others.get(part, 0) - 1
                self._left -= 1
                if outcome is not None:
                    self._verdict.journal.skipped += 1
                    self._skipped.expect(_skipped_row(place, upload, entry.source, outcome))

    def _skipped_differ(self, expected: SkippedRow | None, stored: SkippedRow | None) -> None:
        if expected is None:
            words = f"{_told(stored)} in the view, and not skipped by the journal"
        else:
            words = f"{_told(expected)} by the journal, {_told(stored)} in the view"
            if stored is not None:
                words += f" (what differs: {_differing(expected, stored)})"
        self._verdict.differ(
            "skipped",
            f"skipped {words}",
            lost=expected is not None,
            twice=stored is not None,
        )

    def _chunks_differ(self, expected: ChunkRow | None, stored: ChunkRow | None) -> None:
        self._verdict.differ(
            "records",
            f"{_origin(expected)} by the journal, {_origin(stored)} in the view",
            lost=expected is not None,
            twice=stored is not None,
        )


def _row_of(entry: Entry, place: int) -> ChunkRow:
    """Give what the view should know of a chunk; one of a topic has no offset in the journal."""
    return (
        *(place, entry.lines, entry.upload or "", entry.source),
        *(entry.first_line, entry.at, entry.offset),
    )


def _skipped_row(place: int, upload: str, source: str, record: Skipped) -> SkippedRow:
    return (
        *(place, upload, source, record.line, record.reason),
        *(record.column, checksum(record.raw), int(record.raw_cut)),
    )


def _told(row: SkippedRow | None) -> str:
    if row is None:
        return "not there"
    number, upload, source, line, reason, column, _, _ = row
    of = quoted(source) + (f", upload {quoted(upload)}" if upload else "")
    where = "" if column is None else f", column {column}"
    return f"record {number} (line {line} of {of}, {reason}{where})"


def _origin(row: ChunkRow | None) -> str:
    if row is None:
        return "unknown"
    place, lines, upload, source, first_line, at, offset = row
    upload_of = f"upload {quoted(upload)}, " if upload else ""
    return (
        f"records from {place} on are {lines} lines from line {first_line} on of {quoted(source)}"
        f" ({upload_of}accepted at {_time(at)}, chunk {offset})"
    )


def _differing(expected: SkippedRow, stored: SkippedRow) -> str:
    pairs = zip(_COMPARED, expected, stored, strict=True)
    return ", ".join(name for name, one, other in pairs if one != other)


def _time(at: float) -> str:
    """Write a time; the view may hold anything for one."""
    try:
        return rfc3339(at)
    except (OverflowError, TypeError, ValueError, OSError):
        return repr(at)
