"""What a frame to a browser is made of, and its encoding. Pure.

A snapshot holds everything that a window shows at one moment; changes hold what is different from
the content before. What several windows have in common is encoded once for all of them.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from web.errors import APIError
from web.live.row_change import row_change
from web.view.page import Row
from web.view.windows import Window

_encode: Final = msgspec.json.Encoder().encode
_KEYS: Final = {"carts": "user_id", "kept": "user_id", "uploads": "id", "skipped": "id"}
"""The lists of a content, and what their rows are known by."""


class ListPart(NamedTuple):
    """A list as a frame shows it: its rows in order, and its other fields."""

    rows: list[Row]
    fields: dict[str, object]

    def whole(self) -> bytes:
        """Encode all of it."""
        items = b",".join(row.json for row in self.rows)
        return b'{"items":[' + items + b"]," + _encode(self.fields)[1:]


class Common(NamedTuple):
    """What every window of a moment shows alike."""

    uploads: ListPart
    skipped: ListPart
    stats: bytes
    flow: bytes
    attention: bytes


class Content(NamedTuple):
    """What one window shows at one moment; every part is made from committed rows."""

    generation: str
    carts: ListPart
    kept: ListPart
    common: Common


class Frames:
    """The frames of one moment, which all have one version: each is encoded once."""

    def __init__(self, version: int, at: str, message: Callable[[bytes], bytes] = bytes) -> None:
        """``message`` makes of a frame what is written to a socket."""
        self.version = version
        self.at = at
        self._message = message
        self._rows: dict[tuple[bytes, bytes], bytes] = {}
        self._commons: dict[tuple[int, int], tuple[Common, bytes]] = {}
        self._no_other: dict[bytes, bytes] = {}

    def snapshot(self, window: Window, content: Content) -> bytes:
        """Encode the frame that a browser can begin with."""
        head = {
            "type": "snapshot",
            "at": self.at,
            "generation": content.generation,
            "version": self.version,
            "window": window.asked(),
        }
        common = content.common
        parts = (
            _encode(head)[:-1],
            b'"carts":' + content.carts.whole(),
            b'"kept":' + content.kept.whole(),
            b'"stats":' + common.stats,
            b'"flow":' + common.flow,
            b'"attention":' + common.attention,
            b'"uploads":' + common.uploads.whole(),
            b'"skipped":' + common.skipped.whole(),
        )
        return self._message(b",".join(parts) + b"}")

    def changes(self, old: Content, new: Content) -> bytes | None:
        """Encode what changed between two contents of one generation; None where nothing did."""
        own = [
            f'"{name}":'.encode() + changes
            for name in ("carts", "kept")
            if (changes := self._list(name, getattr(old, name), getattr(new, name))) is not None
        ]
        common = self._common(old.common, new.common)
        if own:
            return self._changes(b",".join([*own, common] if common else own))
        if not common:
            return None
        message = self._no_other.get(common)
        if message is None:
            message = self._no_other[common] = self._changes(common)
        return message

    def heartbeat(self) -> bytes:
        """Encode the frame that breaks a silence."""
        return self._message(_encode({"type": "heartbeat", "at": self.at}))

    def error(self, error: APIError) -> bytes:
        """Encode the frame that says why a window cannot be shown."""
        return self._message(error_frame(error, self.at))

    def _changes(self, parts: bytes) -> bytes:
        head = {"type": "changes", "at": self.at, "version": self.version}
        return self._message(_encode(head)[:-1] + b"," + parts + b"}")

    def _common(self, old: Common, new: Common) -> bytes:
        """Encode what changed for every window; empty where nothing did."""
        known = self._commons.get((id(old), id(new)))
        if known is None:
            parts = [
                f'"{name}":'.encode() + changes
                for name in ("uploads", "skipped")
                if (changes := self._list(name, getattr(old, name), getattr(new, name))) is not None
            ]
            for name in ("stats", "flow", "attention"):
                facts: bytes = getattr(new, name)
                if facts != getattr(old, name):
                    parts.append(f'"{name}":'.encode() + facts)
            # With it goes what it is of: another object could get the same id.
            known = self._commons[id(old), id(new)] = (old, b",".join(parts))
        return known[1]

    def _list(self, name: str, old: ListPart, new: ListPart) -> bytes | None:
        """Encode what differs in a list: new rows, what changed in others, order and fields."""
        if new == old:
            return None
        known = dict(old.rows)
        items = [
            row.json if (before := known.get(row.id)) is None else self._row(name, before, row.json)
            for row in new.rows
            if known.get(row.id) != row.json
        ]
        fields = {key: value for key, value in new.fields.items() if old.fields.get(key) != value}
        order = [row.id for row in new.rows]
        if order != [*known]:
            fields["order"] = order
        rest = _encode(fields)[1:]
        return b'{"items":[' + b",".join(items) + (b"]}" if rest == b"}" else b"]," + rest)

    def _row(self, name: str, old: bytes, new: bytes) -> bytes:
        change = self._rows.get((old, new))
        if change is None:
            change = self._rows[old, new] = row_change(old, new, _KEYS[name])
        return change


def error_frame(error: APIError, at: str) -> bytes:
    """Encode the frame that refuses a request; the window stays as it was."""
    return _encode({"type": "error", "at": at, **error.body()})
