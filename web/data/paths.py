"""A generation of the data: what was fixed when it was made, and where everything of it lies."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from dataflow.order_log import ORDER_FILE
from dataflow.recovery import NO_RECOVERY, PART, ROOM

FORMAT: Final = 1
FACTS: Final = "generation.json"
_UPLOAD: Final = re.compile(r"\.?[0-9a-f]{32}")
BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite makes beside a database."""


class FolderError(Exception):
    """The data folder cannot be used; the message says why and what to do."""


class SwitchError(FolderError):
    """A new generation is in force, and cannot be gone on with: the old one no longer counts."""


class GenerationFacts(msgspec.Struct, frozen=True):
    """What was fixed when a generation was made; ``supersedes`` is the one whose place it takes.

    ``made_of`` is the one whose journal it has, where it was made anew of that: the same orders
    complete at the same ``seq``.
    """

    format: int
    number: int
    key_groups: int
    supersedes: int | None = None
    made_of: int | None = None

    @property
    def feed(self) -> str:
        """The generation that the feed of completed orders began with; it outlives a rebuild."""
        return str(self.number if self.made_of is None else self.made_of)


class Paths(msgspec.Struct, frozen=True):
    """Where everything of one generation lies."""

    folder: Path
    facts: GenerationFacts

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / "journal.db"

    @property
    def view(self) -> Path:
        """The view's file."""
        return self.folder / "view.db"

    @property
    def order(self) -> Path:
        """The order log's file; there is none where topics were never read."""
        return self.folder / ORDER_FILE

    @property
    def uploads(self) -> Path:
        """The folder of the uploaded files."""
        return self.folder / "uploads"

    @property
    def recovery(self) -> Path:
        """The folder of the engine's recovery store."""
        return self.folder / "recovery"

    @property
    def no_recovery(self) -> Path:
        """The empty folder that the workers have which keep no part of the recovery store."""
        return self.folder / NO_RECOVERY

    @property
    def alarm(self) -> Path:
        """The file that says what a proof has found wrong; there is none where nothing is."""
        return self.folder / "alarm.txt"

    def upload_files(self) -> Iterator[Path]:
        """Give the files that were uploaded, whole or not; files of others are none of them."""
        return (path for path in _files(self.uploads) if _UPLOAD.fullmatch(path.name))

    def made_files(self, *, with_uploads: bool = True) -> Iterator[Path]:
        """Give all files that Cartwatch makes in a generation, the one that says so the last."""
        for path in (self.journal, self.view, self.order, self.recovery / PART):
            yield from (path.with_name(path.name + suffix) for suffix in ("", *BESIDE))
        yield self.recovery / ROOM
        yield self.alarm
        if with_uploads:
            yield from self.upload_files()
        yield self.folder / FACTS


def read_facts(folder: Path, name: str) -> GenerationFacts:
    """Read what a generation says of itself; raises ``FolderError`` where it is none of that name.

    ``name`` is the one that it has, or will have once it is in force.
    """
    try:
        facts = msgspec.json.decode((folder / FACTS).read_bytes(), type=GenerationFacts)
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise FolderError(f"{folder} is not a generation of Cartwatch's data: {error}") from None
    if facts.format != FORMAT:
        raise FolderError(
            f"{folder} has the format {facts.format}, and this Cartwatch reads {FORMAT}: "
            "use the version that wrote it, or another data folder"
        )
    if name_of(facts.number) != name or facts.key_groups < 1:
        raise FolderError(f"{folder} says that it is generation {facts.number}: it was renamed")
    return facts


def name_of(number: int) -> str:
    """Name the folder of a generation."""
    return f"generation-{number:06}"


def remove(generation: Paths) -> None:
    """Remove what Cartwatch made of a generation, as far as that can be done now, and no more."""
    with suppress(OSError):
        for path in generation.made_files():
            if path.name == FACTS:
                for folder in (generation.uploads, generation.recovery, generation.no_recovery):
                    _remove_empty(folder)
            path.unlink(missing_ok=True)
    _remove_empty(generation.folder)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
