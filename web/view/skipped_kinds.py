"""The kinds that skipped records are listed by. Pure.

A kind is a state and a reason, of all records, of a source or of an upload. The ids of a kind stand
in blocks, as indexes of the records themselves would cost a commit three times what the records do:
a block is what a commit holds of one range of ids. An upload has one source, the name of its file.
"""

from typing import Final, NamedTuple

import msgspec

from dataflow.messages import NO_UPLOADS

BLOCK: Final = 4_096
"""Ids of a range: of so many at most those of a kind have to be decoded to find a single one."""

SCHEMA: Final = """
CREATE TABLE skipped_counts (
    scope TEXT NOT NULL, label TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (scope, label, reason, state)
) WITHOUT ROWID;
CREATE INDEX skipped_largest ON skipped_counts (scope, reason, state, count);
CREATE TABLE skipped_ids (
    scope TEXT NOT NULL, label TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,
    range INTEGER NOT NULL, ids BLOB NOT NULL
);
CREATE INDEX skipped_blocks ON skipped_ids (scope, label, reason, state, range);
"""
"""``scope`` is ``all``, ``source`` or ``upload``, and ``label`` which; no ``reason`` or ``state``
is any. Of each kind, the counts of any state are kept, and of sources those of any reason, too.
"""

ANY: Final = ""

BLOCKS: Final = "scope = ? AND label = ? AND reason = ? AND state = ? AND range"
"""Begins what finds the blocks of a kind."""

encode_ids = msgspec.msgpack.Encoder().encode
decode_ids = msgspec.msgpack.Decoder(list[int]).decode

NO_FILES: Final = frozenset(("api", "resubmit", "stream"))
"""The sources that are no uploads; whoever sends a file may give it such a name."""

Kind = tuple[str, str, str, str]
"""A scope, its label, a reason and a state."""


class Listed(NamedTuple):
    """What a skipped record is listed by."""

    id: int
    upload: str
    source: str
    reason: str

    @property
    def scopes(self) -> list[tuple[str, str]]:
        """Give the scopes that it is in, each with its label."""
        return scopes_of(self.upload, self.source)


def label_of(upload: str, source: str) -> str:
    """Give what a source is listed as: its name, and a file's that has the name of no file."""
    return f"file {source}" if upload not in NO_UPLOADS and source in NO_FILES else source


def scopes_of(upload: str, source: str) -> list[tuple[str, str]]:
    """Give the scopes of records of an upload or another source, each with its label."""
    scopes = [("all", ""), ("source", label_of(upload, source))]
    if upload not in NO_UPLOADS:
        scopes.append(("upload", upload))
    return scopes
