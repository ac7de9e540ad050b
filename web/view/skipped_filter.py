"""Which skipped records are asked for. Pure."""

from typing import Final, NamedTuple


class SkippedFilter(NamedTuple):
    """The parameters of ``GET /api/skipped``, each None where it is not narrowed by."""

    reason: str | None = None
    source: str | None = None
    upload: str | None = None


ALL_SKIPPED: Final = SkippedFilter()
