"""An upload as the journal keeps it: a row, of which the pages and the feeding are made. Pure."""

from typing import NamedTuple

Changes = dict[str, str | float | None]
"""Columns of an upload's row, and what they become."""


class Upload(NamedTuple):
    """A file that was taken in, and how far it was released to the flow.

    ``rate`` is in lines a second, None for as fast as possible. ``checked`` says that a person
    let it go on although most of it is skipped. Times are seconds since 1970. ``looks_like`` says
    what its file looks like where that is not JSON Lines. ``paused_lines`` is how many lines were
    released when it was paused, at ``paused_at``; both are None where it is not.
    """

    id: str
    created: int
    name: str
    file: str
    bytes: int
    lines: int
    rate: float | None
    state: str
    paused_because: str | None
    checked: int
    error: str | None
    created_at: float
    finished_at: float | None
    released_bytes: int
    released_lines: int
    looks_like: str | None
    paused_at: float | None
    paused_lines: int | None
