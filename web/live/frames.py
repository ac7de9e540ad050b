"""What a frame to a browser is made of, and its encoding. Pure.

A snapshot holds everything that a window shows at one moment; changes hold what is different from
the content before.
"""

from typing import Final, NamedTuple

import msgspec

from web.errors import APIError
from web.view.page import Row
from web.view.windows import Window

_encode: Final = msgspec.json.Encoder().encode


class ListPart(NamedTuple):
    """A list as a frame shows it: its rows in order, and the JSON of its other fields."""

    rows: list[Row]
    fields: dict[str, object]

    def whole(self) -> bytes:
        """Encode all of it."""
        items = b",".join(row.json for row in self.rows)
        return b'{"items":[' + items + b"]," + _encode(self.fields)[1:]

    def changes(self, old: "ListPart") -> bytes | None:
        """Encode what differs from an older one: rows that are new or changed, and the order."""
        if self == old:
            return None
        known = dict(old.rows)
        changed = b",".join(row.json for row in self.rows if known.get(row.id) != row.json)
        fields = {"order": [row.id for row in self.rows], **self.fields}
        return b'{"items":[' + changed + b"]," + _encode(fields)[1:]


class Content(NamedTuple):
    """What one window shows at one moment; every part is made from committed rows."""

    generation: str
    carts: ListPart
    kept: ListPart
    uploads: ListPart
    skipped: ListPart
    stats: bytes
    flow: bytes
    attention: bytes


def snapshot_frame(window: Window, content: Content, at: str) -> bytes:
    """Encode the frame that a browser can begin with."""
    head = {
        "type": "snapshot",
        "at": at,
        "generation": content.generation,
        "window": window.asked(),
    }
    parts = (
        _encode(head)[:-1],
        b'"carts":' + content.carts.whole(),
        b'"kept":' + content.kept.whole(),
        b'"stats":' + content.stats,
        b'"flow":' + content.flow,
        b'"attention":' + content.attention,
        b'"uploads":' + content.uploads.whole(),
        b'"skipped":' + content.skipped.whole(),
    )
    return b",".join(parts) + b"}"


def changes_frame(old: Content, new: Content, at: str) -> bytes | None:
    """Encode what changed between two contents of one generation; None where nothing did."""
    parts = []
    for name in ("carts", "kept", "uploads", "skipped"):
        changes: bytes | None = getattr(new, name).changes(getattr(old, name))
        if changes is not None:
            parts.append(f'"{name}":'.encode() + changes)
    for name in ("stats", "flow", "attention"):
        facts: bytes = getattr(new, name)
        if facts != getattr(old, name):
            parts.append(f'"{name}":'.encode() + facts)
    if not parts:
        return None
    return b",".join([_encode({"type": "changes", "at": at})[:-1], *parts]) + b"}"


def heartbeat_frame(at: str) -> bytes:
    """Encode the frame that breaks a silence."""
    return _encode({"type": "heartbeat", "at": at})


def error_frame(error: APIError, at: str) -> bytes:
    """Encode the frame that refuses a request; the window stays as it was."""
    return _encode({"type": "error", "at": at, **error.body()})
