"""An upload as the journal keeps it: a row, of which the pages and the feeding are made. Pure."""

from typing import Annotated, Final, NamedTuple

import msgspec

Changes = dict[str, str | float | None]
"""Columns of an upload's row, and what they become."""


_YEAR_10000: Final = 253_402_300_800.0

Time = Annotated[float, msgspec.Meta(ge=0, lt=_YEAR_10000)]
"""In seconds since 1970, and such as can be written."""

Count = Annotated[int, msgspec.Meta(ge=0)]
State = Annotated[str, msgspec.Meta(pattern="^(running|paused|cancelled|done|failed)$")]


class Upload(NamedTuple):
    """A file that was taken in, and how far it was released to the flow.

    ``rate`` is in lines a second, None for as fast as possible. ``checked`` says that a person
    let it go on although most of it is skipped. Times are seconds since 1970. ``looks_like`` says
    what its file looks like where that is not JSON Lines. ``paused_lines`` is how many lines were
    released when it was paused, at ``paused_at``; both are None where it is not.
    """

    id: str
    created: Count
    name: str
    file: str
    bytes: Count
    lines: Count
    rate: Annotated[float, msgspec.Meta(gt=0)] | None
    state: State
    paused_because: str | None
    checked: int
    error: str | None
    created_at: Time
    finished_at: Time | None
    released_bytes: Count
    released_lines: Count
    looks_like: str | None
    paused_at: Time | None
    paused_lines: Count | None
