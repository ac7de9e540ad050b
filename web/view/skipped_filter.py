"""Which skipped records are asked for, and what became of them. Pure."""

from typing import Final, NamedTuple

OPEN: Final = "open"
SENT: Final = "sent"
LANDED: Final = "landed"
ASIDE: Final = "aside"
STATES: Final = (OPEN, SENT, LANDED, ASIDE)
"""What a record is: as it came, corrected, corrected and in its cart, or never to be mended."""


class SkippedFilter(NamedTuple):
    """The parameters of ``GET /api/skipped``, each None where it is not narrowed by.

    ``search`` is a part of the raw text, as it is shown.
    """

    reason: str | None = None
    source: str | None = None
    upload: str | None = None
    state: str | None = None
    search: str | None = None


ALL_SKIPPED: Final = SkippedFilter()
