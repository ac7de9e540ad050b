"""An upload that the tests of its states and words begin with."""

from typing import Final

from dataflow.upload import Upload

UPLOAD: Final = Upload(
    id="u1",
    created=1,
    name="f.jsonl",
    file="f",
    bytes=100,
    lines=20_000,
    rate=None,
    state="running",
    paused_because=None,
    checked=0,
    error=None,
    created_at=0.0,
    finished_at=None,
    released_bytes=0,
    released_lines=0,
    looks_like=None,
    paused_at=None,
    paused_lines=None,
)
