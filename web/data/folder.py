"""The data folder: whose it is, and which generation of the data in it is the current one.

    data/cartwatch.txt  server.lock  flow.lock  current
    data/generation-000001/  generation.json  journal.db  view.db  uploads/  recovery/

A reset makes a new generation, as ``.new-generation-000002``, and renames the pointer to it; from
that moment on the new one counts. Locks live outside of both. Nothing is removed before it is
understood: other files are left alone, and a generation goes only where the one that came in its
place says so and was opened and found right.
"""

import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from dataflow.faults import reach
from dataflow.flow import KEY_GROUPS
from dataflow.journal import Journal, JournalError
from dataflow.locks import FileLock
from dataflow.recovery import is_damage, make_recovery_store

FORMAT: Final = 1
_MARK: Final = "cartwatch.txt"
_POINTER: Final = "current"
_FACTS: Final = "generation.json"
_NAME: Final = re.compile(r"generation-(\d{6,18})")
_NEW: Final = ".new-"
_GONE: Final = ".gone-"
_NOBODYS: Final = frozenset({"lost+found", ".DS_Store"})
_MARK_WORDS: Final = "Cartwatch keeps its data in this folder, and removes what it has replaced.\n"


class FolderError(Exception):
    """The data folder cannot be used; the message says why and what to do."""


class SwitchError(FolderError):
    """A new generation is in force, and cannot be gone on with: the old one no longer counts."""


class GenerationFacts(msgspec.Struct, frozen=True):
    """What was fixed when a generation was made; ``supersedes`` is the one whose place it takes."""

    format: int
    number: int
    key_groups: int
    supersedes: int | None = None


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
        """Take the folder, or make it; raises ``OSError``, ``FolderLockedError``, ``FolderError``.

        A folder that is not ours is refused and left as it is.
        """
        self.path = path.absolute()
        self.path.mkdir(parents=True, exist_ok=True)
        if not is_ours(self.path) and not is_free(self.path):
            raise FolderError(
                f"{self.path} holds other files and is not a data folder of Cartwatch: give an"
                " empty folder, or a new one"
            )
        _mark(self.path / _MARK)
        self._lock = FileLock(self.path / "server.lock")

    @property
    def flow_lock(self) -> Path:
        """The file that a running flow holds locked."""
        return self.path / "flow.lock"

    def release(self) -> None:
        """Let the folder go."""
        self._lock.release()

    def current(self) -> Paths:
        """Give the current generation, or make the first one of an empty folder; removes nothing.

        Raises ``FolderError`` where the pointer or what it names is not as it must be.
        """
        pointer = self.path / _POINTER
        if not os.path.lexists(pointer):
            if self._numbers():
                raise self._without_pointer(f"{pointer} is missing")
            first = self.new_generation()
            self.switch_to(first)
            return self.current()
        try:
            name = pointer.read_bytes().decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise self._without_pointer(f"{pointer} cannot be read ({error})") from None
        if not _NAME.fullmatch(name):
            raise self._without_pointer(f"{pointer} names no generation, but {name[:80]!r}")
        folder = self.path / name
        draft = self.path / f"{_NEW}{name}"
        if not folder.exists() and draft.exists():
            read_facts(draft, name)
            self._settle(draft, folder)  # a switch was cut short behind the point of no return
        if not folder.exists():
            raise self._without_pointer(f"{pointer} names {name}, which is not there")
        return Paths(folder, read_facts(folder, name))

    def generation(self, number: int) -> Paths:
        """Give the generation of a number, current or not; raises ``FolderError``."""
        folder = self.path / _name(number)
        if not folder.is_dir():
            raise FolderError(f"{self.path} has no generation {number}; there are: {self._names()}")
        return Paths(folder, read_facts(folder, folder.name))

    def renew(self, carry: Callable[[Paths, Paths], None], number: int | None = None) -> None:
        """Make a generation anew from its journal: empty view and state, the same input.

        The current one, or the one of a ``number``, which then need not be. No flow may be running.
        ``carry`` brings over what else is to be kept, from the old one to the new one; the old one
        stays where it is until the new one was opened and ``discard_superseded`` is called.
        """
        old = self.current() if number is None else self.generation(number)
        open_journal(old.journal).close()  # the last one to close it folds its write-ahead log in
        if old.journal.with_name(f"{old.journal.name}-wal").exists():
            raise FolderError(f"another process has {old.journal} open: end it first")
        new = self.new_generation(old.facts.key_groups, supersedes=old.facts.number)
        try:
            new.journal.unlink()
            link(old.journal, new.journal)
            for file in old.uploads.iterdir():
                link(file, new.uploads / file.name)
            carry(old, new)
            for path in (new.uploads, new.folder):
                sync(path)
            reach("generation renewed")
            self.switch_to(new)
        except SwitchError:
            raise
        except BaseException:
            self.discard(new)
            raise
        reach("generation switched")

    def new_generation(
        self, key_groups: int = KEY_GROUPS, *, supersedes: int | None = None
    ) -> Paths:
        """Make an empty generation, to take the place of another; durable, not yet in force."""
        taken = [number for prefix in ("", _NEW, _GONE) for number in self._numbers(prefix)]
        number = max(taken, default=0) + 1
        draft = self.path / f"{_NEW}{_name(number)}"
        facts = GenerationFacts(FORMAT, number, key_groups, supersedes)
        new = Paths(draft, facts)
        draft.mkdir()
        try:
            (draft / _FACTS).write_bytes(msgspec.json.encode(facts))  # first: it says whose this is
            new.uploads.mkdir()
            make_recovery_store(new.recovery)
            Journal(new.journal).close()
            for path in [*draft.rglob("*"), draft, self.path]:
                sync(path)
        except BaseException:
            self.discard(new)
            raise
        return new

    def switch_to(self, new: Paths) -> Paths:
        """Put a new generation in force; durable when this returns. Gives it in its own place.

        Raises ``OSError`` where the old one still counts, ``SwitchError`` where it no longer does.
        """
        name = _name(new.facts.number)
        draft = self.path / f".{_POINTER}"
        draft.write_text(name + "\n")
        sync(draft)
        draft.rename(self.path / _POINTER)
        try:
            sync(self.path)
            return self._settle(new.folder, self.path / name, new.facts)
        except OSError as error:
            raise SwitchError(
                f"{self.path}: {name} is in force, and it cannot be made durable ({error}): start"
                " Cartwatch again"
            ) from error

    def discard(self, generation: Paths) -> None:
        """Remove a generation that is not in force, as far as that can be done now."""
        gone = self.path / f"{_GONE}{_name(generation.facts.number)}"
        try:
            generation.folder.rename(gone)
        except OSError:
            return
        shutil.rmtree(gone, ignore_errors=True)

    def discard_superseded(self, opened: Paths) -> None:
        """Remove what a generation in force has replaced, now that it was opened and found right.

        That is the one that it says it supersedes, and what was cut short: a removal, or the making
        of a generation that never was in force.
        """
        for number in self._numbers(_GONE):
            shutil.rmtree(self.path / f"{_GONE}{_name(number)}", ignore_errors=True)
        folders = [(self.path / f"{_NEW}{_name(number)}", number) for number in self._numbers(_NEW)]
        if (superseded := opened.facts.supersedes) is not None:
            folders.append((self.path / _name(superseded), superseded))
        for folder, number in folders:
            try:
                self.discard(Paths(folder, read_facts(folder, _name(number))))
            except FolderError:
                with suppress(OSError):
                    folder.rmdir()  # only where it is empty: what is in it is not known to be ours

    def _settle(self, draft: Path, folder: Path, facts: GenerationFacts | None = None) -> Paths:
        """Give a generation in force its own name."""
        draft.rename(folder)
        sync(self.path)
        return Paths(folder, facts or read_facts(folder, folder.name))

    def _numbers(self, prefix: str = "") -> list[int]:
        """Number what has the name of a generation behind a prefix, whatever is in it."""
        names = [each.name.removeprefix(prefix) for each in self.path.glob(f"{prefix}generation-*")]
        return sorted(int(found[1]) for name in names if (found := _NAME.fullmatch(name)))

    def _names(self) -> str:
        return ", ".join(map(_name, self._numbers())) or "none"

    def _without_pointer(self, what: str) -> FolderError:
        numbers = self._numbers()
        if not numbers:
            return FolderError(
                f"{what}, and no generation is there: put the whole folder back from a copy, or"
                " use another"
            )
        return FolderError(
            f"{what}; there are: {self._names()}. Nothing was changed: pick one with"
            f" cartwatch rebuild {self.path} --generation {numbers[-1]}"
        )


