"""Opening a data folder: everything that can be wrong with it is one sentence."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from dataflow.database import is_damage
from dataflow.journal_errors import ChangedError, JournalError
from dataflow.locks import FolderLockedError
from web.commands.terminal import shown, why
from web.data.folder import DataFolder, is_ours
from web.data.journal_file import FROM_A_COPY, refuse_damage
from web.data.paths import FolderError
from web.view.view import ViewError

_MAX_PATH_BYTES: Final = 440
"""SQLite's limit is 512, with the names of a generation's files and their logs."""


class StartError(Exception):
    """The server cannot start; the message is the sentence to print."""


def open_folder(data: Path, *, to_rebuild: bool = False) -> DataFolder:
    """Take a data folder; raises ``StartError`` where another process has it or it is unusable.

    It is made where it is missing, but for one that is to be rebuilt.
    """
    try:
        _refuse_path(data.absolute())
        if to_rebuild and not is_ours(data):
            raise StartError(
                f"{shown(data)} is not a data folder of Cartwatch: there is nothing to rebuild"
            )
        if data.exists() and not data.is_dir():
            raise StartError(f"cannot use the data folder {shown(data)}: it is a file")
        return DataFolder(data)
    except FolderLockedError as error:
        instead = "" if to_rebuild else ", or give another --data folder"
        raise StartError(f"{error}: stop it{instead}") from error
    except FolderError as error:
        raise StartError(str(error)) from error
    except OSError as error:
        raise StartError(f"cannot use the data folder {shown(data)}: {why(error)}") from error


def _refuse_path(data: Path) -> None:
    """Refuse a path that SQLite or the engine cannot use; before anything is made there."""
    name = os.fsencode(data)
    if len(name) > _MAX_PATH_BYTES:
        raise StartError(
            f"cannot use the data folder {shown(data)}: its path is {len(name):,} bytes long, and"
            f" SQLite opens nothing below one of over {_MAX_PATH_BYTES}; use a shorter one"
        )
    try:
        name.decode()
    except UnicodeDecodeError:
        raise StartError(
            f"cannot use the data folder {shown(data)}: its path is not UTF-8, and the engine"
            " takes no other; use another"
        ) from None
    for part in (data, *data.parents):
        if part.is_symlink() and not part.exists():
            raise StartError(
                f"cannot use the data folder {shown(data)}: {shown(part)} is a symbolic link that"
                " leads to nothing"
            )


@contextmanager
def opening_as_sentence(data: Path) -> Iterator[None]:
    """Raise ``StartError`` for everything that can be wrong with the data when they are opened."""
    try:
        with damage_as_sentence(data):
            yield
    except (FolderError, JournalError, ViewError) as error:
        raise StartError(str(error)) from error
    except (sqlite3.Error, OSError) as error:
        raise StartError(f"cannot open the data in {data}: {error}") from error


@contextmanager
def damage_as_sentence(data: Path) -> Iterator[None]:
    """Raise ``StartError``, with what to do, where nobody can go on with the data as they are."""
    try:
        yield
    except FolderError as error:
        raise StartError(str(error)) from error
    except ChangedError as error:
        raise StartError(
            f"the journal of the data in {data} is damaged ({error}): {FROM_A_COPY}"
        ) from error
    except (sqlite3.Error, msgspec.DecodeError) as error:
        if isinstance(error, sqlite3.Error) and not is_damage(error):
            raise
        try:
            for journal in data.glob("*/journal.db"):
                refuse_damage(journal)
        except JournalError as of_journal:
            raise StartError(str(of_journal)) from error
        raise StartError(
            f"the data in {data} are damaged ({error}): cartwatch rebuild {data}"
            " makes view and state anew from the journal"
        ) from error
