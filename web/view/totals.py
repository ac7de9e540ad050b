"""The running totals of the server: what the flow has counted, summed per upload and in all.

Kept in memory for every page and answer, loaded from the view at the start and brought up to
date by each commit. All of it is absolute and only grows, so it can be told twice. Pure.
"""

from typing import Final, NamedTuple

import msgspec

from dataflow.messages import API, KAFKA, Figures

SKIPPED_PART: Final = -1
"""The part of an upload's totals that counts skipped and blank lines; others are key groups."""


class Counted(NamedTuple):
    """What was counted anew: the carts of every key group, and the orders in the feed."""

    groups: dict[int, Figures]
    completed: int


class Counts(msgspec.Struct, gc=False):
    """What became of the lines of one upload, or of one part of it."""

    accepted: int = 0
    duplicates: int = 0
    skipped: int = 0
    blank: int = 0

    @property
    def processed(self) -> int:
        """Lines whose effect is durable in the view."""
        return self.accepted + self.skipped + self.blank

    def add(self, other: "Counts", sign: int = 1) -> None:
        """Add (or with ``sign`` -1 take away) the counts of another."""
        self.accepted += sign * other.accepted
        self.duplicates += sign * other.duplicates
        self.skipped += sign * other.skipped
        self.blank += sign * other.blank


class Totals:
    """Sums over uploads and key groups, replaced part by part."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[int, Counts]] = {}
        self._uploads: dict[str, Counts] = {}
        self._groups: dict[int, tuple[int, Figures]] = {}
        self.all = Counts()
        self.taken = 0
        """The lines that the flow has read: the last place of all."""
        self.figures = Figures()

    def put_part(self, upload: str, part: int, counts: Counts) -> None:
        """Take the newest counts of a part of an upload; older ones change nothing."""
        parts = self._parts.setdefault(upload, {})
        before = parts.get(part)
        if before is not None and before.processed >= counts.processed:
            return
        parts[part] = counts
        upload_counts = self._uploads.setdefault(upload, Counts())
        for sums in (upload_counts, self.all):
            sums.add(counts)
            if before is not None:
                sums.add(before, -1)

    def put_settled(self, upload: str, counts: Counts) -> None:
        """Take the counts of an upload that is through, once."""
        self._uploads[upload] = counts
        self.all.add(counts)

    def settle(self, upload: str) -> None:
        """Keep no more than the sum of an upload that is through: its parts come no more."""
        self._parts.pop(upload, None)

    @property
    def unsettled(self) -> list[str]:
        """The uploads whose parts are kept."""
        return list(self._parts)

    def put_group(self, group: int, accepted: int, figures: Figures) -> None:
        """Take the newest figures of a key group; older ones change nothing."""
        before, old = self._groups.get(group, (-1, Figures()))
        if before >= accepted:
            return
        self._groups[group] = (accepted, figures)
        sums = zip(*map(msgspec.structs.astuple, (self.figures, figures, old)), strict=True)
        self.figures = Figures(*(total + new - before for total, new, before in sums))

    def put_taken(self, place: int) -> None:
        """Take the last place that the flow has read; an older one changes nothing."""
        self.taken = max(self.taken, place)

    def accepted(self) -> dict[int, int]:
        """Give the events that each key group has taken in."""
        return {group: accepted for group, (accepted, _) in self._groups.items()}

    def of_upload(self, upload: str) -> Counts:
        """Give the counts of an upload (``API`` for the records of ``POST /api/events``)."""
        return self._uploads.get(upload, Counts())

    @property
    def in_hand(self) -> int:
        """The lines that the flow has read and that are not processed yet."""
        return max(0, self.taken - self.all.processed)

    @property
    def of_journal(self) -> int:
        """The lines of the journal that were processed: what came from topics is none of them."""
        return self.all.processed - self.of_upload(KAFKA).processed

    @property
    def api(self) -> Counts:
        """The counts of ``POST /api/events``."""
        return self.of_upload(API)