def is_ours(path: Path) -> bool:
    """Whether a folder is marked as ours, or is one of before there were marks."""
    with suppress(OSError):
        if (path / _MARK).read_bytes() == _MARK_WORDS.encode():
            return True
    if not path.is_dir():
        return False
    generations = [each for each in path.iterdir() if _NAME.fullmatch(each.name)]
    if os.path.lexists(path / _POINTER):
        return any((each / _FACTS).is_file() for each in generations)
    return any(_is_generation(each) for each in generations)  # one that has lost its pointer


def is_free(path: Path) -> bool:
    """Whether a folder holds nothing that is anybody's, but for a mark that was never finished."""
    return all(
        each.name in _NOBODYS or (each.name == _MARK and not each.stat().st_size)
        for each in path.iterdir()
    )


def _mark(path: Path) -> None:
    if path.is_file() and path.stat().st_size:
        return
    path.write_text(_MARK_WORDS)
    sync(path)
    sync(path.parent)


def read_facts(folder: Path, name: str) -> GenerationFacts:
    """Read what a generation says of itself; raises ``FolderError`` where it is none of that name.

    ``name`` is the one that it has, or will have once it is in force.
    """
    try:
        facts = msgspec.json.decode((folder / _FACTS).read_bytes(), type=GenerationFacts)
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise FolderError(f"{folder} is not a generation of Cartwatch's data: {error}") from None
    if facts.format != FORMAT:
        raise FolderError(
            f"{folder} has the format {facts.format}, and this Cartwatch reads {FORMAT}: "
            "use the version that wrote it, or another data folder"
        )
    if _name(facts.number) != name or facts.key_groups < 1:
        raise FolderError(f"{folder} says that it is generation {facts.number}: it was renamed")
    return facts


def open_journal(path: Path) -> Journal:
    """Open a journal; one that is damaged or gone is a ``JournalError``: nothing gives it back."""
    why = "is missing"
    try:
        if path.stat().st_size:
            return Journal(path)
        why = "is empty"
    except FileNotFoundError:
        pass
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        why = f"is damaged ({error})"
    raise JournalError(
        f"the journal {path} {why}, and the records are in it alone: put the"
        " whole folder back from a copy, or use another"
    )


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


def _is_generation(folder: Path) -> bool:
    try:
        read_facts(folder, folder.name)
    except FolderError:
        return False
    return True


def _name(number: int) -> str:
    return f"generation-{number:06}"
