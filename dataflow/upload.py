"""An upload as the journal keeps it: a row, of which the pages and the feeding are made. Pure."""

from typing import NamedTuple

Changes = dict[str, str | float | None]
"""Columns of an upload's row, and what they become."""


class Upload(NamedTuple):
    """A file that was taken in, and how far it was released to the flow.

    ``rate`` is in lines a second, None for as fast as possible. ``checked`` says that a person
    let it go on although most of it is skipped. Times are seconds since 1970. ``looks_like`` says
    what its file looks like where that is not JSON Lines. ``paused_lines`` counts the lines that
    were released when it was paused: what is beyond them was released step by step.
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
    paused_at: float | None = None
    paused_lines: int | None = None
