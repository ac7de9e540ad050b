"""What the data folder keeps of the topic: a name for the broker, and how far each feed is in it.

A file beside the generations, which a reset leaves alone. The broker knows this folder by the
name, so a producer that is left over from a server that was killed is shut out by the next one.
"""

import secrets
import threading
from pathlib import Path
from typing import Annotated, Final

import msgspec

from web.data.files import write_secret
from web.data.paths import FolderError
from web.topic.resuming import Position

_MOST: Final = 16
"""Feeds that are kept: older ones are of generations that are gone, or of topics long left."""


class _Feed(msgspec.Struct, frozen=True):
    """How far a topic of a cluster has the feed of a generation."""

    cluster: str
    topic: str
    generation: str
    seq: int
    note: str


class _Kept(msgspec.Struct, frozen=True):
    """The whole file; the feed that was published last comes last."""

    name: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{16}\Z")]
    feeds: list[_Feed] = []


class KeptPositions:
    """The file, read; written whole or not at all, durable when a call returns; for any thread."""

    def __init__(self, path: Path) -> None:
        """Read it, or make it; raises ``FolderError`` where it is damaged, else ``OSError``."""
        self._path = path
        self._lock = threading.Lock()
        try:
            self._kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            self._write(_Kept(secrets.token_hex(8)))
        except (msgspec.MsgspecError, RecursionError):
            raise FolderError(
                f"{path} is damaged: put it back from a copy; if it is removed, the topic gets all"
                " completed orders once more"
            ) from None

    @property
    def name(self) -> str:
        """What the broker knows this folder by."""
        return self._kept.name

    def get(self, cluster: str, topic: str, generation: str) -> Position | None:
        """Give how far a topic has a feed; None where nothing is known of it."""
        for each in self._kept.feeds:
            if (each.cluster, each.topic, each.generation) == (cluster, topic, generation):
                return Position(each.seq, each.note)
        return None

    def put(self, cluster: str, topic: str, generation: str, position: Position) -> None:
        """Keep how far a topic has a feed."""
        this = _Feed(cluster, topic, generation, *position)
        with self._lock:
            if self._kept.feeds and self._kept.feeds[-1] == this:
                return
            others = [
                each
                for each in self._kept.feeds
                if (each.cluster, each.topic, each.generation) != (cluster, topic, generation)
            ]
            self._write(_Kept(self._kept.name, [*others, this][-_MOST:]))

    def _write(self, kept: _Kept) -> None:
        write_secret(self._path, msgspec.json.encode(kept))
        self._kept = kept
