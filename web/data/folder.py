"""The data folder: whose it is, and which generation of the data in it is the current one.

    data/cartwatch.txt  server.lock  flow.lock  current  history.db
    data/cartwatch-token.txt  cartwatch-sessions.json  cartwatch-topic.json
    data/generation-000001/  generation.json  journal.db  view.db  uploads/  recovery/

A reset makes a new generation, as ``.new-generation-000002``, and renames the pointer to it; from
that moment on the new one counts. Locks, the figures over time and what login and topic keep live
outside of both. Nothing is removed before it is understood: other files are left alone, and a
generation goes only where the one that came in its place says so and was opened and found right.
What is ours is its owner's alone to read.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from dataflow.faults import reach
from dataflow.journal import Journal
from dataflow.key_group import KEY_GROUPS
from dataflow.locks import FileLock
from dataflow.recovery import make_recovery_store
from web.data.files import link, sync
from web.data.journal_file import open_journal
from web.data.paths import (
    BESIDE,
    FACTS,
    FORMAT,
    FolderError,
    GenerationFacts,
    Paths,
    SwitchError,
    name_of,
    read_facts,
    remove,
)
from web.data.privacy import is_private, tighten

_MARK: Final = "cartwatch.txt"
_POINTER: Final = "current"
_NAME: Final = re.compile(r"generation-(\d{6,18})")
_NEW: Final = ".new-"
_NOBODYS: Final = frozenset({"lost+found", ".DS_Store"})
_PUT_ASIDE: Final = re.compile(rf"history-damaged-\d+\.db({'|'.join(BESIDE)})?")
_MARK_WORDS: Final = "Cartwatch keeps its data in this folder, and removes what it has replaced.\n"


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
        tighten(self._ours())

    def refuse_moved(self) -> None:
        """Raise ``FolderError`` where what is at its path is not this folder any more.

        It may be moved or gone, and another server's by now: nothing may be written there.
        """
        if not self._lock.is_in_place:
            raise FolderError(
                f"{self.path} was moved, removed or replaced while this server ran, and it ends:"
                " what was accepted is where the folder is now; start Cartwatch there"
            )

    @property
    def flow_lock(self) -> Path:
        """The file that a running flow holds locked."""
        return self.path / "flow.lock"

    @property
    def history(self) -> Path:
        """The file of the figures over time, which outlive every generation."""
        return self.path / "history.db"

    @property
    def token(self) -> Path:
        """The file of the token that was made for this folder's server, where one was."""
        return self.path / "cartwatch-token.txt"

    @property
    def sessions(self) -> Path:
        """The file of what signs the sessions of browsers, where there was one."""
        return self.path / "cartwatch-sessions.json"

    @property
    def topic(self) -> Path:
        """The file of what a topic has of the completed orders, where they are published."""
        return self.path / "cartwatch-topic.json"

    def release(self) -> None:
        """Let the folder go."""
        self._lock.release()

    def current(self) -> Paths:
        """Give the current generation, or make the first one of an empty folder; removes nothing.

        Raises ``FolderError`` where the pointer or what it names is not as it must be.
        """
        pointer = self.path / _POINTER
        if not os.path.lexists(pointer):
            if self._named():
                raise self._without_pointer(f"{pointer} is missing")
            first = self.new_generation()
            self.switch_to(first)
            return self.current()
        if pointer.is_dir():
            raise self._pointer_is_folder()
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
        folder = self.path / name_of(number)
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
        if (self.path / _POINTER).is_dir():
            raise self._pointer_is_folder()
        open_journal(old.journal).close()  # the last one to close it folds its write-ahead log in
        if old.journal.with_name(f"{old.journal.name}-wal").exists():
            raise FolderError(f"another process has {old.journal} open: end it first")
        new = self.new_generation(
            old.facts.key_groups, supersedes=old.facts.number, made_of=int(old.facts.feed)
        )
        try:
            new.journal.unlink()
            link(old.journal, new.journal)
            for file in old.upload_files():
                link(file, new.uploads / file.name)
            carry(old, new)
            for path in (new.uploads, new.folder):
                sync(path)
            reach("generation renewed")
            self.switch_to(new)
        except SwitchError:
            raise
        except BaseException:
            remove(new)
            raise
        reach("generation switched")

    def new_generation(
        self,
        key_groups: int = KEY_GROUPS,
        *,
        supersedes: int | None = None,
        made_of: int | None = None,
    ) -> Paths:
        """Make an empty generation, to take the place of another; durable, not yet in force.

        Its number is above that of every other one, of the one that is replaced though it be gone.
        """
        number = max(self._numbers(), default=0)
        number = max(number, supersedes or 0) + 1
        while any(os.path.lexists(self.path / f"{each}{name_of(number)}") for each in ("", _NEW)):
            number += 1
        draft = self.path / f"{_NEW}{name_of(number)}"
        facts = GenerationFacts(FORMAT, number, key_groups, supersedes, made_of)
        new = Paths(draft, facts)
        draft.mkdir()
        try:
            (draft / FACTS).write_bytes(msgspec.json.encode(facts))  # first: it says whose this is
            new.uploads.mkdir()
            make_recovery_store(new.recovery)
            Journal(new.journal).close()
            for path in [*draft.rglob("*"), draft, self.path]:
                sync(path)
        except BaseException:
            remove(new)
            raise
        return new

    def switch_to(self, new: Paths) -> Paths:
        """Put a new generation in force; durable when this returns. Gives it in its own place.

        Raises ``OSError`` where the old one still counts, ``SwitchError`` where it no longer does.
        """
        name = name_of(new.facts.number)
        draft = self.path / f".{_POINTER}"
        try:
            draft.write_text(name + "\n")
            sync(draft)
            draft.rename(self.path / _POINTER)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        try:
            sync(self.path)
            return self._settle(new.folder, self.path / name, new.facts)
        except OSError as error:
            raise SwitchError(
                f"{self.path}: {name} is in force, and it cannot be made durable ({error}): start"
                " Cartwatch again"
            ) from error

    def discard_superseded(self, opened: Paths) -> None:
        """Remove what a generation in force has replaced, now that it was opened and found right.

        That is the one that it says it supersedes, and any that never was in force because its
        making was cut short. What cannot be removed now is asked for again at the next start.
        """
        for name in self._named(_NEW):
            self._discard(self.path / f"{_NEW}{name}", name)
        if opened.facts.supersedes not in (None, opened.facts.number):
            name = name_of(opened.facts.supersedes)
            self._discard(self.path / name, name)

    def _discard(self, folder: Path, name: str) -> None:
        try:
            facts = read_facts(folder, name)
        except FolderError:
            with suppress(OSError):
                if not (folder / FACTS).stat().st_size:  # its making was cut short at once
                    (folder / FACTS).unlink()
            with suppress(OSError):
                folder.rmdir()  # only where it is empty: what is in it is not known to be ours
            return
        remove(Paths(folder, facts))

    def _ours(self) -> Iterator[Path]:
        """Give what is ours here, folders behind what is in them; the figures look to themselves.

        Of the uploads, which may be many, only where their folder is open to others yet.
        """
        for name in self._named():
            yield from _files_of(self.path / name, name)
        for name in self._named(_NEW):
            yield from _files_of(self.path / f"{_NEW}{name}", name)
        for path in (self.token, self.sessions, self.topic):
            yield from (path, path.with_name(f".{path.name}"))
        yield from (path for path in self.path.iterdir() if _PUT_ASIDE.fullmatch(path.name))
        for name in (_MARK, _POINTER, f".{_POINTER}", "server.lock", "flow.lock"):
            yield self.path / name
        yield self.path.resolve()

    def _settle(self, draft: Path, folder: Path, facts: GenerationFacts | None = None) -> Paths:
        """Give a generation in force its own name."""
        draft.rename(folder)
        sync(self.path)
        return Paths(folder, facts or read_facts(folder, folder.name))

    def _named(self, prefix: str = "") -> list[str]:
        """Give what has the name of a generation behind a prefix, whatever is in it."""
        names = [each.name.removeprefix(prefix) for each in self.path.glob(f"{prefix}generation-*")]
        return sorted(filter(_NAME.fullmatch, names), key=lambda name: int(name.split("-")[1]))

    def _numbers(self) -> list[int]:
        """Give the numbers of the generations that are some, in their order."""
        names = [name for name in self._named() if _is_generation(self.path / name)]
        return [int(name.split("-")[1]) for name in names]

    def _names(self) -> str:
        return ", ".join(map(name_of, self._numbers())) or "none"

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

    def _pointer_is_folder(self) -> FolderError:
        return FolderError(
            f"{self.path / _POINTER} is a folder, where a file should name the generation that"
            " counts: move it elsewhere. Nothing was changed"
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
        return any((each / FACTS).is_file() for each in generations)
    return any(_is_generation(each) for each in generations)  # one that has lost its pointer


def is_free(path: Path) -> bool:
    """Whether a folder holds nothing that is anybody's, but for a mark that was never finished."""
    return all(
        each.name in _NOBODYS or (each.name == _MARK and not each.stat().st_size)
        for each in path.iterdir()
    )


def _files_of(folder: Path, name: str) -> Iterator[Path]:
    """Give the files and folders of a generation; none of what only has the name of one."""
    try:
        generation = Paths(folder, read_facts(folder, name))
    except FolderError:
        return
    yield from generation.made_files(with_uploads=not is_private(generation.uploads))
    yield from (generation.uploads, generation.recovery, generation.no_recovery, folder)


def _mark(path: Path) -> None:
    if path.is_file() and path.stat().st_size:
        return
    path.write_text(_MARK_WORDS)
    sync(path)
    sync(path.parent)


def _is_generation(folder: Path) -> bool:
    try:
        read_facts(folder, folder.name)
    except FolderError:
        return False
    return True
