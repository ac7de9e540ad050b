"""The data folder: whose it is, and which generation of the data in it is the current one.

    data/server.lock  flow.lock  current
    data/generation-000001/  journal.db  view.db  uploads/  recovery/  generation.json

A reset makes a new generation and renames the pointer to it; locks live outside of both.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from dataflow.faults import reach
from dataflow.flow import KEY_GROUPS
from dataflow.journal import Journal, JournalError
from dataflow.locks import FileLock
from dataflow.recovery import is_damage, make_recovery_store

FORMAT: Final = 1
_POINTER: Final = "current"


class FolderError(Exception):
    """The data folder cannot be used; the message says why and what to do."""


class GenerationFacts(msgspec.Struct, frozen=True):
    """What was fixed when a generation was made."""

    format: int
    number: int
    key_groups: int


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
    def uploads(self) -> Path:
        """The folder of the uploaded files."""
        return self.folder / "uploads"

    @property
    def recovery(self) -> Path:
        """The folder of the engine's recovery store."""
        return self.folder / "recovery"


class DataFolder:
    """A data folder that this process owns."""

    def __init__(self, path: Path) -> None:
        """Take the folder, or make it; raises ``OSError`` or ``FolderLockedError``."""
        self.path = path.absolute()
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self.path / "server.lock")

    @property
    def flow_lock(self) -> Path:
        """The file that a running flow holds locked."""
        return self.path / "flow.lock"

    def release(self) -> None:
        """Let the folder go."""
        self._lock.release()

    def current(self) -> Paths:
        """Give the current generation, or make a first one; removes what is left over."""
        pointer = self.path / _POINTER
        if not pointer.exists():
            self.switch_to(self.new_generation(1))
        name = pointer.read_text().strip()
        for folder in [*self.path.glob("generation-*"), *self.path.glob(".new-*")]:
            if folder.name != name:
                shutil.rmtree(folder, ignore_errors=True)
        folder = self.path / name
        try:
            data = (folder / "generation.json").read_bytes()
            facts = msgspec.json.decode(data, type=GenerationFacts)
        except (OSError, msgspec.MsgspecError) as error:
            raise FolderError(
                f"{folder} is not a generation of Cartwatch's data: {error}"
            ) from None
        if facts.format != FORMAT:
            raise FolderError(
                f"{folder} has the format {facts.format}, and this Cartwatch reads {FORMAT}: "
                "use the version that wrote it, or another data folder"
            )
        return Paths(folder, facts)

    def renew(self, carry: Callable[[Paths, Paths], None]) -> None:
        """Make the current generation anew from its journal: empty view and state, the same input.

        No flow may be running. ``carry`` brings over what else is to be kept, from the old one to
        the new one; the old one stays where it is until ``current`` is asked for again.
        """
        old = self.current()
        facts = old.facts
        open_journal(old.journal).close()  # the last one to close it folds its write-ahead log in
        if old.journal.with_name(f"{old.journal.name}-wal").exists():
            raise FolderError(f"another process has {old.journal} open: end it first")
        new = self.new_generation(facts.number + 1, facts.key_groups)
        link(old.journal, new.journal)
        for file in old.uploads.iterdir():
            link(file, new.uploads / file.name)
        carry(old, new)
        for path in (new.uploads, new.folder):
            sync(path)
        reach("generation renewed")
        self.switch_to(new)
        reach("generation switched")

    def new_generation(self, number: int, key_groups: int = KEY_GROUPS) -> Paths:
        """Make an empty generation beside the current one, durable but not yet pointed at."""
        name = f"generation-{number:06}"
        draft = self.path / f".new-{name}"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(self.path / name, ignore_errors=True)
        draft.mkdir()
        (draft / "uploads").mkdir()
        make_recovery_store(draft / "recovery")
        facts = GenerationFacts(FORMAT, number, key_groups)
        (draft / "generation.json").write_bytes(msgspec.json.encode(facts))
        for path in [*draft.rglob("*"), draft]:
            sync(path)
        folder = self.path / name
        draft.rename(folder)
        sync(self.path)
        return Paths(folder, facts)

    def switch_to(self, generation: Paths) -> None:
        """Make a generation the current one; durable when this returns."""
        draft = self.path / f".{_POINTER}"
        draft.write_text(generation.folder.name + "\n")
        sync(draft)
        draft.rename(self.path / _POINTER)
        sync(self.path)


def open_journal(path: Path) -> Journal:
    """Open a journal; a damaged one is a ``JournalError``, as nothing gives its records back."""
    try:
        return Journal(path)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        raise JournalError(
            f"the journal {path} is damaged ({error}), and the records are in it alone: put the"
            " whole folder back from a copy, or use another"
        ) from error


def refuse_gap(path: Path, end: int, position: int) -> None:
    """Raise a ``JournalError`` where a journal ends before what the view has of it."""
    if position > end:
        raise JournalError(
            f"the journal {path} ends at offset {end}, and the view has what comes up to"
            f" {position}: records are missing; put the whole folder back from a copy, or use"
            " another"
        )


def link(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system cannot."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        sync(target)


def sync(path: Path) -> None:
    """Make a file's content, or a folder's list of names, survive a power cut."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
